"""Evaluates conditions: unknown parts stay open; attributes that the resource does not provide never grant."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from iamlint.conditions import functions
from iamlint.conditions.abstract_values import (
    Anything,
    Malformed,
    Possible,
    Some,
    applied,
    boolean,
    conjunction,
    disjunction,
    distinct,
    failed,
    known,
)
from iamlint.conditions.attributes import RESOURCE, alike, attribute
from iamlint.conditions.context import Context
from iamlint.conditions.outcome import Outcome, Reason, merged
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.syntax import (
    AllOf,
    AnyOf,
    Call,
    Choice,
    Field,
    Index,
    ListOf,
    Literal,
    MapOf,
    Minus,
    Name,
    Node,
    Not,
    Operation,
    dotted,
    negated,
)
from iamlint.conditions.timestamps import compared, moved
from iamlint.facts import Text
from iamlint.unknown import Truth, Unknown, shown

_OF_TYPES = RESOURCE - {"resource.name"}
_BOTH = frozenset({True, False})


def evaluate(expression: Text, context: Context) -> Outcome:
    """Return the outcome of a condition in a context.

    An invalid CEL expression is open, with a reason of the kind "unparsable"; `parse` says where it is invalid.
    """
    # If the outcome is the same for all principals, tags or permissions, it is computed once.
    if context.principal is not None and not asks_who(expression):
        context = replace(context, principal=None)
    if context.tags is not None and not asks_tags(expression):
        context = replace(context, tags=None)
    if context.bucket is not None and "name" not in shown(expression):
        context = replace(context, bucket=None)
    if context.permission is not None and (one := asked_as(context.permission, expression)) != context.permission:
        context = replace(context, permission=one)
    return _evaluated(expression, context)


def asked_as(permission: str, expression: Text) -> str:
    """Return one representative of the permissions for which a condition has the same outcome."""
    return alike(permission, of_resource="resource" in shown(expression))


def asks_who(expression: Text) -> bool:
    """Whether the outcome of a condition may depend on the principal."""
    return "principal" in shown(expression)


def may_begin(expression: Text, context: Context) -> bool:
    """Whether a condition that holds on no time of the day may hold on a later one."""
    return "time" in shown(expression) and evaluate(expression, replace(context, later=True)).truth is not Truth.FALSE


def asks_tags(expression: Text) -> bool:
    """Whether the outcome of a condition may depend on the resource's tags."""
    return "Tag" in shown(expression)


@lru_cache(maxsize=65536)
def _evaluated(expression: Text, context: Context) -> Outcome:
    match parse(expression):
        case Unparsable(beyond=True) as wrong:
            return Outcome(_BOTH, reasons=(Reason("unknown", f"its condition is beyond what iamlint reads: {wrong}"),))
        case Unparsable() as wrong:
            return Outcome(_BOTH, reasons=(Reason("unparsable", f"its condition is not a CEL expression: {wrong}"),))
        case Unknown(reason):
            return Outcome(_BOTH, reasons=(Reason("unknown", f"its condition is not known: {reason}"),))
        case node:
            found = boolean(value_of(node, context))
            return Outcome(frozenset(found.values), found.fails, found.reasons)


def value_of(node: Node, context: Context) -> Possible:
    """Return the values that an expression may have."""
    match node:
        case Literal(Unknown(reason)):
            return Anything((Reason("unknown", f"a part of its condition is not known: {reason}"),))
        case Literal(value):
            return Some((value,), reasons=(Reason("false", "it is false"),) if value is False else ())
        case AllOf(parts):
            return conjunction([boolean(value_of(part, context)) for part in parts])
        case AnyOf(parts):
            return disjunction([boolean(value_of(part, context)) for part in parts])
        case Not(of):
            return _negation(of, context)
        case Choice(test, then, otherwise):
            return _choice(boolean(value_of(test, context)), then, otherwise, context)
        case Operation():
            return _operation(node, context)
        case ListOf(items):
            return applied(lambda *values: values, [value_of(item, context) for item in items])
        case MapOf(entries):
            flat = [value_of(part, context) for entry in entries for part in entry]
            return applied(lambda *values: _mapping(values), flat)
        case Minus(of):
            return applied(_minus, [value_of(of, context)])
        case Call():
            return _call(node, context)
        case Name() | Field() | Index():
            return _attribute(node, context)


def _negation(of: Node, context: Context) -> Possible:
    inside = negated(of)
    if not isinstance(inside, Not):
        return value_of(inside, context)
    found = boolean(value_of(of, context))
    reasons = found.reasons
    if found.values == (True,) and not found.fails:
        reasons = (Reason("false", "its negated part is true"),)
    return Some(tuple(not value for value in found.values), found.fails, reasons)


def _choice(test: Some, then: Node, otherwise: Node, context: Context) -> Possible:
    """Return the values of the possible branches."""
    branches = [value_of(then if value else otherwise, context) for value in test.values]
    if not branches:
        return test
    if len(branches) == 1 and not test.fails:
        return branches[0]
    reasons = merged((test.reasons, *(branch.reasons for branch in branches)))
    values: list[Any] = []
    for branch in branches:
        if not isinstance(branch, Some):
            return Anything(reasons)
        values += branch.values
    fails = test.fails or any(isinstance(branch, Some) and branch.fails for branch in branches)
    found = distinct(values)
    if len(found) == 1 and not fails:
        return Some(found, reasons=merged(branch.reasons for branch in branches))
    return Some(found, fails, reasons)


# -- attributes ----------------------------------------------------------------------------------------------------


