"""Patterns over one fact, three-valued: evaluates ``when:`` on every fact of its kind.

Keys are *and*, lists are *or*, ``unless`` is *not*, strings are globs where ``*`` matches any text and ``?`` matches
any one character; nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen
from iamlint.estate import Estate, identity, principal_node, role_scope
from iamlint.facts import NOBODY, CustomRole, Fact, Grant, Principal, PrincipalKind, Written
from iamlint.finding import Confidence, Flow
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS
from iamlint.logic.verdict import FALSE, Verdict
from iamlint.patterns.evaluation import Pattern, Rest, finished, judge, narrowed
from iamlint.patterns.fact_schema import KINDS, kind_of
from iamlint.patterns.predicates import possible_kinds
from iamlint.principals import BEGINNINGS
from iamlint.unknown import Truth, Unknown

if TYPE_CHECKING:
    from iamlint.access.asking import Access

__all__ = [
    "Match",
    "Severities",
    "grant_verdict",
    "grant_verdicts",
    "matches",
    "possible_kinds",
    "verdict",
]


@frozen
class Match:
    """The answer of a pattern or a query for a fact.

    ``permissions`` are those that made it match, in the order of the rule. ``reasons`` say why the truth is unknown.
    ``related`` are other facts that belong to it; ``words`` are further texts for the rule's message. ``place`` is the
    wrong part of the fact, and ``confidence`` the confidence, if they differ from the default. ``raised`` is the number
    of severity steps above the rule's, as when a privileged account can be reached; below 0 it is less severe.
    ``closed`` says that an unknown match is certainly not a finding, and is only listed with what blocks it. ``ends``
    are the privileges that it certainly leads to, the strongest first; None means those of the fact. ``flow`` is the
    path behind it.
    """

    fact: Fact
    truth: Truth
    permissions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    related: tuple[Fact, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    place: Written | None = None
    confidence: Confidence | None = None
    raised: int = 0
    closed: bool = False
    ends: tuple[Grant, ...] | None = None
    flow: Flow | None = None

    def with_severity(self, raised: int, related: tuple[Fact, ...]) -> Match:
        """Return the match with a severity changed by so many steps, and with further facts that belong to it.

        It is called for thousands of matches: `replace` would take three times as long.
        """
        return Match(
            self.fact,
            self.truth,
            self.permissions,
            self.reasons,
            self.related + related if related else self.related,
            self.words,
            self.place,
            self.confidence,
            self.raised + raised,
            self.closed,
            self.ends,
            self.flow,
        )


def matches(when: Mapping[str, Pattern], estate: Estate) -> Iterator[Match]:
    """Yield the answer of a rule's ``when`` for every fact of its kind, without those that are certainly false."""
    for name, pattern in when.items():
        answers: Iterable[tuple[Fact, Verdict]] = (
            grant_verdicts(pattern, estate) if name == "grant" else _of_facts(KINDS[name].type, pattern, estate)
        )
        for fact, found in answers:
            if found.truth is not Truth.FALSE:
                yield Match(fact, found.truth, found.permissions, found.reasons, found.facts, closed=found.closed)


def _of_facts(type_: type[Fact], pattern: Pattern, estate: Estate) -> Iterator[tuple[Fact, Verdict]]:
    for fact in estate.of(type_):
        yield fact, verdict(pattern, fact, estate)


_IN_COMMON = frozenset({"resource_kind", "permission", "role_kind", "role", "principal_kind"})
"""The words that depend only on the role and the kinds of resource and principal, which thousands of grants share."""


def grant_verdicts(pattern: Pattern, estate: Estate) -> Iterator[tuple[Grant, Verdict]]:
    """Yield the grants that a pattern over grants does not rule out, each with the answer."""
    globs = pattern.get("principal")
    asked = None if globs is None else tuple(globs) if isinstance(globs, list | tuple) else (globs,)
    alike = estate.made(_Alike)
    is_plain = alike.access.is_plain
    for number, grants in enumerate(alike.groups):
        principal = grants[0].principal
        if asked and principal.unknown is None and not _may_name(asked, principal.kind):
            continue
        rest = alike.rest_of_group(pattern, number)
        if rest is None:
            continue
        decided = not rest.steps and not rest.exceptions
        for grant in grants:
            found = rest.verdict if decided else finished(rest, grant, estate)
            if found.truth is not Truth.FALSE and not is_plain(grant):
                found = _held(found, pattern, grant, alike.access)
            if found.truth is not Truth.FALSE:
                yield grant, found


