"""The smallest values that each node of a directed graph reaches, in time linear in its edges."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)

Values = tuple[int, ...]


def reached_values(
    nodes: Iterable[Node],
    after: Callable[[Node], Iterable[Node]],
    own: Mapping[Node, Values],
    most: int,
) -> dict[Node, Values]:
    """Return for each node the smallest ``most`` values of it and of all nodes that it reaches, in order.

    Nodes of a cycle reach the same values. The nodes that ``after`` leads to are included. Tarjan's algorithm, without
    recursion: it completes each cycle after everything that the cycle reaches.
    """
    return _Closure(after, own, most).of(nodes)


class _Closure(Generic[Node]):
    """The state of the search: numbers in order of first visits, and open nodes on a stack."""

    def __init__(self, after: Callable[[Node], Iterable[Node]], own: Mapping[Node, Values], most: int) -> None:
        self._after, self._own, self._most = after, own, most
        self._number: dict[Node, int] = {}
        self._low: dict[Node, int] = {}
        self._stack: list[Node] = []
        self._found: dict[Node, Values] = {}

    def of(self, nodes: Iterable[Node]) -> dict[Node, Values]:
        for start in nodes:
            if start not in self._number:
                self._visit(start)
        return self._found

    def _visit(self, start: Node) -> None:
        path: list[tuple[Node, Iterator[Node]]] = [self._opened(start)]
        while path:
            node, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    before = path[-1][0]
                    self._low[before] = min(self._low[before], self._low[node])
                if self._low[node] == self._number[node]:
                    self._close(node)
            elif following not in self._number:
                path.append(self._opened(following))
            elif following not in self._found:
                self._low[node] = min(self._low[node], self._number[following])

    def _opened(self, node: Node) -> tuple[Node, Iterator[Node]]:
        self._number[node] = self._low[node] = len(self._number)
        self._stack.append(node)
        return node, iter(self._after(node))

    def _close(self, node: Node) -> None:
        """Complete a cycle, or a single node: everything on the stack from the node on."""
        members: list[Node] = []
        while not members or members[-1] != node:
            members.append(self._stack.pop())
        inside = set(members)
        parts = {self._own[one] for one in members if one in self._own}
        for one in members:
            parts |= {self._found[other] for other in self._after(one) if other not in inside}
        parts.discard(())
        values = next(iter(parts), ())
        if len(parts) > 1:
            values = tuple(sorted(set[int]().union(*parts))[: self._most])
        for one in members:
            self._found[one] = values
