"""Exclusions and severities by path: excluded files that a checked module calls, and sections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import PurePosixPath

from iamlint.accepted.configuration.config import Config, Section
from iamlint.basics.frozen import frozen
from iamlint.finding import SEVERITIES, Finding, Severity, UnknownAnswer
from iamlint.results.report import Report
from iamlint.rules.catalog import ignored, severity_of
from iamlint.rules.rule import Rule


@frozen
class LeftOut:
    """Findings that were not reported: in excluded files; and by the glob of a section, findings that it ignores."""

    excluded: int = 0
    by_section: Mapping[str, int] = field(default_factory=dict)
    graded: Mapping[str, int] = field(default_factory=dict)


def by_path(report: Report, config: Config, given: Iterable[str] = ()) -> tuple[Report, LeftOut]:
    """Return the report with the configuration's settings by path, and the findings left out.

    ``given`` are the paths on the command line, as shown: files in them are checked even if a glob excludes them.
    """
    given = tuple(path for path in given if config.exclude.matches(path))
    if not (config.exclude or config.sections):
        return report, LeftOut()
    chosen = _Chosen(config, {rule.slug: rule for rule in report.rules}, given)
    findings = tuple(one for one in map(chosen.finding, report.findings) if one)
    accepted = tuple(
        replace(one, finding=kept) for one in report.accepted if (kept := chosen.finding(one.finding, counting=False))
    )
    unknown_answers = tuple(one for one in map(chosen.unknown_answer, report.unknown_answers) if one)
    out = LeftOut(chosen.excluded, dict(chosen.ignored), dict(chosen.graded))
    return replace(report, findings=findings, accepted=accepted, unknown_answers=unknown_answers), out


class _Chosen:
    """Applies a configuration to findings and unknown answers, and counts."""

    def __init__(self, config: Config, rules: Mapping[str, Rule], given: tuple[str, ...]) -> None:
        self._config, self._rules, self._given = config, rules, given
        self.excluded = 0
        self.ignored: Counter[str] = Counter()
        self.graded: Counter[str] = Counter()

    def finding(self, finding: Finding, *, counting: bool = True) -> Finding | None:
        """Return a finding with its severity there; None if it is left out."""
        if self._is_excluded(finding.at.path):
            self.excluded += counting
            return None
        rule = self._rules.get(finding.rule)
        for section in self._sections(*finding.paths):
            if rule and ignored(rule, section.ignore):
                self.ignored[section.glob] += counting
                return None
            severity = _shifted(finding.severity, rule, section)
            if severity != finding.severity:
                self.graded[section.glob] += counting
                finding = replace(finding, severity=severity)
        return finding

    def unknown_answer(self, unknown_answer: UnknownAnswer) -> UnknownAnswer | None:
        """Return an unknown answer with its severity there; None if its finding would be left out.

        An unread part of an excluded file stays unknown: a checked module calls it.
        """
        rule = self._rules.get(unknown_answer.rule or "")
        if rule is None:
            return unknown_answer
        if self._is_excluded(unknown_answer.at.path):
            return None
        for section in self._sections(unknown_answer.at.path):
            if ignored(rule, section.ignore):
                return None
            if unknown_answer.severity:
                unknown_answer = replace(unknown_answer, severity=_shifted(unknown_answer.severity, rule, section))
        return unknown_answer

    def _is_excluded(self, path: str) -> bool:
        if not self._config.exclude.matches(path):
            return False
        return not any(PurePosixPath(path).is_relative_to(given) for given in self._given)

    def _sections(self, *paths: str) -> list[Section]:
        return [section for section in self._config.sections if any(map(section.paths.matches, paths))]


def _shifted(severity: Severity, rule: Rule | None, section: Section) -> Severity:
    """Return a severity in a section: as many steps from the section's as it was from the rule's."""
    own = severity_of(rule, section.severity) if rule else None
    if own is None or rule is None:
        return severity
    steps = SEVERITIES.index(severity) - SEVERITIES.index(rule.severity)
    return SEVERITIES[min(max(0, SEVERITIES.index(own) + steps), len(SEVERITIES) - 1)]
