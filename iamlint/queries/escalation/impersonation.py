"""Queries about grants on one account, which depend on the account's own access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain as chain_of
from itertools import islice

from iamlint.budget import Budget
from iamlint.estate import Estate, principal_node
from iamlint.facts import Grant, Principal
from iamlint.federation.unmatched import why_blocked, why_nobody, why_unmatched
from iamlint.finding import Step
from iamlint.graph.delegation import MOST_FOLLOWED, Chain, NextHops, delegated, next_hops_of, shortest
from iamlint.graph.edge_index import Edge
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS, IDENTITY, EdgeKind
from iamlint.graph.edges import Graph, graph_of
from iamlint.logic.globs import text_is
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.methods.model import Method
from iamlint.paths.names import Names
from iamlint.paths.onward import onward_of
from iamlint.paths.search import Spot
from iamlint.patterns.match import Match, verdict
from iamlint.patterns.predicates import MOST_HOLDERS, may_be, possible_kinds
from iamlint.principals import read_principal
from iamlint.queries.escalation.flows import MOST_NAMED, flow_of, grant_of, granted_step, method_by, named
from iamlint.unknown import Truth, Unknown, worded

_SPOKEN_FOR = frozenset(
    {"public", "domain", "federated_pool", "default_service_account", "service_agent", "deleted", "malformed"}
)
"""Kinds of principals that other rules report, or that nobody can become."""

_TRIED = 20
"""Maximum number of privileged accounts, the nearest first, that are compared with a principal's own access."""
_LOOKED_AT = 200
"""Maximum number of privileged accounts to compare with an unknown account."""


def privileged_account_impersonation(estate: Estate) -> Iterator[Match]:
    """Grants on a privileged account, or on one that may act as it, to a principal with less access.

    Grants on a project, folder or organization are not included: they are too broad, whatever accounts they reach.
    """
    yield from estate.made(impersonations)


def impersonations(estate: Estate) -> tuple[Match, ...]:
    """Return these matches, computed once for an estate."""
    return tuple(_impersonations(graph_of(estate)))


def _impersonations(graph: Graph) -> Iterator[Match]:
    seen: set[int] = set()
    for account, _ in graph.privileged_targets:
        node = ("service_account", account)
        for _, edges in by_grant((*graph.on(node), *graph.closed_on(node))):
            useful = [edge for edge in edges if edge.kind in IDENTITY]
            match = match_of(graph, account, useful) if useful else None
            if match and id(match.fact) not in seen:
                seen.add(id(match.fact))
                if one := unless_unmatched(match, useful[0].grant, graph.estate):
                    yield one
    yield from perhaps(graph, "token", "sign", "key", "policy")
    yield from _of_several(graph, seen)
    delegations = list(graph.delegations)
    leads = next_hops_of(graph) if delegations else NextHops()
    work = Budget(MOST_FOLLOWED)
    for first in delegations:
        told = first.onto[1] in leads and id(first.grant) not in seen and is_told(first)
        match = _by_delegation(graph, first, leads, work) if told else None
        if match:
            yield match


def _of_several(graph: Graph, seen: set[int]) -> Iterator[Match]:
    """Yield grants on an account that is privileged if it is the one of several principals that gets a role."""
    for grant in graph.estate.of(Grant):
        unknown = grant.principal.unknown
        if unknown is None or not unknown.options or not graph.may_privilege(grant):
            continue
        for option in unknown.options:
            one = replace(grant, principal=read_principal(option))
            account = principal_node(one) if one.principal.account else None
            for _, edges in by_grant(graph.on(("service_account", account))) if account else ():
                useful = [edge for edge in edges if edge.kind in IDENTITY and edge.source != account]
                if useful and id(useful[0].grant) not in seen and not graph.has_as_much(useful[0].source, one):
                    seen.add(id(useful[0].grant))
                    held = f"{worded(one.role)} on {one.resource}"
                    reason = f"whether {one.principal.text} holds {held} is not known: {unknown.reason}"
                    permissions = tuple(dict.fromkeys(name for edge in useful for name in edge.permissions))
                    yield Match(useful[0].grant, Truth.UNKNOWN, permissions, (reason,), related=(grant,))


