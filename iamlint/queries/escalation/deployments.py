"""Queries about running code as a privileged account: by deployment, through what runs as it, or as a service agent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from functools import cache, partial

from iamlint.estate import Estate, Node, principal_node
from iamlint.facts import Attachment, Declaration, Grant
from iamlint.finding import Confidence
from iamlint.graph.broad import Broad
from iamlint.graph.deployments import Deployment, deploys
from iamlint.graph.edge_index import Edge
from iamlint.graph.edge_permissions import IDENTITY
from iamlint.graph.edges import Graph, graph_of
from iamlint.graph.of_roles import agent_mints
from iamlint.graph.used_accounts import Used
from iamlint.graph.ways import Way, Ways
from iamlint.methods.index import agent_methods, attached_methods, bound_methods, strength
from iamlint.methods.model import Method, Yield
from iamlint.paths.onward import onward_of
from iamlint.patterns.match import Match
from iamlint.queries.escalation.impersonation import by_grant, is_told_of, match_of, perhaps, surest
from iamlint.unknown import Truth, Unknown, shown, worded

USES: dict[Yield, str] = {
    "identity": "become",
    "code": "run code as",
    "calls": "make calls as",
    "id_token": "send ID tokens of",
    "data": "read and write data as",
    "kubernetes": "run code as",
}
"""What a holder of a method can do, as the beginning of a clause that the account ends."""
_MILDER = ("id_token", "data")
"""The yields that give less than calls to every API."""


def deploy_as_privileged_account(estate: Estate) -> Iterator[Match]:
    """Grants that let a principal run code or make calls as a privileged account with more access than its own.

    The principal deploys code and attaches the account, uses a resource that runs as it, or runs code as a service
    agent that may mint tokens for it.
    """
    yield from estate.made(deploying)


def deploying(estate: Estate) -> tuple[Match, ...]:
    """Return these matches, computed once for an estate."""
    return tuple(_deploying(graph_of(estate)))


def _deploying(graph: Graph) -> Iterator[Match]:
    told: set[tuple[str, str]] = set()
    for account, attach, deployments in attaching(graph, _privileged(graph)):
        match = surest(_deployed(graph, account, attach, one) for one in deployments)
        if match:
            told.add((attach[0].source, account))
            yield match
    yield from _uses(graph, told)
    yield from _perhaps_uses(graph)
    yield from _as_agents(graph)


def act_as_privileged_account(estate: Estate) -> Iterator[Match]:
    """Grants to attach a privileged account to principals without a known method to deploy there."""
    graph = graph_of(estate)
    using = {(way.source, way.onto[1]) for way in graph.estate.made(Through).ways}
    for account, attach, deployments in attaching(graph, _privileged(graph)):
        if (attach[0].source, account) not in using and next(deployments, None) is None:
            match = match_of(graph, account, attach)
            if match:
                yield match
    yield from perhaps(graph, "attach")


def _privileged(graph: Graph) -> Iterator[tuple[str, str, Declaration]]:
    return ((name, one.principal.account or "", one.declared) for name, one in graph.privileged_targets)


def attaching(
    graph: Graph, accounts: Iterable[tuple[str, str, Declaration]]
) -> Iterator[tuple[str, list[Edge], Iterator[Deployment]]]:
    """Yield each grant to attach an account whose holder cannot become it otherwise, and its deployments.

    ``accounts`` are names, each with its e-mail and the declaration that it belongs to.
    """
    for account, email, declared in accounts:
        node = ("service_account", account)
        for _, edges in by_grant((*graph.on(node), *graph.closed_on(node))):
            attach = [edge for edge in edges if edge.kind == "attach"]
            if attach and not any(edge.kind in IDENTITY and edge.permissions and not edge.closed for edge in edges):
                yield account, attach, deploys(graph, attach[0].source, email, declared)


# -- deploying -----------------------------------------------------------------------------------------------------


def _deployed(graph: Graph, account: str, attach: list[Edge], deployment: Deployment) -> Match | None:
    match = match_of(
        graph, account, attach, also=(deployment.given[0][0], deployment.verdict), method=deployment.method
    )
    if match is None:
        return None
    return _with(match, deployment.method, how_deployed(attach[0], deployment))


def how_deployed(attach: Edge, deployment: Deployment) -> str:
    """Return how a principal attaches an account and deploys as it, as a clause."""
    return f"{worded(attach.grant.role)} lets it attach the account, and {_given(deployment.given)} there"


def _given(grants: Iterable[tuple[Grant, tuple[str, ...]]]) -> str:
    """Return which role gives which permissions, as a clause."""
    return " and ".join(f"{worded(grant.role)} has {' and '.join(permissions)}" for grant, permissions in grants)


def _with(match: Match, method: Method, how: str, use: str = "") -> Match:
    words = {"how": how, "use": use or USES[method.yields]}
    return replace(match, words={**match.words, **words}, raised=raised_by(method), confidence=confidence_in(method))


def confidence_in(method: Method) -> Confidence | None:
    """Return the confidence in a finding by a method, if it is not the rule's."""
    return "medium" if method.certainty == "likely" and method.reaches != "named" else None


