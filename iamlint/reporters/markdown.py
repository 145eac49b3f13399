"""A report as Markdown, for the summary of a GitHub job.

Limits: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.finding import SEVERITIES, Finding
from iamlint.report import Report
from iamlint.reporters.plain import neutral

LARGEST = 900_000
"""Bytes; GitHub takes a summary of 1 MiB and drops a larger one whole."""


def markdown_report(report: Report) -> str:
    """A heading with the counts, a table of findings, the worst first, and what could not be read."""
    lines, size, ranked = [], 0, sorted(report.findings, key=lambda f: (SEVERITIES.index(f.severity), f.order))
    for line in _lines(report, ranked):
        size += len(line.encode()) + 1
        if size > LARGEST:
            lines += ["", "*The rest is left out, since the summary would be too large.*"]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _lines(report: Report, ranked: list[Finding]) -> Iterator[str]:
    counts = ", ".join(f"{number} {severity}" for severity, number in report.by_severity.items() if number)
    yield f"## iamlint: {len(ranked)} findings{f' ({counts})' if counts else ''}"
    yield ""
    yield (
        f"{len(report.doubts)} unknown, {len(report.errors)} errors, {report.files} files read; "
        f"role catalogue of {report.catalog_date}."
    )
    if ranked:
        yield from ("", "| severity | rule | where | what |", "| --- | --- | --- | --- |")
    for finding in ranked:
        where = f"{finding.at.path}:{finding.at.line}"
        yield f"| {finding.severity} | {finding.rule} | {_cell(where)} | {_cell(finding.message)} |"
    if report.errors:
        yield from ("", "### Could not be read", "")
    for error in report.errors:
        yield f"- {_cell(f'{error.at.path}:{error.at.line}: {error.reason}')}"


def _cell(text: str) -> str:
    shown = neutral(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\`|*[]@":
        shown = shown.replace(mark, f"&#{ord(mark)};")
    return shown
