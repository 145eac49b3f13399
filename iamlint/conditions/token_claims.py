"""What a condition demands of a token's claims, or of the grantable roles, in each way to fulfil it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import Literal as OneOf

from iamlint.basics.frozen import frozen
from iamlint.conditions.attributes import MODIFIED_GRANTS
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.simplified import simplified
from iamlint.conditions.syntax import (
    AllOf,
    AnyOf,
    Call,
    Choice,
    Field,
    Index,
    ListOf,
    Literal,
    Name,
    Node,
    Not,
    Operation,
    dotted,
    negated,
)
from iamlint.facts import Text
from iamlint.unknown import Unknown

MOST = 256
"""Maximum number of distinct ways to fulfil a condition; more are merged."""
DEEPEST_TEST = 3
"""Maximum depth of choices within tests of choices; a deeper test counts as no demand. Each level doubles the work."""

How = OneOf[
    "equals",
    "number",
    "other",
    "prefix",
    "suffix",
    "contains",
    "matches",
    "has",
    "present",
    "differs",
    "ordered",
    "limit",
]
_METHODS: dict[str, How] = {
    "startsWith": "prefix",
    "endsWith": "suffix",
    "contains": "contains",
    "matches": "matches",
}


_A_LIST = "a list"
_PARTS = frozenset({"split", "extract", "lowerAscii", "upperAscii", "trim"})
"""The methods whose result is a part of a claim that can be compared; the results of others are not understood."""
_CONVERSIONS = frozenset({"string", "int", "uint", "dyn", "double"})


@frozen
class Claim:
    """A demand on one attribute: ``assertion.repository_owner`` equals one of ``values``.

    ``how`` is "number" for equality with a number rather than a text, "other" for a comparison that no text meets (with
    a truth value, a list, null, or the order of numbers), "has" for a list that contains one of the values, "differs"
    for any value but these, "limit" for a change of grants of these roles only. ``part`` says that only a
    part of the attribute is compared (``assertion.sub.split(":")[1]``), ``below`` that it is what follows a slash, as
    the name of a repository follows its owner's. An unknown value is an `Unknown`.
    """

    name: str
    how: How
    values: tuple[Text, ...] = ()
    part: bool = False
    below: bool = False


Alternatives = tuple[frozenset[Claim], ...]


@lru_cache(maxsize=16)
def claims_compared(expression: Text) -> Alternatives | Unparsable | Unknown:
    """Return the ways to make a condition true, each a set of demands that must hold together.

    ``()`` is never true; an empty set is a way without any demand that is understood. If a condition names the tenant,
    every alternative has a claim of the tenant.
    """
    match simplified(expression):
        case Unparsable() | Unknown() as other:
            return other
        case node:
            return tuple(dict.fromkeys(_ways(node)))


def is_obscure(expression: Text) -> bool:
    """Whether a part of a condition is not understood, so that it may demand more than its claims."""
    node = simplified(expression)
    return isinstance(node, Unparsable | Unknown) or _has_obscure_part(node)


def _has_obscure_part(node: Node) -> bool:
    match node:
        case AnyOf(parts) | AllOf(parts):
            return any(_has_obscure_part(part) for part in parts)
        case Choice(test, then, otherwise):
            return any(_has_obscure_part(part) for part in (test, then, otherwise))
        case Not(of):
            return _has_obscure_part(of)
        case Literal(bool()):
            return False
        case _:
            claim = _claim(node)
            return claim is None or claim.values == (_A_LIST,)


def is_always_true(expression: Text) -> bool:
    """Whether a condition of a provider is certainly true for every token: ``1 == 1``, ``assertion.sub != ""``."""
    node = simplified(expression)
    if isinstance(node, Unparsable | Unknown):
        return False
    return all(_NO_SUBJECT & way for way in _ways(negated(node)))


_NO_SUBJECT = frozenset(Claim(name, "equals", ("",)) for name in ("assertion.sub", "google.subject"))
"""What no token meets: IAM refuses a token without a subject."""


def mapped(expression: Text) -> tuple[str, str, str] | None:
    """Return the value of an attribute mapping as prefix, claim and suffix.

    A constant has the claim "". None if the mapping is anything else, or unknown.
    """
    node = simplified(expression)
    if isinstance(node, Unparsable | Unknown):
        return None
    before, name, after = "", "", ""
    for part in _added(node):
        path = dotted(part)
        match part:
            case Literal(str(text)) if name:
                after += text
            case Literal(str(text)):
                before += text
            case _ if path and path.startswith("assertion.") and not name:
                name = path.removeprefix("assertion.")
            case _:
                return None
    return before, name, after


def least_bytes(expression: Text) -> int:
    """Return how many bytes the value of an attribute mapping has at least: those of the constants in it.

    ``assertion.sub`` counts as one: no token has an empty subject.
    """
    node = parse(expression)
    parts = () if isinstance(node, Unparsable | Unknown) else _added(node)
    texts = [part.value for part in parts if isinstance(part, Literal) and isinstance(part.value, str)]
    return sum(len(text.encode()) for text in texts) + sum(dotted(part) == "assertion.sub" for part in parts)


def _added(node: Node) -> Iterable[Node]:
    match node:
        case Operation("+", left, right):
            return (*_added(left), right)
        case _:
            return (node,)


def limits_of(expression: Text) -> frozenset[str] | None:
    """Return the roles whose grants a condition allows changing; None if it does not limit them."""
    ways = claims_compared(expression)
    if not isinstance(ways, tuple):
        return None
    allowed: set[str] = set()
    for way in ways:
        limits = [claim.values for claim in way if claim.how == "limit"]
        if not limits:
            return None
        sets = [{value for value in values if isinstance(value, str)} for values in limits]
        allowed |= set.intersection(*sets)
    return frozenset(allowed)


def _ways(node: Node, tests: int = 0) -> Iterable[frozenset[Claim]]:
    """Yield the ways to fulfil an expression inside this many tests of choices."""
    match node:
        case AnyOf(parts):
            return _bounded([way for part in parts for way in _ways(part, tests)])
        case AllOf(parts):
            return _together(parts, tests)
        case Choice(_, then, otherwise) if tests > DEEPEST_TEST:
            return _ways(AnyOf((then, otherwise)), tests)
        case Choice(test, then, otherwise):
            yes, no = [*_ways(test, tests + 1)], [*_ways(negated(test), tests + 1)]
            return _bounded([*_product(yes, _ways(then, tests)), *_product(no, _ways(otherwise, tests))])
        case Not(of):
            inside = negated(of)
            return _ways(inside, tests) if not isinstance(inside, Not) else (frozenset(),)
        case Literal(bool(value)):
            return (frozenset(),) if value else ()
        case _:
            claim = _claim(node)
            return (frozenset((claim,)),) if claim else (frozenset(),)


def _together(parts: Iterable[Node], tests: int) -> list[frozenset[Claim]]:
    ways: list[frozenset[Claim]] = [frozenset()]
    for part in parts:
        ways = _product(ways, _ways(part, tests))
    return ways


def _product(ways: list[frozenset[Claim]], others: Iterable[frozenset[Claim]]) -> list[frozenset[Claim]]:
    more = list(others)
    if len(ways) * len(more) > MOST:
        more = [frozenset.intersection(*more)]
    if more == [frozenset()]:
        return ways
    return [one | other for one, other in product(ways, more)]


def _bounded(ways: list[frozenset[Claim]]) -> list[frozenset[Claim]]:
    """Merge too many ways into one, with the demands that all of them have."""
    return ways if len(ways) <= MOST else [frozenset.intersection(*ways)]


def _claim(node: Node) -> Claim | None:
    match node:
        case Operation("==", left, right):
            return _compared(left, right, "equals") or _compared(right, left, "equals")
        case Operation("!=", left, right):
            return _compared(left, right, "differs") or _compared(right, left, "differs")
        case Operation("<" | "<=" | ">" | ">=", left, right):
            return _compared(left, right, "ordered") or _compared(right, left, "ordered")
        case Operation("in", left, ListOf((_, *_) as items)) if dotted(left) and all(map(_is_number, items)):
            values = [value for item in items if (value := _text(item)) is not None]
            return Claim(dotted(left) or "", "number", tuple(values))
        case Operation("in", left, ListOf(items)):
            named = _named(left)
            values = [value for item in items if (value := _text(item)) is not None]
            return Claim(named[0], "equals", tuple(values), named[1]) if named and len(values) == len(items) else None
        case Operation("in", left, right):
            return _compared(right, left, "has")
        case Call("hasOnly", Call("getAttribute", _, (Literal(name), *_)), (ListOf(items),)) if name == MODIFIED_GRANTS:
            values = [value for item in items if (value := _text(item)) is not None]
            return Claim(MODIFIED_GRANTS, "limit", tuple(values)) if len(values) == len(items) else None
        case Call(function, of, (argument,)) if of is not None and function in _METHODS:
            return _compared(of, argument, _METHODS[function])
        case Call("matches", None, (of, argument)):
            return _compared(of, argument, "matches")
        case Call("has", None, (of,)):
            named = _named(of)
            return Claim(named[0], "present", (), named[1]) if named else None
        case Call("exists", of, (Name(one), Operation("==", Name(same), value))) if of is not None and one == same:
            return _compared(of, value, "has")
        case _:
            path = dotted(node)
            return Claim(path, "other", ("true",)) if path and "." in path else None


def _is_number(node: Node) -> bool:
    return isinstance(node, Literal) and type(node.value) in (int, float)


def _compared(of: Node, with_: Node, how: How) -> Claim | None:
    named, value = _named(of), _text(with_)
    if dotted(of):
        match with_, how:
            case (Literal(bool()), "equals"):
                how = "other"
            case (Literal(int() | float()), "equals"):
                how = "number"
            case (Literal(int() | float()), "ordered"):
                how = "other"
            case (Literal(None), "equals"):
                how, value = "other", "null"
            case (ListOf(), "equals"):
                how, value = "other", _A_LIST
    return Claim(named[0], how, (value,), named[1], _is_below(of)) if named and value is not None else None


def is_below(expression: Text) -> bool:
    """Whether an expression reads what follows a slash in a claim: ``assertion.repository.split("/")[1]``."""
    if isinstance(expression, str) and "/" not in expression:
        return False  # most mappings; to build the grammar takes 0.3 seconds
    node = parse(expression)
    return not isinstance(node, Unparsable | Unknown) and _is_below(node)


def _is_below(node: Node) -> bool:
    match node:
        case Index(Call("split", _, (Literal("/"),)), Literal(int(place))):
            return place > 0
        case Call("extract", _, (Literal(str(template)),)):
            return template.startswith("/")
        case Call(_, of, ()) if of is not None:
            return _is_below(of)
        case _:
            return False


def _named(node: Node) -> tuple[str, bool] | None:
    """Return the attribute that an expression reads, and whether it reads a part only."""
    part = False
    while True:
        path = dotted(node)
        if path:
            return (path, part) if "." in path else None
        match node:
            case Call(function, of, _) if of is not None and function in _PARTS:
                node, part = of, True
            case Field(of, _) | Index(of, _):
                node, part = of, True
            case Call(function, None, (of,)):  # string(assertion.project_id)
                node, part = of, part or function not in _CONVERSIONS
            case _:
                return None


def _text(node: Node) -> Text | None:
    match node:
        case Literal(bool(value)):
            return "true" if value else "false"
        case Literal(str() | Unknown() as value):
            return value
        case Literal(int() | float() as value):
            return str(value)
        case _:
            return None
