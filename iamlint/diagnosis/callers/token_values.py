"""The values of a provider's condition and mapping for one token, as far as its claims are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget, Exhausted
from iamlint.conditions.abstract_values import Some
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.simplified import with_token
from iamlint.conditions.syntax import Field, ListOf, Literal, MapOf, Node
from iamlint.facts import Text
from iamlint.unknown import Unknown

_STEPS = 5_000
"""Maximum number of nodes that are evaluated for one expression."""


@frozen
class Open:
    """A value that the given claims do not tell, with the reason."""

    reason: str


@frozen
class Failed:
    """A value that cannot be evaluated: CEL stops with an error."""

    reason: str


Value = Any
"""A bool, int, float, str, tuple or another plain value, `Open` or `Failed`."""


class _Token:
    """The attributes that an expression may read, by path; notes why those that are not given are open."""

    def __init__(self, claims: Mapping[str, str], mapped: Mapping[str, Value] | Open) -> None:
        self._claims, self._mapped = claims, mapped
        self.open: list[str] = []

    def value(self, path: str) -> Node | None:
        root, _, name = path.partition(".")
        if not name:
            return None
        found: Value
        if root == "assertion":
            found = self._claims.get(name, Open(f"the claim {name!r} of the token is not given (--claim {name}=VALUE)"))
        else:
            found = self._mapped if isinstance(self._mapped, Open) else self._mapped.get(path, Failed(""))
        match found:
            case Open(reason):
                self.open.append(reason)
                return None
            case Failed():
                return Field(MapOf(()), name)
            case tuple():
                return ListOf(tuple(map(Literal, found)))
            case _:
                return Literal(found)


def value_of(expression: Text, claims: Mapping[str, str], mapped: Mapping[str, Value] | Open) -> Value:
    """Return the value of an expression for a token.

    ``mapped`` are the values of ``google.subject`` and the other attributes, by path; `Open` if the mapping is unknown.
    """
    node = parse(expression)
    if isinstance(node, Unknown):
        return Open(node.reason)
    if isinstance(node, Unparsable):
        return Failed("it is not a CEL expression")
    token = _Token(claims, mapped)
    try:
        found = with_token(node, token.value, Budget(_STEPS))
    except Exhausted:
        return Open("the expression takes more steps than iamlint takes")
    match found:
        case Some((value,), False):
            return value
        case Some((), _, (why, *_)):
            return Failed(why.text)
        case _:
            return Open(next(iter((*token.open, *(why.text for why in found.reasons))), "its value is not known"))
