"""Unknown things as text: by cause, with what helps, and by reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.basics.words import counted, first_names
from iamlint.causes import VarFile
from iamlint.questions import ByCause, Question, hints
from iamlint.reporters.parts.frame import Paint, place
from iamlint.reporters.parts.plain import environments, neutral

_MOST_PLACES = 5
"""Maximum number of places listed for a reason; the rest is counted."""
_MOST_CAUSES = 6
"""Maximum number of causes in a summary."""
_MOST_NAMES = 2


def cause_line(cause: ByCause) -> str:
    """Return how many things depend on a cause, its subject, and what helps."""
    about = _about(cause)
    helps = [cause.help] if cause.help else []
    if cause.hints:
        several = len(cause.hints) > 1 and not cause.environments
        wrote = " (iamlint init writes them into a configuration)" if several else ""
        helps.append(f"values are in {first_names(cause.hints, _MOST_NAMES)}{wrote}")
    text = f"{len(cause.questions)} {cause.kind.title}" + (f" ({about})" if about else "")
    text += f" {environments(cause)}" if cause.environments else ""
    return neutral(text + (f": {'; '.join(helps)}" if helps else ""))


def cause_lines(causes: tuple[ByCause, ...]) -> Iterator[str]:
    """Yield a line for each of the first causes, and one for all others."""
    for cause in causes[:_MOST_CAUSES]:
        yield cause_line(cause)
    rest = causes[_MOST_CAUSES:]
    if rest:
        yield f"{sum(len(cause.questions) for cause in rest)} of {counted(len(rest), 'other kind')}"


def listed_unknowns(
    causes: Iterable[ByCause], var_files: tuple[VarFile, ...], paint: Paint, *, every: bool
) -> Iterator[str]:
    """Yield the causes, each with its reasons, each reason once with its places and rules.

    Within a cause, those that may be the most severe findings come first. ``every`` shows every place.
    """
    for cause in causes:
        yield f"{paint('1;36', 'unknown')}{_graded(cause)}: {cause_line(cause)}"
        reasons: dict[str, list[Question]] = {}
        for question in sorted(cause.questions, key=lambda one: one.unknown_answers[0].rank):
            reasons.setdefault(question.reason, []).append(question)
        for reason, alike in reasons.items():
            yield f"  {neutral(reason)}"
            most = len(alike) if every else _MOST_PLACES
            yield from (_placed(question, paint) for question in alike[:most])
            if alike[most:]:
                more = counted(len(alike) - most, "more place")
                yield f"   {paint('34', '-->')} ... and {more} (--show-all shows each)"
            files = hints(alike[0], var_files)
            if files:
                use = "add it to the environment's `var-file`" if cause.environments else "give --var-file"
                yield f"   {paint('34', '=')} {neutral(f'a value is in {first_names(files, _MOST_NAMES)}: {use}')}"
        yield ""


def _graded(cause: ByCause) -> str:
    return f" ({cause.severity})" if cause.severity else ""


def _placed(question: Question, paint: Paint) -> str:
    where = place(question.at) + (f"  {neutral(question.address)}" if question.address else "")
    where += f"  {paint('2', environments(question))}" if question.environments else ""
    accepted = {unknown_answer.rule for unknown_answer in question.unknown_answers if unknown_answer.accepted_at}
    rules = [f"{rule}, accepted" if rule in accepted else rule for rule in question.rules]
    named = paint("2", f"  ({first_names(rules, 4)})") if rules else ""
    return f"   {paint('34', '-->')} {where}{named}"


def _about(cause: ByCause) -> str:
    if len(cause.subjects) > 1 and cause.kind.noun:
        return counted(len(cause.subjects), cause.kind.noun)
    return first_names(cause.subjects, _MOST_NAMES)
