"""Delegation: who can obtain an account's token through others, without ever being one of them.

From A with implicitDelegation on B, A does not get what B has otherwise. It composes in one way: where B may mint
tokens for C, A can have C's token in one call that names B as its delegate. So two relations are followed, delegation
and tokens, and only the last hop is a token.
Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass

from iamlint.estate import Node
from iamlint.graph.edges import Edge, Graph
from iamlint.verdict import Verdict

LONGEST = 200
"""Accounts beyond which the chains that one delegation opens are not followed."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A way to an account's token: the hops in the order of the call, delegations first, the token last."""

    hops: tuple[Edge, ...]

    @property
    def source(self) -> str:
        """Who asks."""
        return self.hops[0].source

    @property
    def verdict(self) -> Verdict:
        """Whether all hops are open."""
        verdict = self.hops[0].verdict
        for hop in self.hops[1:]:
            verdict &= hop.verdict
        return verdict


def delegated(
    graph: Graph, first: Edge, among: Set[str] | None = None, ends: Set[Node] | None = None
) -> Iterator[Chain]:
    """The ways to tokens that a delegation opens, the shortest first: each from the delegate on, by others or not.

    The last hop is a token edge, onto an account or onto a container of accounts; what its holder has a token edge
    onto anyway is left out. Each delegate is followed once; what is closed is followed when all that is open has been,
    and its chains are told with what closes them. Where they are given, only chains through accounts ``among`` these
    are followed, and only those that end in ``ends`` are told.
    """
    own = {edge.onto for edge in graph.calls(first.source) if edge.kind == "token"}
    seen = {first.source, *graph.callers_in(first.onto)}
    waiting = deque((account, Chain((first,))) for account in sorted(seen - {first.source}) if _in(account, among))
    closed: deque[tuple[Chain, Edge]] = deque()
    while waiting or closed:
        if waiting:
            account, chain = waiting.popleft()
            steps = [(chain, edge) for edge in graph.calls(account)]
            closed.extend((chain, edge) for edge in graph.closed_calls(account))
        else:
            steps = [closed.popleft()]
        for so_far, edge in steps:
            if edge.kind == "token":
                if edge.onto not in own and (ends is None or edge.onto in ends):
                    yield Chain((*so_far.hops, edge))
                continue
            for following in graph.callers_in(edge.onto):
                if following not in seen and len(seen) < LONGEST and _in(following, among):
                    seen.add(following)
                    waiting.append((following, Chain((*so_far.hops, edge))))


def _in(account: str, among: Set[str] | None) -> bool:
    return among is None or account in among


Leads = Mapping[str, tuple[Edge, str]]
"""Of an account: the edge by which the shortest chain goes on, and the account that it goes to, "" after a token."""


def leading(graph: Graph) -> Leads:
    """The accounts through which somebody may obtain the token of a privileged one, each with the next hop to it.

    Followed backwards from the privileged accounts, every account and container once: linear in the edges. Who is led
    there only by what is closed comes after all who are led there by what is open.
    """
    found: dict[str, tuple[Edge, str]] = {}
    _lead(graph, found, graph.on)
    if graph.has_closed:
        _lead(graph, found, lambda node: (*graph.on(node), *graph.closed_on(node)))
    return found


def _lead(graph: Graph, found: dict[str, tuple[Edge, str]], on: Callable[[Node], tuple[Edge, ...]]) -> None:
    """Adds those to ``found`` whom these edges lead there."""
    waiting = deque(found)
    for node in graph.privileged_nodes:
        for edge in on(node):
            if edge.kind == "token" and edge.source not in found:
                found[edge.source] = edge, ""
                waiting.append(edge.source)
    followed: set[Node] = set()
    while waiting:
        account = waiting.popleft()
        for node in graph.around_caller(account):
            for edge in () if node in followed else on(node):
                if edge.kind == "delegate" and edge.source not in found:
                    found[edge.source] = edge, account
                    waiting.append(edge.source)
            followed.add(node)


def shortest(first: Edge, leads: Leads) -> Chain:
    """The shortest chain to a privileged account that a delegation onto one of these accounts opens."""
    hops, account = [first], first.onto[1]
    while account:
        edge, account = leads[account]
        hops.append(edge)
    return Chain(tuple(hops))
