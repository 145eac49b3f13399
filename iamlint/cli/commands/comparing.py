"""The command `compare`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamlint.budget import SECONDS, Allowance, TimeUp
from iamlint.cli.configuring import configuration, environments_of, options_for
from iamlint.cli.console import FAILED, FINDINGS, OK, Failed, colored, emit, emit_folded, repository_of, say_errors
from iamlint.cli.options import (
    DIRECTORY,
    FILE,
    PATH,
    TIME,
    Failing,
    Request,
    as_of_option,
    catalog_option,
    color_option,
    config_options,
    day_of,
    format_option,
    source_url_option,
    target,
)
from iamlint.cli.output import write
from iamlint.cli.run import role_catalog
from iamlint.location import COMMAND_LINE, Location, Unreadable

if TYPE_CHECKING:
    from iamlint.comparison import Comparison, Side
    from iamlint.sources.reading import Options

_FORMATS = ("text", "json", "markdown")
_OF_REQUEST = ("config", "no_config", "config_home", "environment", "var", "var_file", "workspace", "source_root")


@click.command(cls=Failing)
@click.argument("base")
@click.argument("head", required=False)
@click.option("--path", type=PATH, help="What is read of a revision: a folder or file. [working directory]")
@click.option(
    "--var", multiple=True, metavar="NAME=VALUE", help="Set a variable of the root modules of both (repeatable)."
)
@click.option("--var-file", multiple=True, type=FILE, help="Read variables of both from a file (repeatable).")
@click.option("--workspace", metavar="NAME", envvar="TF_WORKSPACE", help="Value of terraform.workspace. [TF_WORKSPACE]")
@click.option("--source-root", type=DIRECTORY, help="Directory of a plan's Terraform source.")
@config_options
@as_of_option
@catalog_option
@click.option(
    "--max-time",
    type=TIME,
    default=SECONDS,
    metavar="SECONDS",
    help=f"Stop after this time with an error. [{SECONDS}]",
)
@format_option(*_FORMATS)
@click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write another format to a file (repeatable).")
@source_url_option
@click.option("--fail-on-unknown", is_flag=True, help="Also exit with 1 if it is unknown whether something opens.")
@color_option
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if something opens.")
def compare(
    form: str,
    output: tuple[str, ...],
    fail_on_unknown: bool,
    exit_zero: bool,
    base: str,
    head: str | None,
    **asked: Any,
) -> None:
    """Show who can become which account in HEAD and not in BASE, and who gains which role.

    BASE and HEAD are folders, plans as JSON, exports, or git revisions, which need no checkout. A text that is not
    a path is a revision. A plan without HEAD is compared with the state before it. Exits with 1 if something opens or
    is gained.
    """
    from iamlint.comparison.formats import render
    from iamlint.files.disk import DISK
    from iamlint.reporters.parts.presentation import Presentation

    if head is None and not DISK.is_file(Path(base)):
        reason = "Only a plan as JSON is compared without it; else give a HEAD, as in `iamlint compare origin/main .`"
        raise click.UsageError(f"Missing argument 'HEAD'. {reason}")
    targets = [target(one, _FORMATS) for one in output]
    found = _compared(base, head, asked)
    inputs, here = frozenset(Path(one).resolve() for one in (base, head or base)), Path.cwd().resolve()
    style = Presentation(
        color=colored(sys.stdout),
        directory=here,
        repository=repository_of([Path(head or base)], here),
        source_url=asked["source_url"],
    )
    written = [write(path, [render(name, found, replace(style, color=False))], inputs) for name, path in targets]
    errors = (*found.errors, *(error for error in written if error))
    say_errors(errors)
    if form == "text":
        emit_folded(render(form, found, style))
    else:
        emit(render(form, found, style), for_programs=True)
    if errors:
        sys.exit(FAILED)
    unclear = fail_on_unknown and any(one.change != "closed" for one in found.unknown)
    sys.exit(FINDINGS if not exit_zero and (found.opens or unclear) else OK)


def _compared(base: str, head: str | None, asked: dict[str, Any]) -> Comparison:
    """Return what opens and closes, in each environment of the configuration. Raises `Failed`."""
    from iamlint.comparison.environments import together
    from iamlint.files.disk import DISK

    chosen = {name: asked[name] for name in _OF_REQUEST}
    wanted = Request((), **chosen)
    config, allowance = configuration(wanted), Allowance(asked["max_time"])
    names = environments_of(wanted, config)
    if not names or all(DISK.is_file(Path(one)) for one in (base, head or base)):  # plans and exports have their values
        return _in_environment(base, head, asked, replace(options_for(wanted, config), allowance=allowance))
    every = {name: replace(options_for(wanted, config, name), allowance=allowance) for name in names}
    return together({name: _in_environment(base, head, asked, options) for name, options in every.items()})


def _in_environment(base: str, head: str | None, asked: dict[str, Any], options: Options) -> Comparison:
    """Return what opens and closes with the values of one environment, or without one. Raises `Failed`."""
    from iamlint.comparison import compare as compared

    sides: list[Side] = []
    wrong: list[tuple[str, tuple[Unreadable, ...]]] = []
    allowance = options.allowance
    for name, text, other in (("base", base, head), ("head", head or base, base)):
        side, of_side = _side(name, text, other, options, asked)
        sides.append(side)
        wrong.append((text, of_side))
        if head is None and side.is_missing:
            raise Failed(_errors(wrong))
    errors = _errors(wrong)
    try:
        with allowance.interrupting():
            found = compared(*sides)
    except TimeUp:
        reason = f"the {allowance.seconds:g} seconds of the run are over; nothing was compared"
        raise Failed([*errors, Unreadable(Location(COMMAND_LINE), reason, "give it more with --max-time")]) from None
    return replace(found, errors=errors)


def _errors(wrong: Iterable[tuple[str, tuple[Unreadable, ...]]]) -> tuple[Unreadable, ...]:
    """Return the errors of both sides, each once. One that only a revision has says so: its file looks right here."""
    from iamlint.comparison.reading import is_path

    times = Counter(error for _, errors in wrong for error in errors)
    found = dict[Unreadable, None]()
    for given, errors in wrong:
        for error in errors:
            alone = times[error] == 1 and error.at.path != given and not is_path(given)
            found[replace(error, reason=f"in {given}: {error.reason}") if alone else error] = None
    return tuple(found)


def _side(name: Any, given: str, other: str | None, options: Options, asked: dict[str, Any]) -> Any:
    """Return a side and what could not be read of it. Of a revision the same folder is read as on the other side.

    Without another side, the state before a plan is read.
    """
    from iamlint.comparison.reading import is_path, read_side

    as_of = day_of(asked["as_of"])
    roles = role_catalog(asked["role_catalog"])
    path = asked["path"] or (Path(other) if other and is_path(other) else None)
    return read_side(name, given, replace(options, before=other is None), roles, as_of, path)
