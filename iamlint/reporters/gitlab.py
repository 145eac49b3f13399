"""GitLab's code quality report: findings in the merge request, on their lines.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamlint.finding import Severity
from iamlint.reporters.parts.entries import Entry, entries
from iamlint.reporters.parts.indented import indented
from iamlint.reporters.parts.plain import json_escaped, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

_SEVERITIES: dict[Severity, str] = {
    "critical": "blocker",
    "high": "critical",
    "medium": "major",
    "low": "minor",
    "info": "info",
}


def gitlab_report(report: Report, style: Presentation) -> Iterator[str]:
    """Yield a JSON array with an issue for each finding, error and failing unknown answer, by place.

    GitLab shows an issue of the merge request only if the target branch has none with its fingerprint. Its widget shows
    no rule and its own names of severities, so both are in the description.
    """
    before = "[\n  "
    for entry in entries(report, style.bar):
        yield before + json_escaped(indented(_issue(entry), "  "))
        before = ",\n  "
    yield "[]\n" if before.startswith("[") else "\n]\n"


def _issue(entry: Entry) -> dict[str, Any]:
    lines = {"begin": entry.at.line}
    if entry.at.end_line > entry.at.line:
        lines["end"] = entry.at.end_line
    return {
        "description": neutral(f"{entry.code} ({entry.label}): {entry.whole}"),
        "check_name": entry.code,
        "fingerprint": entry.fingerprint,
        "severity": _SEVERITIES[entry.severity or "info"],
        "location": {"path": entry.at.path, "lines": lines},
    }
