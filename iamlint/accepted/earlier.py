"""Findings and unknown answers that a revision had already, by a check of its files; or the state before a plan.

A change can make a finding on lines that it does not touch: by a file that an expression reads, by a variable file or
an override that is gone, by a deny policy that is gone. Only a check of both versions shows that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from iamlint.accepted.baseline import Baseline, baseline_of, news
from iamlint.accepted.writing import written
from iamlint.basics.frozen import frozen
from iamlint.files.disk import DISK
from iamlint.files.revision import Revision
from iamlint.files.tree import Entry, Status, Tree
from iamlint.finding import Finding, UnknownAnswer
from iamlint.location import SourceText, Unreadable
from iamlint.results.report import BEFORE, ChangedSince, Report

_OWN = "acceptance"
"""The family of findings about stale acceptance, which the check of the revision does not ask for."""


class Then(Tree):
    """The files of a revision, and outside of its repository those of the disk."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision

    def _of(self, path: Path) -> Tree:
        inside = self._revision.resolved(path).is_relative_to(self._revision.top)
        return self._revision if inside else DISK

    def status(self, path: Path) -> Status:
        """Return what a path leads to."""
        return self._of(path).status(path)

    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links."""
        return self._revision.resolved(path)

    def is_link(self, path: Path) -> bool:
        """Whether a path itself is a symbolic link."""
        return self._of(path.parent).is_link(path)

    def open(self, path: Path) -> IO[bytes]:
        """Open a file."""
        return self._of(path).open(path)

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the names in a directory."""
        return self._of(path).entries(path)


@frozen
class Earlier:
    """A report on a revision, or on the state before plans.

    ``in_repository`` returns a path relative to the top of the repository.
    """

    report: Report
    in_repository: Callable[[str], str]

    def new_findings(self, report: Report) -> list[Finding]:
        """Return the findings that the revision did not have, or had with a lower severity.

        It had those, too, that somebody accepts. Findings about stale acceptance are never new.
        """
        every = (*self.report.findings, *(one.finding for one in self.report.accepted))
        before = replace(self.report, findings=every, names=())
        text = written(before, Baseline(), {}, is_checked=lambda _: True, in_repository=self.in_repository).text
        known = baseline_of(SourceText("", text))
        if isinstance(known, Unreadable):
            return list(report.findings)
        return [one for one in news(report, known, self.in_repository) if one.family != _OWN]

    def new_unknown_answers(self, report: Report) -> list[UnknownAnswer]:
        """Return the unknown answers that the revision did not have, whatever their lines."""
        left = Counter(map(_identity, self.report.unknown_answers))
        new = []
        for unknown_answer in report.unknown_answers:
            left[_identity(unknown_answer)] -= 1
            if left[_identity(unknown_answer)] < 0:
                new.append(unknown_answer)
        return new

    def only_new(self, report: Report) -> Report:
        """Return the report with what the state before its plans did not have, and the numbers of what is left out."""
        new = {*self.new_unknown_answers(report)}
        kept = replace(
            report,
            findings=tuple(self.new_findings(report)),
            unknown_answers=tuple(one for one in report.unknown_answers if one in new),
        )
        findings, unknowns = len(report.findings) - len(kept.findings), len(report.questions) - len(kept.questions)
        return replace(kept, changed_since=ChangedSince(BEFORE, findings, unknowns, self.errors(report)))

    def errors(self, report: Report) -> int:
        """Return the number of errors of the revision that a report does not have."""
        return len({(error.at.path, error.reason) for error in self.report.errors} - _reasons(report))


def _reasons(report: Report) -> set[tuple[str, str]]:
    return {(error.at.path, error.reason) for error in report.errors}


def _identity(unknown_answer: UnknownAnswer) -> tuple[object, ...]:
    return unknown_answer.rule, unknown_answer.address, unknown_answer.reason, unknown_answer.about
