"""Finds the word at a position of a text: a role, a principal, a permission, a rule, a reference."""

from __future__ import annotations

import re
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.location import SourceText

Kind = Literal["role", "principal", "permission", "rule", "reference"]

_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("role", regex(r"(?:(?:projects|organizations)/[\w.:-]+/)?roles/[\w.]+")),
    (
        "principal",
        regex(
            r"(?:deleted:)?(?:user|group|domain|serviceAccount):[\w.+@:/\[\]-]+|principal(?:Set)?://[^\s\"']+"
            r"|allAuthenticatedUsers|allUsers|[\w.-]+@[\w.-]+\.gserviceaccount\.com"
        ),
    ),
    ("rule", regex(r"(?<=[\[,\s])[a-z]+(?:-[a-z]+)+(?=[\],\s])")),
    ("reference", regex(r"(?:var|local|module|data\.\w+|google_\w+)\.[\w-]+")),
    ("permission", regex(r"[a-z][a-zA-Z]*(?:\.[a-zA-Z]+){2,}")),
)
_AROUND = 300
"""Number of characters before and after a position that are looked at: some of the patterns take quadratic time."""


@frozen
class Word:
    """A word and its offsets in the text."""

    kind: Kind
    text: str
    start: int
    end: int


def word_at(text: SourceText, offset: int) -> Word | None:
    """Return the word at an offset; None if it is not a word of these kinds."""
    number, _ = text.position(offset)
    start = max(text.line_starts[number - 1], offset - _AROUND)
    line = text.text[start : text.line_starts[number - 1] + len(text.line(number))][: 2 * _AROUND]
    for kind, pattern in _WORDS:
        for match in pattern.finditer(line):
            if start + match.start() <= offset <= start + match.end():
                return Word(kind, match.group(), start + match.start(), start + match.end())
    return None
