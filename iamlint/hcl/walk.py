"""Walks a syntax tree without recursion, independent of the node types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from iamlint.hcl.syntax import Node

_PLACE = ("start", "end")
_FIELDS: dict[type[Node], tuple[str, ...]] = {}


def children(node: Node) -> Iterator[Node]:
    """Yield the direct children of a node, in the order of their fields."""
    kind: Any = type(node)
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = tuple(name for name in kind.__slots__ if name not in _PLACE)
    for name in fields:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _nodes(value)
        elif isinstance(value, dict):
            yield from value.values()


def _nodes(values: tuple[object, ...] | list[object]) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, in no particular order."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))


def height(node: Node, limit: int) -> int:
    """Return the number of levels of the tree, counted up to one more than a limit."""
    level, levels = [node], 0
    while level and levels <= limit:
        levels += 1
        level = [child for parent in level for child in children(parent)]
    return levels


def relocate(node: Node, position: Callable[[int], int]) -> None:
    """Change every offset in a tree."""
    for each in walk(node):
        each.start, each.end = position(each.start), position(each.end)
