"""Terraform's types: conversion, equality, order, and the limits of every value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import TypeAlias

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Data, Lazy, List, Map, SetOf, Value
from iamlint.unknown import Unknown, UnknownPart

Function: TypeAlias = "Callable[..., Data | Value]"
"""Takes values; raises `EvaluationError` or `UnknownResult`."""
MOST_ELEMENTS = 100_000
"""Maximum number of elements of a collection, or of values visited by one function."""
MOST_IN_RANGE = 1024
"""Terraform's own limit of ``range()``."""
LONGEST_TEXT = 4_000_000
"""Maximum length of a string in characters."""
STEPS_OF_FRACTION = 40
"""Steps for a number with a fraction, whose digits are computed as Terraform shows them."""
MOST_PARTS = 2_000
"""Maximum number of known parts and unknown parts of a partly known string."""
_NUMBER = regex(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_STRANGE = regex(r"[+-]?(?:inf|infinity|[0-9.]+p[+-]?[0-9]+)", re.IGNORECASE)
LARGEST_EXPONENT = 1_000
"""Maximum power of ten of a known number."""


class EvaluationError(Exception):
    """Raised if Terraform would stop with an error here; the message says why."""


class UnknownResult(Exception):
    """Raised if the result depends on an unknown value."""

    def __init__(self, why: Unknown) -> None:
        super().__init__(why.reason)
        self.why = why


def whole(number: Decimal) -> int | Decimal:
    """Return a number as an int if it is whole."""
    return int(number) if number == number.to_integral_value() else number


def number_text(number: int | Decimal) -> str:
    """Return a number as Terraform converts it to a string."""
    if isinstance(number, int):
        return str(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def text_of(data: Data) -> str | None:
    """Return data as a string, if Terraform converts it; else None."""
    match data:
        case str():
            return data
        case bool():
            return "true" if data else "false"
        case int() | Decimal():
            return number_text(data)
        case _:
            return None


def number_of(data: Data) -> int | Decimal | None:
    """Return data as a number, if Terraform converts it; else None."""
    match data:
        case bool():
            return None
        case int() | Decimal():
            return bounded_number(data)
        case str() if _NUMBER.fullmatch(data):
            return whole(Decimal(bounded_number(Decimal(data))))
        case str() if _STRANGE.fullmatch(data):
            raise UnknownResult(Unknown(f"{data} is a number of a kind that iamlint does not evaluate"))
        case _:
            return None


def bounded_number(number: int | Decimal) -> int | Decimal:
    """Return the number; raises UnknownResult if it is beyond the limits."""
    size = number.bit_length() // 3 if isinstance(number, int) else abs(number.adjusted()) if number else 0
    if size > LARGEST_EXPONENT or (isinstance(number, Decimal) and len(number.as_tuple().digits) > LARGEST_EXPONENT):
        raise UnknownResult(Unknown("a number larger, smaller or longer than iamlint evaluates"))
    return number


def bool_of(data: Data) -> bool | None:
    """Return data as a boolean, if Terraform converts it; else None."""
    match data:
        case bool():
            return data
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            return None


# -- arguments as functions want them; each raises EvaluationError or UnknownResult ------------------------------------


def known(value: Value) -> Data:
    """Return the data of a value that must be fully known; a result of an unknown value gets an unknown of its own."""
    if isinstance(value.data, Unknown):
        raise UnknownResult(Unknown(value.data.reason, refused=value.data.refused))
    return value.data


def text(value: Value) -> str:
    """A string."""
    found = text_of(known(value))
    if found is None:
        raise EvaluationError("a string is required")
    return found


def number(value: Value) -> int | Decimal:
    """A number."""
    found = number_of(known(value))
    if found is None:
        raise EvaluationError("a number is required")
    return found


def integer(value: Value) -> int:
    """A whole number."""
    found = whole(Decimal(number(value)))
    if not isinstance(found, int):
        raise EvaluationError("a whole number is required")
    return found


def boolean(value: Value) -> bool:
    """A boolean."""
    found = bool_of(known(value))
    if found is None:
        raise EvaluationError("a bool is required")
    return found


def items(value: Value) -> tuple[Value, ...]:
    """Return the elements of a list, tuple or set."""
    match known(value):
        case tuple() as found:
            return found
        case SetOf(found):
            return found
        case _:
            raise EvaluationError("a list or set is required")


def entries(value: Value) -> dict[str, Value]:
    """Return the entries of a map or object."""
    match known(value):
        case dict() as found:
            return found
        case Lazy() as lazy if not lazy.whole:
            raise UnknownResult(Unknown(f"all attributes of {lazy.reference} are asked for, and not all are known"))
        case Lazy() as lazy:
            pairs = ((name, lazy.attribute(name)) for name in sorted(lazy.names()))
            return {name: item for name, item in pairs if item is not None}
        case _:
            raise EvaluationError("a map or object is required")


def bounded(size: int) -> None:
    """Refuse to build a collection over the limit."""
    if size > MOST_ELEMENTS:
        raise UnknownResult(
            Unknown(f"a collection of more than {MOST_ELEMENTS} elements is larger than iamlint evaluates")
        )


# -- identity and order ------------------------------------------------------------------------------------------------

Identity = tuple[object, ...]


def identity(value: Value) -> Identity:
    """Return a key of type and content; unknown values are equal if their text is."""
    return _identity(value, [MOST_ELEMENTS])


def _identity(value: Value, budget: list[int]) -> Identity:
    budget[0] -= 1
    if budget[0] < 0:
        raise UnknownResult(Unknown("the value is larger than iamlint evaluates"))
    match value.data:
        case None:
            return ("null",)
        case tuple() as found:
            return (kind_of(value.data), *(_identity(item, budget) for item in found))
        case SetOf(found):
            return ("set", *(_identity(item, budget) for item in found))
        case dict() as found:
            return (kind_of(value.data), *((key, _identity(item, budget)) for key, item in sorted(found.items())))
        case Lazy() as lazy:
            return ("object", lazy.reference)
        case Unknown() as why:
            return ("unknown", why.text if _named(why) else id(value))
        case found:
            return (kind_of(found), found)


def kind_of(data: Data) -> str:
    """Return the keyword of a known value's type; "" for null."""
    match data:
        case bool():
            return "bool"
        case int() | Decimal():
            return "number"
        case str():
            return "string"
        case tuple():
            return "list" if isinstance(data, List) else "tuple"
        case SetOf():
            return "set"
        case Map():
            return "map"
        case dict() | Lazy():
            return "object"
        case _:
            return ""


def _named(why: Unknown) -> bool:
    """Whether equal texts with this unknown have equal values."""
    return bool(why.parts) and UnknownPart("?") not in why.parts


_UNTYPED = Unknown("whether they are equal depends on the types of nulls or empty collections in them")


def equal(a: Value, b: Value) -> bool:
    """Return ``==``: false for values of different types. Raises UnknownResult like `same`, and if types decide."""
    if not same(a, b):
        return False
    if a.data is not None and _hides_type(a.data):
        raise UnknownResult(_UNTYPED)
    return True


def _hides_type(data: Data) -> bool:
    """Whether a value contains a null, or a list, set or map without elements."""
    if isinstance(data, str | int | Decimal):
        return False
    match data:
        case SetOf(found):
            return not found or any(_hides_type(item.data) for item in found)
        case tuple() as found:
            return (not found and isinstance(found, List)) or any(_hides_type(item.data) for item in found)
        case dict() as fields:
            return (not fields and isinstance(fields, Map)) or any(_hides_type(item.data) for item in fields.values())
        case _:
            return data is None


def same(a: Value, b: Value) -> bool:
    """Whether two values have the same content; raises UnknownResult if that depends on an unknown value."""
    found = _same(a, b, [MOST_ELEMENTS])
    if isinstance(found, Unknown):
        raise UnknownResult(found)
    return found


def _same(a: Value, b: Value, budget: list[int]) -> bool | Unknown:
    budget[0] -= 1
    if budget[0] < 0:
        return Unknown("the value is larger than iamlint evaluates")
    match a.data, b.data:
        case (Unknown(), _) | (_, Unknown()):
            return _same_unknown(a.data, b.data)
        case (None, other) | (other, None):
            return other is None
        case (Lazy(), _) | (_, Lazy()):
            return kind_of(a.data) == kind_of(b.data) and Unknown("whether two resources are equal is not known")
        case (tuple() as left, tuple() as right) if kind_of(left) == kind_of(right) and len(left) == len(right):
            return _all_same(zip(left, right, strict=True), budget)
        case (dict() as fields, dict() as others) if (
            kind_of(fields) == kind_of(others) and fields.keys() == others.keys()
        ):
            return _all_same(((fields[key], others[key]) for key in fields), budget)
        case (SetOf(), SetOf()):
            unclear = first_unknown(a) or first_unknown(b)
            return unclear or identity(a) == identity(b)
        case (left_data, right_data):
            return kind_of(left_data) == kind_of(right_data) and left_data == right_data


def _all_same(pairs: Iterable[tuple[Value, Value]], budget: list[int]) -> bool | Unknown:
    unclear: Unknown | None = None
    for left, right in pairs:
        found = _same(left, right, budget)
        if found is False:
            return False
        unclear = unclear or (found if isinstance(found, Unknown) else None)
    return unclear or True


def _same_unknown(a: Data, b: Data) -> bool | Unknown:
    """Two unknown texts are equal if all their parts are; they differ if their known beginnings or ends do."""
    match a, b:
        case Unknown() as left, Unknown() as right:
            return True if _named(left) and left.parts == right.parts else left
        case (Unknown() as why, other) | (other, Unknown() as why):
            if other in (None, ""):
                return False if why.is_filled else why
            if isinstance(other, str):
                fits = other.startswith(why.prefix) and other.endswith(why.suffix)
                return why if fits and len(other) >= sum(len(p) for p in why.parts if isinstance(p, str)) else False
            return False if why.has_text else why
    raise AssertionError("one of the two is unknown")


def first_unknown(value: Value) -> Unknown | None:
    """Return the first unknown part of a value."""
    for part in parts(value):
        if isinstance(part.data, Unknown):
            return part.data
    return None


def uncertain(value: Value) -> Unknown | None:
    """Return why the number and order of a set's elements are unknown, if one of them is."""
    if not isinstance(value.data, SetOf) or len(value.data.elements) < 2:
        return None
    return first_unknown(value)


def parts(value: Value) -> Iterator[Value]:
    """Yield a value and everything in it, up to the limit."""
    waiting, visited = [value], 0
    while waiting:
        current = waiting.pop()
        visited += 1
        if visited > MOST_ELEMENTS:
            raise UnknownResult(Unknown("the value is larger than iamlint evaluates"))
        yield current
        match current.data:
            case tuple() as found:
                waiting += found
            case SetOf(found):
                waiting += found
            case dict() as found:
                waiting += found.values()
            case _:
                pass


def size(value: Value) -> int:
    """Return the number of values in a value."""
    return sum(1 for _ in parts(value)) if isinstance(value.data, tuple | dict | SetOf) else 1


def weight(value: Value) -> int:
    """Return the cost of making a value, in evaluation steps."""
    match value.data:
        case str() as found:
            return len(found) // 100
        case Unknown() as why:
            known = sum(len(part) for part in why.parts if isinstance(part, str))
            return len(why.parts) + known // 100 + sum(weight(one) for one in value.options)
        case Decimal():
            return STEPS_OF_FRACTION
        case tuple() | dict() as found_items:
            return len(found_items) // 4
        case SetOf(elements):
            return len(elements) // 4
        case _:
            return 0


def set_of(values: Iterable[Value]) -> SetOf:
    """Return a set of values of one type: each once, in Terraform's order, null and unknown ones last."""
    found: dict[Identity, Value] = {}
    for value in values:
        found.setdefault(identity(value), value)
    bounded(len(found))
    return SetOf(tuple(sorted(found.values(), key=_order)))


def _order(value: Value) -> tuple[int, int | Decimal, str]:
    """Return the sort key: by number, by text, or as cty orders other sets: by a text of all the content."""
    match value.data:
        case bool() | int() | Decimal() as number:
            return 0, number, ""
        case str() as found:
            return 0, 0, found
        case None:
            return 1, 0, ""
        case Unknown() as why:
            return 2, 0, why.text
        case _:
            return 0, 0, _content(value)


def _content(value: Value) -> str:
    """https://github.com/zclconf/go-cty/blob/main/cty/set_internals.go (appendSetHashBytes)"""
    match value.data:
        case Unknown():
            return "?"
        case None:
            return "~"
        case bool() as flag:
            return "T" if flag else "F"
        case int() | Decimal() as number:
            from iamlint.hcl.functions.precision import general

            return general(Decimal(number), 10)
        case str() as found:
            return json.dumps(found, ensure_ascii=False)
        case Map() as fields:
            return "{" + "".join(f"{json.dumps(k, ensure_ascii=False)}:{_content(v)};" for k, v in fields.items()) + "}"
        case dict() as fields:
            return "<" + "".join(f"{_content(fields[key])};" for key in sorted(fields)) + ">"
        case List() | SetOf():
            return "[" + "".join(f"{_content(item)};" for item in items(value)) + "]"
        case tuple() as found_items:
            return "<" + "".join(f"{_content(item)};" for item in found_items) + ">"
        case Lazy() as lazy:
            return lazy.reference
