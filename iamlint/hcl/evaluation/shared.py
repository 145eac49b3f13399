"""What the evaluators of expressions share: places, steps, and values that are one of several."""

from __future__ import annotations

from collections.abc import Callable

from iamlint.documents.values import Lazy, Value
from iamlint.hcl import syntax
from iamlint.hcl.functions.costs import LOOKS
from iamlint.hcl.functions.types import EvaluationError, weight
from iamlint.hcl.scope import Scope
from iamlint.hcl.walk import size_and_names
from iamlint.location import Span
from iamlint.unknown import Unknown


def span_of(node: syntax.Node, scope: Scope) -> Span:
    """Return where a node is written."""
    return Span(scope.source, node.start, node.end)


def spend_parts(value: Value, scope: Scope) -> None:
    """Spend the steps for looking at the elements of a partly known collection."""
    if value.partial is not None:
        unknown_keys = sum(1 for part in value.partial.parts if part.key and part.key.unknown)
        scope.budget.spend(len(value.partial.parts) // LOOKS + unknown_keys)


def check_declared(node: syntax.Node, scope: Scope) -> None:
    """Undeclared names are an error before evaluation, even within ``try`` and ``can``."""
    size, names = size_and_names(node)
    scope.budget.spend(size // 3)
    for root, name in names:
        found = scope.lookup(root)
        if found and isinstance(found.data, Lazy) and not found.data.declares(name):
            raise EvaluationError(f"{root}.{name} is not declared")


def by_cases(work: Callable[[list[Value]], Value], given: list[Value], scope: Scope) -> Value | None:
    """Return what is certain of a result of values with several possibilities; None if each value has only one."""
    why = next((one.data for one in given if one.structure is not None and one.options), None)
    if not isinstance(why, Unknown):
        return None
    from iamlint.hcl.functions import either

    scope.budget.spend(sum(weight(one) for one in given if one.structure is not None))
    return either.by_cases(given, work, Unknown(why.reason), in_try=scope.in_try)
