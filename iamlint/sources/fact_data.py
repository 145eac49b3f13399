"""Facts as plain data for JSON, and back: a closed list of classes, and nothing that names code."""

from __future__ import annotations

import json
import types
from collections.abc import Iterable
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
"""The classes of facts and their parts; a row begins with the number of its class here."""
_FIRST_FACT = len(_PARTS)
_NUMBERS = {one: (number, tuple(field.name for field in fields(one))) for number, one in enumerate(CLASSES)}
_TUPLE, _SET = -1, -2
_PLAIN = frozenset((str, int, bool, float, types.NoneType))


class NotData(TypeError):
    """Raised for a value that has no form as data."""


def data_of(value: object) -> Any:
    """Return a fact, or a part of one, as lists, texts, numbers and None. Raises `NotData`.

    A value with parts is a list of rows: the number of a class, or of a collection, and the parts. A part that has
    parts is ``[N]``, the number of an earlier row; equal parts have one row, since facts have most parts in common.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is Key:  # its place is of use only while the document is read
        return str(value)
    rows: list[list[Any]] = []
    _add(value, rows, {}, {})
    return rows


def _add(value: object, rows: list[list[Any]], numbers: dict[int, int], known: dict[str, int]) -> int:
    """Add a value to the rows, after its parts; returns the number of its row.

    ``numbers`` has the rows of values by their identity, ``known`` those by what is in them. Two equal facts are two.
    """
    row, parts = _parts_of(value)
    for part in parts:
        kind = type(part)
        if kind in _PLAIN:
            row.append(part)
        elif kind is Key:
            row.append(str(part))
        else:
            number = numbers.get(id(part))
            row.append([_add(part, rows, numbers, known) if number is None else number])
    if row[0] < _FIRST_FACT:
        number = known.setdefault(repr(row), len(rows))
        numbers[id(value)] = number
        if number < len(rows):
            return number
    rows.append(row)
    return len(rows) - 1


def _parts_of(value: object) -> tuple[list[Any], Iterable[object]]:
    """Return the beginning of the row of a value, and its parts."""
    kind = type(value)
    if kind is tuple:
        return [_TUPLE], cast("tuple[object, ...]", value)
    if kind is frozenset:  # in an order that is the same in each process
        return [_SET], sorted(cast("frozenset[object]", value), key=lambda one: repr(data_of(one)))
    if kind not in _NUMBERS:
        raise NotData(kind.__name__)
    number, names = _NUMBERS[kind]
    return [number], [getattr(value, name) for name in names]


def located_in(data: str) -> set[str]:
    """Return the paths of all places in JSON of such data."""
    return {json.loads(path) for path in set(_LOCATION.findall(data))}


_LOCATION = regex(rf'\[{_NUMBERS[Location][0]},("(?:[^"\\]|\\.)*"),')
"""The beginning of a place as data. A text can only have it with its quotes escaped."""


def value_of(data: Any) -> Any:
    """Return the value of such data."""
    if type(data) is not list:
        return data
    made: list[Any] = []
    for number, *parts in data:
        values = [made[one[0]] if type(one) is list else one for one in parts]
        whole = tuple(values) if number == _TUPLE else frozenset(values) if number == _SET else CLASSES[number](*values)
        made.append(whole)
    return made[-1]
