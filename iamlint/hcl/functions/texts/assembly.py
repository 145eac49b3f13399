"""Texts assembled from parts, some of them unknown."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from iamlint.documents.values import Data, Value
from iamlint.hcl.functions.types import LONGEST_TEXT, MOST_PARTS, EvaluationError, UnknownResult, text_of
from iamlint.hcl.syntax import normalized
from iamlint.unknown import Unknown, UnknownPart


class Assembly:
    """A text under assembly, with its unknown parts as unknown parts."""

    def __init__(self) -> None:
        self.parts: list[str | UnknownPart] = []
        self.why: Unknown | None = None
        self.size = 0
        self.unknown_parts = 0

    def add(self, part: str | UnknownPart) -> None:
        """Add a part. Holes count with their shown length, so that unknown parts cannot grow a text without limit."""
        self.size += len(part) if isinstance(part, str) else len(part.reference)
        if self.size > LONGEST_TEXT:
            raise too_long()
        self.unknown_parts += isinstance(part, UnknownPart)
        if self.unknown_parts > MOST_PARTS:
            raise UnknownResult(
                Unknown(f"a string with more than {MOST_PARTS} unknown parts is longer than iamlint evaluates")
            )
        if part:
            self.parts.append(part)

    def add_value(self, value: Value) -> None:
        """Add a value, as the template ``${value}`` shows it."""
        if isinstance(value.data, Unknown):
            self.why = self.why or value.data
            for part in value.data.parts or (UnknownPart("?"),):
                self.add(part)
            return
        found = text_of(value.data)
        if found is None:
            raise EvaluationError("null in a string" if value.data is None else "a collection in a string")
        self.add(found)

    def data(self) -> Data:
        """Return the text, or what is known of it."""
        if self.why:
            return Unknown(self.why.reason, tuple(self._stretches()), refused=self.why.refused)
        return normalized("".join(part for part in self.parts if isinstance(part, str)))

    def _stretches(self) -> Iterator[str | UnknownPart]:
        for known, group in itertools.groupby(self.parts, key=lambda part: isinstance(part, str)):
            if known:
                yield "".join(map(str, group))
            else:
                yield from group


def too_long() -> UnknownResult:
    """Return why a text is not assembled."""
    return UnknownResult(Unknown(f"a string of more than {LONGEST_TEXT} characters is longer than iamlint evaluates"))
