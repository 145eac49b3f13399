"""Values compare, hash and match by their fields, without a dictionary each."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property

import pytest

from iamlint.basics.frozen import frozen, mutable


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
        Pair(1, two=2)


def test_a_method_of_the_class_stays_and_others_are_compiled_once() -> None:
    assert repr(Named("a")) == "<a>"
    first = Named.__dict__["__hash__"]
    hashes = [hash(Named("a")) for _ in range(20)]
    compiled = Named.__dict__["__hash__"]
    assert compiled is not first
    assert hash(Named("b")) not in hashes
    assert len(set(hashes)) == 1
    assert Named.__dict__["__hash__"] is compiled


def test_a_method_does_the_same_before_and_after_it_is_compiled() -> None:
    @frozen(order=True)
    class Entry:
        name: str
        number: int = 3
        parts: list[str] = field(default_factory=list, compare=False)
        state: str = field(default="new", init=False, hash=False)

    def told() -> list[object]:
        one, other = Entry("a"), Entry("b", number=4, parts=["x"])
        found: list[object] = [repr(one), repr(other), one == other, one == Entry("a", 3, ["y"]), one != Pair(1)]
        found += [hash(one), one < other, one >= other, one.parts is Entry("a").parts]
        for wrong in ((), ("a", 1, [], "old"), ("a", 1, [], "old", 2)):
            with pytest.raises(TypeError) as refused:
                Entry(*wrong)
            found.append(str(refused.value).replace("test_a_method", ""))
        for keywords in ({"nobody": 1}, {"name": "b"}, {"state": "old"}):
            with pytest.raises(TypeError) as refused:
                Entry("a", **keywords)
            found.append(str(refused.value))
        with pytest.raises(TypeError):
            one < 1  # noqa: B015  # it raises
        return found

    first = told()
    for _ in range(10):
        assert told() == first
    assert "takes from 2 to 4 positional arguments but 6 were given" in str(first)


def test_equal_fields_are_equal_values() -> None:
    assert Pair(1, 2, "a") == Pair(1, 2, "b") != Pair(1, 3, "a")
    assert len({Pair(1, 2, "a"), Pair(1, 2, "b"), Pair(1, 3)}) == 2
    assert [one.name for one in fields(Pair)] == ["one", "other", "name"]


def test_a_value_has_slots_alone() -> None:
    with pytest.raises(AttributeError):
        Pair(1).more = 2


def test_a_value_is_matched_by_position() -> None:
    match Pair(1, 2):
        case Pair(one, 2):
            assert one == 1
        case _:
            pytest.fail("the fields do not match")


@frozen(order=True)
class Version:
    """A version, and a note that does not count."""

    major: int
    minor: int = field(default=0, init=False)
    note: str = field(default="", compare=False)


@mutable
class Counter:
    """A count that changes, with the values that were counted."""

    count: int = 0
    seen: list[int] = field(default_factory=list, init=False)


@mutable(eq=False)
class Node:
    """A value that is equal to itself alone."""

    name: str


@frozen(slots=False)
class Folder:
    """A value that keeps what it computed."""

    name: str

    @cached_property
    def upper(self) -> str:
        return self.name.upper()


def test_ordered_values_compare_by_their_fields() -> None:
    assert sorted([Version(2), Version(1, "b"), Version(1, "a")]) == [Version(1), Version(1), Version(2)]
    assert Version(1) <= Version(1, "x") < Version(2) > Version(1) >= Version(1)
    with pytest.raises(TypeError):
        Version(1) < Pair(1)  # noqa: B015  # it raises
    with pytest.raises(TypeError):
        Version(1, minor=2)


def test_a_mutable_value_is_equal_by_its_fields_and_not_hashable() -> None:
    counter = Counter()
    counter.count += 1
    counter.seen.append(1)
    assert counter != Counter(1)
    assert counter.seen is not Counter().seen
    assert repr(counter) == "Counter(count=1, seen=[1])"
    assert replace(Counter(1), count=2) == Counter(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(counter)


def test_a_value_of_identity_is_equal_to_itself_alone() -> None:
    one = Node("a")
    assert one == one  # noqa: PLR0124  # equality with itself is tested
    assert one != Node("a")
    assert len({one, Node("a")}) == 2


def test_a_value_without_slots_keeps_what_it_computed() -> None:
    folder = Folder("a")
    assert folder.upper is folder.upper
    assert folder == Folder("a")
    assert hash(folder) == hash(Folder("a"))


def test_values_pass_between_processes() -> None:
    for value in (Pair(1, 2, "a"), Version(1), Counter(3), Folder("a")):
        assert pickle.loads(pickle.dumps(value)) == value


def test_a_value_that_contains_itself_is_shown() -> None:
    node: Counter = Counter()
    node.seen.append(node)
    assert repr(node) == "Counter(count=0, seen=[...])"


def test_a_dataclass_may_have_such_a_base() -> None:
    @dataclass(unsafe_hash=True)
    class Below(Pair):
        last: int = 0

    assert repr(Below(1, last=2)).endswith("Below(one=1, other=0, name='', last=2)")
    assert is_dataclass(Pair)