def unless_unmatched(match: Match, grant: Grant, estate: Estate) -> Match | None:
    """Return a match; None if no token can be the principal of its grant, unknown if that is not certain.

    It is closed if the pool of the principal lets nobody in.
    """
    if not isinstance(why_unmatched(grant, estate), str):
        off = why_nobody(grant, estate)
        if off is None:
            return match
        reasons = (*match.reasons, off.reason if isinstance(off, Unknown) else off)
        return replace(match, truth=Truth.UNKNOWN, reasons=reasons, closed=isinstance(off, str))
    blocked = why_blocked(grant, estate)
    if not isinstance(blocked, Unknown):
        return None
    return replace(match, truth=Truth.UNKNOWN, reasons=(*match.reasons, blocked.reason))


def _by_delegation(graph: Graph, first: Edge, leads: NextHops, work: Budget) -> Match | None:
    """Return what a delegation onto an account reaches through it, the nearest privileged account first.

    If that is certain, or nothing can be certain, no other is searched for: the nearest chain is open if any is.
    ``work`` limits the search for others; beyond it the further targets of the delegation are unknown.
    """
    nearest, lead = shortest(first, leads), leads[first.onto[1]]
    in_circle = leads.passes(first.onto[1], first.source) if first.source in leads else False
    direct = [] if in_circle or lead.last.onto in graph.tokens_of(first.source) else [nearest]
    others = delegated(graph, first, leads.keys(), graph.privileged_nodes, work)
    chains = chain_of(direct, islice(others, _TRIED))
    reached = ((chain, graph.privileged_below(chain.hops[-1].onto, first.source)) for chain in chains)
    matches = (match_of(graph, found[0], [first], chain) for chain, found in reached if found)
    certain = first.verdict.truth is Truth.TRUE and not lead.closed
    found = surest(matches) if certain else next(filter(None, matches), None)
    if work.is_spent and (found is None or found.truth is not Truth.TRUE):
        reasons = (*(found.reasons if found else ()), "there are more chains of delegation than iamlint follows")
        return Match(first.grant, Truth.UNKNOWN, first.permissions, reasons)
    return found


def surest(matches: Iterable[Match | None]) -> Match | None:
    """Return the first certain match, else the first."""
    first: Match | None = None
    for match in matches:
        if match and match.truth is Truth.TRUE:
            return match
        first = first or match
    return first


def perhaps(graph: Graph, *kinds: EdgeKind) -> Iterator[Match]:
    """Yield grants of edges of these kinds onto an unknown account, which may be one of the privileged ones."""
    permissions = [name for kind in kinds for name in EDGE_PERMISSIONS[kind]]
    useful = {"permission": permissions, "unless": {"principal_kind": sorted(_SPOKEN_FOR)}}
    emails = [grant.principal.account or "" for _, grant in islice(graph.privileged_accounts(), _LOOKED_AT)]
    for grant in graph.estate.of(Grant):
        name = grant.resource.name
        if grant.resource.kind != "service_account" or not isinstance(name, Unknown) or not emails:
            continue
        held = verdict(useful, grant, graph.estate)
        if held.truth is not Truth.FALSE and text_is(emails, name) is not Truth.FALSE:
            reasons = (*held.reasons, f"the account is not known: {name.reason}")
            yield Match(grant, Truth.UNKNOWN, held.permissions, reasons)


def is_told(edge: Edge) -> bool:
    """Whether these queries report the holder of an edge, and not another rule."""
    return is_told_of(edge.grant)


def is_told_of(grant: Grant) -> bool:
    """Whether these queries report the holder of a grant, and not another rule."""
    return grant.principal.kind not in _SPOKEN_FOR


def by_grant(edges: Iterable[Edge]) -> list[tuple[Grant, list[Edge]]]:
    """Group the edges onto one node by grant, without those that other rules report."""
    grouped: dict[int, tuple[Grant, list[Edge]]] = {}
    for edge in edges:
        if is_told(edge):
            grouped.setdefault(id(edge.grant), (edge.grant, []))[1].append(edge)
    return list(grouped.values())


