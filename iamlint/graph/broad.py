"""The principals that can become, or attach, every account of a container, by grants on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from iamlint.access.asking import access_of
from iamlint.estate import CONTAINERS, Estate, Node
from iamlint.graph.edge_permissions import IDENTITY
from iamlint.graph.edges import graph_of
from iamlint.graph.held_grants import alike

_FEW = 8
"""Number of principals that are found as fast in a tuple as in a set, which takes five times the memory."""
_BROAD = IDENTITY | {"attach"}
"""The kinds of edges on a container that let the holder become, or attach, every account there."""


class Broad:
    """These principals of an estate, by container. Use with `Estate.made`.

    ``others`` are the principals that are not among these on the resource of one of their grants: few in an export.
    """

    def __init__(self, estate: Estate) -> None:
        graph, access = graph_of(estate), access_of(estate)
        found: dict[Node, list[str]] = defaultdict(list)
        known: dict[tuple[str, str], bool] = {}
        others: list[str] = []
        for source, held in graph.holders_of_grants:
            there = set[Node]()
            for onto, grant in held:
                if onto[0] not in CONTAINERS or onto in there:
                    continue
                key = alike(grant) if access.nothing_blocks(grant) else None
                gives = known.get(key) if key else None
                if gives is None:
                    edges = graph.edges_of(grant, source, onto)
                    gives = any(edge.kind in _BROAD and not edge.closed for edge in edges)
                    if key:
                        known[key] = gives
                if gives:
                    there.add(onto)
                    found[onto].append(source)
            if not all([onto in there for onto, _ in held]):  # noqa: C419  # a list is faster than a generator
                others.append(source)
        self.others = tuple(others)
        self._on = {node: tuple(some) if len(some) < _FEW else frozenset(some) for node, some in found.items() if some}

    def on(self, node: Node) -> Collection[str]:
        """Return these principals of a container."""
        return self._on.get(node, ())

    def is_in(self, source: str, around: Iterable[Node]) -> bool:
        """Whether a principal can become, or attach, every account of one of these containers."""
        for node in around:  # noqa: SIM110  # faster than a generator
            if source in self._on.get(node, ()):
                return True
        return False
