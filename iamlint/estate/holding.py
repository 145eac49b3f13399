"""Whether the condition of a grant holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import reduce
from operator import or_

from iamlint.conditions import Context, evaluate
from iamlint.facts import Condition, Grant
from iamlint.unknown import Truth, Unknown


def condition_truth(grant: Grant, as_of: date, permissions: Iterable[str] = ()) -> tuple[Truth, str]:
    """Whether a grant's condition holds on a day for one of these permissions, and where that is not known, why.

    What a condition comes to depends on the permission that is asked for: service accounts have no ``resource.name``.
    """
    match grant.condition:
        case None:
            return Truth.TRUE, ""
        case Unknown(reason):
            return Truth.UNKNOWN, f"its condition is not known: {reason}"
        case Condition(expression):
            asked: tuple[str | None, ...] = tuple(permissions) or (None,)
            outcomes = [evaluate(expression, Context(as_of, permission, grant.principal)) for permission in asked]
    truth = reduce(or_, (outcome.truth for outcome in outcomes), Truth.FALSE)
    reasons = dict.fromkeys(reason for outcome in outcomes for reason in outcome.why)
    return truth, "; ".join(reasons) if truth is Truth.UNKNOWN else ""


def left_to_the_holder(grant: Grant, as_of: date, permissions: Iterable[str]) -> bool:
    """Whether all that is not known of a condition is which roles its holder will grant."""
    if not isinstance(grant.condition, Condition):
        return False
    outcomes = [evaluate(grant.condition.expression, Context(as_of, one, grant.principal)) for one in permissions]
    kinds = {reason.kind for outcome in outcomes if outcome.truth is Truth.UNKNOWN for reason in outcome.reasons}
    return kinds == {"limit"}
