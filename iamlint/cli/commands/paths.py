"""``iamlint paths``, ``who`` and ``reach``: how a principal can become a service account."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from iamlint.cli.console import FAILED, FINDINGS, OK, Failed, colored, emit, emit_folded, say_errors
from iamlint.cli.options import (
    Command,
    Failing,
    Request,
    as_of_option,
    catalog_option,
    claim_option,
    color_option,
    day_of,
    format_option,
    no_progress_option,
    one_config_options,
    reading_options,
    request,
    with_options,
)
from iamlint.cli.run import read_one, role_catalog
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters.paths import FORMATS

if TYPE_CHECKING:
    from iamlint.paths.answers import Answer, Asking
    from iamlint.sources.reading import Reading

_FORMS = "An e-mail, a principal as policies write it, a Terraform address, or a glob"
_CALLERS = (
    "github:OWNER/REPO, gitlab:GROUP/PROJECT, oidc:SUBJECT, ksa:PROJECT/NAMESPACE/NAME, "
    "vm:NAME, nodepool:NAME, template:NAME"
)


def _options(function: Command) -> Command:
    """Add the options that the three commands share."""
    options: list[Callable[[Any], Any]] = [
        claim_option,
        click.option("--fix-first", is_flag=True, help="Show the grants whose removal cuts the most paths."),
        reading_options,
        catalog_option,
        one_config_options,
        as_of_option,
        format_option(*FORMATS),
        click.option("--show-all", is_flag=True, help="Show each group of paths."),
        color_option,
        no_progress_option,
    ]
    return with_options(options, function)


@click.command(cls=Failing)
@click.option("--from", "source", metavar="PRINCIPAL", help=f"Who starts. {_FORMS}; or {_CALLERS}.")
@click.option("--to", "target", metavar="ACCOUNT", help=f"The service account at the end. {_FORMS}.")
@_options
def paths(source: str | None, target: str | None, **asked: Any) -> None:
    """Show how a principal can become a service account, hop by hop.

    Without --from and --to: all paths to an account that is more privileged than the start. PATHs are Terraform,
    plans and exports, the working directory by default. Everything in them counts.
    Exits with 1 if a path is open, 2 on bad input, else 0.
    """
    _run(asked, source, target)


@click.command(cls=Failing)
@click.argument("account", metavar="ACCOUNT")
@_options
def who(account: str, **asked: Any) -> None:
    """Show who can become a service account, directly or through others.

    The same as `paths --to ACCOUNT`, shown as a tree.
    """
    _run(asked, None, account)


@click.command(cls=Failing)
@click.argument("principal", metavar="PRINCIPAL")
@_options
def reach(principal: str, **asked: Any) -> None:
    """Show which service accounts a principal can become, and what these may do.

    The same as `paths --from PRINCIPAL`.
    """
    _run(asked, principal, None)


def _run(asked: dict[str, Any], source: str | None, target: str | None) -> None:
    """Read, search, print, and exit with the answer's exit code."""
    from iamlint.paths.asked import NobodyError
    from iamlint.reporters.paths import render
    from iamlint.reporters.paths.told import Told

    form, every, quiet, as_of = (asked.pop(name) for name in ("form", "show_all", "quiet", "as_of"))
    claims, fix_first = asked.pop("claim"), asked.pop("fix_first")
    reading, asking = _asking(request(asked), as_of, quiet=quiet)
    errors = list(reading.errors)
    try:
        answer = _answer(asking, source, target, claims)
    except NobodyError as nobody:
        raise Failed([*errors, Unreadable(Location(COMMAND_LINE), str(nobody), nobody.hint)]) from nobody
    say_errors(errors)
    color = colored(sys.stdout)
    told = Told(answer, asking, reading.texts, tuple(errors), all=every, color=color, fix_first=fix_first)
    if form == "text":
        emit_folded(render(form, told))
    else:
        emit(render(form, told), for_programs=True)
    sys.exit(FAILED if errors else FINDINGS if answer.is_open else OK)


def _asking(wanted: Request, as_of: datetime | None, *, quiet: bool) -> tuple[Reading, Asking]:
    """Return the input, and the object that answers questions. Raises `Failed`."""
    from iamlint.estate import Estate
    from iamlint.paths.answers import Asking
    from iamlint.paths.hops import hops_of

    roles = role_catalog(wanted.role_catalog)
    reading = read_one(wanted, quiet=quiet, roles=roles, folders_are_named=True)
    estate = Estate(reading.facts, roles, day_of(as_of))
    reading.errors += estate.unfinished
    return reading, Asking(hops_of(estate))


def _answer(asking: Asking, source: str | None, target: str | None, claims: Mapping[str, str]) -> Answer:
    """Return the answer. Raises `NobodyError`."""
    from iamlint.diagnosis.asked.caller import BadCallerError
    from iamlint.diagnosis.callers.starts import is_caller, starts_of_caller
    from iamlint.paths.asked import NobodyError, starts_of, targets_of

    known = frozenset(asking.hops.names.accounts if source is None else asking.hops.names.principals)
    targets = targets_of(asking.hops, target) if target is not None else None
    if source is None:
        answer = asking.onto(targets) if targets is not None else asking.escalations()
        return replace(answer, notes=(*answer.notes, *_absent(asking, targets or (), known)))
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if is_caller(source):
        try:
            starts, unknown, notes = starts_of_caller(asking.hops, source, claims)
        except BadCallerError as bad:
            raise NobodyError(str(bad), "") from bad
    else:
        starts = starts_of(asking.hops, source)
        notes = tuple(_absent(asking, (one.name for one in starts), known))
    if not starts and not unknown and not notes:
        notes = (f"no grant of the input names {source}",)
    notes += tuple(_absent(asking, targets or (), known))
    answer = asking.between(starts, targets) if targets is not None else asking.of(starts)
    return replace(answer, unknown=(*answer.unknown, *unknown), notes=(*answer.notes, *notes))


def _absent(asking: Asking, names: Iterable[str], known: Set[str]) -> Iterator[str]:
    """Yield a note for each account, user or group that is not among the ``known`` names, those of the input."""
    from iamlint.paths.asked import nearest_name

    accounts = asking.hops.names.accounts
    for name in names:
        if name in known:
            continue
        if "@" not in name:
            yield f"no grant of the input names {name}"
            continue
        of_account = name in accounts
        shown = accounts[name].email if of_account else name
        alike = (one for one in known if (one in accounts) == of_account)
        near = nearest_name(shown, alike, asking.hops)
        elsewhere = "the account is declared elsewhere" if of_account else "its roles are granted elsewhere"
        cause = f"{near} If not, {elsewhere}" if near else f"its name may be misspelt, or {elsewhere}"
        yield f"{shown} is not in the input: {cause}"
