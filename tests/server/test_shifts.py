"""Places in a text that changes keep to their text."""

from __future__ import annotations

import pytest

from iamlint.location import SourceText, Unreadable
from iamlint.server.shifts import shifted


@pytest.mark.parametrize(
    ("before", "now", "at", "expected"),
    [
        ("a\nbb\nc\n", "x\na\nbb\nc\n", "bb", "bb"),
        ("a\nbb\nc\n", "a\nbb\n", "bb", "bb"),
        ("a bb c\n", "a xx bb c\n", "bb", "bb"),
        ("a bb c\n", "c\n", "bb c", "c"),
        ("a bb c\n", "", "bb", ""),
        ("aaaa\n", "aaa\n", "aaaa", "aaa"),
        ("", "a\n", "", ""),
    ],
)
def test_a_place_moves_with_its_text(before: str, now: str, at: str, expected: str) -> None:
    old, new = SourceText("main.tf", before), SourceText("main.tf", now)
    start = before.index(at)
    error = Unreadable(old.location(start, start + len(at)), "why")
    other = Unreadable(SourceText("b.tf", before).location(0, 0), "why")
    moved, same = shifted({"main.tf": (old, new)})((error, other))
    assert same is other
    first, last = new.offsets(moved.at)
    assert now[first:last] == expected
