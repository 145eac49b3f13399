"""Delegation: who can obtain an account's token through others, without ever being one of them.

From A with implicitDelegation on B, A does not get what B has otherwise. It composes in one way: where B may mint
tokens for C, A can have C's token in one call that names B as its delegate. So two relations are followed, delegation
and tokens, and only the last hop is a token.
Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from functools import cached_property

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget, Exhausted
from iamlint.estate import Node
from iamlint.graph.edge_index import Edge
from iamlint.graph.edges import Graph
from iamlint.logic.verdict import Verdict

MOST_FOLLOWED = 200_000
"""Maximum number of edges followed for all delegations of an estate, after the nearest chain of each."""
LONGEST = 200
"""Maximum number of accounts in the chains of one delegation."""


MOST_HOPS = 10
"""Maximum number of hops of a chain that are listed."""
MOST_REASONS = 5
"""Maximum number of listed reasons why a long chain is not certain."""


@frozen
class Chain:
    """A chain of calls that ends in an account's token: delegations first, the token last.

    ``left_out`` is the number of hops not listed, between the last two: a long chain is shown by its beginning and end.
    ``verdict`` says whether all hops are open.
    """

    hops: tuple[Edge, ...]
    verdict: Verdict
    left_out: int = 0

    @property
    def source(self) -> str:
        """The principal that makes the call."""
        return self.hops[0].source

    def longer(self, hop: Edge) -> Chain:
        """Return the chain with one more hop at its end."""
        verdict = _few(self.verdict & hop.verdict)
        if len(self.hops) < MOST_HOPS:
            return Chain((*self.hops, hop), verdict, self.left_out)
        return Chain((*self.hops[:-1], hop), verdict, self.left_out + 1)


def _few(verdict: Verdict) -> Verdict:
    """Return a verdict with its first reasons only: those of long chains would add up."""
    if len(verdict.reasons) <= MOST_REASONS and len(verdict.facts) <= MOST_REASONS:
        return verdict
    return replace(verdict, reasons=verdict.reasons[:MOST_REASONS], facts=verdict.facts[:MOST_REASONS])


def delegated(
    graph: Graph,
    first: Edge,
    among: Set[str] | None = None,
    ends: Set[Node] | None = None,
    work: Budget | None = None,
) -> Iterator[Chain]:
    """Yield the chains to tokens that a delegation opens, the shortest first, beginning with the delegate.

    The last hop is a token edge onto an account or a container of accounts; targets where the holder has a token
    edge anyway are skipped. Each delegate is followed once. Blocked edges are followed after all open ones, and their
    chains include what blocks them. ``among`` limits the accounts in a chain, ``ends`` the accounts at the end.
    ``work`` limits the edges that are read; when it is used up the iteration ends.
    """
    work = work or Budget(MOST_FOLLOWED)
    try:
        yield from _delegated(graph, first, among, ends, work)
    except Exhausted:
        return


def _delegated(
    graph: Graph, first: Edge, among: Set[str] | None, ends: Set[Node] | None, work: Budget
) -> Iterator[Chain]:
    own = graph.tokens_of(first.source)
    seen = {first.source, *graph.callers_in(first.onto)}
    waiting = deque(
        (account, Chain((first,), first.verdict)) for account in sorted(seen - {first.source}) if _in(account, among)
    )
    closed: deque[tuple[Chain, Edge]] = deque()
    while waiting or closed:
        if waiting:
            account, chain = waiting.popleft()
            steps = [(chain, edge) for edge in graph.calls(account)]
            closed.extend((chain, edge) for edge in graph.closed_calls(account))
        else:
            steps = [closed.popleft()]
        work.spend(len(steps))
        for so_far, edge in steps:
            if edge.kind == "token":
                if edge.onto not in own and (ends is None or edge.onto in ends):
                    yield so_far.longer(edge)
                continue
            callers = graph.callers_in(edge.onto)
            work.spend(len(callers))
            for following in callers:
                if following not in seen and len(seen) < LONGEST and _in(following, among):
                    seen.add(following)
                    waiting.append((following, so_far.longer(edge)))


def _in(account: str, among: Set[str] | None) -> bool:
    return among is None or account in among


@frozen
class NextHop:
    """The next hop from an account towards the token of a privileged one, on the shortest chain.

    ``account`` is the target of the hop, "" after a token; ``last`` is the last hop of the chain and ``length`` the
    number of hops. ``verdict`` says whether all are open, ``closed`` whether one is certainly blocked.
    """

    edge: Edge
    account: str
    last: Edge
    length: int
    verdict: Verdict
    closed: bool


class NextHops(dict[str, NextHop]):
    """The next hops of all accounts that have one. They form trees, with the privileged accounts as roots."""

    def add(self, edge: Edge, account: str) -> None:
        """Add the first hop of its source's chain, and the account that it leads to."""
        rest = self.get(account)
        if rest is None:
            self[edge.source] = NextHop(edge, "", edge, 1, edge.verdict, edge.closed)
        else:
            verdict, closed = _few(edge.verdict & rest.verdict), edge.closed or rest.closed
            self[edge.source] = NextHop(edge, account, rest.last, rest.length + 1, verdict, closed)

    def passes(self, start: str, account: str) -> bool:
        """Whether the chain from one account contains another account, or starts there."""
        first, last = self._stretches.get(account, (1, 0))
        return first <= self._stretches[start][0] <= last

    @cached_property
    def _stretches(self) -> dict[str, tuple[int, int]]:
        """Number the accounts so that all whose chains contain one follow it; returns its number and the last one's."""
        before: dict[str, list[str]] = defaultdict(list)
        for account, next_hop in self.items():
            before[next_hop.account].append(account)
        numbers: dict[str, int] = {}
        found: dict[str, tuple[int, int]] = {}
        waiting = [(account, False) for account in before[""]]
        while waiting:
            account, done = waiting.pop()
            if done:
                found[account] = numbers[account], len(numbers) - 1
                continue
            numbers[account] = len(numbers)
            waiting.append((account, True))
            waiting += [(one, False) for one in before[account]]
        return found


