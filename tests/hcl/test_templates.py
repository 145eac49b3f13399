"""Templates: quoted strings and heredocs, their values and the places of their parts."""

from __future__ import annotations

from typing import Any

import pytest
from trees import check, nodes, read_valid, value

from iamlint.hcl.syntax import Template


def template(text: str) -> Template:
    node, _ = value(text)
    assert isinstance(node, Template)
    return node


def parts(text: str) -> list[Any]:
    node, whole = value(text)
    check(read_valid(whole))
    return nodes(node, whole)[2:]


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ('""', ""),
        ('"b c"', "b c"),
        (r'"\n\r\t\"\\"', '\n\r\t"\\'),
        (r'"\u00e9\U0001F600"', "é😀"),
        ('"$${b}"', "${b}"),
        ('"%%{b}"', "%{b}"),
        ('"$$${b}"', "$${b}"),
        ('"$$$${b}"', "$$${b}"),
        ('"$ % $$ %% $b %b $"', "$ % $$ %% $b %b $"),
        ('"100%"', "100%"),
        ('"it\'s # no // comment /* here */"', "it's # no // comment /* here */"),
        ("<<E\nE", ""),
        ("<<E\n\nE", "\n"),
        ("<<E\none\n  two\nE", "one\n  two\n"),
        ("<<E\none\n\tE", "one\n"),
        ("<<E\none\nE \t", "one\n"),
        ("<<E\none E\nE two\nEE\nE", "one E\nE two\nEE\n"),
        ("<<E-1\nE\nE-1", "E\n"),
        ('<<E\n"\\n\\" \\\nE', '"\\n\\" \\\n'),
        ("<<E\n$${b} %%{c} $ %\nE", "${b} %{c} $ %\n"),
        ("<<-E\n    one\n      two\n  E", "one\n  two\n"),
        ("<<-E\n  one\ntwo\n  E", "  one\ntwo\n"),
        ("<<-E\n    one\n\n    two\n  E", "one\n\ntwo\n"),
        ("<<-E\n    one\n  \n    two\n  E", "one\n  \ntwo\n"),
        ("<<-E\n\t\tone\n\t two\n\tE", "one\ntwo\n"),
        ("<<-E\nE", ""),
        ("<<E\r\none\r\nE\r", "one\r\n"),
    ],
)
def test_literals(text: str, literal: str) -> None:
    assert template(text).literal == literal


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"b"', [["Text", "b", "b"]]),
        ('"${b}"', [["Interpolation", "${b}", ["Variable", "b"]]]),
        (
            '"x${b}y"',
            [["Text", "x", "x"], ["Interpolation", "${b}", ["Variable", "b"]], ["Text", "y", "y"]],
        ),
        ('"é\\n$${"', [["Text", "é", "é"], ["Text", "\\n", "\n"], ["Text", "$${", "${"]]),
        (
            '"x  ${~ b ~}  y"',
            [["Text", "x", "x"], ["Interpolation", "${~ b ~}", ["Variable", "b"]], ["Text", "y", "y"]],
        ),
        ('" ${~ b}"', [["Interpolation", "${~ b}", ["Variable", "b"]], ["Text", "", ""]]),
        (
            '"%{ if b }c%{ else }d%{ endif }e"',
            [
                [
                    "IfDirective",
                    "%{ if b }c%{ else }d%{ endif }",
                    ["Variable", "b"],
                    ["Text", "c", "c"],
                    ["Text", "d", "d"],
                ],
                ["Text", "e", "e"],
            ],
        ),
        (
            '"%{ for k, v in b ~} ${v}%{ endfor }"',
            [
                [
                    "ForDirective",
                    "%{ for k, v in b ~} ${v}%{ endfor }",
                    ["Variable", "b"],
                    ["Interpolation", "${v}", ["Variable", "v"]],
                ]
            ],
        ),
        (
            "<<E\none ${b}\n  two\nE",
            [
                ["Text", "one ", "one "],
                ["Interpolation", "${b}", ["Variable", "b"]],
                ["Text", "\n  two\n", "\n  two\n"],
            ],
        ),
        (
            "<<-E\n    one ${b}\n      two\n  E",
            [
                ["Text", "one ", "one "],
                ["Interpolation", "${b}", ["Variable", "b"]],
                ["Text", "\n", "\n"],
                ["Text", "  two\n", "  two\n"],
            ],
        ),
    ],
)
def test_parts_and_their_spans(text: str, found: list[Any]) -> None:
    assert parts(text) == found


def test_a_strip_marker_in_a_heredoc_stops_at_the_line() -> None:
    found = parts("<<E\none\n  ${~ b ~}  \n  two\nE")
    assert [part[2] for part in found if part[0] == "Text"] == ["one\n", "  two\n"]


def test_a_strip_marker_in_a_string_goes_over_newlines() -> None:
    found = parts(r'"one \n ${~ b ~} \n two"')
    assert [part[2] for part in found if part[0] == "Text"] == ["one", "two"]


@pytest.mark.parametrize("text", ["<<E\n${f(<<I\n${b}\nI\n)}\nE", "<<E\n${\nE\n}\nE", '<<E\n${ {b = "}"}["b"] }\nE'])
def test_what_looks_like_an_end_within_a_sequence_is_none(text: str) -> None:
    assert len(read_valid(f"a = {text}\nz = 1\n").body.arguments) == 2


def test_the_end_of_a_heredoc_is_its_marker() -> None:
    node, text = value("<<-E\n  one\n  E  ")
    assert text[node.start : node.end] == "<<-E\n  one\n  E  "
    assert isinstance(node, Template)
    assert node.heredoc


def test_a_heredoc_does_not_swallow_what_follows_a_marker_with_blanks() -> None:
    """Python-hcl2 reads on until the next marker on its own line, and treats the block between as text."""
    file = read_valid('a = <<E\none\nE \nb "c" {\n}\nd = <<E\ntwo\nE\n')
    assert list(file.body.arguments) == ["a", "d"]
    assert [block.label(0) for block in file.body.blocks] == ["c"]
