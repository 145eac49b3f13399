"""Runs a check: from the options to a report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.budget import Allowance
from iamlint.cli.asserting import Asserted, asserted, assertion_paths, holds_assertions
from iamlint.cli.console import Progress, repository, tell
from iamlint.cli.options import Request
from iamlint.cli.standard_input import DASH, TooLarge, with_standard_input
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, Unreadable
from iamlint.report import Bar, Report

if TYPE_CHECKING:
    from iamlint.accepted.baseline import Baseline
    from iamlint.accepted.config import Config
    from iamlint.assertions import Assertion
    from iamlint.fixes.collecting import Run
    from iamlint.roles import Catalog
    from iamlint.rules.rule import Rule
    from iamlint.sources.reading import Reading, Relevance


class Failed(Exception):  # noqa: N818  # a message for the user, not an internal error
    """Raised if nothing could be checked: a rule, a name or the configuration is wrong. ``errors`` say what."""

    def __init__(self, errors: Iterable[Unreadable]) -> None:
        super().__init__()
        self.errors = tuple(errors)


def checked(request: Request, config: Config, *, quiet: bool, tree: Tree = DISK) -> Run:
    """Check the input, or the modules affected by a commit, with the files of a tree. Raises `Failed`."""
    if request.paths == (DASH,) and request.stdin_name:
        name = os.path.realpath(request.stdin_name)
        return _checked(request, config, quiet=quiet, tree=tree, within=lambda path: os.path.realpath(path) == name)
    if not request.hook:
        return _checked(request, config, quiet=quiet, tree=tree)
    from iamlint.files.texts import resolved
    from iamlint.sources.affected_modules import MOST_FILES, touched

    change = touched(request.paths, repository(Path.cwd()), config.exclude)
    if not change.whole:
        beyond = f"modules beyond the first {MOST_FILES} Terraform files of the repository"
        tell(f"note: whether {beyond} call what changed was not looked for")

    def touches(path: str) -> bool:
        return resolved(Path(path).parent) in change.directories

    wanted = replace(request, paths=change.paths)
    return _checked(wanted, config, quiet=quiet, tree=tree, within=touches, excluded=change.excluded)


def _checked(
    request: Request,
    config: Config,
    *,
    quiet: bool,
    tree: Tree,
    within: Callable[[str], bool] | None = None,
    excluded: int = 0,
) -> Run:
    from iamlint.accepted.baseline import beyond
    from iamlint.accepted.config import unknown_names
    from iamlint.accepted.ignore import mistakes
    from iamlint.accepted.in_force import Run as Ran
    from iamlint.accepted.in_force import in_force
    from iamlint.fixes.collecting import Collector
    from iamlint.linter import lint, unaccepted
    from iamlint.rules.catalog import graded, own_names
    from iamlint.rules.interest import relevance
    from iamlint.sources.reading import Reading

    every = load((*config.rules, *request.rules))
    rules, wanted = _chosen(every, request, config)
    known = {name for rule in every for name in own_names(rule)}
    wrong = unknown_names(config, known)
    if wrong:
        raise Failed(wrong)
    roles = role_catalog(request.role_catalog)
    relevant = None if wanted.assertions else relevance(rules, roles)
    allowance = Allowance(request.max_time)
    reading = Reading()
    if request.paths:
        reading = read(request, config, quiet=quiet, relevant=relevant, roles=roles, allowance=allowance, tree=tree)
    reading.errors += mistakes(reading.texts.values(), known)
    as_of = request.as_of.date() if request.as_of else None
    graded_rules = graded(rules, config.severity)
    collector = Collector(reading.texts, wanted.ask)
    found = lint(
        reading,
        graded_rules,
        as_of,
        config.accept,
        roles=roles,
        allowance=allowance,
        also=collector.ask,
        mend=collector.mend,
    )
    found = replace(found, rules=(*found.rules, *wanted.rules))
    report = replace(beyond(found, _baseline(request)), inputs=_inputs(reading), coverage=tuple(wanted.lines))
    report = unaccepted(report) if request.no_ignore else report
    report = report.within(within) if within else report
    ran = Ran(config, report, every, request.select, request.ignore, reading.excluded + excluded)
    report = replace(report, configuration=in_force(ran, request.instead))
    return collector.run(report)


def _chosen(every: tuple[Rule, ...], request: Request, config: Config) -> tuple[tuple[Rule, ...], Asserted]:
    """Return the rules and the assertions that are selected and not ignored. Raises `Failed`."""
    from iamlint.rules.catalog import own_names

    select, ignore = request.select or config.select, (*request.ignore, *config.ignore)
    wanted, errors = asserted(request, select, ignore)
    taken = {name for rule in every for name in own_names(rule)}
    clashes = (one for one in wanted.assertions if one.id in taken)
    errors += [Unreadable(one.at, f"`{one.id}` is the name of a rule, too") for one in clashes]
    if errors:
        raise Failed(errors)
    named = wanted.others(select)
    if select and not named:
        return (), wanted
    return choose(every, named, wanted.others(ignore)), wanted


def _inputs(reading: Reading) -> frozenset[str]:
    """Return the files that have facts; an earlier report among them has none."""
    from iamlint.sources.names import ASSIGNMENTS, TERRAFORM

    source = {path for path in reading.texts if path.endswith((*TERRAFORM, *ASSIGNMENTS))}
    errors = {error.at.path for error in reading.errors}
    return frozenset(source | errors | {fact.declared.at.path for fact in reading.facts})


def _baseline(request: Request) -> Baseline:
    """Return the known findings. Raises `Failed`."""
    from iamlint.accepted.baseline import Baseline, read_baseline

    found = read_baseline(request.baseline) if request.baseline else Baseline()
    if isinstance(found, Unreadable):
        raise Failed([found])
    return found


def configuration(request: Request) -> Config:
    """Return the configuration in force. Raises `Failed`."""
    from iamlint.accepted.config import NAME, Config, read_config

    path = request.config or Path(NAME)
    if request.no_config or (request.config is None and not os.path.lexists(path)):
        return Config()
    top = repository(Path.cwd())
    if request.config is None and not Path(os.path.realpath(path)).is_relative_to(top):
        hint = "name the file with --config, or leave it out with --no-config"
        raise Failed([Unreadable(Location(NAME), "this symbolic link leads out of the repository", hint)])
    found = read_config(path, str(path))
    if isinstance(found, Config):
        return found
    raise Failed(found)


def read(
    request: Request,
    config: Config,
    *,
    quiet: bool,
    relevant: Relevance | None = None,
    roles: Catalog | None = None,
    allowance: Allowance | None = None,
    folders_are_named: bool = False,
    tree: Tree = DISK,
) -> Reading:
    """Read the input, with progress on a terminal; of large exports what is relevant.

    ``folders_are_named`` says that everything in a given folder counts for the whole run.
    """
    from iamlint.sources import read as read_paths
    from iamlint.sources.reading import Options

    try:
        paths, tree = with_standard_input(request.paths, request.stdin_name, tree)
    except TooLarge as error:
        raise Failed(
            [Unreadable(Location("standard input"), str(error), "write it to files, and name them")]
        ) from error
    progress = Progress(on=not quiet and sys.stderr.isatty())
    options = Options(
        exclude=config.exclude,
        inputs=config.inputs,
        files_are_named=not request.hook,
        folders_are_named=folders_are_named,
        variables=request.var,
        var_files=request.var_file,
        workspace=request.workspace,
        source_root=request.source_root,
        resource=request.resource,
        second_parser=request.second_parser,
        progress=progress,
        relevant=relevant,
        roles=roles,
        allowance=allowance or Allowance(request.max_time),
        tree=tree,
    )
    try:
        return read_paths(paths, options)
    finally:
        progress.end()


def role_catalog(files: Iterable[Path]) -> Catalog:
    """Return the role catalogue with these files applied, in their order. Raises `Failed`."""
    from iamlint.roles import catalog

    found = catalog()
    for path in files:
        from iamlint.roles.newer import with_newer

        found, errors = with_newer(found, path, path.as_posix())
        if errors:
            raise Failed(errors)
    return found


def load(directories: Iterable[Path], *, shipped: bool = True) -> tuple[Rule, ...]:
    """The rules that ship, and those in the directories. Raises `Failed`."""
    from iamlint.rules.catalog import load_rules

    found, errors = load_rules(tuple(directories), shipped=shipped)
    if errors:
        raise Failed(errors)
    return found


def documents(paths: Iterable[Path]) -> tuple[tuple[Rule, ...], tuple[Assertion, ...]]:
    """Return the rules and the assertions in some files and folders; without any, the built-in rules and one's own
    assertions. Raises `Failed`.
    """
    from iamlint.assertions import load_assertions

    paths = list(paths)
    mine = [path for path in paths if holds_assertions(path)] if paths else assertion_paths(None, ())
    assertions, errors = load_assertions(mine)
    if errors:
        raise Failed(errors)
    others = [path for path in paths if path not in mine]
    return load(others, shipped=not paths) if others or not paths else (), assertions


def choose(rules: tuple[Rule, ...], select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    """The selected rules without the ignored ones. Raises `Failed`."""
    from iamlint.rules.catalog import select_rules

    chosen, errors = select_rules(rules, select, ignore)
    if errors:
        raise Failed(errors)
    return chosen


def inputs_of(request: Request, report: Report) -> frozenset[Path]:
    """The files that the run was given or that say something in it, without symbolic links: no report replaces one."""
    from iamlint.accepted.config import NAME

    named = (*request.paths, *request.var_file, *request.role_catalog, request.config or Path(NAME), request.baseline)
    found = {path for path in named if path and DISK.is_file(path)}
    rules = (rule.at.path for rule in report.rules)
    return frozenset(map(DISK.resolved, (*found, *map(Path, (*report.inputs, *rules)))))


def with_errors(report: Report, errors: Iterable[Unreadable]) -> Report:
    """The report with further errors after its own."""
    return replace(report, errors=(*report.errors, *errors))


def fails(report: Report, bar: Bar) -> bool:
    """Whether there is a finding at least as severe as that, or an unknown answer where these count."""
    found = any(bar.fails(finding.severity) for finding in report.findings)
    return found or any(map(bar.fails_unknown, report.doubts))