def next_hops_of(graph: Graph) -> NextHops:
    """Return the next hops of all accounts that a chain connects to a privileged account's token."""
    found = NextHops()
    _add_next_hops(graph, found, graph.on)
    if graph.has_closed:
        _add_next_hops(graph, found, lambda node: (*graph.on(node), *graph.closed_on(node)))
    return found


def _add_next_hops(graph: Graph, found: NextHops, on: Callable[[Node], Sequence[Edge]]) -> None:
    """Add every account that reaches a privileged one over these edges to ``found``."""
    waiting = deque(found)
    for node in graph.privileged_nodes:
        for edge in on(node):
            if edge.kind == "token" and edge.source not in found:
                found.add(edge, "")
                waiting.append(edge.source)
    followed: set[Node] = set()
    while waiting:
        account = waiting.popleft()
        for node in graph.around_caller(account):
            for edge in () if node in followed else on(node):
                if edge.kind == "delegate" and edge.source not in found:
                    found.add(edge, account)
                    waiting.append(edge.source)
            followed.add(node)


def shortest(first: Edge, next_hops: NextHops) -> Chain:
    """Return the shortest chain to a privileged account that a delegation onto one of these accounts opens."""
    next_hop = next_hops[first.onto[1]]
    hops, verdict = [first], _few(first.verdict & next_hop.verdict)
    left_out = max(0, next_hop.length + 1 - MOST_HOPS)
    while next_hop.account and len(hops) < MOST_HOPS - 1:
        hops.append(next_hop.edge)
        next_hop = next_hops[next_hop.account]
    return Chain((*hops, next_hop.last), verdict, left_out)
