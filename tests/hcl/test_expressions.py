"""Expressions: the tree of each form, with the source text of every node."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from trees import check, nodes, read_valid, value

from iamlint.hcl.second_reader.outline import canonical
from iamlint.hcl.syntax import Call, ForObject, ForTuple, Literal, Object, Template


def tree(text: str) -> Any:
    return nodes(*value(text))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("0", 0),
        ("007", 7),
        ("15e-1", Decimal("1.5")),
        ("1e3", 1000),
        ("1.50", Decimal("1.5")),
        ("2.0", 2),
        ("0.1", Decimal("0.1")),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("true", True),
        ("false", False),
        ("null", None),
    ],
)
def test_literals(text: str, data: object) -> None:
    node, _ = value(text)
    assert isinstance(node, Literal)
    assert node.value == data
    assert type(node.value) is type(data)


TREES: dict[str, Any] = {
    "b": ["Variable", "b"],
    "b.c.d": ["Attribute", "b.c.d", ["Attribute", "b.c", ["Variable", "b"]]],
    "b . c": ["Attribute", "b . c", ["Variable", "b"]],
    "b[0]": ["Index", "b[0]", ["Variable", "b"], ["Literal", "0"]],
    "b.0.c": ["Attribute", "b.0.c", ["Index", "b.0", ["Variable", "b"], ["Literal", "0"]]],
    "b[ c ].d": ["Attribute", "b[ c ].d", ["Index", "b[ c ]", ["Variable", "b"], ["Variable", "c"]]],
    "(b).c": ["Attribute", "(b).c", ["Parentheses", "(b)", ["Variable", "b"]]],
    "f(b).c": ["Attribute", "f(b).c", ["Call", "f(b)", ["Variable", "b"]]],
    "b[*]": ["Splat", "b[*]", ["Variable", "b"], ["Item", "[*]"]],
    "b[*].c[0]": [
        "Splat",
        "b[*].c[0]",
        ["Variable", "b"],
        ["Index", "[*].c[0]", ["Attribute", "[*].c", ["Item", "[*]"]], ["Literal", "0"]],
    ],
    "b.*.c[0]": [
        "Index",
        "b.*.c[0]",
        ["Splat", "b.*.c", ["Variable", "b"], ["Attribute", "*.c", ["Item", "*"]]],
        ["Literal", "0"],
    ],
    "- b": ["Unary", "- b", ["Variable", "b"]],
    "!!b": ["Unary", "!!b", ["Unary", "!b", ["Variable", "b"]]],
    "-b.c": ["Unary", "-b.c", ["Attribute", "b.c", ["Variable", "b"]]],
    "b - c - d": ["Binary", "b - c - d", ["Binary", "b - c", ["Variable", "b"], ["Variable", "c"]], ["Variable", "d"]],
    "b + c * d": ["Binary", "b + c * d", ["Variable", "b"], ["Binary", "c * d", ["Variable", "c"], ["Variable", "d"]]],
    "b ? c : d": ["Conditional", "b ? c : d", ["Variable", "b"], ["Variable", "c"], ["Variable", "d"]],
    "[]": ["Tuple", "[]"],
    "[1, b,]": ["Tuple", "[1, b,]", ["Literal", "1"], ["Variable", "b"]],
    "{}": ["Object", "{}"],
    "{b = 1, (c) : 2}": [
        "Object",
        "{b = 1, (c) : 2}",
        ["Template", "b", ["Text", "b", "b"]],
        ["Literal", "1"],
        ["Parentheses", "(c)", ["Variable", "c"]],
        ["Literal", "2"],
    ],
    "f()": ["Call", "f()"],
    "f(1, b...)": ["Call", "f(1, b...)", ["Literal", "1"], ["Variable", "b"]],
    "[for b in c : d if e]": [
        "ForTuple",
        "[for b in c : d if e]",
        ["Variable", "c"],
        ["Variable", "d"],
        ["Variable", "e"],
    ],
    "{for b, c in d : e => f... if g}": [
        "ForObject",
        "{for b, c in d : e => f... if g}",
        ["Variable", "d"],
        ["Variable", "e"],
        ["Variable", "f"],
        ["Variable", "g"],
    ],
}


@pytest.mark.parametrize("text", TREES)
def test_trees(text: str) -> None:
    assert tree(text) == TREES[text]


def test_details_that_are_no_nodes() -> None:
    call, _ = value("provider::x::f(b...)")
    assert isinstance(call, Call)
    assert (call.name, call.expand) == ("provider::x::f", True)
    listed, _ = value("[for b in c : d]")
    assert isinstance(listed, ForTuple)
    assert (listed.key, listed.value, listed.condition) == (None, "b", None)
    mapped, _ = value("{for b, c in d : e => f...}")
    assert isinstance(mapped, ForObject)
    assert (mapped.key, mapped.value, mapped.grouped) == ("b", "c", True)


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("b || c && d", "(b||(c&&d))"),
        ("b && c == d", "(b&&(c==d))"),
        ("b == c < d", "(b==(c<d))"),
        ("b < c + d", "(b<(c+d))"),
        ("b + c % d", "(b+(c%d))"),
        ("b * c + d", "((b*c)+d)"),
        ("b - c + d", "((b-c)+d)"),
        ("b / c * d", "((b/c)*d)"),
        ("b == c != d", "((b==c)!=d)"),
        ("b || c || d", "((b||c)||d)"),
        ("b + c * d - e / f == g && !h || i", "(((((b+(c*d))-(e/f))==g)&&!h)||i)"),
        ("-b + c", "(-b+c)"),
        ("-b * -c", "(-b*-c)"),
        ("b ? c : d ? e : f", "(b?c:(d?e:f))"),
        ("b ? c ? d : e : f", "(b?(c?d:e):f)"),
        ("b || c ? d : e && f", "((b||c)?d:(e&&f))"),
    ],
)
def test_precedence(text: str, grouped: str) -> None:
    assert canonical(value(text)[0]) == grouped


@pytest.mark.parametrize("key", ["b", "true", "null", "b-c", "for_each", "é"])
def test_a_bare_identifier_as_key_is_a_text(key: str) -> None:
    node, text = value("{ " + key + " = 1 }")
    assert isinstance(node, Object)
    written = node.items[0][0]
    assert isinstance(written, Template)
    assert written.literal == key
    assert text[written.start : written.end] == key


@pytest.mark.parametrize("key", ["(b)", "b.c", "f(b)", "b[0]", "1"])
def test_any_other_key_is_an_expression(key: str) -> None:
    node, _ = value("{ " + key + " = 1 }")
    assert isinstance(node, Object)
    assert not isinstance(node.items[0][0], Template)


LINES = {
    "in parentheses": "(\n b\n + c\n ? d\n : e\n)",
    "in a list": "[\n b\n + c,\n d\n .e\n [0]\n]",
    "in a call": "f(\n b\n && c\n,\n d\n ...\n)",
    "in an index": "b[\n c\n + 1\n]",
    "in an interpolation": '"${\n b\n + c\n}"',
    "in a for": "[for b\n in c\n :\n d\n if e\n]",
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_newlines_do_not_count(text: str) -> None:
    check(read_valid(f"a = {text}\n"))


def test_newlines_count_again_in_an_object_in_brackets() -> None:
    node, _ = value("[{\n b = 1\n c = 2\n}]")
    assert canonical(node) == '[{"b"=1,"c"=2}]'


def test_comments_do_not_separate() -> None:
    assert canonical(value("b /* + c */ + /* - */ d")[0]) == "(b+d)"
