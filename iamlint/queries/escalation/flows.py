"""Flows: the hops behind a match, from its principal to the strongest privilege that it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from iamlint.estate import Estate, principal_node
from iamlint.facts import Grant
from iamlint.finding import Flow, Step
from iamlint.location import Location
from iamlint.methods.index import is_reported, methods_with, strength
from iamlint.methods.model import ACT_AS, Method
from iamlint.paths.ends import End, Route
from iamlint.paths.hops import Hop
from iamlint.paths.names import Names
from iamlint.paths.onward import onward_of
from iamlint.patterns.fact_schema import kind_of
from iamlint.patterns.grant_predicates import own_account
from iamlint.queries.shared_parts import shared_parts
from iamlint.unknown import Truth, shown

MOST_NAMED = 3
"""Maximum number of privileges that a message names."""


def flow_of(estate: Estate, first: Step, route: Route | None, names: Names, last: Grant) -> Flow:
    """Return the flow over a first step and a route from there; ``last`` is the grant of the privilege at its end."""
    hops, shared = route.hops if route else (), shared_parts(estate)
    return Flow(
        (first, *(shared.step(hop, partial(_step, hop, names)) for hop in hops)),
        route.left_out if route else 0,
        shared.related(route.grant if route else last),
    )


def ends_and_flow(estate: Estate, grant: Grant, permissions: tuple[str, ...]) -> tuple[Sequence[End], Flow | None]:
    """Return the privileges that a grant of these permissions leads to, and the flow to the strongest of them.

    A grant of an account on itself leads nowhere: what the account reaches, it reaches without the grant.
    """
    if own_account((True,), grant, estate).truth is Truth.TRUE:
        return (), None
    onward = onward_of(estate)
    spots = onward.spots_of(grant, permissions)
    ends = onward.gained(spots, principal_node(grant) or "") if spots else ()
    route = onward.route(spots, ends[0]) if ends else None
    if route is None:
        return ends, None
    target = onward.names.label(route.hops[0].source if route.hops else route.holder)
    first = granted_step(grant, grant.principal.text, target, None, permissions[0])
    return ends, flow_of(estate, first, route, onward.names, route.grant)


def granted_step(grant: Grant, source: str, target: str, method: Method | None, permission: str) -> Step:
    """Return the step that a grant gives."""
    return Step(
        source,
        target,
        kind_of(grant).place(grant, ()).at,
        method.id if method else "",
        permission,
        shown(grant.role),
        str(grant.resource),
        grant.declared.address,
    )


def method_by(permission: str) -> Method | None:
    """Return the strongest reported method that needs nothing but a permission; None without one."""
    alone = [one for one in methods_with(permission) if one.permissions == (permission,) and is_named(one)]
    return min(alone, key=strength, default=None)


def is_named(method: Method) -> bool:
    """Whether a method is onto an account that the caller names, and still works."""
    return method.reaches == "named" and not method.ended and (is_reported(method) or method.group == "delegate")


def named(ends: Sequence[End], account: str, names: Names) -> str:
    """Return the strongest privileges and the number of others.

    A privilege has the account that holds it, if that is another one than ``account``.
    """
    told = []
    for end in ends[:MOST_NAMED]:
        holder = account if account in end.holders else next(iter(end.holders))
        told.append(end.text if holder == account else f"{end.text} as {names.label(holder)}")
    more = f" and {len(ends) - MOST_NAMED} more" if len(ends) > MOST_NAMED else ""
    return ", ".join(told) + more


def grant_of(end: End, account: str) -> Grant:
    """Return the grant of a privilege: that of an account, if it has it itself."""
    return end.holders[account][0] if account in end.holders else end.grant


def _step(hop: Hop, names: Names) -> Step:
    source, target = names.label(hop.source), names.label(hop.target)
    if hop.way is None:
        stated = hop.member
        at = stated.place.at if stated else Location("")
        return Step(source, target, at, "member", address=stated.declared.address if stated else None)
    pairs = list(zip(hop.way.method.permissions, hop.grants, strict=False))
    permission, grant = next((one for one in pairs if one[0] == ACT_AS), pairs[0])
    return granted_step(grant, source, target, hop.way.method, permission)
