"""Logging commands of Azure Pipelines: each becomes an error or a warning of the run.

Format: https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands#logissue-log-an-error-or-warning
Escapes: https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/taskcommand.ts
"""

from __future__ import annotations

from iamlint.reporters.parts.entries import Entry, entries, worst_first
from iamlint.reporters.parts.plain import neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report


def azure_report(report: Report, style: Presentation) -> str:
    """Return one command per line, errors and the worst findings first: the run's page shows the first ten.

    Notes are plain lines, which only the log shows.
    """
    return "".join(_line(entry) + "\n" for entry in worst_first(entries(report, style.bar)))


def _line(entry: Entry) -> str:
    if entry.kind == "note":
        return neutral(f"iamlint: {entry.message}")
    where = {}
    if entry.is_somewhere:
        where = {"sourcepath": entry.at.path, "linenumber": entry.at.line, "columnnumber": entry.at.column}
    level = "error" if entry.severity in ("critical", "high") else "warning"
    listed = "".join(f"{name}={_property(str(value))};" for name, value in {"type": level, **where}.items())
    message = f"{entry.label} [{entry.code}] {entry.whole}"
    return f"##vso[task.logissue {listed}code={_property(entry.code)};]{_data(neutral(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(neutral(text)).replace("]", "%5D").replace(";", "%3B")
