"""Literals of an expression with holes: only those with a hole are unknown."""

from __future__ import annotations

from iamlint.conditions.literals import HOLE, masked
from iamlint.unknown import Hole, Unknown


def test_only_a_literal_with_a_hole_is_not_known() -> None:
    why = Unknown("var.x has no default")
    literals = masked(f"a == 'plain' && b == 'shop-{HOLE}-x' && c == b'bytes'", why).literals
    assert list(literals.values()) == ["plain", Unknown(why.reason, ("shop-", Hole("?"), "-x")), b"bytes"]


def test_the_letter_of_holes_is_a_letter_where_all_is_known() -> None:
    assert list(masked(f"a == '{HOLE}'", None).literals.values()) == [HOLE]
