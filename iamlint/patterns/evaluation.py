"""Evaluates the patterns of ``when:`` and ``unless:`` on a fact: all words at once, or some of them first.

Keys are *and*, lists are *or*, ``unless`` is *not*. Words that give one answer for many facts are evaluated once for
all of them, and the rest of the pattern for each fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.estate import Estate
from iamlint.facts import Fact
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.patterns.predicates import Word
from iamlint.unknown import Truth

Pattern = Mapping[str, Any]
_Step = tuple[str, Word[Any], tuple[Any, ...]]


@frozen
class Rest:
    """The rest of a pattern after some of its words: the answer so far, and the words still to evaluate."""

    verdict: Verdict
    steps: tuple[_Step, ...] = ()
    exceptions: tuple[Rest, ...] = ()


def judge(pattern: Pattern, fact: Fact, estate: Estate, words: Mapping[str, Word[Any]]) -> Verdict:
    """Return the answer of a whole pattern for a fact."""
    rest = narrowed(pattern, fact, estate, words, words.keys())
    return rest.verdict if rest else FALSE


def narrowed(
    pattern: Pattern, fact: Fact, estate: Estate, words: Mapping[str, Word[Any]], asked: Set[str]
) -> Rest | None:
    """Return the rest of a pattern after evaluating some words only; None if the answer is already false.

    Cheap words come first. The most frequent answers, plain true or false, cost least.
    """
    steps, exceptions = _prepared(pattern, words)
    found, later = TRUE, []
    for step in steps:
        if step[0] not in asked:
            later.append(step)
            continue
        answer = step[1](step[2], fact, estate)
        if answer.truth is Truth.FALSE:
            return None
        if answer is not TRUE:
            found &= answer
    open_: list[Rest] = []
    for exception in exceptions:
        rest = narrowed(exception, fact, estate, words, asked)
        if rest is None:
            continue
        if rest.steps or rest.exceptions:
            open_.append(rest)
        elif rest.verdict.truth is Truth.TRUE:
            return None
        else:
            found &= ~rest.verdict
    return Rest(found, tuple(later), tuple(open_))


def finished(rest: Rest, fact: Fact, estate: Estate) -> Verdict:
    """Return the answer of a pattern from its rest."""
    found = rest.verdict
    for _, ask, wanted in rest.steps:
        answer = ask(wanted, fact, estate)
        if answer.truth is Truth.FALSE:
            return FALSE
        if answer is not TRUE:
            found &= answer
    for exception in rest.exceptions:
        answer = finished(exception, fact, estate)
        if answer.truth is Truth.TRUE:
            return FALSE
        if answer.truth is Truth.UNKNOWN:
            found &= ~answer
    return found


_PREPARED: dict[int, tuple[Pattern, tuple[tuple[_Step, ...], tuple[Pattern, ...]]]] = {}
"""Prepared patterns, by identity; each is stored with its pattern, so that no other pattern gets its identity."""
_MOST_PREPARED = 10_000


def _prepared(pattern: Pattern, words: Mapping[str, Word[Any]]) -> tuple[tuple[_Step, ...], tuple[Pattern, ...]]:
    """Return the words of a pattern with their arguments, and its exceptions; computed once, not for every fact."""
    known = _PREPARED.get(id(pattern))
    if known is not None:
        return known[1]
    steps = tuple((name, word, _listed(pattern[name])) for name, word in words.items() if name in pattern)
    prepared = steps, _listed(pattern.get("unless", ()))
    if len(_PREPARED) >= _MOST_PREPARED:
        _PREPARED.clear()
    _PREPARED[id(pattern)] = pattern, prepared
    return prepared


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