def _attribute(node: Node, context: Context) -> Possible:
    path = dotted(node)
    if path and "." in path:
        return attribute(path, context)
    match node:
        case Field(of, name):
            return applied(lambda value: _element(value, name), [value_of(of, context)])
        case Index(of, key):
            return applied(_element, [value_of(of, context), value_of(key, context)])
        case _:
            return Anything((Reason("foreign", f"iamlint does not know {path}"),))


def _element(value: Any, key: Any) -> Any:
    match value, key:
        case dict(), _ if _plain(key) in value:
            return value[_plain(key)]
        case tuple(), int() if not isinstance(key, bool) and 0 <= key < len(value):
            return value[key]
        case _:
            raise Malformed(f"there is no element {key}")


def _plain(key: Any) -> Any:
    if isinstance(key, str | int | bool | float | bytes):
        return (type(key), key)
    raise Malformed("a key that is neither a text nor a number")


def _mapping(values: tuple[Any, ...]) -> dict[Any, Any]:
    return {_plain(key): value for key, value in zip(values[::2], values[1::2], strict=True)}


# -- operators -----------------------------------------------------------------------------------------------------


def _operation(node: Operation, context: Context) -> Possible:
    left, right = value_of(node.left, context), value_of(node.right, context)
    missing = _missing((node.left, left), (node.right, right))
    if missing:
        # Documented for types: others have another type than any. Of other tests only that they do not hold is.
        return known(True) if node.operator == "!=" else missing
    in_time = moved(node.operator, left, right) if node.operator in ("+", "-") else None
    if in_time is None and node.operator in ("<", "<=", ">", ">=", "==", "!="):
        in_time = compared(node.operator, left, right)
    if in_time is not None:
        return in_time
    result = applied(_OPERATIONS[node.operator], [left, right])
    match result:
        case Some((False,), False, ()):
            return Some((False,), reasons=(Reason("false", _not_so(node)),))
        case _:
            return result


def _missing(*operands: tuple[Node, Possible]) -> Some | None:
    """Return the result of a test of a type or service that the resource does not provide: false, or a failure.

    A negative test of it (``!(resource.type in […])``) may hold. None if all operands are provided.
    """
    for node, value in operands:
        match value:
            case Some((), _, (Reason(kind="unavailable"), *_)) if dotted(node) in _OF_TYPES:
                return Some((False,), True, value.reasons)
    return None


def _not_so(node: Operation) -> str:
    path = dotted(node.left) or dotted(node.right)
    return f"its condition on {path} does not hold" if path else "its condition does not hold"


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    match one, other:
        case tuple(), tuple():
            return len(one) == len(other) and all(map(_same, one, other))
        case _:
            return bool(one == other)


def _in(one: Any, other: Any) -> bool:
    match other:
        case tuple():
            return any(_same(one, item) for item in other)
        case dict():
            return _plain(one) in other
        case _:
            raise Malformed('"in" needs a list or a map on its right')


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def work(one: Any, other: Any) -> bool:
        if type(one) is type(other) or (_is_number(one) and _is_number(other)):
            try:
                return compare(one, other)
            except TypeError:
                pass
        raise Malformed("two values without an order are compared")

    return work


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_LARGEST = 2**64


def _arithmetic(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(one: Any, other: Any) -> Any:
        if isinstance(one, bool) or isinstance(other, bool) or isinstance(one, dict):
            raise Malformed("these values cannot be used in arithmetic")
        try:
            result = work(one, other)
        except (TypeError, ZeroDivisionError, OverflowError) as error:
            raise Malformed("these values cannot be used in arithmetic") from error
        if isinstance(result, int) and abs(result) > _LARGEST:
            raise Malformed("a number that is too large")
        return result

    return checked


def _product(one: Any, other: Any) -> Any:
    if not (_is_number(one) and _is_number(other)):
        raise TypeError
    return one * other


def _quotient(one: Any, other: Any) -> Any:
    if not (_is_number(one) and _is_number(other)):
        raise TypeError
    exact = isinstance(one, int) and isinstance(other, int)
    if not exact:
        return one / other
    return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)


def _remainder(one: Any, other: Any) -> Any:
    if not (isinstance(one, int) and isinstance(other, int)):
        raise TypeError
    return one - other * _quotient(one, other)


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": _same,
    "!=": lambda one, other: not _same(one, other),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "in": _in,
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(_product),
    "/": _arithmetic(_quotient),
    "%": _arithmetic(_remainder),
}


def calculated(operation: str, one: Any, other: Any) -> Any:
    """Return the result of an operation on two known values. Raises `Malformed`."""
    return _OPERATIONS[operation](one, other)


def _minus(value: Any) -> Any:
    if not _is_number(value):
        raise Malformed("a minus sign before a value that is not a number")
    return -value


# -- calls ---------------------------------------------------------------------------------------------------------


def _has(part: Node, context: Context) -> Possible:
    """Return whether an attribute is there; false for a key that a map does not have."""
    found = value_of(part, context)
    if not isinstance(found, Some) or (found.fails and found.values):
        return Anything(found.reasons)
    if isinstance(part, Field) and isinstance(part.of, MapOf):
        return known(not found.fails)
    return failed(found.reasons[0]) if found.fails else known(True)


def _call(node: Call, context: Context) -> Possible:
    special = functions.special(node, context)
    if special is not None:
        return special
    if node.function == "has" and node.of is None and len(node.arguments) == 1:
        return _has(node.arguments[0], context)
    of = () if node.of is None else ((node.of, value_of(node.of, context)),)
    missing = _missing(*of)
    if missing and node.function in functions.TESTS:
        return missing
    operands = [*(value for _, value in of), *(value_of(argument, context) for argument in node.arguments)]
    return functions.called(node.function, operands, is_method=node.of is not None)
