"""How much work rules make: own rules come from pull requests, and there may be hundreds of large ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from iamlint.rules.rule import Rule

WORK = 1_000_000
"""Evaluations of one word on one fact in a run; beyond this number the largest rules are left out:
a few seconds."""
WORK_A_FACT = 3_000
"""Further ones for each fact, a third more than the built-in rules need."""


def too_large(rules: Sequence[Rule], facts: Callable[[str], int]) -> tuple[Rule, ...]:
    """Return the largest rules, as many as must be left out so that the others can be asked, in their order.

    ``facts`` returns how many facts there are of a kind that ``when`` names.
    """
    facts = cache(facts)
    most = max((facts(kind) for rule in rules for kind in rule.when or ()), default=0)
    spare = WORK + WORK_A_FACT * most - sum(size * facts(kind) for rule in rules for kind, size in rule.sizes)
    if spare >= 0:
        return ()
    work = {rule.id: sum(size * facts(kind) for kind, size in rule.sizes) for rule in rules}
    left_out: set[str] = set()
    for rule in sorted(rules, key=lambda one: (-work[one.id], one.id)):
        if spare >= 0:
            break
        spare += work[rule.id]
        left_out.add(rule.id)
    return tuple(rule for rule in rules if rule.id in left_out)
