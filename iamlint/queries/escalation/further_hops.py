"""Escalation: grants on accounts that are not privileged themselves, but lead to a privilege over further hops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from functools import partial

from iamlint.access.permission_effects import has_effect_on
from iamlint.basics.frozen import frozen
from iamlint.estate import Estate, Node, principal_node
from iamlint.facts import Grant
from iamlint.finding import Confidence
from iamlint.graph.edge_index import Edge
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS, IDENTITY
from iamlint.graph.edges import Graph, graph_of
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.methods.model import Method
from iamlint.paths.ends import End, Route
from iamlint.paths.onward import onward_of
from iamlint.paths.search import Spot
from iamlint.patterns.match import Match
from iamlint.queries.escalation.deployments import (
    Through,
    agent_ways,
    attaching,
    confidence_in,
    deploying,
    edge_of,
    how_as_agent,
    how_deployed,
    how_used,
    raised_by,
)
from iamlint.queries.escalation.flows import MOST_NAMED, flow_of, grant_of, named
from iamlint.queries.escalation.impersonation import (
    by_grant,
    distinct_grants,
    first_step,
    impersonations,
    of_principal,
    unless_unmatched,
    way_of,
)
from iamlint.unknown import Truth

_LOOKED_AT = 20
"""Maximum number of accounts of a container that are looked at for each principal that mints tokens of all of them."""
_IDENTITY = tuple(permission for kind in sorted(IDENTITY) for permission in EDGE_PERMISSIONS[kind])


def escalation_paths(estate: Estate) -> Iterator[Match]:
    """Grants that let a principal become an account and, over further hops, an account with more access than its own.

    Grants that another rule reports for what the account has itself, or for a chain of delegation, are not repeated;
    nor are privileges of accounts that the principal can become directly by another grant.
    """
    yield from _Escalations(graph_of(estate)).matches()


@frozen
class _First:
    """The first hop: the edges of one grant onto an account, what says how they are used, and what else they need."""

    account: str
    edges: list[Edge]
    way: Callable[[], str]
    as_delegate: bool = False
    also: tuple[Grant, ...] = ()
    verdict: Verdict = TRUE
    method: Method | None = None

    @property
    def edge(self) -> Edge:
        """The edge that represents the hop."""
        return next((one for one in self.edges if one.verdict.truth is Truth.TRUE), self.edges[0])


class _Escalations:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._onward = onward_of(graph.estate)
        self._direct: dict[str, frozenset[int]] = {}
        self._deployed: set[tuple[str | None, str]] = set()

    def matches(self) -> Iterator[Match]:
        estate = self._graph.estate
        told = [*estate.made(impersonations), *estate.made(deploying)]
        certain = {id(match.fact) for match in told if match.truth is Truth.TRUE}
        unknown = {id(match.fact) for match in told if match.truth is Truth.UNKNOWN}
        deployed = (match for match in estate.made(deploying) if match.truth is Truth.TRUE)
        self._deployed = {
            (principal_node(one.fact), one.words["account"]) for one in deployed if type(one.fact) is Grant
        }
        perhaps: dict[int, Match] = {}
        for first in self._firsts(certain):
            grant = first.edges[0].grant
            match = None if id(grant) in certain else self._match(first)
            match = unless_unmatched(match, grant, estate) if match else None
            if match and match.truth is Truth.TRUE:
                certain.add(id(grant))
                yield match
            elif match and id(grant) not in unknown:
                perhaps.setdefault(id(grant), match)
        yield from (match for grant, match in perhaps.items() if grant not in certain)
        if self._onward.cut:
            reason = "there are more ways over what runs as accounts than iamlint follows"
            yield Match(self._onward.cut, Truth.UNKNOWN, reasons=(reason,))

    def _firsts(self, told: Set[int]) -> Iterator[_First]:
        """Yield the first hops onto accounts that lead to a privilege, open or not certain.

        Grants whose identity is in ``told`` may be left out.
        """
        graph, names = self._graph, self._onward.names
        leading = self._onward.leading
        targets = [account for account in leading if graph.has_edges_onto(("service_account", account))]
        for account in targets:
            for _, edges in by_grant(graph.on(("service_account", account))):
                useful = [edge for edge in edges if edge.kind in IDENTITY]
                delegates = [edge for edge in edges if edge.kind == "delegate"]
                if useful:
                    yield _First(account, useful, partial(way_of, useful[0], None))
                elif delegates:
                    yield _First(account, delegates, partial(way_of, delegates[0], None), as_delegate=True)
        accounts = ((one, names.accounts[one].email, names.accounts[one].declared) for one in targets)
        for account, attach, deployments in attaching(graph, accounts):
            if attach[0].closed or id(attach[0].grant) in told:
                continue
            for one in deployments:
                how, also = partial(how_deployed, attach[0], one), one.grants[:1]
                yield _First(account, attach, how, also=also, verdict=one.verdict, method=one.method)
                if id(attach[0].grant) in told:
                    break
        for way in graph.estate.made(Through).ways:
            if not way.closed and id(way.grants[0]) not in told:
                how = partial(how_used, way)
                yield _First(way.onto[1], [edge_of(way)], how, also=way.grants[1:], method=way.method)
        yield from self._as_agents(leading)

    def _as_agents(self, leading: Iterable[str]) -> Iterator[_First]:
        """Yield the first hops of principals that mint tokens as a service agent, for the accounts of a container."""
        below: dict[Node, list[str]] = defaultdict(list)
        for account in leading:
            one = self._onward.names.accounts[account]
            for node in self._graph.hierarchy.around(one.email, one.declared)[1:]:
                below[node].append(account)
        for way in agent_ways(self._graph, below.keys()):
            for account in below[way.onto][:_LOOKED_AT] if not way.closed else ():
                edge = replace(edge_of(way), onto=("service_account", account))
                yield _First(account, [edge], partial(how_as_agent, way), also=way.grants[1:], method=way.method)

    def _match(self, first: _First) -> Match | None:
        edge, account, onward = first.edge, first.account, self._onward
        if edge.source == account:
            return None
        spots: list[Spot] = [(account, first.as_delegate)]
        ends = self._gained(spots, edge.source, sure=True)
        sure = bool(ends)
        ends = ends or self._gained(spots, edge.source, sure=False)
        if not ends:
            return None
        route = onward.route(spots, ends[0], sure=sure)
        if route and not route.length and (edge.source, onward.names.label(account)) in self._deployed:
            return None  # the way by another grant is reported
        found = edge.verdict & first.verdict & of_principal(self._graph, edge, account)
        if not sure:
            found &= Verdict(Truth.UNKNOWN, route.reasons if route else ("a further hop is not certain",))
        return self._told(first, ends, route, found)

    def _told(self, first: _First, ends: Sequence[End], route: Route | None, found: Verdict) -> Match:
        edge, account, names = first.edge, first.account, self._onward.names
        strongest = route.grant if route else grant_of(ends[0], account)
        related = (*first.also, strongest, *(grant_of(end, account) for end in ends[:MOST_NAMED]))
        hops = f"{route.length + 1} hop{'s' * bool(route.length)}" if route else "several hops"
        flow = flow_of(self._graph.estate, first_step(edge, names, first.method), route, names, strongest)
        gke = edge.grant.principal.kind == "gke_workload" and first.method is None
        return Match(
            edge.grant,
            found.truth,
            tuple(dict.fromkeys(name for one in first.edges for name in one.permissions)),
            found.reasons,
            related=distinct_grants(related),
            words={
                "account": names.label(account),
                "end": _end(names.label(route.holder if route else principal_node(strongest) or "")),
                "hops": hops,
                "privilege": named(ends, account, names),
                "way": first.way(),
            },
            ends=tuple(end.grant for end in ends),
            flow=flow,
            confidence=self._confidence(first, route),
            raised=-1 if gke else raised_by(first.method) if first.method else 0,
        )

    def _confidence(self, first: _First, route: Route | None) -> Confidence | None:
        """Return the confidence, lower if a hop only likely works."""
        if first.method and confidence_in(first.method):
            return "medium"
        likely = (hop.way.method.certainty != "certain" for hop in (route.hops if route else ()) if hop.way)
        return "medium" if any(likely) else None

    def _gained(self, spots: Iterable[Spot], source: str, *, sure: bool) -> Sequence[End]:
        found = self._onward.gained(spots, source, sure=sure)
        direct = self._directly(source) if found else frozenset()
        return tuple(end for end in found if end.rank not in direct) if direct else found

    def _directly(self, source: str) -> frozenset[int]:
        """Return the ranks of the privileges of the accounts that a principal certainly becomes in one hop."""
        if source not in self._direct:
            names, found = self._onward.names, set[int]()
            for node, held in self._graph.held_on(source).items():
                if any(self._gives_identity(grant) for _, grant in held):
                    accounts = [node[1]] if node[0] == "service_account" else names.below(node)
                    found.update(rank for account in accounts for rank in self._onward.own(account))
            self._direct[source] = frozenset(found)
        return self._direct[source]

    def _gives_identity(self, grant: Grant) -> bool:
        held = self._graph.powers(grant.role, grant.declared).held
        useful = tuple(one for one in _IDENTITY if one in held and has_effect_on(one, grant.resource.kind))
        return bool(useful) and self._graph.counts(grant, useful).truth is Truth.TRUE


def _end(label: str) -> str:
    return f"a member of {label}" if label.startswith("group:") else label
