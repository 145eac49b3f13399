"""How much work rules make: own rules come from pull requests, and there may be hundreds of large ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from iamlint.rules.rule import Rule

WORK = 1_000_000
"""Evaluations of one word on one fact in a run; beyond this number the largest rules are left out:
a few seconds."""
WORK_A_FACT = 3_000
"""Further ones for each fact, a third more than the built-in rules need."""
_CHARACTERS = 4
"""Characters of a glob that count as a further word."""


_EXCEPTION = 15
"""Further words that an exception counts as: exceptions in exceptions take longer than words in one list."""


def words(pattern: Any) -> int:
    """Return how many words a pattern has, with those of its exceptions; a long glob counts several times."""
    if isinstance(pattern, Mapping):
        return sum(map(words, pattern.values())) + _EXCEPTION * ("unless" in pattern)
    if isinstance(pattern, list | tuple):
        return sum(map(words, pattern))
    return 1 + len(str(pattern)) // _CHARACTERS


def too_large(rules: Sequence[Rule], facts: Callable[[str], int]) -> tuple[Rule, ...]:
    """Return the largest rules, as many as must be left out so that the others can be asked, in their order.

    ``facts`` returns how many facts there are of a kind that ``when`` names.
    """
    work = {rule.id: _work(rule, facts) for rule in rules}
    most = max((facts(kind) for rule in rules for kind in rule.when or ()), default=0)
    spare = WORK + WORK_A_FACT * most - sum(work.values())
    left_out: set[str] = set()
    for rule in sorted(rules, key=lambda one: (-work[one.id], one.id)):
        if spare >= 0:
            break
        spare += work[rule.id]
        left_out.add(rule.id)
    return tuple(rule for rule in rules if rule.id in left_out)


def _work(rule: Rule, facts: Callable[[str], int]) -> int:
    patterns = (*(rule.when or {}).items(), *rule.worse.items(), *rule.milder.items())
    return sum(words(pattern) * facts(kind) for kind, pattern in patterns)
