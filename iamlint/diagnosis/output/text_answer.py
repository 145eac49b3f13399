"""An answer for people: the verdict, the stages as a checklist, the evidence, the fix, what was not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamlint.diagnosis.answer import Answer, Evidence, Stage
from iamlint.location import COMMAND_LINE, Location, SourceText
from iamlint.reporters.parts.frame import Paint, frame, place
from iamlint.reporters.parts.plain import neutral

_MARKS = {"done": ("32", "✓"), "broken": ("31", "✗"), "unknown": ("33", "?"), "skipped": ("2", "-")}
_MOST_CAUSES = 6
_VERDICTS = {
    "works": ("1;32", "works"),
    "fails": ("1;31", "fails"),
    "unknown": ("1;33", "unknown"),
    "not-iam": ("1;35", "not IAM"),
}


def answer_text(answer: Answer, texts: Mapping[str, SourceText], *, color: bool) -> str:
    """Return the answer as lines, with the lines of the input that show it."""
    return "\n".join(_lines(answer, texts, Paint(on=color))) + "\n"


def _lines(answer: Answer, texts: Mapping[str, SourceText], paint: Paint) -> Iterator[str]:
    code, word = _VERDICTS[answer.verdict]
    step = f" ({answer.step})" if answer.step and answer.step != answer.verdict else ""
    yield neutral(answer.asked)
    yield ""
    yield f"{paint(code, word)}{step}: {neutral(answer.headline)}"
    shown = {answer.headline, *(one.message for one in answer.evidence)}
    yield from (f"  {neutral(line)}" for line in answer.also if line not in shown)
    if answer.method_works is True and answer.verdict in ("fails", "not-iam"):
        yield "  The call itself works; the error comes from another stage."
    yield from _evidence(answer.evidence, texts, code, paint)
    yield ""
    yield from (_stage(stage, answer, paint) for stage in answer.stages if stage.state != "skipped")
    yield from _causes(answer, paint)
    yield from _fix(answer, paint)
    if answer.not_in_input:
        yield ""
        yield "Not in the input:"
        yield from (f"  {neutral(text)}" for text in answer.not_in_input)


def _stage(stage: Stage, answer: Answer, paint: Paint) -> str:
    """Return a line of the checklist; what the verdict says already is not said again."""
    code, mark = _MARKS[stage.state]
    hop = f" [{stage.hop}]" if stage.hop else ""
    line = f"  {paint(code, mark)} {stage.name}{neutral(hop)}"
    return line if stage.message == answer.headline else f"{line}: {neutral(stage.message)}"


def _evidence(
    evidence: tuple[Evidence, ...], texts: Mapping[str, SourceText], code: str, paint: Paint
) -> Iterator[str]:
    """Yield the lines that show it, each once, with all that it shows."""
    places: dict[Location, list[str]] = {}
    for one in evidence:
        if one.at.path != COMMAND_LINE:
            places.setdefault(one.at, []).append(one.message)
    for at, messages in places.items():
        yield ""
        yield from (f"{paint('1', place(at))}: {neutral(message)}" for message in messages)
        yield from frame(at, texts.get(at.path), code, paint)


def _causes(answer: Answer, paint: Paint) -> Iterator[str]:
    """Yield the causes that are left, each command under the first cause that it decides."""
    if not answer.causes:
        return
    yield ""
    yield paint("1", "Causes of this error, the likeliest first:")
    printed: set[str] = set()
    for one in answer.causes[:_MOST_CAUSES]:
        yield f"  - {neutral(one.cause)}"
        if one.command and one.command not in printed:
            printed.add(one.command)
            yield f"    $ {neutral(one.command)}"
    if len(answer.causes) > _MOST_CAUSES:
        yield f"  {len(answer.causes) - _MOST_CAUSES} more are in the JSON answer (--format json)"


def _fix(answer: Answer, paint: Paint) -> Iterator[str]:
    fix = answer.fix
    if fix.terraform or fix.gcloud or fix.note:
        yield ""
        title = "Next" if answer.verdict == "unknown" else "Usual fix" if len(answer.causes) > 1 else "Fix"
        yield paint("1", f"{title}{f' (in {neutral(fix.file)})' if fix.file else ''}:")
        commands = fix.gcloud and "\n".join(f"$ {line}" for line in fix.gcloud.split("\n"))
        for text in filter(None, (fix.terraform, commands)):
            yield from (f"  {neutral(line)}".rstrip() for line in text.split("\n"))
        if fix.note:
            yield from (f"  {neutral(line)}" for line in fix.note.split("\n"))
    if answer.proof:
        yield f"  With this change: {answer.proof.verdict}."
        yield from (f"  It also opens: {neutral(text)}" for text in answer.proof.opens)
    for cure in fix.refused:
        yield f"  Not: {neutral(cure)}"
