"""An answer for a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.answer import Answer
from iamlint.reporters.markdown import cell
from iamlint.reporters.parts.plain import neutral

_TICKS = regex("`+")
_MARKS = {"done": "✓", "broken": "✗", "unknown": "?", "skipped": "-"}


def answer_markdown(answer: Answer) -> str:
    """Return the answer as Markdown."""
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: Answer) -> Iterator[str]:
    step = f" ({answer.step})" if answer.step and answer.step != answer.verdict else ""
    yield f"**{cell(answer.asked)}: {answer.verdict}{step}**"
    yield ""
    yield cell(answer.headline)
    yield from (f"- {cell(line)}" for line in answer.also)
    yield ""
    for one in answer.evidence:
        yield f"- `{_code(one.at.path)}:{one.at.line}`: {cell(one.message)}"
    yield ""
    for stage in answer.stages:
        yield f"- {_MARKS[stage.state]} {cell(stage.name)}: {cell(stage.message)}"
    if answer.causes:
        yield from ("", "Causes of this error, the likeliest first:", "")
        yield from (f"- {cell(one.cause)}" for one in answer.causes)
    for language, text in (("hcl", answer.fix.terraform), ("sh", answer.fix.gcloud)):
        if text:
            fence = "`" * max(3, *(len(run) + 1 for run in _TICKS.findall(text)), 0)
            yield from ("", f"{fence}{language}", *(neutral(line) for line in text.split("\n")), fence)
    if answer.fix.note:
        yield from ("", *(cell(line) for line in answer.fix.note.split("\n")))
    if answer.not_in_input:
        yield from ("", "Not in the input:", "")
        yield from (f"- {cell(text)}" for text in answer.not_in_input)


def _code(text: str) -> str:
    return neutral(text).replace("`", "'")
