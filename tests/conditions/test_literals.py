"""Literals of an expression with unknown parts: only those with an unknown part are unknown."""

from __future__ import annotations

import pytest

from iamlint.conditions.literals import HOLE, LiteralError, LiteralValue, masked
from iamlint.unknown import Unknown, UnknownPart


def test_only_a_literal_with_a_unknown_part_is_not_known() -> None:
    why = Unknown("var.x has no default")
    literals = masked(f"a == 'plain' && b == 'shop-{HOLE}-x' && c == b'bytes'", why).literals
    assert list(literals.values()) == ["plain", Unknown(why.reason, ("shop-", UnknownPart("?"), "-x")), b"bytes"]


def test_the_letter_of_unknown_parts_is_a_letter_where_all_is_known() -> None:
    assert list(masked(f"a == '{HOLE}'", None).literals.values()) == [HOLE]


@pytest.mark.parametrize(
    ("text", "blank", "literals"),
    [
        ("a == 'b'", 'a == "x"', {5: "b"}),
        ("'a' + 'bc'", '"x" + "xx"', {0: "a", 6: "bc"}),
        ("''", '""', {0: ""}),
        ("'a' // 'b'\n+ 'c'", '"x"       \n+ "x"', {0: "a", 13: "c"}),
        ("f('a',)", 'f("x",)', {2: "a"}),
        ("['a', ]", '["x"  ]', {1: "a"}),
        ("{'a': 1,}", '{"x": 1 }', {1: "a"}),
        ('"""a"b"""', '"xxxxxxx"', {0: 'a"b'}),
        ("'''a\n'b'''", '"xxxxxxxx"', {0: "a\n'b"}),
        ("r'\\'", '"xx"', {0: "\\"}),
        ("b'a'", '"xx"', {0: b"a"}),
        ("rb'\\x'", '"xxxx"', {0: b"\\x"}),
        ("'a\\'b'", '"xxxx"', {0: "a'b"}),
        ("xr'a'", 'xr"x"', {2: "a"}),
    ],
)
def test_literals_become_blank_and_keep_their_place(text: str, blank: str, literals: dict[int, LiteralValue]) -> None:
    found = masked(text, None)
    assert found.literals == literals
    assert len(found.text) == len(text)
    assert found.text == blank


@pytest.mark.parametrize(
    ("text", "offset", "reason"),
    [
        ("a == 'b", 5, "a text that is not closed"),
        ("'a\n'", 0, "a text that is not closed"),
        ('"""a"', 0, "a text that is not closed"),
        ("'a\\'", 0, "a text that is not closed"),
        ("x + r'", 5, "a text that is not closed"),
        ("'ab\\q'", 3, "\\q is not an escape sequence of CEL"),
        ("  'ab\\q'", 5, "\\q is not an escape sequence of CEL"),
        ("'\\uD800'", 1, "\\uD800 is not an escape sequence of CEL"),
        ("'\\uDFFF'", 1, "\\uDFFF is not an escape sequence of CEL"),
        ("'\\U00110000'", 1, "\\U00110000 is not an escape sequence of CEL"),
        ("'\\x1'", 1, "\\x is not an escape sequence of CEL"),
        ("'\\8'", 1, "\\8 is not an escape sequence of CEL"),
    ],
)
def test_a_literal_that_is_not_valid_says_where(text: str, offset: int, reason: str) -> None:
    with pytest.raises(LiteralError) as raised:
        masked(text, None)
    assert (raised.value.offset, raised.value.reason) == (offset, reason)


def test_the_first_and_the_last_letters_that_an_escape_may_name() -> None:
    text = r"'\ud7ff\ue000\U0010FFFF\x00'"
    assert list(masked(text, None).literals.values()) == ["\ud7ff\ue000\U0010ffff\0"]


def test_each_literal_has_its_own_unknown_parts() -> None:
    parts = [UnknownPart(f"var.{name}") for name in "abc"]
    why = Unknown("not known", ("'", parts[0], "' == 'x", parts[1], "-", parts[2], "' + 'plain'"))
    literals = masked(f"'{HOLE}' == 'x{HOLE}-{HOLE}' + 'plain'", why).literals
    assert list(literals.values()) == [
        Unknown("not known", (parts[0],)),
        Unknown("not known", ("x", parts[1], "-", parts[2])),
        "plain",
    ]
    after = masked(f"// {HOLE}\n'{HOLE}'", Unknown("not known", ("// ", parts[0], "\n'", parts[1], "'"))).literals
    assert list(after.values()) == [Unknown("not known", (parts[1],))]
