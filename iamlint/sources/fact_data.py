"""Facts as plain data for JSON, and back: a closed list of classes, and nothing that names code."""

from __future__ import annotations

import json
import types
from dataclasses import fields
from typing import Any, cast, get_args

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Key
from iamlint.facts import (
    Condition,
    Declaration,
    Fact,
    Place,
    Principal,
    Resource,
)
from iamlint.location import Location, Unreadable
from iamlint.unknown import Unknown, UnknownPart

_PARTS = (*(Location, Unreadable, UnknownPart, Unknown, Place, Declaration, Principal, Resource, Condition),)
CLASSES: tuple[type, ...] = (*_PARTS, *get_args(Fact))
"""The classes of facts and their parts; a list begins with the number of its class here."""
_NUMBERS = {one: (number, tuple(field.name for field in fields(one))) for number, one in enumerate(CLASSES)}
_TUPLE, _SET = -1, -2
_PLAIN = (str, int, bool, float, types.NoneType)


class NotData(TypeError):
    """Raised for a value that has no form as data."""


def data_of(value: object) -> Any:
    """Return a fact, or a part of one, as lists, texts, numbers and None. Raises `NotData`."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is Key:  # its place is of use only while the document is read
        return str(value)
    if kind is tuple:
        return [_TUPLE, *map(data_of, cast("tuple[object, ...]", value))]
    if kind is frozenset:  # in an order that is the same in each process
        return [_SET, *sorted(map(data_of, cast("frozenset[object]", value)), key=repr)]
    if kind not in _NUMBERS:
        raise NotData(kind.__name__)
    number, names = _NUMBERS[kind]
    return [number, *(data_of(getattr(value, name)) for name in names)]


def located_in(data: str) -> set[str]:
    """Return the paths of all places in JSON of such data."""
    return {json.loads(path) for path in set(_LOCATION.findall(data))}


_LOCATION = regex(rf'\[{_NUMBERS[Location][0]},("(?:[^"\\]|\\.)*"),')
"""The beginning of a place as data. A text can only have it with its quotes escaped."""


def value_of(data: Any) -> Any:
    """Return the value of such data."""
    if type(data) is not list:
        return data
    number = data[0]
    values = [value_of(one) if type(one) is list else one for one in data[1:]]  # most are texts: no call for each
    return tuple(values) if number == _TUPLE else frozenset(values) if number == _SET else CLASSES[number](*values)
