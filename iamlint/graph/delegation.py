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

from iamlint.facts import Declaration, Text
from iamlint.graph.edges import Edge, Graph
from iamlint.graph.nodes import account_node
from iamlint.verdict import Verdict

LONGEST = 10_000
"""Accounts beyond which chains are not followed."""


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


def delegated(graph: Graph, target: Text, declared: Declaration) -> Iterator[Chain]:
    """The shortest chain from every principal that reaches an account's token only with delegates between.

    Followed backwards from the account, each principal once: linear in the edges that lead to it.
    """
    node = account_node(target, declared)
    if node is None:
        return
    reached: set[str] = {node[1]}
    waiting: deque[Chain] = deque()
    for edge in graph.onto(target, declared):
        if edge.kind == "token" and edge.source not in reached:
            reached.add(edge.source)
            waiting.append(Chain((edge,)))
    while waiting and len(reached) < LONGEST:
        chain = waiting.popleft()
        holder = chain.hops[0].grant.principal
        if not holder.text.startswith("serviceAccount:") or holder.email is None:
            continue
        for edge in graph.onto(holder.email, chain.hops[0].grant.declared):
            if edge.kind == "delegate" and edge.source not in reached:
                reached.add(edge.source)
                longer = Chain((edge, *chain.hops))
                waiting.append(longer)
                yield longer
