"""Plans and states in a text of JSON, as a step of a pipeline keeps the output of a command: ``{"stdout": "{…}"}``."""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Value
from iamlint.location import SourceText
from iamlint.sources.marks import plan_mark

LARGEST = 16_000_000
"""Maximum number of characters of a text that is read as a document."""
_ESCAPE = regex(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)


class QuotedText(SourceText):
    """A text that a JSON string contains; its positions are those in the file with the string."""

    __slots__ = ("_at", "_longer", "_outer", "_start")

    def __init__(self, outer: SourceText, start: int, raw: str, text: str) -> None:
        super().__init__(outer.path, text)
        self._outer, self._start = outer, start
        self._at, self._longer = array("q"), array("q")
        longer = 0
        for escape in _ESCAPE.finditer(raw):
            longer += escape.end() - escape.start() - 1
            self._at.append(escape.end() - longer)
            self._longer.append(longer)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column in the file."""
        before = bisect_right(self._at, offset)
        return self._outer.position(self._start + offset + (self._longer[before - 1] if before else 0))


def quoted_texts(source: SourceText, document: Value, levels: int) -> Iterator[QuotedText]:
    """Yield the texts in a document with the marks of a plan or a state, each once."""
    seen: set[str] = set()
    for value in _texts(document, levels):
        text, at = str(value.data), value.at
        if at is None or text in seen or len(text) > LARGEST:
            continue
        seen.add(text)
        raw = source.text[at.start : at.end]
        try:
            is_plain = raw[:1] == '"' and json.loads(raw, strict=False) == text
        except ValueError:
            continue
        if is_plain:
            yield QuotedText(source, at.start + 1, raw[1:-1], text)


def _texts(document: Value, levels: int) -> Iterator[Value]:
    match document.data:
        case dict() as entries if levels:
            for item in entries.values():
                yield from _texts(item, levels - 1)
        case tuple() as items if levels:
            for item in items:
                yield from _texts(item, levels - 1)
        case str() as text if plan_mark(text) is not None:
            yield document
        case _:
            pass
