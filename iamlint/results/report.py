"""The result of a run, which every reporter receives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from iamlint import __version__
from iamlint.basics.frozen import frozen
from iamlint.basics.words import counted
from iamlint.finding import SEVERITIES, Accepted, Finding, Severity, UnknownAnswer
from iamlint.location import COMMAND_LINE, SourceText, Unreadable
from iamlint.logic.path_globs import PathGlobs

if TYPE_CHECKING:
    from iamlint.causes import VarFile
    from iamlint.questions import ByCause, Question
    from iamlint.results.fingerprint import Fingerprints
    from iamlint.rules.rule import Rule


@frozen
class Setting:
    """A key of the configuration, and its effect in this run: ``effect`` in words, ``count`` if it can be counted."""

    key: str
    effect: str
    count: int | None = None


@frozen
class InForce:
    """The configuration in force: its path, and its keys that can change what is reported or what fails."""

    path: str
    settings: tuple[Setting, ...]

    def __str__(self) -> str:
        return f"configuration {self.path}: {'; '.join(setting.effect for setting in self.settings)}"


@frozen
class Bar:
    """The severities that fail a run: of findings and, on request, of unknown answers.

    ``severity`` may be "never". ``paths`` are other severities for some paths; the last match counts. ``top`` is the
    absolute directory that the paths of findings are relative to; None is the working directory.
    """

    severity: str = "info"
    unknown: bool = False
    paths: tuple[tuple[PathGlobs, str], ...] = ()
    top: PurePath | None = None

    def fails(self, severity: Severity, *paths: str) -> bool:
        """Whether a finding of a severity, with its argument and its origin in these files, fails the run."""
        order: tuple[str, ...] = SEVERITIES
        shown = [self.top / path for path in paths] if self.top and self.paths else paths
        bar = next((own for globs, own in reversed(self.paths) if any(map(globs.matches, shown))), self.severity)
        return bar != "never" and order.index(severity) <= order.index(bar)

    def fails_finding(self, finding: Finding) -> bool:
        """Whether a finding fails the run."""
        return self.fails(finding.severity, *finding.paths)

    def fails_unknown(self, unknown_answer: UnknownAnswer) -> bool:
        """Whether an unknown answer fails the run: it counts as the possible finding, unless that is accepted."""
        counts = self.unknown and unknown_answer.severity is not None and unknown_answer.accepted_at is None
        return counts and self.fails(unknown_answer.severity or "info", unknown_answer.at.path)


BEFORE = "prior_state"
"""The state before a plan, by its name in the plan."""


@frozen
class ChangedSince:
    """The revision for changed lines, and the numbers of findings and unknown answers on other lines.

    The revision `BEFORE` is the state before plans; then what it had already is left out.

    ``unread`` is the number of errors in a check of the revision: what it had there counts as new.
    """

    revision: str
    findings: int
    unknowns: int
    unread: int = 0

    def __str__(self) -> str:
        left_out = [(self.findings, "finding"), (self.unknowns, "unknown answer")]
        told = [counted(number, noun) for number, noun in left_out if number]
        of_plan = self.revision == BEFORE
        where = "" if of_plan else " on other lines"
        rest = f"{' and '.join(told)}{where} left out" if told else "nothing is left out"
        errors = f"; {counted(self.unread, 'error')} in a check of {self.revision}"
        only = "only what is new in the plan" if of_plan else f"only lines changed since {self.revision}"
        return f"{only}: {rest}{errors if self.unread else ''}"


@frozen
class MinSeverity:
    """The lowest severity that is reported, and the number of findings left out below it."""

    severity: Severity
    findings: int

    def __str__(self) -> str:
        rest = f"{counted(self.findings, 'finding')} below it"
        return f"only findings of severity {self.severity} or higher: {rest} left out"


@frozen(slots=False)
class Report:
    """Findings, unknown answers and unreadable input of a run, each sorted and without duplicates.

    ``accepted`` are the findings that an ignore comment covers; they are not among ``findings``.

    ``rules`` are all that ran, sorted by id. ``texts`` are the files that locations point into, by path, for frames and
    snippets. ``files`` is the number of files read. ``as_of`` is the day that conditions were evaluated for; None
    without conditions. ``role_catalogs`` are the files that extend the role catalogue of ``catalog_date``.
    ``inputs`` are the paths of the files that have facts. ``unwalked`` are the directories with Terraform that were not
    read; each is also an unknown answer. ``var_files`` may set variables, and were not read. ``configuration``
    is None if none was in force. ``coverage`` lists for which principals and accounts the assertions are
    complete. ``names`` are the fingerprints of the findings, if their order differs from their numbers.
    ``changed_since`` counts the findings left out because their lines did not change, ``min_severity`` those left out
    because of their severity.
    ``environments`` are the checked environments of the configuration.
    """

    version: str
    catalog_date: str
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    unknown_answers: tuple[UnknownAnswer, ...] = ()
    errors: tuple[Unreadable, ...] = ()
    rules: tuple[Rule, ...] = ()
    files: int = 0
    texts: Mapping[str, SourceText] = field(default_factory=dict)
    as_of: date | None = None
    role_catalogs: tuple[str, ...] = ()
    inputs: frozenset[str] = frozenset()
    unwalked: tuple[str, ...] = ()
    var_files: tuple[VarFile, ...] = ()
    configuration: InForce | None = None
    coverage: tuple[str, ...] = ()
    names: tuple[Fingerprints, ...] = ()
    changed_since: ChangedSince | None = None
    min_severity: MinSeverity | None = None
    environments: tuple[str, ...] = ()

    @property
    def catalog(self) -> str:
        """The role catalogue used: its date, and the files that extend it."""
        return f"{self.catalog_date} with {', '.join(self.role_catalogs)}" if self.role_catalogs else self.catalog_date

    @property
    def by_severity(self) -> dict[str, int]:
        """The number of findings of each severity, the most severe first; every severity is present."""
        count = Counter(finding.severity for finding in self.findings)
        return {severity: count[severity] for severity in SEVERITIES}

    def within(self, holds: Callable[[str], bool]) -> Report:
        """Return the report on the files where ``holds`` is true: findings in one of them, and so on."""
        return replace(
            self,
            findings=tuple(one for one in self.findings if any(holds(at.path) for at in one.places)),
            accepted=tuple(one for one in self.accepted if any(holds(at.path) for at in one.finding.places)),
            unknown_answers=tuple(one for one in self.unknown_answers if holds(one.at.path)),
            errors=tuple(one for one in self.errors if one.at.path == COMMAND_LINE or holds(one.at.path)),
        )

    def at_least(self, severity: Severity) -> Report:
        """Return the report without the findings below a severity, and with their number."""
        reported = SEVERITIES[: SEVERITIES.index(severity) + 1]
        pairs = zip(self.findings, self.fingerprints, strict=True)
        kept = [(one, names) for one, names in pairs if one.severity in reported]
        return replace(
            self,
            findings=tuple(one for one, _ in kept),
            names=tuple(names for _, names in kept),
            min_severity=MinSeverity(severity, len(self.findings) - len(kept)),
        )

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Each unknown thing once, even if several rules depend on it; every format counts these."""
        if not self.unknown_answers:
            return ()
        from iamlint.questions import questions

        return questions(self.unknown_answers)

    @cached_property
    def by_cause(self) -> tuple[ByCause, ...]:
        """The questions by cause: first those that may hide the most severe findings, then the most frequent."""
        if not self.questions:
            return ()
        from iamlint.questions import by_cause

        return by_cause(self.questions, self.var_files)

    @property
    def ranked(self) -> list[Finding]:
        """The findings, the most severe first."""
        return sorted(self.findings, key=lambda finding: (SEVERITIES.index(finding.severity), finding.order))

    @property
    def fingerprints(self) -> Iterator[Fingerprints]:
        """The fingerprints of each finding, in their order."""
        from iamlint.results.fingerprint import fingerprints

        return iter(self.names) if self.names else fingerprints(self.findings)

    @property
    def at_origins(self) -> Report:
        """The report with each finding at its origin, in the order of these places.

        The fingerprints are computed before, since their numbers depend on the order.
        """
        if all(finding.at_origin is finding for finding in self.findings):
            return self
        named = [(one.at_origin, names) for one, names in zip(self.findings, self.fingerprints, strict=True)]
        named.sort(key=lambda pair: pair[0].order)
        return replace(self, findings=tuple(one for one, _ in named), names=tuple(names for _, names in named))


def failure(errors: Iterable[Unreadable]) -> Report:
    """Return the report of a run that failed before checking anything."""
    from iamlint.roles import catalog

    return Report(version=__version__, catalog_date=catalog().date, errors=tuple(errors))
