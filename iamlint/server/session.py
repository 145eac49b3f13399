"""A session: an editor's folder, its buffers, and the results of the last check. Independent of the protocol."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from iamlint.cli.configuring import Failed, configuration
from iamlint.cli.console import repository
from iamlint.cli.options import Request
from iamlint.cli.run import checked
from iamlint.files.disk import DISK
from iamlint.files.overlay import Overlay
from iamlint.finding import Finding
from iamlint.fixes.collecting import Run
from iamlint.frozen import frozen
from iamlint.location import SourceText, Unreadable
from iamlint.paths import Asking, hops_of
from iamlint.report import failure
from iamlint.rules.rule import Rule
from iamlint.sources.affected_modules import touched

WHOLE = 1.0
"""Seconds that a check of the whole folder may take; if it takes longer, only the modules of a change are checked."""
MOST_SECONDS = 60.0
"""Maximum time of one check in seconds."""


@frozen
class Problems:
    """The findings and errors that an editor shows for one file."""

    findings: tuple[Finding, ...] = ()
    errors: tuple[Unreadable, ...] = ()


@dataclass
class Session:
    """The state of one editor.

    ``root`` is its folder, ``encoding`` the unit of its columns; ``buffers`` are the open files by absolute path.
    ``run`` is the last check, ``texts`` the files that it read, as they were then, by absolute path. ``problems`` are
    the findings and errors of all files so far. ``notes`` list parts that could not be checked.
    """

    root: Path
    encoding: str = "utf-16"
    buffers: dict[Path, str] = field(default_factory=dict)
    run: Run = field(default_factory=lambda: Run(failure(()), None, ()))
    problems: dict[Path, Problems] = field(default_factory=dict)
    texts: dict[Path, SourceText] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    notes: tuple[Unreadable, ...] = ()
    _large: bool = False
    _asking: Asking | None = None
    _findings: tuple[Finding, ...] = ()
    _errors: tuple[Unreadable, ...] = ()

    @property
    def asking(self) -> Asking | None:
        """Answers questions about the paths of the last check; None before the first check."""
        if self._asking is None and self.run.estate is not None:
            self._asking = Asking(hops_of(self.run.estate))
        return self._asking

    def take(self, path: Path, text: str) -> None:
        """Keep the text of a buffer in place of its file."""
        self.buffers[path] = text

    def close(self, path: Path) -> None:
        """Forget a buffer: the file counts again."""
        self.buffers.pop(path, None)

    def text(self, path: Path) -> SourceText | None:
        """Return the text of a buffer as it is now, or of a file that the last check read."""
        if path in self.buffers:
            return SourceText(str(path), self.buffers[path])
        return self.texts.get(path)

    def absolute(self, shown: str) -> Path:
        """Return the path of a location."""
        return self.root / shown

    def check(self, changed: Path | None = None) -> None:
        """Check the folder, or in a large one the modules of the changed file; does not raise for any content."""
        tree = Overlay(DISK, {path: _encoded(text) for path, text in self.buffers.items()})
        started = time.perf_counter()
        request = Request(paths=(self.root,), max_time=MOST_SECONDS)
        directories: frozenset[Path] | None = None
        if self._large and changed is not None:
            affected = touched([changed], repository(self.root), tree=tree)
            request, directories = replace(request, paths=affected.paths), affected.directories
        try:
            run = checked(request, configuration(request, tree), quiet=True, tree=tree)
        except Failed as failed:
            self.notes = failed.errors
            return
        if changed is None:
            self._large = time.perf_counter() - started > WHOLE
        self._keep(run, directories)

    def _keep(self, run: Run, directories: frozenset[Path] | None) -> None:
        """Store the results of a check. A check of a part of the folder replaces the results in its directories."""

        def outside(*paths: str) -> bool:
            return not any(DISK.resolved(self.absolute(path).parent) in (directories or ()) for path in paths)

        report, texts = run.report, {self.absolute(path): text for path, text in run.texts.items()}
        findings, errors = report.findings, report.errors
        if directories is not None:
            findings = (*(one for one in self._findings if outside(*one.paths)), *findings)
            errors = (*(one for one in self._errors if outside(one.at.path)), *errors)
            texts = {**self.texts, **texts}
        self._findings, self._errors = tuple(dict.fromkeys(findings)), tuple(dict.fromkeys(errors))
        self.problems = {self.absolute(path): one for path, one in _by_path(self._findings, self._errors).items()}
        self.run, self.texts, self.notes, self._asking = run, texts, (), None
        self.rules = {rule.slug: rule for rule in report.rules}


def _by_path(findings: Iterable[Finding], errors: Iterable[Unreadable]) -> dict[str, Problems]:
    """Return findings by the files of their argument and of their origin, and errors by their file."""
    found: dict[str, Problems] = {}
    for finding in findings:
        for path in dict.fromkeys(finding.paths):
            before = found.get(path, Problems())
            found[path] = replace(before, findings=(*before.findings, finding))
    for error in errors:
        before = found.get(error.at.path, Problems())
        found[error.at.path] = replace(before, errors=(*before.errors, error))
    return found


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
