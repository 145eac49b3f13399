"""What Terraform's types do: conversion, equality, order, and the limits that hold for every value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Context, Decimal, InvalidOperation
from typing import TypeAlias

from iamlint.unknown import Unknown
from iamlint.values import Data, Lazy, SetOf, Value

Function: TypeAlias = "Callable[..., Data | Value]"
"""Takes values; raises `Refused` or `Unclear`."""
MOST_ELEMENTS = 100_000
"""Elements of one collection, or values visited by one function, beyond which a result is unknown."""
LONGEST_TEXT = 4_000_000
"""Characters of one string beyond which it is unknown."""
NUMBERS = Context(prec=154)
"""Terraform's numbers have 512 bits. Source: https://developer.hashicorp.com/terraform/language/expressions/types"""


class Refused(Exception):  # noqa: N818  # what Terraform would refuse; not an error of ours
    """Terraform would stop with an error here; the message says why."""


class Unclear(Exception):  # noqa: N818  # not an error either
    """The result depends on something that is not known."""

    def __init__(self, why: Unknown) -> None:
        super().__init__(why.reason)
        self.why = why


def whole(number: Decimal) -> int | Decimal:
    """A number as an int where it is one."""
    return int(number) if number == number.to_integral_value() else number


def number_text(number: int | Decimal) -> str:
    """A number as Terraform turns it into a string."""
    if isinstance(number, int):
        return str(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def text_of(data: Data) -> str | None:
    """Data as a string, where Terraform converts it; None where it does not."""
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
    """Data as a number, where Terraform converts it."""
    match data:
        case bool():
            return None
        case int() | Decimal():
            return data
        case str() if data and len(data) < 200 and not data[0].isspace() and not data[-1].isspace() and "_" not in data:
            try:
                number = Decimal(data)
            except InvalidOperation:
                return None
            return whole(number) if number.is_finite() and abs(number.adjusted()) < 400 else None
        case _:
            return None


def bool_of(data: Data) -> bool | None:
    """Data as a boolean, where Terraform converts it."""
    match data:
        case bool():
            return data
        case "true":
            return True
        case "false":
            return False
        case _:
            return None


# -- arguments as functions want them; each raises Refused or Unclear --------------------------------------------------


def known(value: Value) -> Data:
    """The data of a value that must be known as a whole."""
    if isinstance(value.data, Unknown):
        raise Unclear(value.data)
    return value.data


def text(value: Value) -> str:
    """A string."""
    found = text_of(known(value))
    if found is None:
        raise Refused("a string is required")
    return found


def number(value: Value) -> int | Decimal:
    """A number."""
    found = number_of(known(value))
    if found is None:
        raise Refused("a number is required")
    return found


def integer(value: Value) -> int:
    """A whole number."""
    found = number(value)
    if not isinstance(found, int):
        raise Refused("a whole number is required")
    return found


def boolean(value: Value) -> bool:
    """A boolean."""
    found = bool_of(known(value))
    if found is None:
        raise Refused("a bool is required")
    return found


def items(value: Value) -> tuple[Value, ...]:
    """The elements of a list, tuple or set."""
    match known(value):
        case tuple() as found:
            return found
        case SetOf(found):
            return found
        case _:
            raise Refused("a list or set is required")


def entries(value: Value) -> dict[str, Value]:
    """The entries of a map or object."""
    match known(value):
        case dict() as found:
            return found
        case Lazy() as lazy:
            pairs = ((name, lazy.attribute(name)) for name in sorted(lazy.names()))
            return {name: item for name, item in pairs if item is not None}
        case _:
            raise Refused("a map or object is required")


def texts(value: Value) -> list[str]:
    """The elements of a list or set of strings."""
    return [text(item) for item in items(value)]


def bounded(size: int) -> None:
    """Refuse to build a collection that is larger than iamlint evaluates."""
    if size > MOST_ELEMENTS:
        raise Unclear(Unknown(f"a collection of more than {MOST_ELEMENTS} elements is larger than iamlint evaluates"))


# -- identity and order ------------------------------------------------------------------------------------------------

Identity = tuple[object, ...]


def identity(value: Value) -> Identity:
    """What makes two values equal: kind and content; values that are not known are equal where their text is."""
    return _identity(value, [MOST_ELEMENTS])


def _identity(value: Value, budget: list[int]) -> Identity:
    budget[0] -= 1
    if budget[0] < 0:
        raise Unclear(Unknown("the value is larger than iamlint evaluates"))
    match value.data:
        case None:
            return ("null",)
        case bool() as flag:
            return ("bool", flag)
        case int() | Decimal() as found:
            return ("number", found)
        case str() as found:
            return ("string", found)
        case tuple() as found:
            return ("list", *(_identity(item, budget) for item in found))
        case SetOf(found):
            return ("set", *(_identity(item, budget) for item in found))
        case dict() as found:
            return ("map", *((key, _identity(item, budget)) for key, item in sorted(found.items())))
        case Lazy() as lazy:
            return ("object", lazy.reference)
        case Unknown() as why:
            return ("unknown", why.text if why.parts else id(value))


def same(a: Value, b: Value) -> bool:
    """Whether two values are equal; raises Unclear where that depends on what is not known."""
    left, right = identity(a), identity(b)
    if left == right and not has_unknown(a):
        return True
    if isinstance(a.data, Lazy) or isinstance(b.data, Lazy):
        other = b if isinstance(a.data, Lazy) else a
        if other.data is None:  # an object is not null
            return False
        raise Unclear(Unknown("whether two resources are equal is not known"))
    _certainly_different(a, b)
    return False


def _certainly_different(a: Value, b: Value) -> None:
    """Return where two values differ in a part that both know; raise where only an unknown part decides."""
    match a.data, b.data:
        case (Unknown() as why, _) | (_, Unknown() as why):
            raise Unclear(why)
        case (tuple(), tuple()) | (dict(), dict()) | (SetOf(), SetOf()):
            unclear = first_unknown(a) or first_unknown(b)
            if unclear:
                raise Unclear(unclear)
        case _:
            return


def first_unknown(value: Value) -> Unknown | None:
    """The first part of a value that is not known."""
    for part in parts(value):
        if isinstance(part.data, Unknown):
            return part.data
    return None


def has_unknown(value: Value) -> bool:
    """Whether any part of a value is not known."""
    return first_unknown(value) is not None


def parts(value: Value) -> Iterator[Value]:
    """A value and all that is in it, up to the limit."""
    waiting, visited = [value], 0
    while waiting:
        current = waiting.pop()
        visited += 1
        if visited > MOST_ELEMENTS:
            raise Unclear(Unknown("the value is larger than iamlint evaluates"))
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


def set_of(values: Iterable[Value]) -> SetOf:
    """A set: each element once, strings by their text, as Terraform goes over it."""
    found: dict[Identity, Value] = {}
    for value in unified(values):
        found.setdefault(identity(value), value)
    return SetOf(tuple(found[key] for key in sorted(found, key=_order)))


def _order(key: Identity) -> tuple[str, object]:
    kind, first = str(key[0]), key[1] if len(key) > 1 else ""
    if kind == "number" or (kind == "string" and isinstance(first, str)) or kind == "bool":
        return kind, first
    return kind, repr(key)


def unified(values: Iterable[Value]) -> tuple[Value, ...]:
    """Elements as one type, as a list or set has them: beside a string, numbers and booleans become strings."""
    found = tuple(values)
    bounded(len(found))
    kinds = {_primitive(value.data) for value in found}
    if "string" not in kinds or not kinds & {"number", "bool"}:
        return found
    return tuple(value if isinstance(value.data, str) else _as_text(value) for value in found)


def _primitive(data: Data) -> str:
    match data:
        case bool():
            return "bool"
        case int() | Decimal():
            return "number"
        case str():
            return "string"
        case _:
            return ""


def _as_text(value: Value) -> Value:
    found = text_of(value.data)
    return value if found is None else Value(found, value.at)
