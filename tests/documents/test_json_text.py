"""JSON with positions: it accepts and returns the same as the standard library; its errors have a place."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many import some
from random_data import random_data

from iamlint.documents.json_text import MAX_DEPTH, JsonNode, Members, parse, parse_all
from iamlint.documents.numbers import MAX_DIGITS, number
from iamlint.location import Location, SourceText, Unreadable


def read(text: str) -> JsonNode:
    node = parse(SourceText("x.json", text))
    assert isinstance(node, JsonNode), node
    return node


def refused(text: str) -> Unreadable:
    found = parse(SourceText("x.json", text))
    assert isinstance(found, Unreadable), found
    return found


def plain(node: JsonNode) -> Any:
    """The data of a node, as the standard library would give it with exact numbers."""
    match node.value:
        case tuple() as items:
            return [plain(item) for item in items]
        case Members(pairs):
            return {str(key.value): plain(value) for key, value in pairs}
        case value:
            return value


def spans(node: JsonNode, text: str) -> Any:
    """The source text of every value, nested as they are."""
    written = text[node.start : node.end]
    match node.value:
        case tuple() as items:
            return [written, *(spans(item, text) for item in items)]
        case Members(pairs):
            return [written, *((text[key.start : key.end], spans(value, text)) for key, value in pairs)]
        case _:
            return written


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-12",
        "1.25",
        "1E+2",
        "-1.5e-3",
        "123456789012345678901234567890",
        '""',
        '"x y"',
        r'"\"\\\/\b\f\n\r\t"',
        r'"\u00e9\ud83d\ude00\u0000"',
        '"é😀\u2028\x7f"',
        "[]",
        "{}",
        " [ 1 , [ ] , { } ] ",
        '{"a": {"b": [null, true, "c"]}, "": 1}',
        "\t\r\n1\r\n",
    ],
)
def test_values(text: str) -> None:
    assert plain(read(text)) == json.loads(text, parse_float=number)


def test_whole_numbers_are_int_and_others_exact() -> None:
    assert [type(plain(read(text))) for text in ("1", "1.0", "1e2", "1.5")] == [int, int, int, Decimal]
    assert plain(read("0.1")) == Decimal("0.1")
    assert plain(read("1e2")) == 100


def test_half_a_surrogate_pair_is_a_replacement_character() -> None:
    assert plain(read(r'"\ud83dx\ude00\ud83d\u0041"')) == "\ufffdx\ufffd\ufffdA"


def test_a_key_that_occurs_twice_is_there_twice() -> None:
    node = read('{"a": 1, "b": 2, "a": 3}')
    assert isinstance(node.value, Members)
    assert [key.value for key, _ in node.value.pairs] == ["a", "b", "a"]


def test_a_byte_order_mark_is_accepted() -> None:
    node = read("\ufeff1")
    assert (node.start, node.end) == (1, 2)


# -- places ------------------------------------------------------------------------------------------------------------


def test_spans() -> None:
    text = '{ "é" : [ 1.50, "x\\n" ] ,\n"b":{}, "c" : true}'
    assert spans(read(text), text) == [
        text,
        ('"é"', ['[ 1.50, "x\\n" ]', "1.50", '"x\\n"']),
        ('"b"', ["{}"]),
        ('"c"', "true"),
    ]


def test_exact_strings_are_those_without_escapes() -> None:
    node = read(r'["ab", "a\n", "é", 1]')
    assert isinstance(node.value, tuple)
    assert [item.exact for item in node.value] == [True, False, True, False]


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("", (1, 1), "empty"),
        (" \n", (2, 1), "empty"),
        ("\ufeff", (1, 2), "empty"),
        ("nul", (1, 1), "'nul'"),
        ("True", (1, 1), "'True'"),
        ("NaN", (1, 1), "'NaN'"),
        ("'a'", (1, 1), "a JSON value"),
        ("01", (1, 1), "'01'"),
        ("+1", (1, 1), "'+1'"),
        (".5", (1, 1), "'.5'"),
        ("1.", (1, 1), "'1.'"),
        ("1e", (1, 1), "'1e'"),
        ("0x1", (1, 1), "'0x1'"),
        ("1 2", (1, 3), "only the end"),
        ("{} x", (1, 4), "only the end"),
        ("[1", (1, 1), "this array is never closed"),
        ('{"a": 1', (1, 1), "this object is never closed"),
        ("[1,]", (1, 4), "a JSON value"),
        ("[1 2]", (1, 4), "after an array item"),
        ("[,]", (1, 2), "a JSON value"),
        ('{"a": 1,}', (1, 9), "property name"),
        ('{"a" 1}', (1, 6), '":" after a property name'),
        ('{"a"}', (1, 5), '":" after a property name'),
        ("{a: 1}", (1, 2), "property name"),
        ('{"a": 1 "b": 2}', (1, 9), "after an object member"),
        ('{"a":', (1, 6), "the file ends"),
        ('["a', (1, 2), "not closed on its line"),
        ('["a\n"]', (1, 2), "not closed on its line"),
        ('["a\tb"]', (1, 4), "control character"),
        ('["a\0b"]', (1, 4), "control character"),
        (r'["a\qb"]', (1, 4), "an escape"),
        (r'["\u12"]', (1, 3), "an escape"),
        ('["\\', (1, 3), "an escape"),
        ("// why\n1", (1, 1), "a JSON value"),
        ("1e1001", (1, 1), "out of range"),
        ("9" * (MAX_DIGITS + 1), (1, 1), "out of range"),
    ],
)
def test_errors(text: str, at: tuple[int, int], says: str) -> None:
    error = refused(text)
    assert (error.at.line, error.at.column) == at
    assert says in error.reason


def test_an_error_says_what_to_do() -> None:
    assert refused("[1").hint == 'close it with "]"'
    assert refused('["a\tb"]').at == Location("x.json", 1, 4, 1, 5)


def test_depth_is_bounded() -> None:
    read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    read('{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH)
    error = refused("[" * 100_000)
    assert error.reason == f"nested deeper than {MAX_DEPTH} levels"
    assert error.at.column == MAX_DEPTH + 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("1.50", Decimal("1.5")),
        ("2.000", 2),
        ("1e3", 1000),
        ("25e-1", Decimal("2.5")),
        ("1E400", 10**400),
        ("1e-1000", Decimal("1e-1000")),
        ("1e1001", None),
        ("1e" + "9" * 10_000, None),
        ("1" * 5000, None),
    ],
)
def test_numbers(text: str, value: object) -> None:
    assert number(text) == value


# -- several values ----------------------------------------------------------------------------------------------------


def test_several_documents() -> None:
    nodes = parse_all(SourceText("x.json", '\ufeff{"a": 1}\n[2]{}\n'))
    assert not isinstance(nodes, Unreadable)
    assert [plain(node) for node in nodes] == [{"a": 1}, [2], {}]
    assert [(node.start, node.end) for node in nodes] == [(1, 9), (10, 13), (13, 15)]


@pytest.mark.parametrize("text", ["", "1 2", "{} x", "{}{", "[] ,[]"])
def test_what_is_no_row_of_documents(text: str) -> None:
    assert isinstance(parse_all(SourceText("x.json", text)), Unreadable)


# -- random texts ------------------------------------------------------------------------------------------------------


@given(random_data(), st.booleans(), st.sampled_from([None, 2]))
@settings(max_examples=some(50, 500), deadline=None)
def test_what_is_written_is_read(data: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    assert plain(read(text)) == json.loads(text, parse_float=number)


TOKENS = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    '"a"',
    "\\",
    "\\u",
    "00e9",
    "\\n",
    "-",
    "0",
    "1",
    ".",
    "e",
    "+",
    "true",
    "nul",
]


@given(st.lists(st.sampled_from([*TOKENS, "l", " ", "\n", "\t", "\0", "é", "\x1f", "/"]), max_size=12).map("".join))
@example('{"a":1,"a":-0}')
@settings(max_examples=some(100, 1_000), deadline=None)
def test_it_refuses_what_the_standard_library_refuses(text: str) -> None:
    try:
        wanted = json.loads(text, parse_float=number, parse_constant=_refuse)
    except ValueError:
        refused(text)
    else:
        assert plain(read(text)) == wanted


def _refuse(name: str) -> None:
    raise ValueError(name)
