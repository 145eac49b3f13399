"""A session: an editor's folder, its buffers, and the results of the last check. Independent of the protocol."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.cache.memory import GivenUp, Memory
from iamlint.cli.configuring import configuration
from iamlint.cli.console import Failed
from iamlint.cli.options import Request
from iamlint.cli.run import checked
from iamlint.files.disk import DISK
from iamlint.files.watched import Watched
from iamlint.finding import Finding
from iamlint.fixes.collecting import Run
from iamlint.location import SourceText, Unreadable
from iamlint.paths.answers import Asking
from iamlint.paths.hops import hops_of
from iamlint.results.report import failure
from iamlint.rules.rule import Rule
from iamlint.server.shifts import shifted

MOST_SECONDS = 600.0
"""Maximum time of one check in seconds, as of `iamlint check`."""
PATIENCE = 0.05
"""Seconds that evaluations of root modules may take before a first answer."""


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
    the findings and errors of all files. ``notes`` list parts that could not be checked. ``is_whole`` says that the
    last check evaluated all that changed.
    """

    root: Path
    encoding: str = "utf-16"
    buffers: dict[Path, str] = field(default_factory=dict)
    run: Run = field(default_factory=lambda: Run(failure(()), None, ()))
    problems: dict[Path, Problems] = field(default_factory=dict)
    texts: dict[Path, SourceText] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    notes: tuple[Unreadable, ...] = ()
    is_whole: bool = True
    _memory: Memory = field(default_factory=lambda: Memory(Watched(DISK)))
    _asking: Asking | None = None
    _is_tidy: bool = False
    _paths: dict[str, Path] = field(default_factory=dict)

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

    def check(self, *, first: bool = False, is_wanted: Callable[[], bool] | None = None) -> None:
        """Check the folder; does not raise for any content. What the buffers and the disk did not change is known.

        A ``first`` answer comes soon: where evaluations of root modules would take longer, it has those of an earlier
        check, and `is_whole` is False. Any other check is given up, without a result, as soon as it ``is_wanted`` no
        more; what it has evaluated so far is known to the next one.
        """
        memory, buffers = self._memory, dict(self.buffers)
        contents = {path: _encoded(text) for path, text in buffers.items()}
        memory.begin(contents, PATIENCE if first else None, self._shifted(buffers), is_wanted)
        request = Request(paths=(self.root,), max_time=MOST_SECONDS)
        try:
            run = checked(request, configuration(request, memory.tree), quiet=True, tree=memory.tree, units=memory)
        except Failed as failed:
            self.notes, self.is_whole = failed.errors, True
            return
        except GivenUp:
            return
        memory.end()
        self.is_whole, report = memory.is_whole, run.report
        self._paths = {path: self._paths.get(path) or self.absolute(path) for path in run.texts}
        self.texts = {self._paths[path]: text for path, text in run.texts.items()}
        found = _by_path(report.findings, report.errors)
        self.problems = {self.absolute(path): one for path, one in found.items()}
        self.run, self.notes, self._asking = run, (), None
        self.rules = {rule.slug: rule for rule in report.rules}

    def tidy(self) -> None:
        """Free the memory that checks no longer need; call it when nobody waits for an answer.

        What the first check made stays for good, most of it: later collections need not look at it.
        """
        gc.collect()
        if not self._is_tidy:
            self._is_tidy = True
            gc.freeze()

    def _shifted(self, buffers: Mapping[Path, str]) -> Callable[[Any], Any]:
        """Return a function that moves places of the last check to where they are in the buffers."""
        texts: dict[str, tuple[SourceText, SourceText]] = {}
        for path, text in buffers.items():
            before = self.texts.get(path)
            if before is not None and before.text != text:
                texts[before.path] = (before, SourceText(before.path, text))
        return shifted(texts)


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
