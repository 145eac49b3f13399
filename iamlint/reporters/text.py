"""A report for people: each finding with the line that it is about, the guilty part underlined."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from iamlint.finding import Finding
from iamlint.location import Location, SourceText, Unreadable
from iamlint.report import Report
from iamlint.reporters.plain import neutral
from iamlint.reporters.presentation import Presentation

_WIDEST = 110
"""Columns of source that are shown of a line; longer ones are cut around the guilty part."""
_COLORS = {"critical": "1;35", "high": "1;31", "medium": "1;33", "low": "1;36", "info": "1;34"}


class _Paint:
    """Colour, or nothing."""

    def __init__(self, *, on: bool) -> None:
        self._on = on

    def __call__(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._on and text else text


def text_report(report: Report, style: Presentation) -> str:
    """Findings, then (when asked) what is unknown, then what could not be read, then one line of summary."""
    paint = _Paint(on=style.color)
    lines: list[str] = []
    for finding in report.findings:
        lines += _finding(finding, report, paint)
    if style.show_unknown:
        for doubt in report.doubts:
            where = f"{_place(doubt.at)}{f'  [{neutral(doubt.address)}]' if doubt.address else ''}"
            by = f" ({doubt.rule})" if doubt.rule else ""
            lines += [f"{paint('1;37', 'unknown')}{by}: {neutral(doubt.reason)}", f"  {paint('2', '-->')} {where}", ""]
    for error in report.errors:
        lines += [*_error(error, report, paint), ""]
    if not style.quiet:
        lines += _summary(report, style, paint)
    return "".join(line + "\n" for line in lines)


def _finding(finding: Finding, report: Report, paint: _Paint) -> Iterator[str]:
    color = _COLORS[finding.severity]
    sure = "" if finding.confidence == "high" else f" ({finding.confidence} confidence)"
    head = f"{paint(color, finding.severity)}{paint('1', f'[{finding.rule}]')}{sure}"
    yield f"{head}: {paint('1', neutral(finding.message))}"
    width = len(str(finding.at.end_line))
    address = f"  {paint('2', neutral(finding.address))}" if finding.address else ""
    yield f"{' ' * width}{paint('34', '-->')} {_place(finding.at)}{address}"
    yield from _frame(finding.at, report.texts.get(finding.at.path), width, color, paint)
    for related in finding.related:
        yield f"{' ' * width} {paint('34', '=')} {neutral(related.message)}: {_place(related.at)}"
    yield f"{' ' * width} {paint('34', '=')} {paint('2', f'why and how to fix: iamlint explain {finding.rule}')}"
    yield ""


def _place(at: Location) -> str:
    return f"{neutral(at.path)}:{at.line}:{at.column}"


def _frame(at: Location, text: SourceText | None, width: int, color: str, paint: _Paint) -> Iterator[str]:
    """The first line of a place, with its part underlined; nothing where the text is not at hand."""
    if text is None:
        return
    line = text.line(at.line)
    start = at.column - 1
    end = at.end_column - 1 if at.end_line == at.line else len(line)
    shown, start, end = _cut(line, start, max(end, start + 1))
    before = _columns(shown[:start])
    under = max(1, _columns(shown[start:end]))
    more = " ..." if at.end_line > at.line else ""
    bar = paint("34", "|")
    yield f"{' ' * width} {bar}"
    yield f"{paint('34', f'{at.line:>{width}}')} {bar} {_visible(shown)}"
    yield f"{' ' * width} {bar} {' ' * before}{paint(color, '^' * under + more)}"


def _cut(line: str, start: int, end: int) -> tuple[str, int, int]:
    if len(line) <= _WIDEST:
        return line, start, min(end, len(line))
    first = max(0, min(start - 20, len(line) - _WIDEST))
    piece = line[first : first + _WIDEST]
    head = "..." if first else ""
    tail = "..." if first + _WIDEST < len(line) else ""
    end = min(end, first + _WIDEST)
    return head + piece + tail, start - first + len(head), end - first + len(head)


def _visible(text: str) -> str:
    return neutral(text).replace("\t", "    ")


def _columns(text: str) -> int:
    """How many columns a text takes on a terminal: wide characters take two, combining ones none."""
    shown = _visible(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in shown)
    return len(shown) + wide - sum(bool(unicodedata.combining(character)) for character in shown)


def _error(error: Unreadable, report: Report, paint: _Paint) -> Iterator[str]:
    yield f"{paint('1;31', 'error')}: {neutral(error.reason)}"
    yield f"  {paint('34', '-->')} {_place(error.at)}"
    if error.at.end_column > error.at.column or error.at.end_line > error.at.line:
        yield from _frame(error.at, report.texts.get(error.at.path), len(str(error.at.line)), "1;31", paint)
    if error.hint:
        yield f"  {paint('34', '=')} {neutral(error.hint)}"


def _summary(report: Report, style: Presentation, paint: _Paint) -> Iterator[str]:
    counts = [f"{number} {severity}" for severity, number in report.by_severity.items() if number]
    findings = _count(len(report.findings), "finding") + (f" ({', '.join(counts)})" if counts else "")
    parts = [paint("1;32" if not report.findings else "1", findings)]
    if report.doubts:
        parts.append(f"{len(report.doubts)} unknown" + ("" if style.show_unknown else " (--show-unknown lists them)"))
    if report.errors:
        parts.append(paint("1;31", _count(len(report.errors), "error")))
    parts.append(f"{_count(report.files, 'file')} read with {_count(len(report.rules), 'rule')}")
    yield "; ".join(parts) + f"; role catalogue of {report.catalog_date}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
