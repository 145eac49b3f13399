"""One line for each finding: ``path:line:column: severity rule message``, as compilers, editors and grep print them."""

from __future__ import annotations

from iamlint.reporters.parts.entries import Entry, entries
from iamlint.reporters.parts.plain import neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report


def concise_report(report: Report, style: Presentation) -> str:
    """Return the lines by place; errors and notes have ``error`` and ``note`` as their severity."""
    return "".join(_line(entry) + "\n" for entry in entries(report, style.bar))


def _line(entry: Entry) -> str:
    at = entry.at
    where = f"{at.path}:{at.line}:{at.column}" if entry.is_somewhere else at.path
    return neutral(f"{where}: {entry.label} {entry.code} {entry.whole}")
