"""The commands, one function each."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamlint.cli.accepting import changed_places
from iamlint.cli.configuring import configuration, configured_rules, environments_of
from iamlint.cli.console import FAILED, FINDINGS, OK, Failed, colored, emit, repository_of, say_errors, tell, width
from iamlint.cli.options import (
    PATH,
    Failing,
    Grouped,
    Request,
    apart,
    catalog_option,
    fixing_options,
    format_option,
    judging_options,
    one_config_options,
    reading_options,
    report_options,
    request,
    rule_options,
    target,
)
from iamlint.cli.remembering import Kept, keeping
from iamlint.cli.run import (
    bar_of,
    checked,
    choose,
    documents,
    fails,
    inputs_of,
    load,
    read_one,
    role_catalog,
    with_errors,
)
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters import parts
from iamlint.reporters.parts.plain import neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report, failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from iamlint.accepted.configuration.config import Config
    from iamlint.finding import Severity
    from iamlint.fixes.collecting import Run
    from iamlint.fixes.proof import Outcome

_EVERY = ("default", "pedantic")
"""The sets that hold all rules between them."""


@click.command(cls=Grouped)
@reading_options
@rule_options
@judging_options
@catalog_option
@fixing_options
@report_options
@click.option("--coverage", is_flag=True, help="Show over what the assertions are complete.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results of earlier runs. [IAMLINT_NO_CACHE]")
def check(
    form: str,
    coverage: bool,
    no_cache: bool,
    output: tuple[str, ...],
    fail_on: str | None,
    min_severity: Severity | None,
    fail_on_unknown: bool,
    source_url: str,
    exit_zero: bool,
    show_unknown: bool,
    show_all: bool,
    quiet: bool,
    statistics: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    **asked: Any,
) -> None:
    """Check Terraform source, plans and gcloud exports.

    The paths are files or directories, the working directory by default; - is standard input, Terraform or JSON by its
    content, alone unless --stdin-name gives it a place among other files. If a named file is unreadable, not
    recognised, or an empty document, that is an error; the others are still checked.
    """
    wanted, targets = replace(request(asked), fail_on=fail_on), list(map(target, output))
    apart(path for _, path in targets)
    _refuse_contradictions(wanted, fixing=fix or diff, unsafe=unsafe_fixes, filtered=min_severity is not None)
    with keeping(wanted, usable=not (fix or diff or no_cache)) as kept:
        changed = _fixed(wanted, quiet=quiet, unsafe=unsafe_fixes, write=not diff) if fix or diff else None
        if diff:
            _show_diff(changed)
        report, config = changed[:2] if changed else _check(wanted, quiet=quiet, kept=kept)
        report = report.at_least(min_severity) if min_severity else report
        bar = bar_of(config, fail_on, unknown=fail_on_unknown)
        here = Path.cwd().resolve()
        style = Presentation(
            show_unknown=show_unknown,
            show_all=show_all,
            statistics=statistics,
            directory=here,
            repository=repository_of(wanted.paths, here),
            bar=bar,
            at_arguments=config.origin == "argument",
            source_url=source_url,
            first=changed_places(report, wanted),
        )
        inputs = inputs_of(wanted, report, config) if targets else frozenset[Path]()
        made = [(path, kept.written(path, parts(name, report, style))) for name, path in targets]
        written = _written(made, inputs) if made else []
        report = with_errors(report, (error for error in written if error))
        say_errors(report.errors)
        style = replace(style, color=colored(sys.stdout), errors=False, quiet=quiet, width=width(sys.stdout))
        emit(parts(form, report, style), for_programs=form != "text")
        for line in report.coverage or ("coverage: no assertions were checked",) if coverage else ():
            (tell if form != "text" else _say)(neutral(line))
        code = FAILED if report.errors else FINDINGS if not exit_zero and fails(report, bar) else OK
        if not any(written):
            kept.keep(code, inputs)
    sys.exit(code)


def _written(made: Iterable[tuple[Path, Iterable[str]]], inputs: Set[Path]) -> list[Unreadable | None]:
    """Write the reports to files; return the error of each, or None."""
    from iamlint.cli.output import write

    return [write(path, text, inputs) for path, text in made]


def _refuse_contradictions(wanted: Request, *, fixing: bool, unsafe: bool, filtered: bool) -> None:
    """Raise a usage error for options that do nothing, or not what they say, together with the others."""
    if unsafe and not fixing:
        raise click.UsageError("--unsafe-fixes applies nothing alone: give --fix or --diff, too")
    if filtered and (fixing or wanted.write_baseline):
        raise click.UsageError("--min-severity chooses what is reported, not what is fixed or accepted: leave it out")
    if fixing and wanted.write_baseline:
        raise click.BadParameter("a baseline is written by a run that fixes nothing", param_hint="--write-baseline")


def _say(line: str) -> None:
    emit(f"{line}\n")


def _check(wanted: Request, *, quiet: bool, kept: Kept) -> tuple[Report, Config]:
    """Return the report, and the configuration in force. Exits if an earlier run had the same to report."""
    from iamlint.accepted.configuration.config import Config
    from iamlint.cache import SameReading

    try:
        config = configuration(wanted)
        try:
            return checked(wanted, config, quiet=quiet, units=kept.units).reported(), config
        except SameReading:
            code = kept.repeated()
            if code is not None:
                sys.exit(code)
            return checked(wanted, config, quiet=quiet, units=kept.units).reported(), config
    except Failed as failed:
        return failure(failed.errors), Config()


def _fixed(wanted: Request, *, quiet: bool, unsafe: bool, write: bool) -> tuple[Report, Config, Outcome | None]:
    """Apply the fixes; return the report after them, and the configuration in force."""
    from iamlint.accepted.configuration.config import Config
    from iamlint.cli.fixing import by_hand, outcome_of, say_outcome, written
    from iamlint.files.disk import DISK
    from iamlint.files.overlay import Overlay
    from iamlint.fixes.collecting import Run

    try:
        config = configuration(wanted)
        names = environments_of(wanted, config)
        if len(names) > 1:
            hint = f"choose one of {', '.join(names)} with --environment"
            raise Failed([Unreadable(Location(COMMAND_LINE), "a fix is proved for one environment at a time", hint)])

        def check(contents: Mapping[str, bytes]) -> Run:
            if not contents:
                return checked(wanted, config, quiet=quiet)
            tree = Overlay(DISK, {Path(path): content for path, content in contents.items()})
            try:
                return checked(wanted, configuration(wanted, tree), quiet=quiet, tree=tree)
            except Failed as failed:  # the changes are not right together, such as those of two entries of `accept`
                return Run(failure(failed.errors), None, ())

        outcome = outcome_of(wanted, check, unsafe=unsafe)
    except Failed as failed:
        return failure(failed.errors), Config(), None
    errors = written(outcome) if write else []
    if errors:
        return with_errors(outcome.before, errors), config, outcome
    say_outcome(outcome, would=not write, quiet=quiet, left=by_hand(outcome, unsafe=unsafe))
    return outcome.run.report, config, outcome


def _show_diff(changed: tuple[Report, Config, Outcome | None] | None) -> None:
    """Print the diff, and exit: 1 if there is one, 0 if not, 2 after an error, or if it stopped before a first one."""
    from iamlint.cli.fixing import diff

    report, _, outcome = changed or (failure(()), None, None)
    say_errors(report.errors)
    if outcome:
        emit(diff(outcome), for_programs=True)
    stopped = outcome is not None and not outcome.complete and not outcome.contents
    if report.errors or stopped:
        sys.exit(FAILED)
    sys.exit(FINDINGS if outcome and outcome.contents else OK)


@click.command(cls=Failing)
@reading_options
@one_config_options
@format_option("text", "json")
def facts(form: str, **asked: Any) -> None:
    """Show the facts in the input: grants, roles, accounts and so on, one per line."""
    from iamlint.reporters.listings.facts import facts_json, facts_text

    reading = read_one(request(asked), quiet=False)
    say_errors(reading.errors)
    emit(facts_json(reading.facts) if form == "json" else facts_text(reading.facts), for_programs=form == "json")
    sys.exit(FAILED if reading.errors else OK)


@click.command(cls=Failing, name="rules")
@rule_options
@format_option("text", "json")
@click.option("--fixable", is_flag=True, help="List the rules with a fix, and the rules that could have one.")
def list_rules(
    form: str, fixable: bool, select: tuple[str, ...], ignore: tuple[str, ...], rules: tuple[Path, ...]
) -> None:
    """List the rules."""
    found = choose(load((*configured_rules(), *rules)), select or _EVERY, ignore)
    if fixable:
        from iamlint.fixes.mends import withheld
        from iamlint.reporters.listings.fixable import fixable_json, fixable_text

        listing = fixable_json if form == "json" else fixable_text
        reasons = {name: [one.reason for one in some] for name, some in withheld().items()}
        emit(listing(found, reasons), for_programs=form == "json")
        return
    if form == "json":
        from iamlint.reporters.parts.indented import json_text

        keys = ("slug", "family", "title", "severity", "confidence", "since", "cis", "mitre")
        listed = [{key: getattr(rule, key) for key in keys} for rule in found]
        emit(json_text(listed), for_programs=True)
        return
    from iamlint.reporters.parts.folding import Fold, titled

    widest, fold = max((len(rule.id) for rule in found), default=0), Fold(width(sys.stdout))
    for rule in found:
        standards = ", ".join((*(f"CIS {control}" for control in rule.cis), *rule.mitre))
        title = neutral(rule.title) + (f" ({standards})" if standards else "")
        rows = titled(f"{rule.id:<{widest}}  {rule.severity:<8}  ", title, fold)
        emit("".join(f"{line}\n" for line in rows))


@click.command(cls=Failing)
@click.argument("name", required=False, metavar="[ROLE|PERMISSION]")
@catalog_option
@format_option("text", "json")
def roles(name: str | None, form: str, **asked: Any) -> None:
    """Show the permissions of a role, the roles with a permission, or the size of the role catalogue."""
    from iamlint.reporters.listings.roles import answer

    told = answer(role_catalog(asked["role_catalog"]), name, for_programs=form == "json")
    if isinstance(told, Unreadable):
        raise Failed([told])
    emit(told, for_programs=form == "json")


@click.command(cls=Failing, name="methods")
@click.argument("name", required=False, metavar="[ID|GROUP|PERMISSION]")
@format_option("text", "json")
def list_methods(name: str | None, form: str) -> None:
    """List the ways to become a service account that iamlint knows, or explain one."""
    from iamlint.documents.validation import nearest_of
    from iamlint.methods.index import methods
    from iamlint.reporters.listings.methods import chosen_methods, method_page, methods_json, methods_text

    found = chosen_methods(name)
    if not found and name:
        known = [one.id for one in methods()]
        hint = nearest_of(name, known) or "`iamlint methods` lists them"
        raise Failed([Unreadable(Location(COMMAND_LINE), f"no method, group or permission is called `{name}`", hint)])
    if form == "json":
        emit(methods_json(found), for_programs=True)
    elif name in {one.id for one in found}:
        emit(method_page(found[0]))
    else:
        emit(methods_text(found, width(sys.stdout)))


@click.command(cls=Failing)
@click.argument("directories", nargs=-1, type=PATH, metavar="[PATH]...")
def test(directories: tuple[Path, ...]) -> None:
    """Run the examples of rules and assertions: the built-in ones and your own, or those in PATH."""
    from iamlint.assertions.examples import run_examples as run_assertion
    from iamlint.budget import Allowance
    from iamlint.reporters.parts.frame import place
    from iamlint.testing import run_examples

    rules, assertions = documents(directories)
    failures, allowance = 0, Allowance().part(0.5)  # files read by examples add as much again
    of_rules = (
        (rule.id, len(rule.page.flags) + len(rule.page.passes), run_examples(rule, allowance)) for rule in rules
    )
    of_assertions = ((f"assertions/{one.id}", len(one.examples), run_assertion(one, allowance)) for one in assertions)
    for name, count, problems in chain(of_rules, of_assertions):
        failures += bool(problems)
        emit(f"{'FAILED' if problems else 'ok':<7} {name}  ({count} examples)\n")
        for problem in problems:
            hint = f" ({neutral(problem.hint)})" if problem.hint else ""
            emit(f"        {place(problem.at)}: {neutral(problem.reason)}{hint}\n")
    emit(f"{len(rules) + len(assertions) - failures} passed, {failures} failed\n")
    sys.exit(FINDINGS if failures else OK)
