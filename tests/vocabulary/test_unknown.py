"""Partly known texts."""

from __future__ import annotations

import pytest

from iamlint.unknown import Unknown, UnknownPart, join_texts, shown

TEAM = Unknown("var.team has no default", ("group:", UnknownPart("var.team")))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("a", "", "b"), "ab"),
        ((), ""),
        (("x-", TEAM, "@example", ".com"), Unknown(TEAM.reason, ("x-group:", UnknownPart("var.team"), "@example.com"))),
        (("", TEAM), TEAM),
        # A text without parts is an unknown part, too: the whole is never known.
        (("group:", Unknown("why")), Unknown("why", ("group:", UnknownPart("?")))),
        (
            (Unknown("first", (UnknownPart("a"),)), Unknown("second", (UnknownPart("b"),))),
            Unknown("first", (UnknownPart("a"), UnknownPart("b"))),
        ),
    ],
)
def test_texts_put_together(texts: tuple[str | Unknown, ...], expected: str | Unknown) -> None:
    assert join_texts(*texts) == expected


def test_what_is_shown() -> None:
    assert [shown(text) for text in ("a", None, TEAM, Unknown("why"))] == ["a", "", "group:${var.team}", "${?}"]
