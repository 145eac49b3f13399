"""What a grant leads to in the end: the privileges of the accounts that it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.estate import principal_node
from iamlint.facts import Grant
from iamlint.graph.edges import Graph
from iamlint.graph.powers import POWERS
from iamlint.unknown import Truth

MOST_ENDS = 50
"""Privileges of one account, and accounts of one container, that are listed as ends of a grant."""
_REACHING = frozenset(permission for kind in POWERS for permission in POWERS[kind])


def ends_of_account(graph: Graph, account: str, source: str) -> Iterator[Grant]:
    """Yield the privileges of an account that certainly count and that ``source`` has not itself, strongest first."""
    beyond = graph.beyond(account, source, MOST_ENDS)
    return (grant for grant, verdict in beyond if verdict.truth is Truth.TRUE)


def ends_of_grant(graph: Graph, grant: Grant, permissions: Iterable[str]) -> Iterator[Grant]:
    """Yield the privileges that these permissions lead to where they are granted: on an account or a container."""
    node = graph.hierarchy.node(grant.resource, grant.declared)
    if node is None or _REACHING.isdisjoint(permissions):
        return
    source = principal_node(grant) or ""
    for account in graph.accounts_below(node)[:MOST_ENDS]:
        if account != source:
            yield from ends_of_account(graph, account, source)
