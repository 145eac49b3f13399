"""Workflow commands: GitHub shows each as an annotation on its line of the pull request.

Format and limits: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.finding import Finding, Severity, UnknownAnswer
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters.parts.ends import leads_to
from iamlint.reporters.parts.notes import distinct, notes
from iamlint.reporters.parts.plain import environments, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

MOST = 10
"""Maximum number of annotations of one level that GitHub shows per step; it silently drops the rest."""

Level = Literal["error", "warning", "notice"]
_LEVELS: dict[Severity, Level] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "notice",
    "info": "notice",
}


def github_report(report: Report, style: Presentation) -> str:
    """Return one command per line: errors first, then findings and failing unknown answers.

    Of a level those on changed lines come first if these are known, then the worst.

    What GitHub would drop is printed as plain lines, which only the log shows; the last annotation of the level gives
    their number.
    """
    errors = report.errors
    lines = [*(_of_error(error, style) for error in errors[:MOST]), *(_logged_error(error) for error in errors[MOST:])]
    told = [command("notice", {}, "iamlint", note) for note in notes(report)]
    lines += told
    room: dict[Level, int] = {"error": MOST - len(errors[:MOST]), "warning": MOST, "notice": MOST - len(told)}
    found = [
        *map(_of_finding, report.ranked),
        *map(_of_unknown_answer, distinct(filter(style.bar.fails_unknown, report.unknown_answers))),
    ]
    found.sort(key=lambda one: one.at not in style.first)
    for level, left in room.items():
        lines += _of_level(level, [one for one in found if _LEVELS[one.severity] == level], left, style)
    return "".join(line + "\n" for line in lines)


@frozen
class _Annotation:
    """A finding, or a failing unknown answer, for its line."""

    severity: Severity
    at: Location
    what: str
    message: str


def _of_finding(finding: Finding) -> _Annotation:
    return _Annotation(finding.severity, finding.at, finding.rule, _message(finding))


def _of_unknown_answer(unknown_answer: UnknownAnswer) -> _Annotation:
    what = f"{unknown_answer.rule}, unknown" if unknown_answer.rule else "unknown"
    where = f" ({environments(unknown_answer)})" if unknown_answer.environments else ""
    address = f" [{unknown_answer.address}]" if unknown_answer.address else ""
    return _Annotation(
        unknown_answer.severity or "info", unknown_answer.at, what, unknown_answer.reason + where + address
    )


def _of_level(level: Level, found: list[_Annotation], room: int, style: Presentation) -> Iterator[str]:
    left_out = len(found) - room
    for number, one in enumerate(found[:room], start=1):
        more = f" ({left_out} more of this level are in the log)" if left_out > 0 and number == room else ""
        yield command(level, _where(one.at, style), f"{one.severity}: {one.what}", one.message + more)
    for one in found[max(0, room) :]:
        yield _logged(one.at, f"{one.severity} [{one.what}] {one.message}")


def _message(finding: Finding) -> str:
    more = f" and {len(finding.others)} more" if finding.others else ""
    text = " ".join(filter(None, (finding.message, leads_to(finding))))
    where = f" ({environments(finding)})" if finding.environments else ""
    return text + (f" [{finding.address}{more}]" if finding.address else "") + where


def _of_error(error: Unreadable, style: Presentation) -> str:
    if error.at.path == COMMAND_LINE:
        return command("error", {}, "iamlint", _reason(error))
    return command("error", _where(error.at, style), "iamlint could not read this", _reason(error))


def _logged_error(error: Unreadable) -> str:
    return _logged(error.at, f"error: {_reason(error)}")


def _reason(error: Unreadable) -> str:
    return error.reason + (f" ({error.hint})" if error.hint else "")


# -- commands ----------------------------------------------------------------------------------------------------------


def _where(at: Location, style: Presentation) -> dict[str, object]:
    where: dict[str, object] = {"file": style.in_repository(at.path), "line": at.line, "endLine": at.end_line}
    if at.end_line == at.line:  # GitHub uses columns on one line only
        where |= {"col": at.column, "endColumn": at.end_column}
    return where


def command(level: Level, where: dict[str, object], title: str, message: str) -> str:
    """Return one annotation, on a line, or for the whole job if ``where`` is empty."""
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in {**where, "title": title}.items())
    return f"::{level} {listed}::{_data(neutral(message))}"


def _logged(at: Location, text: str) -> str:
    """Return a log line where no part of the input is a command."""
    return neutral(f"{at.path}:{at.line}:{at.column}: {text}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(neutral(text)).replace(":", "%3A").replace(",", "%2C")
