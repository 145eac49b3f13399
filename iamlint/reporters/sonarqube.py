"""SonarQube's generic issues, in the format since SonarQube 10.3, with rules and issues.

Format: https://docs.sonarsource.com/sonarqube-server/analyzing-source-code/importing-external-issues/generic-issue-import-format
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamlint.finding import Severity
from iamlint.location import Location
from iamlint.reporters.parts.entries import Entry, entries, mentions
from iamlint.reporters.parts.indented import indented
from iamlint.reporters.parts.plain import json_escaped, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report
from iamlint.rules.catalog import NOTE, UNKNOWN, UNREADABLE
from iamlint.rules.rule import Rule

_IMPACTS: dict[Severity, str] = {"critical": "HIGH", "high": "HIGH", "medium": "MEDIUM", "low": "LOW", "info": "LOW"}
"""The severities that all versions since 10.3 know."""
_MOST_PLACES = 20
"""Maximum number of secondary places of an issue."""
_TITLES = {
    UNREADABLE: "Input that could not be read",
    NOTE: "The configuration changes what is reported",
    UNKNOWN: "Something could not be decided",
}


def sonarqube_report(report: Report, style: Presentation) -> Iterator[str]:
    """Yield one JSON object: the rules that found something, and the issues, by place.

    In SonarQube a rule has one severity. Where findings of a rule have several, each has a rule of its own, named
    ``rule.severity``.
    """
    found = entries(report, style.bar)
    rules = {rule.slug: rule for rule in report.rules}
    kinds: dict[str, dict[str, Any]] = {}
    for entry in found:
        rule = rules.get(entry.code)
        name = _id(entry, rule)
        kinds.setdefault(name, _rule(name, entry, rule))
    listed = indented([kinds[name] for name in sorted(kinds)], "  ")
    yield f'{{\n  "rules": {json_escaped(listed)},\n  "issues": '
    before = "[\n    "
    for entry in found:
        yield before + json_escaped(indented(_issue(entry, _id(entry, rules.get(entry.code)), report), "    "))
        before = ",\n    "
    yield "[]\n}\n" if before.startswith("[") else "\n  ]\n}\n"


def _id(entry: Entry, rule: Rule | None) -> str:
    """Return the rule's id; with the severity if that is not the rule's own."""
    usual = rule.severity if rule else "high" if entry.kind == "unknown" else entry.severity
    return entry.code if entry.severity == usual else f"{entry.code}.{entry.severity}"


def _rule(name: str, entry: Entry, rule: Rule | None) -> dict[str, Any]:
    return {
        "id": name,
        "name": neutral(rule.title) if rule else _TITLES.get(entry.code, entry.code),
        "description": neutral(" ".join(f"{rule.page.why} {rule.page.fix}".split()))
        if rule
        else _TITLES.get(entry.code, name),
        "engineId": "iamlint",
        "cleanCodeAttribute": "TRUSTWORTHY",
        "impacts": [{"softwareQuality": "SECURITY", "severity": _IMPACTS[entry.severity or "info"]}],
    }


def _issue(entry: Entry, name: str, report: Report) -> dict[str, Any]:
    message = f"{entry.label}: {entry.whole}"
    issue: dict[str, Any] = {"ruleId": name, "primaryLocation": _location(entry.at, message, report)}
    further = [_location(at, text, report) for at, text in mentions(entry)][:_MOST_PLACES]
    return {**issue, "secondaryLocations": further} if further else issue


def _location(at: Location, message: str, report: Report) -> dict[str, Any]:
    """Return a place. SonarQube stops if a column is beyond its line, so only columns of known texts are written.

    Its columns count UTF-16 code units from 0.
    """
    span: dict[str, int] = {"startLine": at.line}
    text = report.texts.get(at.path)
    if text is not None:
        start, end = text.utf16_columns(at)
        last = len(text.line(at.end_line).encode("utf-16-le", "surrogatepass")) // 2
        if (at.line, start) < (at.end_line, end) and end - 1 <= last:
            span |= {"endLine": at.end_line, "startColumn": start - 1, "endColumn": end - 1}
    return {"message": neutral(message), "filePath": at.path, "textRange": span}
