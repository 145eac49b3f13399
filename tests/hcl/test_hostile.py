"""Hostile input: nothing raises, steps are linear in the text, every reported place is in the text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import cycle
from random import Random

import pytest
from hostile import JSON, NATIVE
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many import some
from random_texts import edited, random_texts
from trees import check, read

from iamlint.hcl import read_file, second_opinion
from iamlint.hcl.reading import json_syntax, native
from iamlint.hcl.second_reader import python_hcl2
from iamlint.hcl.walk import walk
from iamlint.location import SourceText

LONG = 1_000
"""Twice as deep as Python's calls may be; `steps` shows that more of it takes as much more time."""


def steps(read: Callable[[SourceText], object], text: str) -> int:
    """Return how many calls, of Python or C, a reader makes for a text."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        read(SourceText("main.tf", text))
    finally:
        sys.setprofile(before)
    return count


def are_linear(read: Callable[[SourceText], object], make: Callable[[int], str], size: int) -> bool:
    """Whether a text of twice the size takes a reader twice the steps, when it has compiled its patterns."""
    text = make(size)
    read(SourceText("main.tf", text))
    return steps(read, make(2 * size)) <= 2.2 * steps(read, text) + 500


@pytest.mark.parametrize("make", NATIVE.values(), ids=NATIVE)
def test_native_steps_grow_with_the_length(make: Callable[[int], str]) -> None:
    assert are_linear(native.read, make, 200)


@pytest.mark.parametrize("read_json", [json_syntax.read, json_syntax.read_variables])
@pytest.mark.parametrize("make", JSON.values(), ids=JSON)
def test_json_steps_grow_with_the_length(make: Callable[[int], str], read_json: Callable[[SourceText], object]) -> None:
    assert are_linear(read_json, make, 100)


def test_steps_that_grow_with_the_square_are_seen() -> None:
    def quadratic(source: SourceText) -> None:
        for start in range(len(source.text)):
            for _ in range(start):
                len(source.text)

    assert not are_linear(quadratic, "x".__mul__, 40)


@pytest.mark.parametrize("make", NATIVE.values(), ids=NATIVE)
def test_long_native_texts(make: Callable[[int], str]) -> None:
    check(read(make(LONG)))


@pytest.mark.parametrize(("make", "name"), zip(JSON.values(), cycle(("main.tf.json", "x.tfvars.json")), strict=False))
def test_long_json_texts(make: Callable[[int], str], name: str) -> None:
    check_spans(name, make(LONG))


def check_spans(name: str, text: str) -> None:
    """Check that every node of a JSON file is in the text; merged properties of one name have no place of their own."""
    file = read_file(SourceText(name, text))
    for node in walk(file.body):
        assert 0 <= node.start <= node.end <= len(text)
    for error in file.errors:
        assert 1 <= error.at.line <= len(file.source.line_starts)
        assert error.reason


# -- random texts ------------------------------------------------------------------------------------------------------


@given(random_texts())
@example("a = <<E\n${")
@settings(max_examples=some(150, 2_000), deadline=None)
def test_native_texts(text: str) -> None:
    check(read(text))


@given(random_texts())
@settings(max_examples=some(100, 1_000), deadline=None)
def test_a_valid_block_after_anything_is_read(text: str) -> None:
    """Unless a text before it goes on to the end of the file: then there is an error."""
    file = read(text + '\nlast "block" {\n}\n')
    assert file.errors or file.body.blocks[-1].label(0) == "block"


@given(random_texts())
@settings(max_examples=some(10, 100), deadline=None)
def test_the_second_reader_never_raises(text: str) -> None:
    file = read(text)
    python_hcl2.read(file.source)
    for difference in second_opinion(file):
        assert 1 <= difference.at.line <= len(file.source.line_starts)


JSON_TOKENS = [
    *(
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        '"a"',
        '"locals"',
        '"resource"',
        '"variable"',
        '"type"',
        '"//"',
        "1",
        "-",
        "1e5",
    ),
    *("null", "true", " ", "\n", "\\", "\\u00e9", "\\ud83d", "${", "%{", "}", "~", "x", "\0", "é", "😀", "\ufeff"),
]
JSON_SAMPLES = [
    '{"resource": {"a": {"b": [{"c": "x${d}"}, {"e": {"f": [1, null]}}]}}, "//": "why"}',
    '[{"locals": {"a": "${f(1)}"}}, {"variable": {"v": {"type": "list(string)", "default": ["${x}"]}}}]',
    '{"a": {"b": 1}, "a": [{"b": 2}], "terraform": null}',
]


def json_text_of(chance: Random) -> str:
    """As `text_of`, in JSON."""
    if chance.random() < 0.5:
        return "".join(chance.choices(JSON_TOKENS, k=chance.randint(0, 30)))
    return edited(chance.choice(JSON_SAMPLES), JSON_TOKENS, chance)


@given(random_texts(json_text_of), st.sampled_from(["main.tf.json", "x.tfvars.json"]))
@settings(max_examples=some(100, 1_000), deadline=None)
def test_json_texts(text: str, name: str) -> None:
    check_spans(name, text)
