"""Literals of an expression with unknown parts: only those with an unknown part are unknown."""

from __future__ import annotations

from iamlint.conditions.literals import HOLE, masked
from iamlint.unknown import Unknown, UnknownPart


def test_only_a_literal_with_a_unknown_part_is_not_known() -> None:
    why = Unknown("var.x has no default")
    literals = masked(f"a == 'plain' && b == 'shop-{HOLE}-x' && c == b'bytes'", why).literals
    assert list(literals.values()) == ["plain", Unknown(why.reason, ("shop-", UnknownPart("?"), "-x")), b"bytes"]


def test_the_letter_of_unknown_parts_is_a_letter_where_all_is_known() -> None:
    assert list(masked(f"a == '{HOLE}'", None).literals.values()) == [HOLE]
