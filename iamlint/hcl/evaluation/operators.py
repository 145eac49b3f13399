"""Operators of Terraform's language. Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from iamlint.documents.values import Data, Value
from iamlint.hcl.functions.types import EvaluationError, UnknownResult, boolean, bounded_number, equal, number
from iamlint.unknown import Unknown

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def operated(name: str, left: Value, right: Value) -> Data:
    """Return ``left name right``; raises `EvaluationError` or `UnknownResult`."""
    match name:
        case "==":
            return equal(left, right)
        case "!=":
            return not equal(left, right)
        case "&&":
            return _logical(left, right, decided_by=False)
        case "||":
            return _logical(left, right, decided_by=True)
        case "<" | ">" | "<=" | ">=":
            return _COMPARISONS[name](number(left), number(right))
        case _:
            return _arithmetic(name, number(left), number(right))


def _logical(left: Value, right: Value, *, decided_by: bool) -> bool:
    for value in (left, right):
        if not isinstance(value.data, Unknown):
            boolean(value)  # Terraform refuses a non-boolean operand even if the other one decides
    for value in (left, right):
        if not isinstance(value.data, Unknown) and boolean(value) is decided_by:
            return decided_by
    boolean(left)
    boolean(right)
    return not decided_by


def _arithmetic(name: str, left: int | Decimal, right: int | Decimal) -> Data:
    if isinstance(left, int) and isinstance(right, int):
        whole = _of_integers(name, left, right)
        if whole is not None:
            return whole
    from iamlint.hcl.functions.precision import exact, shortest

    a, b = exact(left), exact(right)
    match name:
        case "+":
            found = a + b
        case "-":
            found = a - b
        case "*":
            found = a * b
        case "/" if b:
            found = a / b
        case "%" if b:
            found = a - b * int(a / b)
        case "%":
            found = a
        case _ if a:
            raise UnknownResult(Unknown("division by zero"))
        case _:
            raise EvaluationError("zero divided by zero")
    if not found and name in "*/" and _is_negative(left) is not _is_negative(right):
        return Decimal("-0")
    return bounded_number(shortest(found))


def _of_integers(name: str, left: int, right: int) -> int | None:
    """Do the same for small whole numbers, as nearly all are, without fractions; None for others."""
    if abs(left) > _SMALL or abs(right) > _SMALL:
        return None
    match name:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*" if left and right:
            return left * right
        case _:
            return None


_SMALL = 1 << 128


def _is_negative(number: int | Decimal) -> bool:
    """Whether a number has a minus sign, as Terraform's zeros too may have."""
    return number.is_signed() if isinstance(number, Decimal) else number < 0
