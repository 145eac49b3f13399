"""Places of an earlier text in the text of now: a first answer shows them until the whole one is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from iamlint.location import Location, SourceText


def shifted(texts: Mapping[str, tuple[SourceText, SourceText]]) -> Callable[[Any], Any]:
    """Return a function that returns a value of tuples, sets and dataclasses with its places in the texts of now.

    ``texts`` are those of changed files, before and now, by their shown paths.
    """
    shifts = {path: _shift(*both) for path, both in texts.items()}

    def value_of(value: Any) -> Any:
        match value:
            case Location():
                return shifts[value.path](value) if value.path in shifts else value
            case tuple() | frozenset():
                return type(value)(map(value_of, value)) if shifts else value
            case _ if is_dataclass(value) and not isinstance(value, type):
                parts = {one.name: getattr(value, one.name) for one in fields(value)}
                now = {name: value_of(part) for name, part in parts.items()}
                return replace(value, **now) if any(now[name] is not part for name, part in parts.items()) else value
            case _:
                return value

    return value_of


def _shift(before: SourceText, now: SourceText) -> Callable[[Location], Location]:
    """Return the function for one file: what is before and after the changed stretch stays where it is in the text."""
    start = _common(before.text, now.text)
    rest = _common(before.text[start:][::-1], now.text[start:][::-1])
    end, added = len(before.text) - rest, len(now.text) - len(before.text)

    def location(at: Location) -> Location:
        first, last = before.offsets(at)
        first = first + added if first >= end else first if first <= start else min(first, end + added)
        last = last if last <= start else last + added if last >= end else min(last, end + added)
        return now.location(first, last)

    return location


def _common(one: str, other: str) -> int:
    """Return the length of the beginning that two texts have in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
