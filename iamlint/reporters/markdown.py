"""A report as Markdown, for a GitHub job summary.

Limits: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from iamlint.addresses import rule_address
from iamlint.basics.lazy_regex import regex
from iamlint.basics.words import counted
from iamlint.location import COMMAND_LINE, Location
from iamlint.reporters.parts.ends import leads_to
from iamlint.reporters.parts.groups import Group, difference, grouped
from iamlint.reporters.parts.notes import distinct, notes
from iamlint.reporters.parts.plain import environments, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.reporters.parts.statistics import by_folder, by_rule
from iamlint.reporters.parts.unknowns import cause_lines
from iamlint.results.report import Report
from iamlint.rules.catalog import is_shipped

MOST_ALIKE = 6
"""Maximum number of similar findings listed with one; the rest is counted."""
LARGEST = 900_000
"""Bytes; GitHub accepts a summary of 1 MiB and drops a larger one."""


def markdown_report(report: Report, style: Presentation) -> str:
    """Return a heading with the counts, the errors, and a table of findings, similar ones in a row, the worst first."""
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
    failed = f"; {counted(len(report.errors), 'error')}" if report.errors else ""
    yield f"## iamlint: {found}{f' ({counts})' if counts else ''}{failed}"
    yield ""
    judged = f", conditions as of {report.as_of}" if report.as_of else ""
    yield (
        f"{len(report.accepted)} accepted, {len(report.questions)} unknown, {counted(len(report.errors), 'error')}; "
        f"{counted(report.files, 'file')} read, {counted(len(report.rules), 'rule')}, "
        f"role catalogue of {cell(report.catalog)}{judged}."
    )
    if report.unknown_answers:
        yield ""
    yield from (f"- unknown: {cell(line)}" for line in cause_lines(report.by_cause))
    for note in notes(report):
        yield from ("", f"{cell(note[:1].upper() + note[1:])}.")
    if report.errors:
        yield from ("", "### Could not be read", "")
    for error in report.errors:
        hint = f" ({error.hint})" if error.hint else ""
        yield f"- {linked(error.at, style)}: {cell(error.reason + hint)}"
    pages = {rule.slug: rule_address(rule.id) for rule in report.rules if is_shipped(rule)}
    if style.statistics:
        yield from _statistics(report, pages)
    if report.findings:
        yield from ("", "| severity | rule | where | what |", "| --- | --- | --- | --- |")
    for group in grouped(report.ranked):
        finding = group.first
        sure = "" if finding.confidence == "high" else f" ({finding.confidence} confidence)"
        page = pages.get(finding.rule)
        rule = f"[{finding.rule}]({page}) ([fix]({page}#fix))" if page else cell(finding.rule)
        there = f" ({environments(finding)})" if finding.environments else ""
        told = " ".join(filter(None, (finding.message, leads_to(finding))))
        what = "<br>".join([cell(told + there), *_alike(group, style)])
        yield f"| {finding.severity}{sure} | {rule} | {linked(finding.at, style)} | {what} |"
    yield from _unknown(report, style)


def _statistics(report: Report, pages: Mapping[str, str]) -> Iterator[str]:
    """Yield the number of findings by rule, the worst first, and by folder, the one with the most findings first."""
    if report.findings:
        yield from ("", "| findings | rule | highest severity |", "| ---: | --- | --- |")
    for name, severity, number in by_rule(report.findings):
        yield f"| {number} | {f'[{name}]({pages[name]})' if name in pages else cell(name)} | {severity} |"
    if report.findings:
        yield from ("", "| findings | folder | by severity |", "| ---: | --- | --- |")
    for folder, counts in reversed(by_folder(report.findings)):
        listed = ", ".join(f"{count} {severity}" for severity, count in counts.items())
        yield f"| {sum(counts.values())} | {cell(folder)} | {listed} |"


def _alike(group: Group, style: Presentation) -> Iterator[str]:
    """Yield what the other findings of a group are about, each with its place."""
    for other in group.others[:MOST_ALIKE]:
        where = "" if other.at == group.first.at else f": {linked(other.at, style)}"
        yield f"also {cell(difference(other, group.first))}{where}"
    if len(group.others) > MOST_ALIKE:
        yield f"… and {len(group.others) - MOST_ALIKE} more like it"


def _unknown(report: Report, style: Presentation) -> Iterator[str]:
    """Yield the unknown answers that fail the run, or all of them on request."""
    told = distinct(
        report.unknown_answers if style.show_unknown else filter(style.bar.fails_unknown, report.unknown_answers)
    )
    if told:
        yield from ("", "### Unknown", "", "| severity | rule | where | why |", "| --- | --- | --- | --- |")
    for one in told:
        why = cell(one.reason + (f" ({environments(one)})" if one.environments else ""))
        yield f"| {one.severity or ''} | {one.rule or ''} | {linked(one.at, style)} | {why} |"


def linked(at: Location, style: Presentation) -> str:
    """Return a place: a link to its line, if the address of the tree is known and the file is in it."""
    if at.path == COMMAND_LINE:
        return at.path
    path = style.in_repository(at.path)
    shown = cell(f"{path}:{at.line}")
    if not style.source_url or path.startswith(("/", "../")):
        return shown
    return f"[{shown}]({style.source_url}{quote(os.fsencode(path))}#L{at.line})"


_MARKUP = regex(r"(?P<mark>[&<>\\`|*_\[\]~]|^[-+=])|(?P<joint>[@#$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""``mark`` matches Markdown and HTML syntax.

``joint`` matches GitHub's syntax in the remaining text: mentions, mail addresses, references, formulas, links without
brackets. Sources: https://github.github.com/gfm/#autolinks-extension-
https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
"""
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def cell(text: str) -> str:
    """Return a text without Markdown or HTML syntax, where GitHub links and mentions nothing."""
    return _MARKUP.sub(_as_text, neutral(text))


def _as_text(found: re.Match[str]) -> str:
    character = found[0]
    entity = _NAMED.get(character, f"&#{ord(character)};")
    # An element separates the text; an entity alone becomes the character again when GitHub scans the text.
    return entity if found["mark"] else f"<span>{entity}</span>"
