"""Short notations for syntax trees, and what must hold for every one of them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

from iamlint.hcl.reading import native
from iamlint.hcl.syntax import Argument, Block, Expression, File, Node, Text
from iamlint.hcl.walk import children, walk
from iamlint.location import SourceText


def read(text: str) -> File:
    """The tree of a text, whatever the errors."""
    return native.read(SourceText("main.tf", text))


def read_valid(text: str) -> File:
    """The tree of a text without errors."""
    file = read(text)
    assert file.errors == []
    return file


def value(text: str) -> tuple[Expression, str]:
    """The expression of ``a = …``, and the whole text, which its offsets are about."""
    text = f"a = {text}\n"
    return read_valid(text).body.arguments["a"].expression, text


def nodes(expression: Node, text: str) -> list[Any]:
    """Return a tree as ``[kind, source text, children…]``; the value of a `Text` follows its source text."""
    found: list[Any] = [type(expression).__name__, text[expression.start : expression.end]]
    if isinstance(expression, Text):
        found.append(expression.value)
    return found + [nodes(child, text) for child in children(expression)]


def are_alike(one: object, other: object) -> bool:
    """Whether two trees have the same values in all fields, of the same types."""
    kind = type(one)
    if kind is not type(other):
        return False
    if isinstance(one, Node):
        return all(are_alike(getattr(one, name), getattr(other, name)) for name in _slots(kind))
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(are_alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return [*one] == [*other] and all(map(are_alike, one.values(), other.values()))
    return one == other


@cache
def _slots(kind: type) -> list[str]:
    return [name for one in kind.__mro__ for name in getattr(one, "__slots__", ())]


def check(file: File) -> None:
    """Check that every node is in its parent, siblings in order; comments in order, and only in blanks."""
    size = len(file.source.text)
    for node in walk(file.body):
        assert 0 <= node.start <= node.end <= size, node
        inner = list(children(node))
        for child in inner:
            assert node.start <= child.start <= child.end <= node.end, (node, child)
        ordered = sorted(inner, key=lambda child: child.start)
        for one, other in pairwise(ordered):
            # The item of a splat and stretches that strip markers emptied have no room of their own.
            assert one.end <= other.start or isinstance(one, Text) or isinstance(other, Text), (one, other)
        if isinstance(node, Block):
            assert node.start < node.header_end <= node.body.start <= node.body.end < node.end
        if isinstance(node, Argument):
            assert file.source.text[node.start :].startswith(node.name)
    last = 0
    for start, end in file.comments:
        assert last <= start < end <= size
        assert file.source.text.startswith(("#", "//", "/*"), start)
        last = end
    for error in file.errors:
        at = error.at
        assert at.path == file.source.path
        assert (1, 1) <= (at.line, at.column) <= (at.end_line, at.end_column)
        assert at.end_line <= len(file.source.line_starts)
        assert at.column <= len(file.source.line(at.line)) + 2
        assert 0 < len(error.reason) < 200
        assert len(error.hint) < 200
        assert (error.reason + error.hint).isprintable()