class _Alike:
    """The grants in groups of one role, kind of resource and kind of principal, with what patterns answer for each."""

    def __init__(self, estate: Estate) -> None:
        from iamlint.access.asking import access_of

        self._estate = estate
        self.access = access_of(estate)
        groups: dict[object, list[Grant]] = defaultdict(list)
        for grant in estate.of(Grant):
            groups[_in_common(grant)].append(grant)
        self.groups = tuple(map(tuple, groups.values()))
        self._numbers = {key: number for number, key in enumerate(groups)}
        self._rests: dict[tuple[int, int], tuple[Pattern, Rest | None]] = {}
        self._by_kind: dict[int, PrincipalKind | None] = {}

    def rest(self, pattern: Pattern, grant: Grant) -> Rest | None:
        """Return the rest of a pattern for a grant, after the words that are the same for all of its group."""
        number = self.number(grant)
        if number is None:
            return narrowed(pattern, grant, self._estate, KINDS["grant"].words, _IN_COMMON)
        return self.rest_of_group(pattern, number)

    def number(self, grant: Grant) -> int | None:
        """Return the number of a grant's group; None for one that a query asks about and the input does not have."""
        return self._numbers.get(_in_common(grant))

    def rest_of_group(self, pattern: Pattern, number: int) -> Rest | None:
        """Return the rest of a pattern for the grants of a group, given by its number."""
        key = id(pattern), number
        if key not in self._rests:  # the pattern is stored, so that no other one gets its identity
            rest = narrowed(pattern, self.groups[number][0], self._estate, KINDS["grant"].words, _IN_COMMON)
            kind = self._kind_of(number) if rest else None
            self._rests[key] = pattern, _settled(rest, kind) if rest and kind else rest
        return self._rests[key][1]

    def _kind_of(self, number: int) -> PrincipalKind | None:
        """Return the kind of a group's principals if each of them is known and written out."""
        if number not in self._by_kind:
            grants = self.groups[number]
            known = not any(grant.principal.unknown or "${" in grant.principal.text for grant in grants)
            self._by_kind[number] = grants[0].principal.kind if known else None
        return self._by_kind[number]


def _settled(rest: Rest, kind: PrincipalKind) -> Rest | None:
    """Return the rest of a pattern without the globs that the kind of principal decides; None if it is false then.

    Each principal of a kind begins alike, so ``user:*`` is true for all users, and false for all others.
    """
    steps, exceptions, begins = [], [], BEGINNINGS.get(kind)
    for step in rest.steps:
        if step[0] == "principal":
            if begins and f"{begins}*" in step[2]:
                continue
            if not _may_name(step[2], kind):
                return None
        steps.append(step)
    for exception in rest.exceptions:
        settled = _settled(exception, kind)
        if settled and not settled.steps and not settled.exceptions and settled.verdict.truth is Truth.TRUE:
            return None
        exceptions += [settled] if settled else []
    return Rest(rest.verdict, tuple(steps), tuple(exceptions))


def _in_common(grant: Grant) -> tuple[object, str, object]:
    """Return what is the same for all grants of a group."""
    role = grant.role
    if isinstance(role, Unknown):
        key: object = (role.reason, role.options, identity(role, grant.declared) or id(grant))
    elif role.startswith("roles/") and "${" not in role:
        key = role
    else:
        key = identity(role, grant.declared), role_scope(role, grant.declared)
    return key, grant.resource.kind, _kind(grant.principal)


def _kind(principal: Principal) -> object:
    """Return what the shared words need of a principal: its kind, or the possible kinds and why it is unknown."""
    return principal.kind if principal.unknown is None else (possible_kinds(principal), principal.unknown.reason)


@lru_cache(maxsize=4096)
def _may_name(globs: tuple[str, ...], kind: PrincipalKind) -> bool:
    """Whether one of the globs can match a principal of a kind, by the beginnings of both."""
    wanted = BEGINNINGS.get(kind, "")
    heads = [re.split(r"[*?]", one, maxsplit=1)[0] for one in globs]
    return any(head.startswith(wanted) or wanted.startswith(head) for head in heads)


_OF_BINDING = frozenset({"reaches_privileged", "temporary", "writes"})
"""The words with one answer for the plain grants of a binding, if their holders have the same access."""


