"""Delegation: who can obtain an account's token through others, without ever being one of them.

From A with implicitDelegation on B, A does not get what B has otherwise. It composes in one way: where B may mint
tokens for C, A can have C's token in one call that names B as its delegate. So two relations are followed, delegation
and tokens, and only the last hop is a token.
Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from iamlint.graph.edges import Edge, Graph
from iamlint.graph.nodes import Node
from iamlint.verdict import Verdict

LONGEST = 1_000
"""Principals beyond which chains to one node are not followed."""


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


def delegated(graph: Graph, *nodes: Node) -> Iterator[Chain]:
    """The shortest chains that end in a token edge onto one of these nodes, each from another principal.

    A node is an account, or a container of which a token edge reaches every account. Followed backwards, each
    principal once, so linear in the edges that lead here. Who has a token edge onto the nodes itself is left out.
    """
    reached: set[str] = set()
    waiting: deque[Chain] = deque()
    for node in nodes:
        for edge in graph.on(node):
            if edge.kind == "token" and edge.source not in reached:
                reached.add(edge.source)
                waiting.append(Chain((edge,)))
    while waiting and len(reached) < LONGEST:
        chain = waiting.popleft()
        holder = chain.hops[0].grant.principal
        if not holder.text.startswith("serviceAccount:") or holder.email is None:
            continue
        for edge in graph.delegates(holder.email, chain.hops[0].grant.declared):
            if edge.source not in reached:
                reached.add(edge.source)
                longer = Chain((edge, *chain.hops))
                waiting.append(longer)
                yield longer