def match_of(
    graph: Graph,
    account: str,
    edges: list[Edge],
    chain: Chain | None = None,
    also: tuple[Grant, Verdict] | None = None,
    method: Method | None = None,
) -> Match | None:
    """Return the match of a grant that reaches a privileged account; None if its holder has as much access itself.

    ``also`` is a second grant that it needs, and ``method`` the way to use it, if the permission alone does not say it.
    """
    edge = next((one for one in edges if one.verdict.truth is Truth.TRUE), edges[0])
    beyond = None if edge.source == account else graph.gained(account, edge.source)
    if beyond is None:
        return None
    gained, counts = beyond
    found = counts & (chain.verdict if chain else edge.verdict) & of_principal(graph, edge, account)
    if also:
        found &= also[1]
    hops = tuple(hop.grant for hop in chain.hops[1:]) if chain else ()
    onward = onward_of(graph.estate)
    names = onward.names
    spots: list[Spot] = [(account, False)] if chain is None else [(edge.onto[1], True), (account, False)]
    ends = onward.gained(spots, edge.source) if found.truth is Truth.TRUE else ()
    route = onward.route(spots[:1], ends[0]) if ends else None
    shown_ends = (route.grant if route else None, *(grant_of(end, account) for end in ends[:MOST_NAMED]))
    return Match(
        edge.grant,
        found.truth,
        tuple(dict.fromkeys(name for one in edges for name in one.permissions)),
        found.reasons,
        related=(*hops, *((also[0],) if also else ()), *(distinct_grants(shown_ends) or (gained,))),
        words={
            "account": gained.principal.text,
            "privilege": named(ends, account, names) if ends else f"{worded(gained.role)} on {gained.resource}",
            "way": way_of(edge, chain),
        },
        ends=tuple(end.grant for end in ends),
        flow=flow_of(graph.estate, first_step(edge, names, method), route, names, gained) if ends else None,
        # GKE binds the account to this workload for that purpose, as a machine has its account attached.
        raised=-1 if chain is None and edge.grant.principal.kind == "gke_workload" else 0,
    )


def first_step(edge: Edge, names: Names, method: Method | None) -> Step:
    """Return the step that an edge onto an account gives, by a method or by its permission alone."""
    permission = edge.permissions[0] if edge.permissions else ""
    found = method or (method_by(permission) if edge.kind != "attach" else None)
    return granted_step(edge.grant, edge.grant.principal.text, names.label(edge.onto[1]), found, permission)


def distinct_grants(grants: Iterable[Grant | None]) -> tuple[Grant, ...]:
    """Return the grants, each once."""
    return tuple({id(grant): grant for grant in grants if grant}.values())


def of_principal(graph: Graph, edge: Edge, account: str) -> Verdict:
    """Whether the principal of an edge certainly has less access than an account."""
    unknown = edge.grant.principal.unknown
    if unknown and not edge.grant.principal.account and _may_have_as_much(edge.grant.principal, account, graph):
        return Verdict.of(Truth.UNKNOWN, f"the principal is not known: {unknown.reason}")
    return TRUE


def _may_have_as_much(principal: Principal, account: str, graph: Graph) -> bool:
    """Whether a partly known principal may be one with as much access as the account, or an agent.

    ``principalSet://…/projects/${pool.project_number}/…`` is an external identity, whatever the number.
    """
    kinds = possible_kinds(principal)
    if len(kinds) > 1 or "service_agent" in kinds:
        return True
    holders = [holder for kind in kinds for holder in graph.holders.get(kind, ())]
    if len(holders) > MOST_HOLDERS:
        return True
    gained = (graph.gained(account, source) for source, one in holders if may_be(principal, one))
    return any(one is None or one[1].truth is not Truth.TRUE for one in gained)


def way_of(edge: Edge, chain: Chain | None) -> str:
    """Return how the account is reached, as a clause."""
    permission = edge.permissions[0] if edge.permissions else ""
    if chain is None:
        return f"{worded(edge.grant.role)} on it has {permission}"
    delegates = [str(hop.grant.resource) for hop in chain.hops[:-1]]
    if chain.left_out:
        delegates.append(f"... {chain.left_out} more")
    return f"{worded(edge.grant.role)} has {permission} on {', then '.join(delegates)}, which may mint its tokens"
