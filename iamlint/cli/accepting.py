"""Applies a baseline to a run, writes a baseline, and reports stale acceptance."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen
from iamlint.basics.words import counted
from iamlint.cli.console import repository_of, tell
from iamlint.cli.options import Request, day_of
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.finding import IN_CALL
from iamlint.location import COMMAND_LINE, Location, SourceText, Unreadable
from iamlint.reporters.parts.plain import neutral
from iamlint.results.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlint.accepted.baseline import Baseline, Entry
    from iamlint.accepted.changed import Changes
    from iamlint.accepted.configuration.config import Config
    from iamlint.accepted.uses import Uses
    from iamlint.logic.path_globs import PathGlobs
    from iamlint.rules.rule import Rule


def baseline_for(request: Request, config: Config, tree: Tree) -> Baseline | Unreadable | None:
    """Return the known findings. Without a named baseline they are in the file to write; None if it does not exist."""
    target = request.write_baseline
    path = request.baseline or config.baseline or target
    if path is None or (target and os.path.realpath(path) == os.path.realpath(target) and not os.path.lexists(path)):
        return None
    from iamlint.accepted.baseline import read_baseline

    if path is config.baseline and not tree.exists(path):
        name = path.as_posix()
        hint = f"make one with `iamlint check --write-baseline {name}`"
        return Unreadable(config.at("baseline"), f"`baseline` names '{name}', which does not exist", hint)
    return read_baseline(path, tree)


def on_changed_lines(
    report: Report, request: Request, config: Config, check: Callable[[Tree], Report]
) -> Report | Unreadable:
    """Return the report with what has changed since the given revision; an error if it is missing.

    ``check`` checks the same paths in other files.
    """
    name = request.changed_since
    if name is None:
        return report
    from iamlint.accepted.changed import since
    from iamlint.accepted.earlier import Earlier, Then
    from iamlint.files.git import MissingRevision

    try:
        with _changes(name, report, request, config.exclude) as changes:
            top = changes.revision.top

            def earlier() -> Earlier:
                return Earlier(check(Then(changes.revision)), lambda path: in_repository(path, top))

            return since(report, name, changes, earlier)
    except MissingRevision as error:
        return Unreadable(Location(COMMAND_LINE), f"--changed-since: {error}", error.hint)


def new_in_plan(report: Report, request: Request, before: Callable[[], Report]) -> Report:
    """Return the report with what the state before the plans did not have. ``before`` checks that state."""
    if not request.new_in_plan:
        return report
    from iamlint.accepted.earlier import Earlier

    return Earlier(before(), lambda path: path).only_new(report)


def in_repository(path: str, top: Path) -> str:
    """Return a path relative to the top of the repository; unchanged outside of it."""
    real = Path(os.path.abspath(path))
    return real.relative_to(top).as_posix() if real.is_relative_to(top) else path


def changed_places(report: Report, request: Request) -> frozenset[Location]:
    """Return the places of findings on lines changed since the revision of --changed-first; none if it is missing."""
    if request.changed_first is None:
        return frozenset()
    from iamlint.files.git import MissingRevision

    try:
        with _changes(request.changed_first, report, request) as changes:
            places = {at for one in report.findings for at in (one.at, one.origin) if at}
            places |= {one.at for one in report.unknown_answers}
            return frozenset(filter(changes.holds, places))
    except MissingRevision as error:
        tell(f"note: changed lines do not come first: {neutral(str(error))}")
        return frozenset()


@contextmanager
def _changes(name: str, report: Report, request: Request, exclude: PathGlobs | None = None) -> Iterator[Changes]:
    """Give what has changed since a revision of the repository that is checked. Raises MissingRevision.

    ``exclude`` are the globs of files that did not count in the revision.
    """
    from iamlint.accepted.changed import Changes
    from iamlint.files.revision import revision

    with revision(name, repository_of(request.paths, Path.cwd().resolve())) as before:
        yield Changes(before, report.texts, exclude)


@frozen(slots=False)
class Accepting:
    """A run, for its acceptance.

    ``every`` are all rules, ``ran`` the rules that ran. ``partial`` says that the run checks only a part of the
    input, as a hook does. ``baseline`` has the known findings. ``tree`` has the files.
    """

    request: Request
    config: Config
    every: tuple[Rule, ...]
    ran: tuple[Rule, ...]
    uses: Uses
    baseline: Baseline | None
    partial: bool = False
    quiet: bool = False
    tree: Tree = DISK

    @cached_property
    def _top(self) -> Path:
        return repository_of(self.request.paths, Path.cwd().resolve())

    def judged(self, found: Report) -> Report:
        """Return the report without findings of the baseline, with stale acceptance. Writes the baseline on request."""
        from iamlint.accepted.ignore import Comments

        target = self.request.write_baseline
        accepting = self.baseline is not None or target or self.config.accept
        if not accepting and not any(Comments(found.texts).all()):
            return found  # nothing accepts anything
        from iamlint.accepted.baseline import Baseline, beyond
        from iamlint.accepted.stale import Acceptances, with_stale

        baseline = Baseline() if self.baseline is None else self.baseline
        if target:
            written = self._written(found, target)
            if isinstance(written, Unreadable):
                found = replace(found, errors=(*found.errors, written))
            else:
                baseline = written
        judged = beyond(found, baseline, self._day, self._in_repository)
        if self.request.no_ignore:
            return judged.report
        given = Acceptances(
            as_of=self._day,
            every=self.every,
            ran=self.ran,
            is_checked=self._is_checked,
            is_entry_checked=self._is_entry_checked,
            is_all_checked=self._is_checked(str(self.config.home or self._top)),
            accept=self.config.accept,
            baseline=baseline,
            known=frozenset(judged.known.values()),
            uses=self.uses,
            settings=self._settings(),
            resolved=lambda path: str(self.tree.resolved(Path(path))),
        )
        return with_stale(judged.report, given)

    @property
    def _day(self) -> date:
        return day_of(self.request.as_of)

    def _settings(self) -> SourceText | None:
        """Return the text of the configuration, if an entry in it may be stale."""
        from iamlint.files.texts import load

        found = load(Path(self.config.path), self.config.path, self.tree) if self.config.accept else None
        return found if isinstance(found, SourceText) else None

    # -- writing -----------------------------------------------------------------------------------------------------

    def _written(self, found: Report, path: Path) -> Baseline | Unreadable:
        """Write the baseline, and return it. Overwrites only a baseline. After an error no entry is removed."""
        from iamlint.accepted.baseline import Baseline, baseline_of, beyond, read_baseline
        from iamlint.accepted.writing import written
        from iamlint.cli.output import write

        at, is_new = Location(path.as_posix()), not os.path.lexists(path)
        if not is_new and isinstance(read_baseline(path), Unreadable):
            return Unreadable(at, "this file is not a baseline, so it is not overwritten", "name another file")
        before = self.baseline or Baseline()
        known = beyond(found, before, self._day, self._in_repository).known
        result = written(
            found,
            before,
            known,
            is_checked=(lambda _: False) if found.errors else self._is_entry_checked,
            in_repository=self._in_repository,
        )
        error = write(path, [result.text])
        if error:
            return error
        if not self.quiet:
            parts = f"{result.added} new, {result.kept} kept, {result.gone} removed"
            parts += "; after an error no entry is removed" if found.errors else ""
            tell(f"baseline {neutral(path.as_posix())}: {counted(result.added + result.kept, 'finding')} ({parts})")
            if is_new and not self._is_configured(path):
                tell(
                    f"next: commit it, and write `{self._line(path)}` into the configuration, for each check to read it"
                )
        return baseline_of(SourceText(path.as_posix(), result.text))

    def _is_configured(self, path: Path) -> bool:
        known = self.config.baseline
        return known is not None and os.path.realpath(known) == os.path.realpath(path)

    def _line(self, path: Path) -> str:
        """Return the line of a configuration that names a baseline."""
        home = self.config.home or self._top
        return f"baseline: {neutral(Path(os.path.relpath(os.path.realpath(path), home)).as_posix())}"

    # -- paths -------------------------------------------------------------------------------------------------------

    def _in_repository(self, path: str) -> str:
        return in_repository(path, self._top)

    def _is_checked(self, path: str) -> bool:
        """Whether everything at a path was checked, with the repository's own values."""
        asked = self.request
        one_of_several = asked.var or asked.var_file or asked.workspace or asked.environment
        if self.partial or one_of_several or asked.resource or asked.source_root:
            return False
        real = DISK.resolved(Path(path))
        return any(real.is_relative_to(DISK.resolved(one)) for one in asked.paths)

    def _is_entry_checked(self, entry: Entry) -> bool:
        """Whether the run would have reported the finding of an entry, if it still existed.

        Paths in a baseline are relative to the top of the repository, paths in a report to a working directory.
        """
        written = entry.written
        if not any(entry.rule == one.slug or entry.rule in one.formerly for one in self.ran):
            return False
        home = written.get("root") or written.get("path")
        if "line" in written:  # of a report
            calls = (one for one in _listed(written.get("related")) if one.get("message") == IN_CALL)
            home = next((one.get("path") for one in calls), home)
        if not isinstance(home, str):
            return self._is_checked(str(self._top))
        return self._is_checked(home if "line" in written else str(self._top / home))


def _listed(written: object) -> list[Mapping[str, object]]:
    return [one for one in written if isinstance(one, dict)] if isinstance(written, list | tuple) else []
