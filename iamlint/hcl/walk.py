"""Walks a syntax tree without recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from iamlint.hcl.syntax import Attribute, Item, Literal, Node, Text, Variable

_PLACE = ("start", "end")
_LEAVES = frozenset({Item, Literal, Text, Variable})
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


@lru_cache(maxsize=1 << 12)
def size_and_names(node: Node) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Return the number of nodes of an expression, and the locals and variables that it names.

    It is kept, since an expression is evaluated once for each instance.
    """
    nodes, names = list(walk(node)), dict[tuple[str, str], None]()
    for part in nodes:
        match part:
            case Attribute(object=Variable(name="local" | "var" as root), name=name):
                names[root, name] = None
    return len(nodes), tuple(names)


def height(node: Node, limit: int) -> int:
    """Return the number of levels of the tree, counted up to one more than a limit."""
    level, levels = [node], 0
    while level and levels <= limit:
        levels += 1
        level = [child for parent in level if type(parent) not in _LEAVES for child in children(parent)]
    return levels


def relocate(node: Node, position: Callable[[int], int]) -> None:
    """Change every offset in a tree."""
    for each in walk(node):
        each.start, each.end = position(each.start), position(each.end)
