"""Texts assembled from parts, some of them unknown."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from iamlint.documents.values import Data, Value
from iamlint.hcl.functions.types import LONGEST_TEXT, MOST_PARTS, EvaluationError, UnknownResult, text_of
from iamlint.hcl.syntax import normalized
from iamlint.unknown import Unknown, UnknownPart

LONGEST_OF_SEVERAL = 100_000
"""Maximum length of a text that is one of several, in characters; of a longer one only the common parts are known."""


class Assembly:
    """A text under assembly, with its unknown parts as unknown parts."""

    def __init__(self) -> None:
        self.parts: list[str | UnknownPart] = []
        self.why: Unknown | None = None
        self.size = 0
        self.unknown_parts = 0
        self._given: list[str | Value] = []
        self._is_one_of_several = False

    def add(self, part: str) -> None:
        """Add a known part."""
        self._given.append(part)
        self._add(part)

    def _add(self, part: str | UnknownPart) -> None:
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
        self._given.append(value)
        if isinstance(value.data, Unknown):
            self.why = self.why or value.data
            self._is_one_of_several |= bool(value.options)
            for part in value.data.parts or (UnknownPart("?"),):
                self._add(part)
            return
        found = text_of(value.data)
        if found is None:
            raise EvaluationError("null in a string" if value.data is None else "a collection in a string")
        self._add(found)

    def data(self) -> Data:
        """Return the text, or what is known of it."""
        if self.why:
            return Unknown(self.why.reason, tuple(self._stretches()), refused=self.why.refused)
        return normalized("".join(part for part in self.parts if isinstance(part, str)))

    def value(self) -> Value:
        """Return the text with its possible texts, if a part of it is one of several texts."""
        data = self.data()
        if not isinstance(data, Unknown) or not self._is_one_of_several or self.size > LONGEST_OF_SEVERAL:
            return Value(data)
        from iamlint.hcl.functions.either import by_cases

        values = [one for one in self._given if isinstance(one, Value)]
        found = by_cases(values, self._again, Unknown(data.reason), in_try=False)
        return Value(data) if found is None else Value(data, None, found.structure) if found.unknown else found

    def _again(self, values: list[Value]) -> Value:
        """Return the text with other values."""
        others, made = iter(values), Assembly()
        for one in self._given:
            if isinstance(one, Value):
                made.add_value(next(others))
            else:
                made.add(one)
        return Value(made.data())

    def _stretches(self) -> Iterator[str | UnknownPart]:
        for known, group in itertools.groupby(self.parts, key=lambda part: isinstance(part, str)):
            if known:
                yield "".join(map(str, group))
            else:
                yield from group


def too_long() -> UnknownResult:
    """Return why a text is not assembled."""
    return UnknownResult(Unknown(f"a string of more than {LONGEST_TEXT} characters is longer than iamlint evaluates"))
