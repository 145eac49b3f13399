"""Edits without effect: the run after one prints what the run before it printed.

All that a run reads of a file of Terraform is what it says besides its comments, if the file has no comments to
iamlint, and if neither a rule nor a report looked into its text. It does not read the values of all arguments, either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from iamlint.cache.units import Asked, answer_of, is_of
from iamlint.files.looks import CONTENT, STATUS, Looks
from iamlint.location import SourceText

LARGEST = 100_000
"""Maximum size of a file in bytes: limits of size may concern a larger one."""

Said = Callable[[SourceText, int], Sequence[str]]
"""Returns what a file says besides its comments and unread arguments, with and without its empty lines.

Nothing if that is not known. The arguments are the bits of a number.
"""


def with_new_texts(
    parts: Mapping[str, Any], entry: bytes, changed: Mapping[Asked, str], looks: Looks, said: Said
) -> dict[str, Any] | None:
    """Return the parts of a run as a run on the files of now has them; None if its result may be another one.

    A smaller file gives a run fewer steps, so all files together may lose as many bytes only as the run had to spare.
    ``entry`` is the stored result; ``changed`` are the questions that have another answer now, each with the one in it.
    """
    if parts["judged"] is None or not is_of(parts, entry):
        return None
    numbers = {(question, path): number for number, (question, path, _) in enumerate(parts["asked"])}
    known, looked_into, sizes = dict(parts["said"]), set(parts["judged"][1].values()), {}
    spare, answers = parts["spare"], {}
    for asked, before in changed.items():
        number, now = numbers.get(asked), looks.answer(*asked)
        if asked[0] == STATUS:
            fewer = _fewer_bytes(before, now)
            if (CONTENT, asked[1]) not in changed or fewer is None:
                return None
            spare -= max(0, fewer)
        elif asked[0] != CONTENT or before in looked_into or number not in known:
            return None
        else:
            text = _text(asked[1], looks)
            unread = known[number][2]
            says = [answer_of(one, looks.start) for one in said(text, int(unread, 16))] if text else []
            if text is None or not any(one == two for one, two in zip(says, known[number], strict=False)):
                return None
            sizes[number], known[number] = text.size, [*says, unread]
        if number is not None:
            answers[number] = now
    if spare < min(0, parts["spare"]):
        return None
    answered = [
        [question, path, answers.get(number, answer)] for number, (question, path, answer) in enumerate(parts["asked"])
    ]
    texts = [[number, [sizes.get(number, size), marked]] for number, (size, marked) in parts["texts"]]
    return {**parts, "asked": answered, "texts": texts, "said": list(known.items()), "spare": spare}


def _fewer_bytes(before: str, now: str) -> int | None:
    """Return how many bytes a file has lost; None if it was or is something else than a small file with text."""
    sizes = [int(one.removeprefix("file ")) if one.startswith("file ") else 0 for one in (before, now)]
    return sizes[0] - sizes[1] if all(0 < size <= LARGEST for size in sizes) else None


def _text(path: str, looks: Looks) -> SourceText | None:
    """Return the text of a file; None if it is not text, or has changed meanwhile."""
    try:
        text = (looks.again(path, LARGEST) or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return SourceText(path, text) if text and "\0" not in text else None