class Severities:
    """Gives the matches of a rule their severities: a step more if a fact certainly matches ``worse``, a step less if
    ``milder``.

    Most groups of grants have one answer. In others the members of a binding mostly have the same one: that of the last
    grant is kept for the next one like it.
    """

    def __init__(self, worse: Mapping[str, Pattern], milder: Mapping[str, Pattern], estate: Estate) -> None:
        self._patterns, self._estate = ((worse, 1), (milder, -1)), estate
        self._last: Grant | None = None
        self._answer: tuple[int, tuple[Fact, ...]] = 0, ()
        self._of_groups: dict[int, tuple[int, tuple[Fact, ...]] | None] = {}

    def of(self, match: Match) -> Match:
        """Return the match with its severity."""
        fact = match.fact
        if not isinstance(fact, Grant):
            raised, related = self._found(fact)
        elif (of_group := self._of_group(fact)) is not None:
            raised, related = of_group
        elif self._last is not None and self._is_like(self._last, fact):
            raised, related = self._answer
        else:
            raised, related = self._answer = self._found(fact)
            self._last = fact if self._is_of_binding(fact) else None
        return match if not raised and not related else match.with_severity(raised, related)

    def _found(self, fact: Fact) -> tuple[int, tuple[Fact, ...]]:
        name = kind_of(fact).name
        asked = [(patterns.get(name), step) for patterns, step in self._patterns]
        return _added((verdict(one, fact, self._estate), step) for one, step in asked if one)

    def _of_group(self, grant: Grant) -> tuple[int, tuple[Fact, ...]] | None:
        """Return the answer for a plain grant if it is the one for its whole group."""
        alike = self._estate.made(_Alike)
        number = alike.number(grant)
        if number is None or not alike.access.is_plain(grant):
            return None
        if number not in self._of_groups:
            asked = [(patterns["grant"], step) for patterns, step in self._patterns if "grant" in patterns]
            rests = [(alike.rest_of_group(pattern, number), step) for pattern, step in asked]
            decided = all(rest is None or not (rest.steps or rest.exceptions) for rest, _ in rests)
            answers = ((rest.verdict, step) for rest, step in rests if rest)
            self._of_groups[number] = _added(answers) if decided else None
        return self._of_groups[number]

    def _is_of_binding(self, grant: Grant) -> bool:
        """Whether the answer for a grant is the one for others of its binding."""
        alike = self._estate.made(_Alike)
        rests = [alike.rest(one["grant"], grant) for one, _ in self._patterns if "grant" in one]
        is_plain = alike.access.nothing_blocks(grant) and grant.principal.unknown is None
        return is_plain and all(_OF_BINDING.issuperset(_words_of(rest)) for rest in rests if rest)

    def _is_like(self, last: Grant, grant: Grant) -> bool:
        """Whether a grant is one of the same binding as the last one, and its holder has the same access."""
        one, other = last.principal, grant.principal
        if last.declared is not grant.declared or last.resource is not grant.resource or last.role != grant.role:
            return False
        if one.kind != other.kind or other.unknown is not None or grant.condition is not None:
            return False
        if not self._estate.has_acting_accounts:
            return True
        from iamlint.graph.edges import graph_of

        graph = graph_of(self._estate)
        access = graph.alike(principal_node(last) or "")
        return access is not None and access == graph.alike(principal_node(grant) or "")


def _added(answers: Iterable[tuple[Verdict, int]]) -> tuple[int, tuple[Fact, ...]]:
    """Return the sum of the steps with a certain answer, and the facts of these answers."""
    certain = [(found, step) for found, step in answers if found.truth is Truth.TRUE]
    return sum(step for _, step in certain), tuple(fact for found, _ in certain for fact in found.facts)


def _words_of(rest: Rest) -> Iterator[str]:
    yield from (step[0] for step in rest.steps)
    for exception in rest.exceptions:
        yield from _words_of(exception)


def verdict(pattern: Pattern, fact: Fact, estate: Estate) -> Verdict:
    """Return the answer of a pattern over its kind for a fact. A deleted role gives nothing to anybody."""
    match fact:
        case Grant():
            return grant_verdict(pattern, fact, estate)
        case CustomRole(deleted=True):
            return FALSE
        case _:
            return judge(pattern, fact, estate, kind_of(fact).words)


def grant_verdict(pattern: Pattern, grant: Grant, estate: Estate) -> Verdict:
    """Return the answer of a pattern for a grant."""
    alike = estate.made(_Alike)
    rest = alike.rest(pattern, grant)
    found = finished(rest, grant, estate) if rest else FALSE
    if found.truth is Truth.FALSE or alike.access.is_plain(grant):
        return found
    return _held(found, pattern, grant, alike.access)


def _held(found: Verdict, pattern: Pattern, grant: Grant, asked: Access) -> Verdict:
    """Return the answer for a grant that matches and is not plain, as far as the grant counts.

    If its condition never holds, the grant gives nothing; one that may begin on a later day is unknown. If all matched
    permissions are blocked, it is not a match, but is listed with what blocks it. If the role is unknown, no permission
    has matched, and the condition is evaluated for those that the pattern asks for.
    """
    if grant.principal.kind in NOBODY:
        return found
    if not found.permissions and grant.condition is not None:
        wanted = _exact(pattern)
        if wanted and not asked.may_give(grant, wanted):
            return FALSE
    decided = asked.decide(grant, found.permissions, to_grant=_REACHING)
    if decided.blocked:
        closed = not decided.later
        return Verdict(Truth.UNKNOWN, decided.reasons, found.permissions, decided.facts, closed=closed)
    if decided.truth is Truth.FALSE:
        return FALSE
    permissions = decided.permissions or found.permissions
    return replace(found & decided.verdict, permissions=permissions)


def _exact(pattern: Pattern) -> tuple[str, ...]:
    """Return the permissions that a pattern asks for; none if it asks for another one, too (``*.setIamPolicy``)."""
    asked = pattern.get("permission", ())
    wanted = tuple(asked) if isinstance(asked, list | tuple) else (asked,)
    return () if any("*" in one or "?" in one for one in wanted) else wanted


_REACHING = frozenset(permission for listed in EDGE_PERMISSIONS.values() for permission in listed)
"""The permissions that count for a policy administrator with limits: one of the grantable roles must have one."""
