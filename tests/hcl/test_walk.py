"""Going over trees."""

from __future__ import annotations

import pytest
from trees import read_valid, value

from iamlint.hcl.syntax import Block, Text, Variable
from iamlint.hcl.walk import children, height, relocate, walk

TEXT = 'a = f(b, {c = d}, "x${e}y")\ng "h" {\n  i = [for j in k : l if m]\n}\n'


def test_children_come_in_the_order_of_the_text() -> None:
    node, _ = value('f(b, {c = d, (e) = g}, "x${h}y")')
    assert [type(child).__name__ for child in children(node)] == ["Variable", "Object", "Template"]
    _, made, text = children(node)
    assert [type(child).__name__ for child in children(made)] == ["Template", "Variable", "Parentheses", "Variable"]
    assert [type(child).__name__ for child in children(text)] == ["Text", "Interpolation", "Text"]


def test_walk_finds_everything() -> None:
    body = read_valid(TEXT).body
    assert {node.name for node in walk(body) if isinstance(node, Variable)} == set("bdeklm")
    assert [node.type for node in walk(body) if isinstance(node, Block)] == ["g"]
    assert {node.value for node in walk(body) if isinstance(node, Text)} == {"c", "x", "y"}


@pytest.mark.parametrize(("text", "levels"), [("b", 1), ("b.c", 2), ("[b, [c, d.e]]", 4), ('"x"', 2), ("f(1 + 2)", 3)])
def test_height(text: str, levels: int) -> None:
    node, _ = value(text)
    assert height(node, 100) == levels
    assert height(node, levels) == levels
    assert height(node, levels - 1) == levels


def test_relocate_changes_every_offset() -> None:
    body = read_valid(TEXT).body
    before = [(node.start, node.end) for node in walk(body)]
    relocate(body, lambda offset: offset + 10)
    assert [(node.start - 10, node.end - 10) for node in walk(body)] == before