def raised_by(method: Method) -> int:
    """Return the steps of severity of a finding by a method: one less if it gives less than calls to every API."""
    return -1 if method.yields in _MILDER else 0


# -- through what runs as the account --------------------------------------------------------------------------------


class Through:
    """The ways to become accounts through what runs as them, or may become them, the strongest first.

    The accounts are privileged, or lead to a privilege; the privileged ones come first.
    """

    def __init__(self, estate: Estate) -> None:
        graph, broad, used = graph_of(estate), estate.made(Broad), Used(estate)
        grants = None if estate.of(Attachment) else _taking_part(graph, broad, used)
        ways = Ways(estate, (*attached_methods(), *bound_methods()), grants, used=used)
        self.ways: list[Way] = []
        for email, declared in _leading(graph, ways) if ways.sources and ways.are_used else ():
            around = graph.hierarchy.around(email, declared)
            if around:
                found = ways.through(around[0], partial(broad.is_in, around=around))  # other rules report those
                told = (way for way in found if is_told_of(way.grants[0]))
                self.ways += sorted(told, key=lambda way: (way.closed, strength(way.method)))


def _taking_part(graph: Graph, broad: Broad, used: Used) -> Iterable[Grant]:
    """Return the grants whose holders may become an account through what is bound to it.

    Where all of that is in the account's own project, principals that are broad wherever they have a grant are left
    out: other rules report them.
    """
    if used.bound.beyond:
        return graph.grants
    return (grant for source in broad.others for _, grant in graph.held(source))


def _leading(graph: Graph, ways: Ways) -> Iterator[tuple[str, Declaration]]:
    """Yield the used accounts that are privileged, then those that lead to a privilege, each with its declaration."""
    privileged: set[str] = set()
    for name, grant in graph.privileged_accounts():
        if ways.is_used(("service_account", name)):
            privileged.add(name)
            yield grant.principal.account or "", grant.declared
    onward = onward_of(graph.estate)
    for name in onward.leading:
        if name not in privileged and ways.is_used(("service_account", name)):
            account = onward.names.accounts[name]
            yield account.email, account.declared


def _uses(graph: Graph, told: set[tuple[str, str]]) -> Iterator[Match]:
    seen: set[int] = set()
    for way in graph.estate.made(Through).ways:
        key, grant = (way.source, way.onto[1]), way.grants[0]
        if key in told or id(grant) in seen:
            continue
        match = match_of(graph, way.onto[1], [edge_of(way)], method=way.method)
        if match:
            told.add(key)
            seen.add(id(grant))
            yield _with(match, way.method, how_used(way))


def _perhaps_uses(graph: Graph) -> Iterator[Match]:
    """Yield grants of roles that are not known on a resource that runs as a privileged account."""
    estate = graph.estate
    if not estate.of(Attachment):
        return
    unsure: dict[Node, list[Grant]] = {}
    for grant in estate.of(Grant):
        if estate.permissions(grant.role, grant.declared)[1] and is_told_of(grant):
            node = graph.hierarchy.node(grant.resource, grant.declared)
            if node:
                unsure.setdefault(node, []).append(grant)
    seen = set[int]()
    for running in Used(estate).running.every if unsure else ():
        used = running.attachment.resource
        own, account = graph.hierarchy.node(used, running.attachment.declared), running.onto[1]
        for grant in unsure.get(own, ()) if own else ():
            why = _why_perhaps(grant, used.kind, estate) if id(grant) not in seen else None
            if why and graph.gained(account, principal_node(grant) or ""):
                seen.add(id(grant))
                yield Match(grant, Truth.UNKNOWN, reasons=(why.reason,))


