"""Reporters: convert a report to text, one file per format."""

from __future__ import annotations

from collections.abc import Iterable

from iamlint.report import Report
from iamlint.reporters.parts.presentation import Presentation

FORMATS = ("text", "json", "sarif", "github", "markdown")


def render(name: str, report: Report, style: Presentation) -> str:
    """Return the report in a format; the same report gives the same text."""
    return "".join(parts(name, report, style))


def parts(name: str, report: Report, style: Presentation) -> Iterable[str]:
    """Yield the same text in parts, since it may be very large."""
    match name:
        case "text":
            from iamlint.reporters.text import text_report

            return [text_report(report, style)]
        case "json":
            from iamlint.reporters.json_report import json_report

            return json_report(report)
        case "sarif":
            from iamlint.reporters.sarif import sarif_report

            return [sarif_report(report, style)]
        case "github":
            from iamlint.reporters.github import github_report

            return [github_report(report, style)]
        case "markdown":
            from iamlint.reporters.markdown import markdown_report

            return [markdown_report(report, style)]
        case _:
            raise ValueError(f"{name} is not a format")
