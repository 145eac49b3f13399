"""Delegation: who can obtain an account's token through others, without ever being one of them.

From A with implicitDelegation on B, A does not get what B has otherwise. It composes in one way: where B may mint
tokens for C, A can have C's token in one call that names B as its delegate. So two relations are followed, delegation
and tokens, and only the last hop is a token.
Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

from iamlint.budget import Budget, Exhausted
from iamlint.estate import Node
from iamlint.graph.edges import Edge, Graph
from iamlint.logic.verdict import Verdict

MOST_FOLLOWED = 200_000
"""Edges that are followed for all delegations of an estate beyond the nearest chain of each."""
LONGEST = 200
"""Accounts beyond which the chains that one delegation opens are not followed."""


MOST_HOPS = 10
"""Hops of a chain that are told one by one."""
MOST_REASONS = 5
"""Reasons why a long chain is not certain that are told."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A way to an account's token: the hops in the order of the call, delegations first, the token last.

    ``left_out`` is how many hops there are besides these, between the last two: a long chain is told by its beginning
    and its end. ``verdict`` is whether all hops are open.
    """

    hops: tuple[Edge, ...]
    verdict: Verdict
    left_out: int = 0

    @property
    def source(self) -> str:
        """Who asks."""
        return self.hops[0].source

    def longer(self, hop: Edge) -> Chain:
        """The chain with one more hop at its end."""
        verdict = _few(self.verdict & hop.verdict)
        if len(self.hops) < MOST_HOPS:
            return Chain((*self.hops, hop), verdict, self.left_out)
        return Chain((*self.hops[:-1], hop), verdict, self.left_out + 1)


def _few(verdict: Verdict) -> Verdict:
    """A verdict with the first of its reasons: those of long chains would add up."""
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
    """The ways to tokens that a delegation opens, the shortest first: each from the delegate on, by others or not.

    The last hop is a token edge, onto an account or onto a container of accounts; what its holder has a token edge
    onto anyway is left out. Each delegate is followed once; what is closed is followed when all that is open has been,
    and its chains are told with what closes them. Where they are given, only chains through accounts ``among`` these
    are followed, and only those that end in ``ends`` are told. ``work`` is what may be spent on looking at edges; when
    it is spent no further chain is told.
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


@dataclass(frozen=True, slots=True)
class Lead:
    """The shortest chain from an account to the token of a privileged one, by its first hop and what follows it.

    ``account`` is the one that the hop goes to, "" after a token; ``last`` is the last hop, ``length`` how many there
    are, ``verdict`` whether all are open and ``closed`` whether one is certainly not.
    """

    edge: Edge
    account: str
    last: Edge
    length: int
    verdict: Verdict
    closed: bool


class Leads(dict[str, Lead]):
    """The leads of the accounts that have one. Those of all make trees, with the privileged accounts at the roots."""

    def add(self, edge: Edge, account: str) -> None:
        """The hop by which the chain of its source begins, and the account that it goes to."""
        rest = self.get(account)
        if rest is None:
            self[edge.source] = Lead(edge, "", edge, 1, edge.verdict, edge.closed)
        else:
            verdict, closed = _few(edge.verdict & rest.verdict), edge.closed or rest.closed
            self[edge.source] = Lead(edge, account, rest.last, rest.length + 1, verdict, closed)

    def passes(self, start: str, account: str) -> bool:
        """Whether the chain that begins at one account goes through another one, or begins there."""
        first, last = self._stretches.get(account, (1, 0))
        return first <= self._stretches[start][0] <= last

    @cached_property
    def _stretches(self) -> dict[str, tuple[int, int]]:
        """The accounts in an order in which all whose chains go through one follow it: its number, and the last's."""
        before: dict[str, list[str]] = defaultdict(list)
        for account, lead in self.items():
            before[lead.account].append(account)
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


def leading(graph: Graph) -> Leads:
    """The accounts through which somebody may obtain the token of a privileged one, each with the next hop to it.

    Followed backwards from the privileged accounts, every account and container once: linear in the edges. Who is led
    there only by what is closed comes after all who are led there by what is open.
    """
    found = Leads()
    _lead(graph, found, graph.on)
    if graph.has_closed:
        _lead(graph, found, lambda node: (*graph.on(node), *graph.closed_on(node)))
    return found


def _lead(graph: Graph, found: Leads, on: Callable[[Node], Sequence[Edge]]) -> None:
    """Adds those to ``found`` whom these edges lead there."""
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


def shortest(first: Edge, leads: Leads) -> Chain:
    """The shortest chain to a privileged account that a delegation onto one of these accounts opens."""
    lead = leads[first.onto[1]]
    hops, verdict = [first], _few(first.verdict & lead.verdict)
    left_out = max(0, lead.length + 1 - MOST_HOPS)
    while lead.account and len(hops) < MOST_HOPS - 1:
        hops.append(lead.edge)
        lead = leads[lead.account]
    return Chain((*hops, lead.last), verdict, left_out)
