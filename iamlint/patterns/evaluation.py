"""The patterns of ``when:`` and ``unless:`` put to a fact: all at once, or some of their words first.

Keys are *and*, lists are *or*, ``unless`` is *not*. What many facts have in common is asked once for all of them, and
what is left of the pattern of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from iamlint.estate import Estate
from iamlint.facts import Fact
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.patterns.words import Word
from iamlint.unknown import Truth

Pattern = Mapping[str, Any]
_Step = tuple[str, Word[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a pattern once some of its words are answered: the answer so far, and what is still to ask."""

    verdict: Verdict
    steps: tuple[_Step, ...] = ()
    exceptions: tuple[Rest, ...] = ()


def judge(pattern: Pattern, fact: Fact, estate: Estate, words: Mapping[str, Word[Any]]) -> Verdict:
    """What a whole pattern says of a fact."""
    rest = narrowed(pattern, fact, estate, words, words.keys())
    return rest.verdict if rest else FALSE


def narrowed(
    pattern: Pattern, fact: Fact, estate: Estate, words: Mapping[str, Word[Any]], asked: Set[str]
) -> Rest | None:
    """What is left of a pattern when only some words are asked; None where the answer is false already.

    The cheap words come first, and what is said most often, plainly true or false, costs least.
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
    """The answer to a pattern, where this much of it was left."""
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
"""What patterns come to, by identity; each is kept with its pattern, so that no other takes its identity."""
_MOST_PREPARED = 10_000


def _prepared(pattern: Pattern, words: Mapping[str, Word[Any]]) -> tuple[tuple[_Step, ...], tuple[Pattern, ...]]:
    """The words of a pattern with what they are asked, and its exceptions: worked out once, not for every fact."""
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
