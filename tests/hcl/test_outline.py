"""The differences of two trees of one text, and one spelling for all spellings of an expression."""

from __future__ import annotations

import pytest
from samples import VALID
from trees import read_valid, value

from iamlint.hcl.second_reader.outline import LIMIT, canonical, differences, outline
from iamlint.hcl.syntax import File


def told(first: str, second: str) -> list[str]:
    """Return the differences of two texts, as if they were two readings of the first."""
    one, other = read_valid(first), read_valid(second)
    return [each.reason for each in differences(one, other, ("A", "B"))]


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_a_tree_does_not_differ_from_itself(text: str) -> None:
    assert told(text, text) == []
    assert outline(read_valid(text).body) == outline(read_valid("\n" + text.removeprefix("\ufeff")).body)


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        ("a = 1\n", "a = 2\n", ['the readers disagree about "a": A reads 1 and B reads 2']),
        ("a = 1\n", "", ['A sees the argument "a", B does not']),
        ("", "a = 1\n", ['B sees the argument "a", A does not']),
        ('a "b" {\n}\n', "", ['A sees the block a "b", B does not']),
        ("", 'a "b" {\n}\n', ['B sees the block a "b", A does not']),
        (
            'a "b" {\n  c {\n    d = 1\n  }\n}\n',
            'a "b" {\n  c {\n  }\n}\n',
            ['A sees the argument "d" of a "b" > c, B does not'],
        ),
        ("a {\n}\na {\n  b = 1\n}\n", "a {\n}\n", ["A sees the block a, B does not"]),
        (
            'a "b" "c" {\n}\n',
            'a "b c" {\n}\n',
            ['A sees the block a "b" "c", B does not', 'B sees the block a "b c", A does not'],
        ),
    ],
)
def test_differences(first: str, second: str, reasons: list[str]) -> None:
    assert told(first, second) == reasons


def test_a_difference_is_placed_where_it_is_seen() -> None:
    first, second = read_valid("a = 1\nb = [2, 3]\n"), read_valid("a = 1\nb = [2]\nc {\n}\n")
    found = differences(first, second, ("A", "B"))
    assert [(each.at.line, each.at.column, each.at.end_column) for each in found] == [(3, 1, 2), (2, 5, 11)]


def test_only_the_first_differences_are_told() -> None:
    found = told("".join(f"a{i} = 1\n" for i in range(50)), "b = 1\n")
    assert len(found) == LIMIT + 1
    assert found[-1] == "A and B disagree about more of this file"


def test_long_texts_are_shown_around_the_difference() -> None:
    (reason,) = told(f'a = "{"x" * 500}y{"z" * 500}"\n', f'a = "{"x" * 500}Y{"z" * 500}"\n')
    assert "…xxxxxxxxxxyzzz" in reason
    assert "…xxxxxxxxxxYzzz" in reason
    assert len(reason) < 200


def test_what_is_shown_can_be_printed() -> None:
    (reason,) = told('a = "\\u001b[31m"\n', 'a = "b"\n')
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("b+c", "b  +  c"),
        ("[1,2]", "[1, 2,]"),
        ("{b = 1}", '{"b" : 1}'),
        ('"b"', "<<E\nb\nE"[:0] + '"\\u0062"'),
        ("b[*].c", "b.*.c"),
        ("f(b)", "f( b )"),
        ("1e3", "1000"),
        ("[for b in c:b]", "[ for b in c : b ]"),
    ],
)
def test_spellings_that_mean_the_same(text: str, same: str) -> None:
    assert canonical(value(text)[0]) == canonical(value(same)[0])


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("b", '"b"'),
        ("1", '"1"'),
        ("true", '"true"'),
        ("true", "truth"),
        ('"${b}"', '"$${b}"'),
        ('"${b}"', "b"),
        ("{b = 1}", "{(b) = 1}"),
        ("(b + c) * d", "b + c * d"),
        ("f(b)", "f(b...)"),
        ("[for b in c : b]", "{for b in c : b => b}"),
        ("{for b in c : b => b}", "{for b in c : b => b...}"),
        ('"%{ if b }c%{ endif }"', '"%%{ if b }c%%{ endif }"'),
        ('"x\\\\"', '"x"'),
        ('["a,b"]', '["a","b"]'),
        ('"a\\"b"', '"ab"'),
        ("b.c", 'b["c"]'),
    ],
)
def test_spellings_that_do_not(text: str, other: str) -> None:
    assert canonical(value(text)[0]) != canonical(value(other)[0])


def test_blocks_are_compared_in_order() -> None:
    first: File = read_valid("a {\n  b = 1\n}\na {\n  b = 2\n}\n")
    second = read_valid("a {\n  b = 2\n}\na {\n  b = 1\n}\n")
    assert len(differences(first, second, ("A", "B"))) == 2


def test_long_and_unprintable_names_are_shown_in_part() -> None:
    name = "x\\u001b[31m\\u202e" + "y" * 500
    (reason,) = told(f'a "{name}" "1" "2" "3" "4" {{\n}}\n', "")
    assert reason.isprintable()
    assert len(reason) < 250
    deep = f'b "{"z" * 100}" {{\n' * 20 + "c = 1\n" + "}\n" * 20
    (reason,) = told(deep, deep.replace("c = 1\n", ""))
    assert len(reason) < 500
