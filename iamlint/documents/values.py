"""Values of Terraform's language, JSON and YAML, each with its place.

Known data are plain Python: None, bool, int or Decimal (never float), str, tuple, dict (keys in the order of their
text, as Terraform iterates), `SetOf`, and `Lazy` objects, which compute attributes on demand. A tuple is Terraform's
tuple unless it is a `List`, and a dict its object unless it is a `Map`: they differ only for ``==`` and in conversions
to a common type. An unknown value is an `Unknown` instead of the data; a collection is known if its shape is, even if
its elements are not.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from iamlint.basics.frozen import frozen
from iamlint.location import Location, Made, Span
from iamlint.unknown import Unknown, UnknownPart


@frozen
class SetOf:
    """A set: its elements without duplicates, in Terraform's order (by text for strings)."""

    elements: tuple[Value, ...]


class List(tuple["Value", ...]):
    """A list: its elements are of one type."""

    __slots__ = ()


class Map(dict[str, "Value"]):
    """A map: its values are of one type."""

    __slots__ = ()


class Lazy:
    """An object with attributes computed on demand: ``var``, ``local``, ``module.x``, a resource instance.

    ``reference`` is its absolute address, and names its unknown attributes. ``attribute`` returns None for unknown
    names. ``names`` lists the certain attributes, for functions that iterate over all of them; ``whole`` says that
    these are all. A resource has more, which the provider's schema names.
    """

    __slots__ = ("attribute", "names", "reference", "whole")

    def __init__(
        self,
        reference: str,
        attribute: Callable[[str], Value | None],
        names: Callable[[], Iterable[str]] = tuple,
        *,
        whole: bool = True,
    ) -> None:
        self.reference = reference
        self.attribute = attribute
        self.names = names
        self.whole = whole

    def __repr__(self) -> str:
        return f"Lazy({self.reference})"

    def declares(self, name: str) -> bool:
        """Return whether an attribute is among the ``names``, which may be thousands."""
        names = self.names()
        return name in (names if isinstance(names, Container) else frozenset(names))


Data: TypeAlias = "bool | int | Decimal | str | tuple[Value, ...] | dict[str, Value] | SetOf | Lazy | Unknown | None"


class Later(Span):
    """A place whose data are read when they are first asked for."""

    __slots__ = ()

    def read(self) -> tuple[Data, Span]:
        """Return the data, and the place that the value has from then on."""
        raise NotImplementedError


@frozen
class Value:
    """Data, and where it was written.

    ``at`` is the innermost place: the literal in the local's list, not the argument that refers to it; None for values
    that are in no file. ``structure`` is, for a text that encodes a structure (``jsonencode(…)``, the ``policy_data``
    of a data source, a document in a heredoc), that structure with the places of its parts, even if the text has
    unknown parts. For an unknown collection, it is what is known of its elements.
    """

    data: Data
    at: Span | None = None
    structure: Value | Partial | None = None

    @property
    def location(self) -> Location:
        """Where it is written; a location without a path for a value that is in no file."""
        return self.at.location if self.at else Location("")

    @property
    def encoded(self) -> Value | None:
        """The structure that a text encodes."""
        return self.structure if isinstance(self.structure, Value) else None

    @property
    def partial(self) -> Partial | None:
        """What is known of the elements of an unknown collection."""
        found = self.structure
        return found if isinstance(found, Partial) and found.kind != ONE else None

    @property
    def options(self) -> tuple[Value, ...]:
        """The texts or numbers that an unknown value may be; empty if they are not known."""
        found = self.structure
        return tuple(part.value for part in found.parts) if isinstance(found, Partial) and found.kind == ONE else ()

    @staticmethod
    def later(at: Later) -> Value:
        """Return the value at a place that is read when its data are first asked for."""
        value = object.__new__(Value)
        value.at, value.structure = at, None  # type: ignore[misc]  # it is being made
        return value

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Data:
            """Read the data of a value that is read later: only for such a one are they not set."""
            if name != "data":
                raise AttributeError(name)
            self.data, self.at = self.at.read()
            return self.data

    @property
    def unknown(self) -> Unknown | None:
        """Why the value as a whole is unknown, else None."""
        return self.data if isinstance(self.data, Unknown) else None


@frozen
class Part:
    """An element of a partly known collection, with its ``key`` if that is a map or an object.

    ``sure`` says that the collection certainly has it, with this value under this key; else it may have it.
    """

    value: Value
    key: Value | None = None
    sure: bool = True


ONE = "one"


