"""A report as Markdown, for a GitHub job summary.

Limits: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamlint.location import Location
from iamlint.report import Report
from iamlint.reporters.parts.notes import distinct, notes
from iamlint.reporters.parts.plain import counted, environments, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.reporters.parts.unknowns import cause_lines

LARGEST = 900_000
"""Bytes; GitHub accepts a summary of 1 MiB and drops a larger one."""


def markdown_report(report: Report, style: Presentation) -> str:
    """Return a heading with the counts, the errors, and a table of findings, the worst first."""
    lines, size = [], 0
    for line in _lines(report, style):
        size += len(line.encode("utf-8", "backslashreplace")) + 1
        if size > LARGEST:
            lines += ["", "*The rest is left out, since the summary would be too large.*"]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _lines(report: Report, style: Presentation) -> Iterator[str]:
    counts = ", ".join(f"{number} {severity}" for severity, number in report.by_severity.items() if number)
    found = counted(len(report.findings), "finding") if report.findings else "no findings"
    yield f"## iamlint: {found}{f' ({counts})' if counts else ''}"
    yield ""
    judged = f", conditions as of {report.as_of}" if report.as_of else ""
    yield (
        f"{len(report.accepted)} accepted, {len(report.questions)} unknown, {counted(len(report.errors), 'error')}; "
        f"{counted(report.files, 'file')} read, {counted(len(report.rules), 'rule')}, "
        f"role catalogue of {cell(report.catalog)}{judged}."
    )
    if report.doubts:
        yield ""
    yield from (f"- unknown: {cell(line)}" for line in cause_lines(report.by_cause))
    for note in notes(report):
        yield from ("", f"{cell(note[:1].upper() + note[1:])}.")
    if report.errors:
        yield from ("", "### Could not be read", "")
    for error in report.errors:
        hint = f" ({error.hint})" if error.hint else ""
        yield f"- {_where(error.at, style)}: {cell(error.reason + hint)}"
    if report.findings:
        yield from ("", "| severity | rule | where | what |", "| --- | --- | --- | --- |")
    for finding in report.ranked:
        sure = "" if finding.confidence == "high" else f" ({finding.confidence} confidence)"
        where = _where(finding.at, style)
        there = f" ({environments(finding)})" if finding.environments else ""
        yield f"| {finding.severity}{sure} | {finding.rule} | {where} | {cell(finding.message + there)} |"
    failing = distinct(filter(style.bar.fails_unknown, report.doubts))
    if failing:
        yield from ("", "### Unknown", "", "| severity | rule | where | why |", "| --- | --- | --- | --- |")
    for doubt in failing:
        yield f"| {doubt.severity} | {doubt.rule or ''} | {_where(doubt.at, style)} | {cell(doubt.reason)} |"


def _where(at: Location, style: Presentation) -> str:
    return cell(f"{style.in_repository(at.path)}:{at.line}")


_MARKUP = re.compile(r"(?P<mark>[&<>\\`|*_\[\]~]|^[-+=])|(?P<joint>[@#$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""``mark`` matches Markdown and HTML syntax.

``joint`` matches GitHub's syntax in the remaining text: mentions, mail addresses, references, formulas, links without
brackets. Sources: https://github.github.com/gfm/#autolinks-extension-
https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
"""
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def cell(text: str) -> str:
    """Return a text without Markdown or HTML syntax, in which GitHub links and mentions nothing."""
    return _MARKUP.sub(_as_text, neutral(text))


def _as_text(found: re.Match[str]) -> str:
    character = found[0]
    entity = _NAMED.get(character, f"&#{ord(character)};")
    # An element separates the text; an entity alone becomes the character again when GitHub scans the text.
    return entity if found["mark"] else f"<span>{entity}</span>"
