"""One edge of the graph, and edges by their ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from iamlint.basics.frozen import frozen
from iamlint.estate import Node
from iamlint.facts import Grant
from iamlint.graph.edge_permissions import EdgeKind
from iamlint.logic.verdict import Verdict


@frozen
class Edge:
    """Access that a grant gives ``source`` to ``onto``: an account, or everything in a container.

    ``permissions`` are those that make the edge; empty if the role may or may not have them. ``verdict`` says whether
    the edge is open: true, or unknown with the reasons. A ``closed`` edge leads nowhere and is kept for reports: its
    verdict is unknown, and its reasons say what blocks it.
    """

    source: str
    onto: Node
    kind: EdgeKind
    grant: Grant
    permissions: tuple[str, ...]
    verdict: Verdict
    closed: bool = False


class EdgeIndex:
    """Edges by target, and edges to tokens and delegations by source; blocked edges are separate."""

    def __init__(self) -> None:
        self.onto: dict[Node, list[Edge]] = defaultdict(list)
        self.closed: dict[Node, list[Edge]] = defaultdict(list)
        self.calls: dict[str, list[Edge]] = defaultdict(list)
        self.closed_calls: dict[str, list[Edge]] = defaultdict(list)

    def add(self, edges: Iterable[Edge], *, only_by_source: bool = False) -> None:
        """Add edges; with ``only_by_source`` the open ones are not kept by target."""
        for edge in edges:
            if edge.closed or not only_by_source:
                (self.closed if edge.closed else self.onto)[edge.onto].append(edge)
            if edge.kind in ("token", "delegate"):
                (self.closed_calls if edge.closed else self.calls)[edge.source].append(edge)
