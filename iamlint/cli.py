"""The commands. This module alone reads arguments, prints, and decides the exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from iamlint import __version__
from iamlint.config import NAME, Config, read_config, unknown_names
from iamlint.finding import SEVERITIES
from iamlint.location import Location, Unreadable
from iamlint.report import Report
from iamlint.reporters import FORMATS, render
from iamlint.reporters.plain import neutral
from iamlint.reporters.presentation import Presentation
from iamlint.rule import Rule
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

OK, FINDINGS, FAILED = 0, 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for, as one value that the commands share."""

    paths: tuple[Path, ...]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    var: tuple[str, ...] = ()
    var_file: tuple[Path, ...] = ()
    source_root: Path | None = None
    resource: str | None = None
    second_parser: bool = False
    config: Path | None = None
    no_config: bool = False
    no_ignore: bool = False


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; leaves with 0 (clean), 1 (findings) or 2 (the work could not be done)."""
    command.main(args=arguments, prog_name="iamlint")


def _version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from iamlint.roles import catalog

    click.echo(f"iamlint {__version__} (role catalogue of {catalog().date})")
    context.exit(OK)


@click.group(name="iamlint", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def command() -> None:
    """Lint Google Cloud IAM: who may become which service account, how, and on which line it is written."""


def _reading_options(function: Command) -> Command:
    """The options that say what is read and how."""
    options = [
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
        click.option("--var", multiple=True, metavar="NAME=VALUE", help="Set a variable of the root modules."),
        click.option("--var-file", multiple=True, type=click.Path(path_type=Path), help="Read variables from a file."),
        click.option(
            "--source-root", type=click.Path(path_type=Path), help="Where the Terraform source of a plan lies."
        ),
        click.option(
            "--resource",
            metavar="NAME",
            help="What an exported policy belongs to: projects/ID, folders/N, organizations/N, serviceAccounts/EMAIL.",
        ),
        click.option(
            "--second-parser", is_flag=True, help="Read Terraform with python-hcl2 too and report where it disagrees."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _rule_options(function: Command) -> Command:
    """The options that say which rules run."""
    options = [
        click.option(
            "--select", multiple=True, metavar="RULE", help="Only these rules or families (repeat, or commas)."
        ),
        click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules or families."),
        click.option(
            "--rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Rules of your own."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command()
@_reading_options
@_rule_options
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="What is printed. [text]")
@click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Write another format to a file (repeatable).")
@click.option(
    "--fail-on", type=click.Choice([*SEVERITIES, "never"]), help="Mildest severity that leaves with 1. [info]"
)
@click.option("--config", type=click.Path(path_type=Path), help="Read this configuration. [.iamlint.yaml]")
@click.option("--no-config", is_flag=True, help="Read no configuration.")
@click.option("--no-ignore", is_flag=True, help="Report what comments and the configuration accept, too.")
@click.option("--exit-zero", is_flag=True, help="Leave with 0 though there are findings.")
@click.option("--show-unknown", is_flag=True, help="List what could not be decided, with the reasons.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only: no summary, no progress.")
def check(
    form: str,
    output: tuple[str, ...],
    fail_on: str | None,
    exit_zero: bool,
    show_unknown: bool,
    quiet: bool,
    **asked: Any,
) -> None:
    """Check Terraform source, plans and gcloud exports (files or directories; the working directory by default)."""
    request = _request(asked)
    targets = [_target(text) for text in output]
    config = _config(request)
    report = _report(request, config, quiet)
    for name, path in targets:
        _write(path, render(name, report, Presentation(show_unknown=show_unknown)))
    style = Presentation(color=_colored(sys.stdout), show_unknown=show_unknown, quiet=quiet)
    click.echo(render(form, report, style), nl=False, color=True)
    if form != "text":
        _print_errors(report.errors)
    sys.exit(_exit_code(report, fail_on or config.fail_on or "info", exit_zero=exit_zero))


@command.command()
@_reading_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What is printed. [text]")
def facts(form: str, **asked: Any) -> None:
    """Show what iamlint reads out of the input: every grant, role, account and service, one a line."""
    from iamlint.reporters.facts import facts_json, facts_text

    request = _request(asked)
    reading = _read(request, Config(), quiet=False)
    click.echo(facts_json(reading.facts) if form == "json" else facts_text(reading.facts), nl=False)
    _print_errors(reading.errors)
    sys.exit(FAILED if reading.errors else OK)


@command.command()
@click.argument("name", metavar="RULE")
@click.option("--rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Rules of your own.")
def explain(name: str, rules: tuple[Path, ...]) -> None:
    """Tell what a rule is about: why, an example before and after, the fix, the references."""
    from iamlint.reporters.page import rule_page

    for rule in _rules(rules, (name,), ()):
        click.echo(rule_page(rule), nl=False)


@command.command(name="rules")
@_rule_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What is printed. [text]")
def list_rules(form: str, select: tuple[str, ...], ignore: tuple[str, ...], rules: tuple[Path, ...]) -> None:
    """List the rules."""
    found = _rules(rules, select, ignore)
    if form == "json":
        keys = ("slug", "family", "title", "severity", "confidence", "since")
        click.echo(json.dumps([{key: getattr(rule, key) for key in keys} for rule in found], indent=2))
        return
    width = max((len(rule.id) for rule in found), default=0)
    for rule in found:
        click.echo(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.title}")


@command.command()
@click.argument("directories", nargs=-1, type=click.Path(path_type=Path), metavar="[DIR]...")
def test(directories: tuple[Path, ...]) -> None:
    """Run the examples of rule documents: the shipped ones, or those of the given directories."""
    from iamlint.testing import run_examples

    failures = 0
    rules = _rules(directories, (), (), shipped=not directories)
    for rule in rules:
        problems = run_examples(rule)
        failures += bool(problems)
        click.echo(f"{'FAILED' if problems else 'ok':<7} {rule.id}  ({len(rule.flags) + len(rule.passes)} examples)")
        for problem in problems:
            click.echo(f"        {_place(problem.at)}: {problem.reason}")
    click.echo(f"{len(rules) - failures} passed, {failures} failed")
    sys.exit(FINDINGS if failures else OK)


# -- from what was asked to what is done ---------------------------------------------------------------------------


def _request(asked: dict[str, Any]) -> Request:
    asked["paths"] = asked["paths"] or (Path(),)
    for name in ("select", "ignore"):
        if name in asked:
            asked[name] = tuple(part.strip() for text in asked[name] for part in text.split(",") if part.strip())
    for setting in asked["var"]:
        if "=" not in setting:
            raise click.BadParameter(f"{setting!r} is not NAME=VALUE", param_hint="--var")
    return Request(**asked)


def _config(request: Request) -> Config:
    """The configuration that applies; leaves with 2 where it cannot be read."""
    path = request.config or Path(NAME)
    if request.no_config or (request.config is None and not path.is_file()):
        return Config()
    found = read_config(path, str(path))
    if isinstance(found, Config):
        return found
    _print_errors(found)
    sys.exit(FAILED)


def _report(request: Request, config: Config, quiet: bool) -> Report:
    from iamlint.catalog import graded, own_names
    from iamlint.ignore import mistakes
    from iamlint.linter import lint, unaccepted

    every = _load((*config.rules, *request.rules))
    rules = _choose(every, request.select or config.select, (*request.ignore, *config.ignore))
    known = {name for rule in every for name in own_names(rule)}
    wrong = unknown_names(config, known)
    if wrong:
        _print_errors(wrong)
        sys.exit(FAILED)
    reading = _read(request, config, quiet)
    reading.errors += mistakes(reading.texts.values(), known)
    report = lint(reading, graded(rules, config.severity), accept=config.accept)
    return unaccepted(report) if request.no_ignore else report


def _read(request: Request, config: Config, quiet: bool) -> Reading:
    options = Options(
        exclude=config.exclude,
        variables=request.var,
        var_files=request.var_file,
        source_root=request.source_root,
        resource=request.resource,
        second_parser=request.second_parser,
        progress=_silent if quiet or not sys.stderr.isatty() else _show_progress,
    )
    reading = read(request.paths, options)
    if options.progress is _show_progress:
        click.echo("\r\x1b[K", nl=False, err=True)
    return reading


def _rules(
    directories: Iterable[Path], select: tuple[str, ...], ignore: tuple[str, ...], *, shipped: bool = True
) -> tuple[Rule, ...]:
    """The rules that are asked for; leaves with 2 where a document or a name is wrong."""
    return _choose(_load(directories, shipped=shipped), select or ("default", "pedantic"), ignore)


def _load(directories: Iterable[Path], *, shipped: bool = True) -> tuple[Rule, ...]:
    from iamlint.catalog import load_rules

    found, errors = load_rules(tuple(directories), shipped=shipped)
    if errors:
        _print_errors(errors)
        sys.exit(FAILED)
    return found


def _choose(rules: tuple[Rule, ...], select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    from iamlint.catalog import select_rules

    chosen, errors = select_rules(rules, select, ignore)
    if errors:
        _print_errors(errors)
        sys.exit(FAILED)
    return chosen


def _target(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or not path or name not in FORMATS:
        message = f"{text!r} is not FORMAT=FILE with a format out of {', '.join(FORMATS)}"
        raise click.BadParameter(message, param_hint="--output")
    return name, Path(path)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        click.echo(f"error: {path}: cannot be written: {error.strerror}", err=True)
        sys.exit(FAILED)


def _exit_code(report: Report, fail_on: str, *, exit_zero: bool) -> int:
    if report.errors:
        return FAILED
    if exit_zero or fail_on == "never":
        return OK
    severities: tuple[str, ...] = SEVERITIES
    failing = severities[: severities.index(fail_on) + 1]
    return FINDINGS if any(finding.severity in failing for finding in report.findings) else OK


# -- what a person sees --------------------------------------------------------------------------------------------


def _silent(_message: str) -> None:
    """No progress."""


def _show_progress(message: str) -> None:
    """Progress on a terminal: one line that is written over."""
    width = os.get_terminal_size(sys.stderr.fileno()).columns
    click.echo(f"\r\x1b[K{neutral(message)[: width - 1]}", nl=False, err=True)


def _colored(stream: IO[str]) -> bool:
    """Whether to colour: NO_COLOR forbids it (https://no-color.org), FORCE_COLOR demands it, else on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _place(at: Location) -> str:
    return f"{neutral(at.path)}:{at.line}:{at.column}"


def _print_errors(errors: Iterable[Unreadable]) -> None:
    for error in errors:
        hint = f" ({neutral(error.hint)})" if error.hint else ""
        click.echo(f"error: {_place(error.at)}: {neutral(error.reason)}{hint}", err=True)
