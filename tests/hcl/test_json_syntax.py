"""Terraform's JSON syntax: the tree that the native syntax would have, with places in the JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from trees import nodes, read_valid

from iamlint.hcl import read_file
from iamlint.hcl.reading.native import MAX_ERRORS
from iamlint.hcl.second_reader.outline import canonical, outline
from iamlint.hcl.syntax import File, Object, Template
from iamlint.location import SourceText


def read(text: str, name: str = "main.tf.json") -> File:
    return read_file(SourceText(name, text))


def document(data: Any) -> File:
    file = read(json.dumps(data))
    assert file.errors == []
    return file


PAIRS: dict[str, tuple[Any, str]] = {
    "resource": (
        {"resource": {"a": {"b": {"c": "x", "d": 1, "e": True, "f": None}}}},
        'resource "a" "b" {\n  c = "x"\n  d = 1\n  e = true\n  f = null\n}\n',
    ),
    "several of a kind": (
        {"resource": {"a": {"b": {}, "c": {}}, "d": {"e": {}}}},
        'resource "a" "b" {}\nresource "a" "c" {}\nresource "d" "e" {}\n',
    ),
    "arrays at each level": (
        [{"resource": [{"a": [{"b": [{"c": 1}, {"c": 2}]}]}, {"a": {"d": {}}}]}, {"locals": {"x": 1}}],
        'resource "a" "b" {\n  c = 1\n}\nresource "a" "b" {\n  c = 2\n}\nresource "a" "d" {}\nlocals {\n  x = 1\n}\n',
    ),
    "no labels": (
        {"locals": {"a": 1}, "terraform": [{"required_version": "1"}, {"x": 2}], "moved": {"from": "a.b", "to": "c.d"}},
        (
            'locals {\n  a = 1\n}\nterraform {\n  required_version = "1"\n}\nterraform {\n  x = 2\n}\n'
            'moved {\n  from = "a.b"\n  to = "c.d"\n}\n'
        ),
    ),
    "one label": (
        {"module": {"m": {"source": "./m"}}, "output": {"o": {"value": "${a.b}"}}, "provider": {"google": {}}},
        'module "m" {\n  source = "./m"\n}\noutput "o" {\n  value = "${a.b}"\n}\nprovider "google" {}\n',
    ),
    "null is nothing": ({"resource": {"a": {"b": None}}, "locals": None}, ""),
    "templates": (
        {"locals": {"a": "x${b.c}y", "d": "${f(1)}", "e": "$${g} %%{h}", "i": "%{ if j }k%{ endif }"}},
        'locals {\n  a = "x${b.c}y"\n  d = "${f(1)}"\n  e = "$${g} %%{h}"\n  i = "%{ if j }k%{ endif }"\n}\n',
    ),
    "template with quotes": ({"locals": {"a": '${f("b", "\\n")}'}}, 'locals {\n  a = "${f("b", "\\n")}"\n}\n'),
    "lines": ({"locals": {"a": "b\n${c}\n"}}, 'locals {\n  a = "b\\n${c}\\n"\n}\n'),
    "backslash": ({"locals": {"a": "b\\n"}}, 'locals {\n  a = "b\\\\n"\n}\n'),
    "collections": (
        {"locals": {"a": [1, ["b"], {"c": "${d}"}], "e": {}, "f": []}},
        'locals {\n  a = [1, ["b"], {"c" = "${d}"}]\n  e = {}\n  f = []\n}\n',
    ),
    "key with a template": ({"locals": {"a": {"x${b}": 1}}}, 'locals {\n  a = {"x${b}" = 1}\n}\n'),
    "type is an expression": (
        {"variable": {"v": {"type": "list(object({a = optional(string)}))", "default": "${x}"}}},
        'variable "v" {\n  type = list(object({a = optional(string)}))\n  default = "$${x}"\n}\n',
    ),
    "condition of a variable": (
        {"variable": {"v": {"validation": {"condition": "${var.v > 1}", "error_message": "m"}}}},
        'variable "v" {\n  validation = {"condition" = "${var.v > 1}", "error_message" = "m"}\n}\n',
    ),
    "numbers": (
        {"locals": {"a": [1.5, -2, 1e3, 123456789012345678901]}},
        "locals {\n  a = [1.5, -2, 1000, 123456789012345678901]\n}\n",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_tree_is_that_of_the_native_syntax(name: str) -> None:
    data, native = PAIRS[name]
    assert outline(document(data).body) == outline(read_valid(native).body)


def test_properties_of_one_name_add_up_where_they_are_blocks() -> None:
    file = read('{"resource": {"a": {"b": {"c": {"x": 1}, "c": [{"x": 2}, {"x": 3}], "c": {"x": 4}}}}}')
    assert file.errors == []
    argument = file.body.blocks[0].body.arguments["c"]
    assert canonical(argument.expression) == '[{"x"=1},{"x"=2},{"x"=3},{"x"=4}]'
    assert file.source.text[argument.start : argument.end].startswith('"c": {"x": 1}')


@pytest.mark.parametrize(
    "twice", ['"c": 1, "c": 2', '"c": {"x": 1}, "c": 2', '"c": [1], "c": {"x": 1}', '"c": null, "c": {}']
)
def test_other_properties_must_be_unique(twice: str) -> None:
    file = read('{"locals": {\n"a": 1,\n' + twice + "}}")
    (error,) = file.errors
    assert error.at.line == 3
    assert error.reason == '"c" is set twice: already in line 3'
    assert error.hint
    assert file.body.blocks == []


def test_locals_are_never_blocks() -> None:
    (error,) = read('{"locals": {"a": {"b": 1}, "a": {"c": 2}}}').errors
    assert "set twice" in error.reason


def test_a_strip_marker_stops_at_the_line() -> None:
    """As in Terraform: a template in JSON is read like the lines of a heredoc."""
    written = document({"locals": {"a": "x${~ b ~} y\n%{ if c ~}\n z %{ endif }"}})
    assert canonical(written.body.blocks[0].body.arguments["a"].expression) == '"x${b}y\n%{if c} z %{else}%{endif}"'


def test_comments_are_not_content() -> None:
    text = '{"//": "one", "resource": {"a": {"b": {"//": {"two": 2}, "c": 1}}}, "locals": {"d": {"//": "kept"}}}'
    file = read(text)
    assert [text[start:end] for start, end in file.comments] == ['"//": "one"', '"//": {"two": 2}']
    assert list(file.body.blocks[0].body.arguments) == ["c"]
    assert canonical(file.body.blocks[1].body.arguments["d"].expression) == '{"//"="kept"}'


def test_a_property_that_is_no_block_of_terraforms_stays_an_argument() -> None:
    file = read('{"what": {"is": "this"}}')
    assert file.errors == []
    assert list(file.body.arguments) == ["what"]


# -- places ------------------------------------------------------------------------------------------------------------


def test_places() -> None:
    text = '\ufeff{\n  "resource": {\n    "a": {\n      "b": {\n        "c": ["é", "x${d.e}"]\n      }\n    }\n  }\n}\n'
    (block,) = read(text).body.blocks
    assert [(label.text, text[label.start : label.end]) for label in block.labels] == [("a", '"a"'), ("b", '"b"')]
    assert text[block.start : block.header_end] == '"b"'
    assert text[block.start : block.end].endswith("\n      }")
    argument = block.body.arguments["c"]
    assert text[argument.start : argument.end] == '"c": ["é", "x${d.e}"]'
    assert nodes(argument.expression, text) == [
        "Tuple",
        '["é", "x${d.e}"]',
        ["Template", '"é"', ["Text", "é", "é"]],
        [
            "Template",
            '"x${d.e}"',
            ["Text", "x", "x"],
            ["Interpolation", "${d.e}", ["Attribute", "d.e", ["Variable", "d"]]],
        ],
    ]


def test_places_in_a_text_with_escapes_are_those_of_the_text() -> None:
    text = '{"locals": {"a": "\\n${b}"}}'
    expression = read(text).body.blocks[0].body.arguments["a"].expression
    assert nodes(expression, text)[2:] == [
        ["Text", '"\\n${b}"', "\n"],
        ["Interpolation", '"\\n${b}"', ["Variable", '"\\n${b}"']],
    ]


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("", (1, 1), "empty"),
        ("{", (1, 1), "never closed"),
        ('{\n  "a": 1,\n}', (3, 1), "property name"),
        ("[1]", (1, 2), "must be a JSON object"),
        ('"text"', (1, 1), "must be a JSON object"),
        ('{"resource": {"a": 1}}', (1, 20), "below a label"),
        ('{"resource": 1}', (1, 14), '"resource" must be a JSON object'),
        ('{"locals": 1}', (1, 12), "content"),
        ('{"locals": [{}, null]}', (1, 17), "content"),
        ('{"locals": {"a": "x${"}}', (1, 20), "this ${ is never closed"),
        ('{"locals": {"a": "x${b c}"}}', (1, 24), '"c"'),
        ('{"locals": {"a": "\\n${b c}"}}', (1, 18), '"c"'),
        ('{"variable": {"v": {"type": "list("}}}', (1, 29), "not a type"),
        ('{"variable": {"v": {"type": "string x"}}}', (1, 29), "not a type"),
    ],
)
def test_errors(text: str, at: tuple[int, int], says: str) -> None:
    (error,) = read(text).errors
    assert (error.at.line, error.at.column) == at
    assert says in error.reason


def test_an_error_leaves_only_its_block_out() -> None:
    file = read('{"resource": {"a": {"b": {"c": "${"}, "d": {"c": 1}}, "e": 1}, "locals": [{"f": "${"}, {"g": 1}]}')
    assert len(file.errors) == 3
    assert [[label.text for label in block.labels] for block in file.body.blocks] == [["a", "d"], []]


def test_many_errors_are_not_told_and_the_rest_is_read() -> None:
    file = read('{"locals": [' + '{"a": "${"},' * 100 + '{"b": 1}]}')
    assert len(file.errors) == MAX_ERRORS + 1
    assert "not told" in file.errors[-1].reason
    assert len(file.body.blocks) == 1


def test_deep_nesting_is_refused() -> None:
    (error,) = read('{"locals": {"a": ' + "[" * 1000 + "]" * 1000 + "}}").errors
    assert "nested deeper" in error.reason
    file = read('{"locals": [{"b": "${' + "[" * 120 + "]" * 120 + '}"}, {"c": 1}]}')
    assert "nested deeper" in file.errors[0].reason
    assert [list(block.body.arguments) for block in file.body.blocks] == [["c"]]


# -- variables ---------------------------------------------------------------------------------------------------------


def test_variables_are_literal() -> None:
    file = read('{"a": "${b}", "c": {"d": ["%{e}"]}, "locals": 1, "//": "comment"}', "x.tfvars.json")
    assert file.errors == []
    assert list(file.body.arguments) == ["a", "c", "locals"]
    written = file.body.arguments["a"].expression
    assert isinstance(written, Template)
    assert written.literal == "${b}"
    made = file.body.arguments["c"].expression
    assert isinstance(made, Object)
    assert canonical(made) == '{"d"=["%%{e}"]}'


@pytest.mark.parametrize("name", ["a.tfvars.json", "dir/terraform.tfvars.json"])
def test_the_name_says_which_syntax(name: str) -> None:
    assert read("a = 1\n", name).errors
    assert not read("a = 1\n", name.removesuffix(".json")).errors
