"""Collects the fixes of a run while the rules are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen
from iamlint.edits import Edit, Fix
from iamlint.estate import Estate
from iamlint.finding import Finding, UnknownAnswer
from iamlint.fixes.problem import Withheld
from iamlint.fixes.sources import Sources, forget_trees
from iamlint.location import SourceText
from iamlint.patterns.match import Match
from iamlint.results.report import Report
from iamlint.rules.rule import Rule

if TYPE_CHECKING:
    from iamlint.fixes.instances import Instances

MOST_PROPOSED = 1_000
"""Maximum number of fixes that are proposed in one check; when they are applied, the next check proposes more."""
Ask = Callable[[Estate], tuple[Iterable[Finding], Iterable[UnknownAnswer]]]


@frozen
class Run:
    """A check of the input: its report, its estate, and each fix with its finding.

    The estate is None if the whole check failed. ``hindered`` are fixes of files that may
    not be changed, with the reason. ``withheld`` are findings without a fix, with the reason
    why the input does not determine one.
    """

    report: Report
    estate: Estate | None
    fixes: tuple[tuple[Finding, Fix], ...]
    hindered: tuple[tuple[Finding, Fix, str], ...] = ()
    withheld: tuple[tuple[Finding, str], ...] = ()

    @property
    def texts(self) -> Mapping[str, SourceText]:
        """The files that were read."""
        return self.report.texts

    def reported(self) -> Report:
        """Return the report, and drop the estate and the syntax trees, which are as large and not needed for it."""
        if self.estate:
            self.estate.end()
        forget_trees()
        return self.report


class Collector:
    """Makes the fixes that `iamlint.linter.lint` requests. ``texts`` are the files of the run."""

    def __init__(self, texts: Mapping[str, SourceText], ask: Ask | None = None) -> None:
        self._sources = Sources(texts)
        self._ask = ask
        self._estate: Estate | None = None
        self._hindered: dict[tuple[object, ...], tuple[Finding, Fix, str]] = {}
        self._found: dict[tuple[object, ...], tuple[Finding, Fix]] = {}
        self._withheld: dict[tuple[object, ...], tuple[Finding, str]] = {}
        self._made: dict[tuple[str, tuple[Edit, ...]], Fix] = {}
        self._instances: Instances | None = None

    def copy(self) -> Collector:
        """Return a collector with the same fixes, for another report."""
        other = copy(self)
        other._hindered, other._found = dict(self._hindered), dict(self._found)
        other._withheld = dict(self._withheld)
        return other

    def ask(self, estate: Estate) -> tuple[Iterable[Finding], Iterable[UnknownAnswer]]:
        """Remember the estate, and ask for further findings about it."""
        self._estate = estate
        return self._ask(estate) if self._ask else ((), ())

    def mend(self, rule: Rule, finding: Finding, match: Match, estate: Estate) -> Fix | None:
        """Return the fix of a finding with its layout kept; None if its rule has no fix for it."""
        if not rule.mends or len(self._found) >= MOST_PROPOSED:
            return None
        from iamlint.fixes.proposals import proposed

        fix = proposed(rule, finding, match, estate, self._sources)
        kept = self._kept(finding, fix, self._sources)
        if kept and isinstance(fix, Fix):
            from iamlint.fixes.instances import Instances

            self._made[finding.rule, kept.edits] = fix
            self._instances = self._instances or Instances()
            self._instances.add(finding.rule, fix.edits, match.fact.declared)
        return kept

    def _kept(self, finding: Finding, fix: Fix | Withheld | None, sources: Sources) -> Fix | None:
        """Remember a fix, and return it with its layout kept; None if a file of it may not be changed."""
        if isinstance(fix, Withheld):
            self._withheld.setdefault(_key(finding), (finding, fix.reason))
            return None
        if fix is None:
            return None
        from iamlint.fixes.proposals import formatted, hindrance

        why = hindrance(fix, sources)
        if why:
            self._hindered.setdefault(_key(finding), (finding, fix, why))
            return None
        self._found.setdefault((*_key(finding), fix.edits), (finding, fix))
        return formatted(fix, sources)

    def run(self, report: Report) -> Run:
        """Return the run with the fixes of the findings in its report; others may be accepted."""
        report = self._with_acceptance(self.judged(report))
        noted = {_key(one[0]) for some in (self._found, self._hindered, self._withheld) for one in some.values()}
        # Only the keys of these are kept: a large export has a hundred thousand findings, and none with a fix.
        reported = noted.intersection(map(_key, report.findings)) if noted else noted
        fixes = (one for one in self._found.values() if _key(one[0]) in reported)
        hindered = (one for one in self._hindered.values() if _key(one[0]) in reported)
        withheld = (one for one in self._withheld.values() if _key(one[0]) in reported)
        return Run(report, self._estate, tuple(fixes), tuple(hindered), tuple(withheld))

    def judged(self, report: Report) -> Report:
        """Return the report without the fixes that would also change what does not get the same change."""
        if self._instances is None or self._estate is None:
            return report
        from iamlint.fixes.instances import not_right_for

        findings = []
        for one in report.findings:
            made = self._made.get((one.rule, one.fix.edits)) if one.fix else None
            other = made and self._instances.left_out(one.rule, made.edits, self._estate, self._sources)
            if made and other:
                self._hindered.setdefault(_key(one), (one, made, not_right_for(other)))
                self._found.pop((*_key(one), made.edits), None)
            findings.append(replace(one, fix=None) if other else one)
        return replace(report, findings=tuple(findings))

    def _with_acceptance(self, report: Report) -> Report:
        """Return the report with fixes for its findings about acceptance, which are made last."""
        rules = {rule.slug: rule for rule in report.rules if rule.acceptance and rule.mends}
        estate = self._estate
        if estate is None or not any(one.rule in rules for one in report.findings):
            return report
        from iamlint.fixes.proposals import proposed_for_acceptance

        sources, findings = Sources(report.texts), []
        for one in report.findings:
            rule = rules.get(one.rule)
            fix = proposed_for_acceptance(rule, one, estate, sources) if rule else None
            findings.append(replace(one, fix=self._kept(one, fix, sources)) if fix else one)
        return replace(report, findings=tuple(findings))


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.message, finding.principal, finding.role
