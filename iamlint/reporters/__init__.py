"""Reporters: convert a report to text, one file per format."""

from __future__ import annotations

from collections.abc import Iterable

from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

FORMATS = (
    "text", "concise", "json", "sarif", "github", "markdown", "gitlab", "azure", "junit", "sonarqube"
)  # fmt: skip
_AS_TYPED = frozenset({"text", "concise", "json"})
"""Formats with paths as the user would type them; in all others they are relative to the top of the repository."""


def render(name: str, report: Report, style: Presentation) -> str:
    """Return the report in a format; the same report gives the same text."""
    return "".join(parts(name, report, style))


def parts(name: str, report: Report, style: Presentation) -> Iterable[str]:
    """Yield the same text in parts, since it may be very large."""
    report, style = _placed(name, report, style)
    match name:
        case "concise":
            from iamlint.reporters.concise import concise_report

            return [concise_report(report, style)]
        case "text":
            from iamlint.reporters.text import text_report

            return [text_report(report, style)]
        case "json":
            from iamlint.reporters.json_report import json_report

            return json_report(report, style)
        case "sarif":
            from iamlint.reporters.sarif import sarif_report

            return sarif_report(report, style)
        case "github":
            from iamlint.reporters.github import github_report

            return [github_report(report, style)]
        case "markdown":
            from iamlint.reporters.markdown import markdown_report

            return [markdown_report(report, style)]
        case "gitlab":
            from iamlint.reporters.gitlab import gitlab_report

            return gitlab_report(report, style)
        case "azure":
            from iamlint.reporters.azure import azure_report

            return [azure_report(report, style)]
        case "junit":
            from iamlint.reporters.junit import junit_report

            return junit_report(report, style)
        case "sonarqube":
            from iamlint.reporters.sonarqube import sonarqube_report

            return sonarqube_report(report, style)
        case _:
            raise ValueError(f"{name} is not a format")


def _placed(name: str, report: Report, style: Presentation) -> tuple[Report, Presentation]:
    """Return the report with the places and paths of a format.

    Findings are where a reviewer looks, unless the configuration asks for the arguments. JSON has both places.
    """
    if name not in _AS_TYPED:
        from iamlint.reporters.parts.relocation import at_top

        report, style = at_top(report, style)
    return (report if name == "json" or style.at_arguments else report.at_origins), style