@frozen
class Partial:
    """The known elements of an unknown collection, in no order. ``kind`` is "list", "set" or "map".

    For an unknown text or number ``kind`` is `ONE`, and the parts are the possible values.
    A tuple is a list, an object a map. ``open`` says that it may have other elements, too. An unknown part that is not
    sure may be any number of elements.
    """

    kind: str
    parts: tuple[Part, ...]
    open: bool = True

    def changed(self, change: Callable[[Value], Value], of_key: Callable[[Value], Value] | None = None) -> Partial:
        """Return it with other values, and other keys."""

        def changed(part: Part) -> Part:
            return Part(change(part.value), of_key(part.key) if of_key and part.key else part.key, part.sure)

        return Partial(self.kind, tuple(map(changed, self.parts)), self.open)


class Key(str):
    """A key of an object or map, with its place; in all other ways a text."""

    __slots__ = ("at",)
    at: Span

    @staticmethod
    def of(text: str, at: Span | None) -> str:
        """Return a key at a place, if that is known."""
        if at is None:
            return text
        key = Key(text)
        key.at = at
        return key


def key_value(key: str, beside: Span | None = None) -> Value:
    """Return a key as a value, at its own place; at the place ``beside`` if it has no place."""
    return Value(str(key), key.at) if isinstance(key, Key) else Value(key, beside)


def first_named(value: Value, at: Span) -> Value:
    """Return a value with the expression that first names it: its place, or both places in a called module.

    The elements of a short collection get it, too.
    """
    if value.at is None:
        return Value(value.data, at, value.structure)
    if not isinstance(value.at, Made) or value.at.named is not None:
        return value
    data = value.data
    if isinstance(data, tuple | dict) and len(data) <= _SHORT:
        data = with_elements(data, lambda one: _named(one, at))
    return Value(data, replace(value.at, named=at), value.structure)


def _named(value: Value, at: Span) -> Value:
    if not isinstance(value.at, Made) or value.at.named is not None:
        return value
    return Value(value.data, replace(value.at, named=at), value.structure)


def with_elements(data: Data, change: Callable[[Value], Value]) -> Data:
    """Return a collection with its elements changed; the same object if none changes, or if it is not a collection."""
    match data:
        case tuple():
            elements = [change(one) for one in data]
            same = all(one is other for one, other in zip(elements, data, strict=True))
            return data if same else List(elements) if isinstance(data, List) else tuple(elements)
        case SetOf(old):
            new = tuple(map(change, old))
            return data if all(one is other for one, other in zip(new, old, strict=True)) else SetOf(new)
        case dict():
            found = {key: change(one) for key, one in data.items()}
            same = all(one is data[key] for key, one in found.items())
            return data if same else Map(found) if isinstance(data, Map) else found
        case _:
            return data


_MOST_LOOKED_AT = 20_000
"""Maximum number of values in one that are looked at: a few lines of locals can make a value of billions."""


def is_plain(value: Value) -> bool:
    """Whether a value is not large, is known with everything in it, and computes nothing on demand."""
    waiting = [value]
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            return True
        one = waiting.pop()
        if one.structure is not None or isinstance(one.data, Unknown | Lazy):
            return False
        elements = _elements(one)
        if isinstance(elements, tuple | dict):
            if len(elements) + len(waiting) > _MOST_LOOKED_AT:
                return False
            waiting += elements.values() if isinstance(elements, dict) else elements
    return False


def same_plain(one: Value, other: Value) -> bool:
    """Whether two plain values are the same, and at the same places."""
    waiting = [(one, other)]
    for mine, its in waiting:  # which grows
        if mine is its:
            continue
        if type(mine.data) is not type(its.data) or mine.at != its.at:
            return False
        data, others = _elements(mine), _elements(its)
        if isinstance(data, dict):
            if list(data) != list(others):
                return False
            waiting += zip(data.values(), others.values(), strict=True)
        elif isinstance(data, tuple):
            if len(data) != len(others):
                return False
            waiting += zip(data, others, strict=True)
        elif data != others:
            return False
    return True


def _elements(value: Value) -> Any:
    return value.data.elements if isinstance(value.data, SetOf) else value.data


def plain(value: Value) -> Any:
    """Return plain data for schemas: dict, list, str, int, float, bool, None."""
    match value.data:
        case dict() as entries:
            return {key: plain(item) for key, item in entries.items()}
        case tuple() as items:
            return [plain(item) for item in items]
        case Decimal() as number:
            return float(number)
        case data:
            return data


_SHORT = 100
"""Maximum number of elements of a short collection."""


Entries: TypeAlias = Callable[[Iterable[tuple[str, Value]]], Data]
"""Builds an object from its members."""
NULL = Value(None)


def with_name(value: Value, reference: str) -> Value:
    """Return an unknown value that has no name with the absolute address that names it; any other value as it is.

    Whatever refers to the same address then has the same value.
    """
    why = value.data
    if isinstance(why, Unknown) and not why.parts:
        return Value(replace(why, parts=(UnknownPart(reference),)), value.at, value.structure)
    return value


def unknown(reason: str, *, reference: str) -> Value:
    """Return an unknown value; ``reference`` is the absolute address that names it."""
    return Value(Unknown(reason, (UnknownPart(reference),)))
