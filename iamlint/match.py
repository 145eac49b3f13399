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
    """All words of a pattern, the cheap ones first."""
    found = TRUE
    for word, judge in words.items():
        if word in pattern:
            found &= judge(_listed(pattern[word]), fact, estate)
            if found.truth is Truth.FALSE:
                return FALSE
    for exception in _listed(pattern.get("unless", ())):
        found &= ~_judge(exception, fact, estate, words)
        if found.truth is Truth.FALSE:
            return FALSE
    return found


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
