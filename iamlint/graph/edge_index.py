"""One edge of the graph, and edges by their ends."""

from __future__ import annotations

from typing import TypeVar

from iamlint.basics.frozen import frozen
from iamlint.estate import Node
from iamlint.facts import Grant
from iamlint.graph.edge_permissions import EdgeKind
from iamlint.logic.verdict import Verdict

_End = TypeVar("_End", str, Node)


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
        self.onto: dict[Node, list[Edge]] = {}
        self.closed: dict[Node, list[Edge]] = {}
        self.calls: dict[str, list[Edge]] = {}
        self.closed_calls: dict[str, list[Edge]] = {}

    def add_onto(self, edge: Edge) -> None:
        """Add an edge by its target."""
        _add(self.closed if edge.closed else self.onto, edge.onto, edge)

    def add_call(self, edge: Edge) -> None:
        """Add an edge by its source, if it is one to a token or a delegation."""
        if edge.kind in ("token", "delegate"):
            _add(self.closed_calls if edge.closed else self.calls, edge.source, edge)


def _add(index: dict[_End, list[Edge]], end: _End, edge: Edge) -> None:
    """Add an edge at one of its ends. Most have one edge: a list that is made with it has no room for others."""
    edges = index.get(end)
    if edges is None:
        index[end] = [edge]
    else:
        edges.append(edge)
