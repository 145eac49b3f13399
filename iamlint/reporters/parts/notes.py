"""Notes in every format: effects of the configuration, and comments that a reviewer may not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from iamlint.basics.words import counted, first_names
from iamlint.finding import UnknownAnswer
from iamlint.location import COMMAND_LINE, Location
from iamlint.reporters.parts.frame import place
from iamlint.results.report import Report

_MOST_PLACES = 3


def notes(report: Report) -> Iterator[str]:
    """Yield a sentence for each thing that a reviewer of a green run should know. It may contain any input text."""
    yield from (text for _, text in placed_notes(report))


def placed_notes(report: Report) -> Iterator[tuple[Location, str]]:
    """Yield the same sentences, each with the place that it is about."""
    if report.configuration:
        yield Location(report.configuration.path), str(report.configuration)
    if report.changed_since:
        yield Location(COMMAND_LINE), str(report.changed_since)
    if report.min_severity and report.min_severity.findings:
        yield Location(COMMAND_LINE), str(report.min_severity)
    unseen = sorted({one.at for one in report.accepted if one.out_of_view})
    if unseen:
        accepted = sum(one.out_of_view for one in report.accepted)
        where = "beyond column 200, on a line of over 500 characters, or in a downloaded module"
        places = first_names([place(at) for at in unseen], _MOST_PLACES)
        text = f"{counted(accepted, 'finding')} accepted by a comment out of view ({where}): {places}"
        yield unseen[0], text


def distinct(unknown_answers: Iterable[UnknownAnswer]) -> list[UnknownAnswer]:
    """Return the unknown things, each once, sorted by the worst severity, the worst first."""
    from iamlint.questions import questions

    ranked = sorted(unknown_answers, key=lambda unknown_answer: (unknown_answer.rank, unknown_answer.order))
    return [replace(one.unknown_answers[0], environments=one.environments) for one in questions(ranked)]
