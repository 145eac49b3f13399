"""An answer for a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.diagnosis.answer import Answer
from iamlint.reporters.parts.plain import neutral

_MARKS = {"done": "✓", "broken": "✗", "unknown": "?", "skipped": "-"}


def answer_markdown(answer: Answer) -> str:
    """The answer as Markdown."""
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: Answer) -> Iterator[str]:
    step = f" ({answer.step})" if answer.step and answer.step != answer.verdict else ""
    yield f"**{_plain(answer.asked)}: {answer.verdict}{step}**"
    yield ""
    yield _plain(answer.headline)
    yield from (f"- {_plain(line)}" for line in answer.also)
    yield ""
    for one in answer.evidence:
        yield f"- `{_code(one.at.path)}:{one.at.line}`: {_plain(one.message)}"
    yield ""
    for stage in answer.stages:
        yield f"- {_MARKS[stage.state]} {_plain(stage.name)}: {_plain(stage.message)}"
    for language, text in (("hcl", answer.fix.terraform), ("sh", answer.fix.gcloud)):
        if text:
            fence = "```" if "```" not in text else "~~~~"
            yield from ("", f"{fence}{language}", *(neutral(line) for line in text.split("\n")), fence)
    if answer.fix.note:
        yield from ("", *(_plain(line) for line in answer.fix.note.split("\n")))
    if answer.not_in_input:
        yield from ("", "Not in the input:", "")
        yield from (f"- {_plain(text)}" for text in answer.not_in_input)


def _plain(text: str) -> str:
    """Return a text without markup."""
    escaped = neutral(text).replace("\\", "\\\\")
    for letter in "`*_[]<>|":
        escaped = escaped.replace(letter, f"\\{letter}")
    return escaped


def _code(text: str) -> str:
    return neutral(text).replace("`", "'")
