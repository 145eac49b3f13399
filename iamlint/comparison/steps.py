"""Paths for people: each hop with source, target, method, and the line of its grant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.comparison.lines import line_of
from iamlint.comparison.model import Step
from iamlint.comparison.sides import Side
from iamlint.estate.names import is_there
from iamlint.facts import Fact
from iamlint.paths.hops import Hop
from iamlint.unknown import shown


def steps(hops: Iterable[Hop], side: Side) -> tuple[Step, ...]:
    """Return hops of one side for people."""
    return tuple(_step(hop, label(hop.source, side), label(hop.target, side), side) for hop in hops)


def label(name: str, side: Side) -> str:
    """Return a principal as policies write it, without the scope of what is not known of it."""
    names = side.hops.names
    if name in names.accounts or "${" not in name or names.principals.get(name):
        return names.label(name)
    text = name.rpartition(" in ")[0]
    return text if _PREFIX.match(text) else f"serviceAccount:{text}"


_PREFIX = regex(r"[A-Za-z]+:|\$\{[^}]*\}\Z")


def unknown_answers_of(hops: Iterable[Hop]) -> Iterator[str]:
    """Yield why it is not known whether what a path rests on is there: instances of an unknown number, and the like."""
    for hop in hops:
        facts = (*hop.grants, *((hop.member,) if hop.member else ()))
        for fact in facts:
            if fact.declared.uncertain:
                yield fact.declared.uncertain
            yield from is_there(fact.declared).reasons


def _step(hop: Hop, source: str, target: str, side: Side) -> Step:
    stated = hop.grants[0] if hop.grants else hop.member
    if stated is None:
        return Step(source, target, hop.method, hop.permission, hop.state)
    declared = stated.declared
    if not hop.grants:
        at = declared.planned or declared.at
        return Step(source, target, hop.method, "", hop.state, address=declared.address or "", at=line_of(at, side))
    grant = hop.grants[0]
    return Step(
        source,
        target,
        hop.method,
        hop.permission,
        hop.state,
        shown(grant.role),
        str(grant.resource),
        declared.address or "",
        line_of(grant.role_place.at, side),
    )


def facts_of(hops: Iterable[Hop], side: Side) -> Iterator[Fact]:
    """Yield the facts that a path rests on: grants first, then what else each hop needs, then where accounts are."""
    hops = tuple(hops)
    estate = side.estate
    for hop in hops:
        yield from hop.grants
        through = hop.way.through if hop.way else None
        if through is not None:
            yield through
        if hop.member is not None:
            yield hop.member
        for grant in hop.grants:
            role = estate.custom_role(grant.role, grant.declared)
            if role is not None:
                yield role
    targets = dict.fromkeys(hop.target for hop in hops if hop.target in side.hops.names.accounts)
    for one in targets:
        yield from side.declared.get(("service_account", one), ())
    for one in targets:
        for node in side.hops.around(one)[1:]:
            yield from side.declared.get(node, ())
