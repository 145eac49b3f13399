"""Counts of findings by rule and by folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from iamlint.finding import SEVERITIES, Finding, Severity
from iamlint.reporters.parts.frame import COLORS, Paint
from iamlint.reporters.parts.plain import neutral
from iamlint.results.report import Report

_MOST = 6
"""Maximum number of rules in one line."""
_SHORTEST = 20
"""Minimum width of a title; without the room for it, it is left out."""


def by_rule(findings: Iterable[Finding]) -> list[tuple[str, Severity, int]]:
    """Return rule, worst severity and number of findings, the worst first, then the most frequent."""
    findings = list(findings)
    count = Counter(finding.rule for finding in findings)
    worst = {one.rule: one.severity for one in sorted(findings, key=lambda one: -SEVERITIES.index(one.severity))}
    rules = ((rule, worst[rule], number) for rule, number in count.items())
    return sorted(rules, key=lambda one: (SEVERITIES.index(one[1]), -one[2], one[0]))


def by_folder(findings: Iterable[Finding]) -> list[tuple[str, dict[Severity, int]]]:
    """Return the folders with their counts by severity, the worst first; the folder with the fewest findings first."""
    folders: dict[str, Counter[Severity]] = {}
    for finding in findings:
        folders.setdefault(str(PurePosixPath(finding.at.path).parent), Counter())[finding.severity] += 1
    ordered = sorted(folders.items(), key=lambda one: (one[1].total(), one[0]))
    return [(folder, {one: count[one] for one in SEVERITIES if count[one]}) for folder, count in ordered]


def one_line(report: Report, paint: Paint) -> str:
    """Return the rules with their counts: ``key 4, token 2 and 3 more rules``."""
    rules = by_rule(report.findings)
    shown = ", ".join(f"{paint(COLORS[severity], rule)} {number}" for rule, severity, number in rules[:_MOST])
    more = len(rules) - _MOST
    return shown + (f" and {more} more" if more > 0 else "")


def tables(report: Report, paint: Paint, width: int | None = None) -> Iterator[str]:
    """Yield a table of the rules, the worst last, and one of the folders; titles are cut at the terminal's width."""
    titles = {rule.slug: rule.title for rule in report.rules}
    rules = by_rule(report.findings)
    widest = max((len(rule) for rule, _, _ in rules), default=0)
    for rule, severity, number in reversed(rules):
        graded = paint(COLORS[severity], f"{severity:<8}")
        title = neutral(titles.get(rule, ""))
        room = len(title) if width is None else max(0, width - widest - 19)
        title = title if len(title) <= room else f"{title[: max(0, room - 3)]}..." if room > _SHORTEST else ""
        yield f"{number:>5}  {graded}  {rule:<{widest}}  {title}".rstrip()
    if rules:
        yield ""
    folders = by_folder(report.findings)
    for folder, counts in folders:
        parts = (paint(COLORS[severity], f"{count} {severity}") for severity, count in counts.items())
        yield f"{sum(counts.values()):>5}  {neutral(folder)}: {', '.join(parts)}"
    if folders:
        yield ""
