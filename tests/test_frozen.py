"""Values compare, hash and match by their fields, without a dictionary each."""

from __future__ import annotations

from dataclasses import field, fields

import pytest

from iamlint.frozen import frozen


@frozen
class Pair:
    """Two numbers, and a name that does not count."""

    one: int
    other: int = 0
    name: str = field(default="", compare=False)


def test_equal_fields_are_equal_values() -> None:
    assert Pair(1, 2, "a") == Pair(1, 2, "b") != Pair(1, 3, "a")
    assert len({Pair(1, 2, "a"), Pair(1, 2, "b"), Pair(1, 3)}) == 2
    assert [one.name for one in fields(Pair)] == ["one", "other", "name"]


def test_a_value_has_slots_alone() -> None:
    with pytest.raises(AttributeError):
        Pair(1).more = 2  # type: ignore[attr-defined]  # what mypy refuses fails when it runs, too


def test_a_value_is_matched_by_position() -> None:
    match Pair(1, 2):
        case Pair(one, 2):
            assert one == 1
        case _:
            pytest.fail("the fields do not match")
