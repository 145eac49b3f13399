"""Values compare, hash and match by their fields, without a dictionary each."""

from __future__ import annotations

from dataclasses import field, fields, replace

import pytest

from iamlint.frozen import frozen


@frozen
class Pair:
    """Two numbers, and a name that does not count."""

    one: int
    other: int = 0
    name: str = field(default="", compare=False)


@frozen
class Triple(Pair):
    """A pair with a list, which is checked when it is made."""

    more: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.more) > 1:
            raise ValueError("more than one")


@frozen
class Named:
    """A value with a text of its own."""

    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


def test_a_value_of_a_class_below_has_the_fields_of_both() -> None:
    assert (repr(Triple(1, more=[2])), Triple(1).more) == ("Triple(one=1, other=0, name='', more=[2])", [])
    assert Triple(1) != Pair(1)
    assert Pair(1) != Triple(1)
    assert replace(Triple(1, 2), other=3) == Triple(1, 3)
    assert Triple(1).more is not Triple(1).more
    with pytest.raises(ValueError, match="more than one"):
        Triple(1, more=[1, 2])
    with pytest.raises(TypeError, match="two"):
        Pair(1, two=2)  # type: ignore[call-arg]  # what mypy refuses fails when it runs, too


def test_a_method_of_the_class_stays_and_others_are_compiled_once() -> None:
    assert repr(Named("a")) == "<a>"
    first = Named.__dict__["__hash__"]
    assert hash(Named("a")) == hash(Named("a"))
    compiled = Named.__dict__["__hash__"]
    assert compiled is not first
    assert hash(Named("b")) != hash(Named("a"))
    assert Named.__dict__["__hash__"] is compiled


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