def _why_perhaps(grant: Grant, kind: str, estate: Estate) -> Unknown | None:
    """Return why it is not known whether a role gives a method on a kind of resource; None if it is known."""
    role, needed = grant.role, _needed(kind)
    certain, unknown = estate.permissions(role, grant.declared)
    options = role.options if isinstance(role, Unknown) else ()
    every = [estate.permissions(one, grant.declared) for one in options or (role,)]
    is_possible = any(why or any(one <= held for one in needed) for held, why in every)
    return unknown if needed and is_possible and not any(one <= certain for one in needed) else None


@cache
def _needed(kind: str) -> frozenset[frozenset[str]]:
    """Return the permissions of each method that uses what runs as an account."""
    return frozenset(frozenset(method.permissions) for method in attached_methods() if kind in method.runs)


def edge_of(way: Way) -> Edge:
    """Return a way as an edge."""
    return Edge(way.source, way.onto, "attach", way.grants[0], way.method.permissions, way.verdict, way.closed)


def how_used(way: Way) -> str:
    """Return how a principal uses what runs as an account, as a clause."""
    given: dict[int, tuple[Grant, list[str]]] = {}
    for grant, permission in zip(way.grants, way.method.permissions, strict=True):
        given.setdefault(id(grant), (grant, []))[1].append(permission)
    clause = _given((grant, tuple(permissions)) for grant, permissions in given.values())
    match way.through:
        case Attachment(resource=resource):
            return f"{clause}, and {resource} runs as the account"
        case Grant(principal=principal, role=role):
            return f"{clause}, and {worded(role)} on the account lets {principal.text} become it"
        case None:
            return clause


# -- as a service agent ----------------------------------------------------------------------------------------------


def agent_ways(graph: Graph, nodes: Set[Node]) -> Iterator[Way]:
    """Yield the ways to run code as a service agent whose default role mints tokens of all accounts of a container.

    ``nodes`` are the containers. The strongest way of a principal comes first. Principals that become or attach all
    accounts there anyway are left out: other rules report them.
    """
    minting = [method for method in agent_methods() if agent_mints(method, graph.estate)]
    around, broad = graph.hierarchy.containers, graph.estate.made(Broad)
    ways = Ways(graph.estate, minting, _not_broad(graph, nodes))
    for source in ways.sources:
        for way in sorted(ways.of(source), key=lambda one: strength(one.method)):
            if not broad.is_in(source, around(way.onto)):
                yield way


def _not_broad(graph: Graph, nodes: Set[Node]) -> Iterator[Grant]:
    """Yield the grants on some containers of principals that are not broad on all of these."""
    around, broad = graph.hierarchy.containers, graph.estate.made(Broad)
    for source in broad.others:
        mine = [(node, grant) for node, grant in graph.held(source) if node in nodes and is_told_of(grant)]
        if not all(broad.is_in(source, around(node)) for node, _ in mine):
            yield from (grant for _, grant in mine)


def how_as_agent(way: Way) -> str:
    """Return how a principal gets tokens as a service agent, as a clause."""
    agent = way.method.agent
    assert agent is not None  # noqa: S101  # agent_ways yields no others
    return (
        f"{shown(way.grants[0].role)} has {way.method.permissions[0]}, what it creates runs as {agent.email}, "
        f"and that agent's default role {agent.role} mints tokens of every account there"
    )


def _as_agents(graph: Graph) -> Iterator[Match]:
    """Grants to run code as a service agent that mints tokens of a privileged account."""
    seen: set[int] = set()
    for way in agent_ways(graph, graph.privileged_nodes):
        below = graph.privileged_below(way.onto, way.source) if id(way.grants[0]) not in seen else None
        match = match_of(graph, below[0], [edge_of(way)], method=way.method) if below else None
        if match:
            seen.add(id(way.grants[0]))
            yield _with(match, way.method, how_as_agent(way), "get access tokens of")
