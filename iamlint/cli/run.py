"""Runs a check: from the options to a report."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from iamlint.accepted.uses import Uses
from iamlint.basics.frozen import mutable
from iamlint.budget import Allowance
from iamlint.cli.asserting import Asserted, asserted, assertion_paths, holds_assertions
from iamlint.cli.configuring import (
    configuration,
    configured_rules,
    environments_of,
    one_environment,
    options_for,
    settings_path,
)
from iamlint.cli.console import Failed, Progress, repository, tell
from iamlint.cli.options import Request
from iamlint.cli.standard_input import DASH, TooLarge, with_standard_input
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, Unreadable
from iamlint.results.report import Bar, InForce, Report

if TYPE_CHECKING:
    from datetime import date

    from iamlint.accepted.configuration.config import Config
    from iamlint.accepted.configuration.sections import LeftOut
    from iamlint.assertions import Assertion
    from iamlint.cache.memory import Memory
    from iamlint.cache.units import Units
    from iamlint.cli.linting import Judging
    from iamlint.fixes.collecting import Collector, Run
    from iamlint.location import SourceText
    from iamlint.roles import Catalog
    from iamlint.rules.rule import Rule
    from iamlint.sources.reading import ExportFilter, Reading


Earlier: TypeAlias = "Memory | Units | None"
"""Parts of an earlier run to use again: of a session, or of the cache."""


def checked(request: Request, config: Config, *, quiet: bool, tree: Tree = DISK, units: Earlier = None) -> Run:
    """Check the input, or the modules affected by a commit, with the files of a tree. Raises `Failed`.

    ``units`` are parts of an earlier run to use again.
    """
    if request.paths == (DASH,) and request.stdin_name:
        name = os.path.realpath(request.stdin_name)
        return _checked(request, config, quiet=quiet, tree=tree, within=lambda path: os.path.realpath(path) == name)
    if not request.hook:
        return _checked(request, config, quiet=quiet, tree=tree, units=units)
    from iamlint.files.texts import resolved
    from iamlint.sources.affected_modules import MOST_FILES, touched

    change = touched(request.paths, repository(Path.cwd()), config.exclude)
    if not change.whole:
        beyond = f"modules beyond the first {MOST_FILES} Terraform files of the repository"
        tell(f"note: whether {beyond} call what changed was not looked for")

    def touches(path: str) -> bool:
        real = resolved(Path(path))
        return not change.directories.isdisjoint((resolved(Path(path).parent), real, real.parent))

    wanted = replace(request, paths=change.paths)
    return _checked(wanted, config, quiet=quiet, tree=tree, within=touches, excluded=change.excluded, units=units)


def _checked(
    request: Request,
    config: Config,
    *,
    quiet: bool,
    tree: Tree,
    within: Callable[[str], bool] | None = None,
    excluded: int = 0,
    units: Earlier = None,
) -> Run:
    from iamlint.accepted.configuration.config import unknown_names
    from iamlint.accepted.configuration.sections import by_path
    from iamlint.cli.accepting import Accepting, baseline_for, new_in_plan, on_changed_lines
    from iamlint.rules.catalog import graded

    every = load((*config.rules, *request.rules))
    rules, wanted = chosen_rules(every, request, config)
    known = {name for rule in every for name in rule.names}
    wrong = unknown_names(config, {*known, *wanted.names, *(rule.family for rule in every)})
    if wrong:
        raise Failed(wrong)
    baseline = baseline_for(request, config, tree)
    if isinstance(baseline, Unreadable):
        raise Failed([baseline])
    judged = _Judged(
        request, config, rules, known, wanted, quiet, tree, Allowance(request.max_time), units, within is not None
    )
    found, out = by_path(judged.report(), config, map(Path.as_posix, request.paths))
    ran = graded(rules, config.severity)
    own = wanted.rules
    accepting = Accepting(
        request, config, (*every, *own), (*ran, *own), judged.uses, baseline, within is not None, quiet, tree
    )
    coverage = tuple(dict.fromkeys(wanted.lines))
    report = replace(accepting.judged(found), rules=(*found.rules, *wanted.rules), coverage=coverage)
    if request.no_ignore:
        from iamlint.linter import unaccepted

        report = unaccepted(report)
    report = report.within(within) if within else report
    changed = on_changed_lines(report, request, config, judged.earlier)
    if isinstance(changed, Unreadable):
        raise Failed([changed])
    report = new_in_plan(changed, request, judged.before_plans)
    if config.written:
        report = replace(report, configuration=judged.in_force(report, every, out, excluded))
    return judged.run(report)


@mutable
class _Judged:
    """What the rules find in the input, once for each environment.

    ``excluded`` is the number of files that the configuration excludes, ``undeclared`` are the variables that it sets
    and no root module declares. ``uses`` is what accepted anything in any environment. ``is_part`` says that the report
    is on a part of the input only, ``before`` that it is on the state before plans.
    """

    request: Request
    config: Config
    rules: tuple[Rule, ...]
    known: Set[str]
    wanted: Asserted
    quiet: bool
    tree: Tree
    allowance: Allowance
    units: Earlier
    is_part: bool = False
    before: bool = False
    excluded: int = field(default=0, init=False)
    undeclared: set[str] = field(default_factory=set, init=False)
    uses: Uses = field(default_factory=Uses, init=False)
    _collector: Collector | None = field(default=None, init=False)
    _noted: Mapping[str, SourceText] | None = field(default=None, init=False)

    def report(self) -> Report:
        """Return the report on the input, or on all environments together."""
        names = environments_of(self.request, self.config)
        if not names:
            return self._report(None, self.allowance)
        from iamlint.environments import together

        report = together({name: self._report(name, self.allowance) for name in names})
        others = [one for name, one in self.config.environments.items() if name not in names]
        theirs = {str(path) for one in others for path in one.var_files}
        return replace(report, var_files=tuple(one for one in report.var_files if one.path not in theirs))

    def earlier(self, tree: Tree) -> Report:
        """Return the report on the same paths in another file tree, within the remaining time."""
        named = self.request.stdin_name
        paths = tuple(named or path if path == DASH else path for path in self.request.paths if named or path != DASH)
        return self._other(tuple(path for path in paths if tree.exists(path)), tree)

    def before_plans(self) -> Report:
        """Return the report on the state before the plans, within the remaining time."""
        return self._other(self.request.paths, self.tree, before=True)

    def _other(self, paths: tuple[Path, ...], tree: Tree, *, before: bool = False) -> Report:
        from iamlint.accepted.configuration.sections import by_path

        request = replace(self.request, paths=paths)
        other = _Judged(
            *(request, self.config, self.rules, self.known, self.wanted, self.quiet, tree),
            Allowance(max(1.0, self.allowance.left())),
            None,
            before=before,
        )
        return by_path(other.report(), self.config, map(Path.as_posix, paths))[0]

    def in_force(self, report: Report, every: tuple[Rule, ...], out: LeftOut, excluded: int) -> InForce | None:
        """Return what was in force; ``every`` are all known rules, ``excluded`` the files that the hook left out."""
        from iamlint.accepted.configuration.in_force import Run as Ran
        from iamlint.accepted.configuration.in_force import in_force

        ran = Ran(
            self.config,
            report,
            every,
            self.request.select,
            self.request.ignore,
            self.excluded + excluded,
            out,
            report.environments,
            frozenset(self.undeclared),
            self.tree,
        )
        return in_force(ran, self.request.instead)

    def run(self, report: Report) -> Run:
        """Return the run of a report; its fixes are those of the last environment."""
        from iamlint.fixes.collecting import Collector

        return (self._collector or Collector({})).run(report)

    def _report(self, environment: str | None, allowance: Allowance) -> Report:
        from iamlint.accepted.ignore import mistakes
        from iamlint.sources.reading import Reading

        request, config = self.request, self.config
        roles = role_catalog(request.role_catalog)
        relevant = None if self.wanted.assertions else self._export_filter(roles)
        reading = Reading()
        if request.paths:
            reading = read(
                request,
                config,
                quiet=self.quiet,
                relevant=relevant,
                roles=roles,
                allowance=allowance,
                tree=self.tree,
                environment=environment,
                before=self.before,
                units=self.units,
                before_facts=None if environment else self._before_facts,
            )
        reading.errors += mistakes(reading.texts.values(), self.known, self.wanted.names)
        self.excluded = max(self.excluded, reading.excluded)
        unused = set(reading.undeclared)
        self.undeclared = unused if self._collector is None else self.undeclared & unused
        as_of = request.as_of.date() if request.as_of else None
        memory = None if environment else memory_of(self.units)
        texts = reading.texts if self._noted is None else self._noted
        judging = self._judging(roles, as_of, allowance)
        if memory:
            found, self._collector = judging.remembered(reading, self.uses, memory)
        else:
            found, self._collector = judging.report(reading, self.uses, texts)
        return replace(found, inputs=_inputs(reading), texts=texts)

    def _judging(self, roles: Catalog, as_of: date | None, allowance: Allowance) -> Judging:
        from iamlint.cli.linting import Judging
        from iamlint.rules.catalog import graded

        rules = graded(self.rules, self.config.severity)
        return Judging(rules, self.wanted, self.config.accept, roles, as_of, allowance)

    def _before_facts(self, reading: Reading, made_of: str | None) -> None:
        """From here on, note which texts of a reading are asked for, for a later run.

        ``made_of`` is a hash of what the facts that are not in the reading are made of. Raises `SameReading` if the
        earlier run had the same reading.
        """
        if self.units is None or self.is_part or made_of is None:
            return
        from iamlint.cache.units import Units

        if not isinstance(self.units, Units):
            return
        from iamlint.accepted.ignore import NotedTexts
        from iamlint.cache import SameReading
        from iamlint.sources.same_reading import hash_of_reading

        noted = NotedTexts(reading.texts)
        same = hash_of_reading(reading, noted.marked, self.units, made_of)
        if same is None:
            return
        if self.units.was_judged(same, reading.texts):
            raise SameReading
        self.units.judge(same, reading.texts, noted.asked)
        self._noted = noted

    def _export_filter(self, roles: Catalog) -> ExportFilter | None:
        from iamlint.rules.interest import export_filter

        memory = memory_of(self.units)
        if memory:
            return memory.same("filter", (self.rules, roles), lambda: export_filter(self.rules, roles))
        return export_filter(self.rules, roles)


def memory_of(earlier: Earlier) -> Memory | None:
    """Return what a session knows of earlier checks; None if there is no session."""
    if earlier is None:
        return None
    from iamlint.cache.units import Units

    return None if isinstance(earlier, Units) else earlier


def chosen_rules(every: tuple[Rule, ...], request: Request, config: Config) -> tuple[tuple[Rule, ...], Asserted]:
    """Return the rules and the assertions that are selected and not ignored. Raises `Failed`."""
    select, ignore = request.select or config.select, (*request.ignore, *config.ignore)
    wanted, errors = asserted(request, config, select, ignore)
    clashes = (one for one in wanted.assertions if any(one.id in rule.names for rule in every))
    errors += [Unreadable(one.at, f"`{one.id}` is the name of a rule, too") for one in clashes]
    if errors:
        raise Failed(errors)
    named = wanted.others(select)
    if select and not named:
        return (), wanted
    written = {name: config.at(key) for key in ("select", "ignore") for name in config.written.get(key, ())}
    given = {*request.select, *request.ignore}
    places = {name: at for name, at in written.items() if name not in given}
    return choose(every, named, wanted.others(ignore), places), wanted


def _inputs(reading: Reading) -> frozenset[str]:
    """Return the files that have facts; an earlier report among them has none."""
    from iamlint.sources.names import ASSIGNMENTS, TERRAFORM

    source = {path for path in reading.texts if path.endswith((*TERRAFORM, *ASSIGNMENTS))}
    errors = {error.at.path for error in reading.errors}
    return frozenset(source | errors | {fact.declared.at.path for fact in reading.facts})


def read(
    request: Request,
    config: Config,
    *,
    quiet: bool,
    relevant: ExportFilter | None = None,
    roles: Catalog | None = None,
    allowance: Allowance | None = None,
    folders_are_named: bool = False,
    tree: Tree = DISK,
    environment: str | None = None,
    before: bool = False,
    units: Earlier = None,
    before_facts: Callable[[Reading, str | None], None] | None = None,
) -> Reading:
    """Read the input, with progress on a terminal; of large exports what is relevant.

    ``folders_are_named`` says that everything in a given folder counts for the whole run. ``environment`` is one of the
    configuration's. ``before`` says that the state before plans is read.
    """
    from iamlint.sources import read as read_paths

    try:
        paths, tree = with_standard_input(request.paths, request.stdin_name, tree)
    except TooLarge as error:
        at, hint = Location("standard input"), "write it to files, and name them"
        raise Failed([Unreadable(at, str(error), hint)]) from error
    progress = Progress(on=not quiet and sys.stderr.isatty())
    memory = memory_of(units)
    stored = None if memory else cast("Units | None", units)
    options = options_for(request, config, environment)
    options = replace(
        options,
        files_are_named=not request.hook,
        folders_are_named=folders_are_named,
        progress=progress,
        relevant=relevant,
        roles=roles,
        allowance=allowance or options.allowance,
        tree=tree,
        units=stored,
        context=stored.beginning if stored else "",
        memory=memory,
        before=before,
        before_facts=before_facts,
    )
    try:
        return read_paths(paths, options)
    finally:
        progress.end()


def read_one(
    request: Request, *, quiet: bool, roles: Catalog | None = None, folders_are_named: bool = False, tree: Tree = DISK
) -> Reading:
    """Read the input with the values of one environment. Raises `Failed`."""
    config = configuration(request)
    environment = one_environment(request, config)
    return read(
        *(request, config),
        quiet=quiet,
        roles=roles,
        folders_are_named=folders_are_named,
        tree=tree,
        environment=environment,
    )


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
    """Return the rules that ship, and those in the directories. Raises `Failed`."""
    from iamlint.rules.catalog import load_rules

    once = {DISK.resolved(path): path for path in directories}  # the configuration and an option may name one folder
    found, errors = load_rules(tuple(once.values()), shipped=shipped)
    if errors:
        raise Failed(errors)
    return found


def documents(paths: Iterable[Path]) -> tuple[tuple[Rule, ...], tuple[Assertion, ...]]:
    """Return the rules and the assertions in some files and folders; without any, the built-in ones and your own.

    Raises `Failed`.
    """
    from iamlint.assertions import load_assertions

    paths = list(paths)
    mine = [path for path in paths if holds_assertions(path)] if paths else assertion_paths(())
    assertions, errors = load_assertions(mine)
    if errors:
        raise Failed(errors)
    others = [path for path in paths if path not in mine]
    if not paths:
        return load(configured_rules()), assertions
    return load(others, shipped=False) if others else (), assertions


def choose(
    rules: tuple[Rule, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    places: Mapping[str, Location] | None = None,
) -> tuple[Rule, ...]:
    """Return the selected rules without the ignored ones. Raises `Failed`.

    ``places`` are where the configuration has names.
    """
    from iamlint.rules.catalog import select_rules

    chosen, errors = select_rules(rules, select, ignore, places)
    if errors:
        raise Failed(errors)
    return chosen


def inputs_of(request: Request, report: Report, config: Config) -> frozenset[Path]:
    """Return the files that the run was given or that count in it, without symbolic links: no report replaces one."""
    from iamlint.accepted.configuration.settings import candidates

    settings = set(candidates(Path()))
    with suppress(Failed):  # it was reported before
        settings |= {path for path in (settings_path(request.config),) if path}
    given = (*request.paths, *request.var_file, *request.role_catalog, *settings)
    named = (*given, request.baseline, request.write_baseline, config.baseline)
    found = {path for path in named if path and DISK.is_file(path)}
    rules = _resolved({Path(rule.at.path) for rule in report.rules})
    return frozenset((*map(DISK.resolved, (*found, *map(Path, report.inputs))), *rules))


def _resolved(files: Iterable[Path]) -> Iterator[Path]:
    """Yield files without symbolic links; a folder of many is resolved once."""
    folders: dict[Path, Path] = {}
    for file in files:
        if DISK.is_link(file):
            yield DISK.resolved(file)
            continue
        if file.parent not in folders:
            folders[file.parent] = DISK.resolved(file.parent)
        yield folders[file.parent] / file.name


def with_errors(report: Report, errors: Iterable[Unreadable]) -> Report:
    """Return the report with further errors after its own."""
    return replace(report, errors=(*report.errors, *errors))


def fails(report: Report, bar: Bar) -> bool:
    """Whether there is a finding at least as severe as that, or an unknown answer where these count."""
    return any(map(bar.fails_finding, report.findings)) or any(map(bar.fails_unknown, report.unknown_answers))


def bar_of(config: Config, fail_on: str | None, *, unknown: bool) -> Bar:
    """Return what fails the run: the severity on the command line replaces all of the configuration."""
    own = tuple((one.paths, one.fail_on) for one in config.sections if one.fail_on)
    return Bar(fail_on or config.fail_on or "info", unknown or config.fail_on_unknown, () if fail_on else own)
