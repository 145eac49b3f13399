"""Workflow commands: GitHub shows each as an annotation on its line of the pull request.

Format and limits (10 errors, 10 warnings, 10 notices a step):
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.finding import SEVERITIES, Finding
from iamlint.location import Location
from iamlint.report import Report
from iamlint.reporters.plain import neutral

MOST = 10
"""Annotations of one level that GitHub shows of a step; the rest it drops without a word."""
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice"}


def github_report(report: Report) -> str:
    """One command a line: what could not be read first, then findings, the worst first."""
    return "".join(line + "\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    shown = {"error": 0, "warning": 0, "notice": 0}
    for error in report.errors[:MOST]:
        shown["error"] += 1
        yield _command("error", error.at, "iamlint could not read this", " ".join((error.reason, error.hint)).strip())
    ranked = sorted(report.findings, key=lambda f: (SEVERITIES.index(f.severity), f.order))
    for level, findings in _by_level(ranked):
        room = MOST - shown[level]
        left_out = len(findings) - room
        for number, finding in enumerate(findings[:room], start=1):
            more = f" ({left_out} more of this level are in the log)" if left_out > 0 and number == room else ""
            yield _command(level, finding.at, f"{finding.severity}: {finding.rule}", _message(finding) + more)
        for finding in findings[max(0, room) :]:
            at = finding.at
            yield neutral(
                f"{at.path}:{at.line}:{at.column}: {finding.severity} [{finding.rule}] {_message(finding)}"
            ).lstrip(":")


def _by_level(ranked: list[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    for level in ("error", "warning", "notice"):
        found = [finding for finding in ranked if _LEVELS[finding.severity] == level]
        if found:
            yield level, found


def _message(finding: Finding) -> str:
    return finding.message + (f" [{finding.address}]" if finding.address else "")


def _command(level: str, at: Location, title: str, message: str) -> str:
    properties = {"file": at.path, "line": at.line, "endLine": at.end_line}
    if at.end_line == at.line:
        properties |= {"col": at.column, "endColumn": at.end_column}
    properties["title"] = title
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {listed}::{_data(neutral(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(neutral(text)).replace(":", "%3A").replace(",", "%2C")
