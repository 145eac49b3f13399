"""Patterns over one fact, three-valued: what ``when:`` says of every fact of its kind.

Keys are *and*, lists are *or*, ``unless`` is *not*, strings are globs in which ``*`` stands for any text and ``?`` for
any one character; nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from iamlint.estate import Estate, condition_truth
from iamlint.facts import CustomRole, Fact, Grant, Place
from iamlint.finding import Confidence
from iamlint.globs import text_is
from iamlint.kinds import KINDS, kind_of
from iamlint.unknown import Truth
from iamlint.verdict import FALSE, TRUE, Verdict
from iamlint.words import Word, possible_kinds

__all__ = [
    "FALSE",
    "TRUE",
    "Match",
    "Pattern",
    "Verdict",
    "grant_verdict",
    "matches",
    "possible_kinds",
    "text_is",
    "verdict",
    "weighed",
]


@dataclass(frozen=True, slots=True)
class Match:
    """What a pattern or a query says of a fact.

    ``permissions`` are those that made it match, in the order of the rule. ``reasons`` say why the truth is unknown.
    ``related`` are other facts that belong to it; ``words`` are further texts for the rule's message. ``place`` is the
    part of the fact that is wrong, and ``confidence`` how sure that is, where they are not as usual. ``raised`` is by
    how many steps it is more severe than the rule, as when a privileged account can be reached; below 0 it is milder.
    """

    fact: Fact
    truth: Truth
    permissions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    related: tuple[Fact, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = None
    confidence: Confidence | None = None
    raised: int = 0


Pattern = Mapping[str, Any]


def matches(when: Mapping[str, Pattern], estate: Estate) -> Iterator[Match]:
    """What a rule's ``when`` says of every fact of its kind, those left out that it certainly does not mean."""
    for name, pattern in when.items():
        for fact in estate.of(KINDS[name].type):
            found = verdict(pattern, fact, estate)
            if found.truth is not Truth.FALSE:
                yield Match(fact, found.truth, found.permissions, found.reasons, found.facts)


def weighed(match: Match, worse: Mapping[str, Pattern], milder: Mapping[str, Pattern], estate: Estate) -> Match:
    """The match, a step more severe where its fact is certainly one of the worse, a step less where of the milder."""
    for patterns, step in ((worse, 1), (milder, -1)):
        pattern = patterns.get(kind_of(match.fact).name)
        found = verdict(pattern, match.fact, estate) if pattern else FALSE
        if found.truth is Truth.TRUE:
            match = replace(match, raised=match.raised + step, related=(*match.related, *found.facts))
    return match


def verdict(pattern: Pattern, fact: Fact, estate: Estate) -> Verdict:
    """What a pattern over its kind says of a fact. A deleted role gives nothing to anybody."""
    match fact:
        case Grant():
            return grant_verdict(pattern, fact, estate)
        case CustomRole(deleted=True):
            return FALSE
        case _:
            return _judge(pattern, fact, estate, kind_of(fact).words)


def grant_verdict(pattern: Pattern, grant: Grant, estate: Estate) -> Verdict:
    """What a pattern says of a grant. One whose condition never holds grants nothing."""
    found = _judge(pattern, grant, estate, KINDS["grant"].words)
    if found.truth is Truth.FALSE or grant.condition is None:
        return found
    truth, reason = condition_truth(grant, estate.as_of, found.permissions)
    return found & Verdict(truth, (reason,) if reason else ())


def _judge(pattern: Pattern, fact: Fact, estate: Estate, words: Mapping[str, Word]) -> Verdict:
    """All words of a pattern, the cheap ones first; what is said most often, plainly true or false, costs least."""
    steps, exceptions = _prepared(pattern, words)
    found = TRUE
    for judge, wanted in steps:
        answer = judge(wanted, fact, estate)
        if answer.truth is Truth.FALSE:
            return FALSE
        if answer is not TRUE:
            found &= answer
    for exception in exceptions:
        answer = _judge(exception, fact, estate, words)
        if answer.truth is Truth.TRUE:
            return FALSE
        if answer.truth is Truth.UNKNOWN:
            found &= ~answer
    return found


_Prepared = tuple[tuple[tuple[Word, tuple[Any, ...]], ...], tuple[Pattern, ...]]
_PREPARED: dict[int, tuple[Pattern, _Prepared]] = {}
"""What patterns come to, by identity; each is kept with its pattern, so that no other takes its identity."""
_MOST_PREPARED = 10_000


def _prepared(pattern: Pattern, words: Mapping[str, Word]) -> _Prepared:
    """The words of a pattern with what they are asked, and its exceptions: worked out once, not for every fact."""
    known = _PREPARED.get(id(pattern))
    if known is not None:
        return known[1]
    steps = tuple((judge, _listed(pattern[word])) for word, judge in words.items() if word in pattern)
    prepared = steps, _listed(pattern.get("unless", ()))
    if len(_PREPARED) >= _MOST_PREPARED:
        _PREPARED.clear()
    _PREPARED[id(pattern)] = pattern, prepared
    return prepared


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
