"""The smallest values that each node of a directed graph reaches, in time linear in its edges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)

Values = tuple[int, ...]


def reached_values(
    nodes: Iterable[Node],
    after: Callable[[Node], Collection[Node]],
    own: Mapping[Node, Values],
    most: int,
) -> dict[Node, Values]:
    """Return for each node the smallest ``most`` values of it and of all nodes that it reaches, in order.

    Nodes of a cycle reach the same values. The nodes that ``after`` leads to are included. Tarjan's algorithm, without
    recursion: it completes each cycle after everything that the cycle reaches.
    """
    return _Closure(after, own, most).of(nodes)


class _Closure(Generic[Node]):
    """The state of the search: numbers in order of first visits, and open nodes on a stack with those that follow."""

    def __init__(self, after: Callable[[Node], Collection[Node]], own: Mapping[Node, Values], most: int) -> None:
        self._after, self._own, self._most = after, own, most
        self._number: dict[Node, int] = {}
        self._low: dict[Node, int] = {}
        self._stack: list[tuple[Node, Collection[Node]]] = []
        self._found: dict[Node, Values] = {}

    def of(self, nodes: Iterable[Node]) -> dict[Node, Values]:
        for start in nodes:
            if start not in self._found:
                self._visit(start)
        return self._found

    def _visit(self, start: Node) -> None:
        found, number, low = self._found, self._number, self._low
        path: list[tuple[Node, Iterator[Node]]] = []
        self._open(start, path)
        while path:
            node, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    before = path[-1][0]
                    low[before] = min(low[before], low[node])
                if low[node] == number[node]:
                    self._close(node)
            elif following in found:
                continue
            elif following in number:
                low[node] = min(low[node], number[following])
            else:
                self._open(following, path)

    def _open(self, node: Node, path: list[tuple[Node, Iterator[Node]]]) -> None:
        """Put a node onto the path; one that leads nowhere is complete at once."""
        after = self._after(node)
        if not after:
            self._found[node] = self._own.get(node, ())
            return
        self._number[node] = self._low[node] = len(self._number)
        self._stack.append((node, after))
        path.append((node, iter(after)))

    def _close(self, node: Node) -> None:
        """Complete a cycle, or a single node: everything on the stack from the node on."""
        members: dict[Node, Collection[Node]] = {}
        while node not in members:
            one, after = self._stack.pop()
            members[one] = after
        found = self._found
        parts = {self._own[one] for one in members if one in self._own}
        for after in members.values():
            parts.update([found[other] for other in after if other not in members])
        parts.discard(())
        values = next(iter(parts), ())
        if len(parts) > 1:
            values = tuple(sorted(set[int]().union(*parts))[: self._most])
        for one in members:
            found[one] = values
