"""The ends of a grant: the privileges of the accounts that it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.estate import principal_node
from iamlint.facts import Grant
from iamlint.graph.edges import Graph
from iamlint.graph.powers import POWERS
from iamlint.unknown import Truth

MOST_ENDS = 50
"""Maximum number of listed ends of a grant: privileges of one account, and accounts of one container."""
_REACHING = frozenset(permission for kind in POWERS for permission in POWERS[kind])


def ends_of_account(graph: Graph, account: str, source: str) -> Iterator[Grant]:
    """Yield the privileges that an account certainly has and ``source`` does not, the strongest first."""
    beyond = graph.beyond(account, source, MOST_ENDS)
    return (grant for grant, verdict in beyond if verdict.truth is Truth.TRUE)


def ends_of_grant(graph: Graph, grant: Grant, permissions: Iterable[str]) -> Iterator[Grant]:
    """Yield the privileges that a grant of these permissions leads to, on its account or container."""
    node = graph.hierarchy.node(grant.resource, grant.declared)
    if node is None or _REACHING.isdisjoint(permissions):
        return
    source = principal_node(grant) or ""
    for account in graph.accounts_below(node)[:MOST_ENDS]:
        if account != source:
            yield from ends_of_account(graph, account, source)
