"""The syntax tree of a CEL expression, limited to what conditions use, without semantics.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias
from typing import Literal as OneOf

from iamlint.basics.frozen import frozen
from iamlint.unknown import Unknown

Operator = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"]


@frozen
class Literal:
    """A value as written; an `Unknown` is a text with a part known only after apply."""

    value: bool | int | float | str | bytes | Unknown | None


@frozen
class Name:
    """An identifier: ``request``."""

    name: str


@frozen
class Field:
    """A field: ``request.time``."""

    of: Node
    name: str


@frozen
class Index:
    """An element of a list or map: ``assertion["sub"]``."""

    of: Node
    key: Node


@frozen
class Call:
    """A call of a function, or of a method of ``of``."""

    function: str
    of: Node | None
    arguments: tuple[Node, ...]


@frozen
class ListOf:
    """A list: ``["a", "b"]``."""

    items: tuple[Node, ...]


@frozen
class MapOf:
    """A map: ``{"a": 1}``."""

    entries: tuple[tuple[Node, Node], ...]


@frozen
class Not:
    """``!of``."""

    of: Node


@frozen
class Minus:
    """``-of``."""

    of: Node


@frozen
class Operation:
    """A comparison or arithmetic of two operands."""

    operator: Operator
    left: Node
    right: Node


@frozen
class AllOf:
    """``a && b && c``."""

    parts: tuple[Node, ...]


@frozen
class AnyOf:
    """``a || b || c``."""

    parts: tuple[Node, ...]


@frozen
class Choice:
    """``test ? then : otherwise``."""

    test: Node
    then: Node
    otherwise: Node


Node: TypeAlias = (
    Literal | Name | Field | Index | Call | ListOf | MapOf | Not | Minus | Operation | AllOf | AnyOf | Choice
)


def dotted(node: Node) -> str | None:
    """Return the path of an attribute, ``request.auth.access_levels``; a constant key counts as a name. Else None."""
    names: list[str] = []
    while True:
        match node:
            case Field(of, name) | Index(of, Literal(str(name))):
                names.append(name)
                node = of
            case Name(name):
                return ".".join((name, *reversed(names)))
            case _:
                return None


_INVERSE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def negated(node: Node) -> Node:
    """Return the negation of an expression, with the ``!`` moved inside as far as possible."""
    match node:
        case Not(of):
            return of
        case AllOf(parts):
            return AnyOf(tuple(negated(part) for part in parts))
        case AnyOf(parts):
            return AllOf(tuple(negated(part) for part in parts))
        case Choice(test, then, otherwise):
            return Choice(test, negated(then), negated(otherwise))
        case Operation(operator, left, right) if operator in _INVERSE:
            return Operation(_INVERSE[operator], left, right)
        case Literal(bool(value)):
            return Literal(not value)
        case _:
            return Not(node)


def texts_of(node: Node) -> list[str]:
    """Return the texts in an expression, in their order."""
    found: list[str] = []
    waiting: list[Any] = [node]
    while waiting:
        match waiting.pop():
            case Literal(str(text)):
                found.append(text)
            case tuple() as parts:
                waiting.extend(reversed(parts))
            case part if is_dataclass(part) and not isinstance(part, Literal):
                waiting.extend(getattr(part, field.name) for field in reversed(fields(part)))
            case _:
                pass
    return found
