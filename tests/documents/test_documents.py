"""JSON and YAML documents: values, places, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from many import some

from iamlint.documents import find, path_text, plain, read_json, read_json_documents, read_yaml
from iamlint.documents.values import Value
from iamlint.documents.yaml_text import DEEPEST, MOST_ALIASED
from iamlint.location import Location, SourceText, Unreadable

LONG = 10_000


def documents(text: str) -> list[Any]:
    found = read_yaml(SourceText("x.yaml", text))
    assert not isinstance(found, Unreadable), found
    return [plain(value) for value in found]


def refused(text: str) -> Unreadable:
    found = read_yaml(SourceText("x.yaml", text))
    assert isinstance(found, Unreadable), found
    return found


def place(value: Value) -> str:
    assert value.at is not None
    return value.at.text


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_json_values_know_their_places() -> None:
    text = '{"bindings": [{"role": "roles/viewer", "members": ["user:a@example.com", 1.5, null]}]}'
    value = read_json(SourceText("x.json", text))
    assert isinstance(value, Value)
    assert place(value) == text
    assert place(find(value, ["bindings", 0, "role"])) == '"roles/viewer"'
    assert find(value, ["bindings", 0, "members", 1]).data == Decimal("1.5")
    assert find(value, ["bindings", 0, "members", 2]).data is None


def test_of_a_key_that_occurs_twice_the_last_counts_in_json() -> None:
    value = read_json(SourceText("x.json", '{"a": 1, "a": 2}'))
    assert isinstance(value, Value)
    assert plain(value) == {"a": 2}


def test_json_that_is_none() -> None:
    error = read_json(SourceText("x.json", '{"a": }'))
    assert isinstance(error, Unreadable)
    assert error.at == Location("x.json", 1, 7, 1, 8)


def test_rows_of_json() -> None:
    found = read_json_documents(SourceText("x.json", '{"a": 1}\n{"a": 2}\n'))
    assert not isinstance(found, Unreadable)
    assert [plain(value) for value in found] == [{"a": 1}, {"a": 2}]
    assert isinstance(read_json_documents(SourceText("x.json", "{} x")), Unreadable)


# -- YAML: values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: [1.5, -2, 0]", {"a": [1.5, -2, 0]}),
        ("[true, no, ON, ~, null, '']", [True, False, True, None, None, ""]),
        ("['true', \"1\", '~']", ["true", "1", "~"]),
        (
            "[2020-01-01, 010, 0x1f, 1:30, 1_000, .inf]",
            ["2020-01-01", "010", "0x1f", "1:30", "1_000", ".inf"],
        ),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
        ("a: >-\n  b\n  c\n", {"a": "b c"}),
        ('"\\u00e9\\n"', "é\n"),
        ("é: 😀", {"é": "😀"}),
        ("1: a\ntrue: b\n", {"1": "a", "true": "b"}),
        ("? a\n: b\n", {"a": "b"}),
        ("{a, b: c}", {"a": None, "b": "c"}),
        ("!!str 1", "1"),
        ("!what x", "x"),
        ("# nothing\na: b # c\n", {"a": "b"}),
        ("%YAML 1.1\n---\na\n", "a"),
        ("9" * 2000, "9" * 2000),
        ("etag: BwXyz=\nversion: 3", {"etag": "BwXyz=", "version": 3}),
    ],
)
def test_yaml_values(text: str, value: object) -> None:
    assert documents(text) == [value]


def test_several_documents() -> None:
    assert documents("a\n---\n- b\n...\n---\nc: d\n") == ["a", ["b"], {"c": "d"}]
    assert documents("") == []
    assert documents("# nothing\n") == []


def test_aliases_stand_for_what_is_anchored() -> None:
    assert documents("a: &x {b: [c]}\nd: *x\ne: [*x, *x]\n") == [
        {"a": {"b": ["c"]}, "d": {"b": ["c"]}, "e": [{"b": ["c"]}] * 2}
    ]
    assert documents("&k a: 1\nb: *k\n") == [{"a": 1, "b": "a"}]
    assert documents("a: &x 1\nb: &x 2\nc: *x\n") == [{"a": 1, "b": 2, "c": 2}]


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("{<<: *e}", {"a": 1, "b": 2}),
        ("{<<: *e, a: 9}", {"a": 9, "b": 2}),
        ("{a: 1, <<: *e}", {"a": 1, "b": 2}),
        ("{<<: [*e, *f]}", {"a": 1, "b": 2, "c": 4}),
        ("{c: 5, <<: {d: 6}}", {"c": 5, "d": 6}),
        ('{"<<": *e}', {"<<": {"a": 1, "b": 2}}),
    ],
)
def test_merges(entry: str, value: object) -> None:
    assert documents(f"e: &e {{a: 1, b: 2}}\nf: &f {{b: 3, c: 4}}\nm: {entry}\n")[0]["m"] == value


@pytest.mark.parametrize("entry", ["{a: 9, <<: *e}", "{<<: *e, <<: *e}", "{<<: 1}", "{b: 3, <<: [*e]}"])
def test_merges_that_readers_differ_about(entry: str) -> None:
    assert refused(f"e: &e {{a: 1, b: 2}}\nm: {entry}\n").at.line == 2


def test_an_alias_knows_the_place_of_its_anchor() -> None:
    found = read_yaml(SourceText("x.yaml", "a: &x [b]\nc: *x\n"))
    assert not isinstance(found, Unreadable)
    assert find(found[0], ["c"]).at == find(found[0], ["a"]).at


def test_anchors_end_with_their_document() -> None:
    assert "no anchor" in refused("--- &x a\n--- *x\n").reason


# -- YAML: places ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "\ufeff", "# é😀\n", "---\n"])
def test_yaml_values_know_their_places(before: str) -> None:
    text = before + "é: 😀\nbindings:\n- members:\n  - user:a@example.com\n  - 'b'\n  role: \"roles/viewer\"\n"
    found = read_yaml(SourceText("x.yaml", text))
    assert not isinstance(found, Unreadable)
    (value,) = found
    assert place(find(value, ["é"])) == "😀"
    assert place(find(value, ["bindings", 0, "members", 0])) == "user:a@example.com"
    assert place(find(value, ["bindings", 0, "members", 1])) == "'b'"
    assert place(find(value, ["bindings", 0, "role"])) == '"roles/viewer"'
    flow = find(value, ["bindings", 0])
    assert flow.at is not None
    assert text[flow.at.start :].startswith("members:")


# -- YAML: errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("a: [\n", (2, 1), "this is not YAML"),
        ("a: b: c\n", (1, 5), "this is not YAML"),
        ("a:\n\t- b\n", (2, 1), "this is not YAML"),
        ('a: "b\n', (2, 1), "this is not YAML"),
        ("a: *b\n", (1, 4), "'b' has no anchor"),
        ("a: &b [*b]\n", (1, 8), "'b' is inside its own anchor"),
        ("a: 1\na: 2\n", (2, 1), "'a' is repeated"),
        ("x: {a: 1, 'a': 2}\n", (1, 11), "'a' is repeated"),
        ("[a]: 1\n", (1, 1), "a key that is not a plain text"),
        ("? {a: b}\n: c\n", (1, 3), "a key that is not a plain text"),
        ("a: &x [b]\n*x : c\n", (2, 1), "a key that is not a plain text"),
        ("\ufeffa: 1\na: 2\n", (2, 1), "'a' is repeated"),
        ("\ufeffa: *b\n", (1, 5), "'b' has no anchor"),
        ("\ufeffa: \0\n", (1, 5), "control characters"),
        ("é: b\x01\n", (1, 5), "control characters"),
        ("é: \0\n", (1, 4), "control characters"),
        ("a: \ud800\n", (1, 4), "surrogate"),
        ("%what\n", (1, 6), "this is not YAML"),
    ],
)
def test_yaml_errors(text: str, at: tuple[int, int], says: str) -> None:
    error = refused(text)
    assert (error.at.line, error.at.column) == at
    assert says in error.reason
    assert "\n" not in error.reason


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: [\n", "check the brackets, quotes and indentation up to here"),
        ("a: b: c\n", 'check the indentation, and put a text with ": " in quotes'),
        ("a: @b\n", "indent with spaces, and put a text that begins with a sign in quotes"),
        ("a: 1\n\tb: 2\n", "indent with spaces"),
    ],
)
def test_a_yaml_error_says_what_helps(text: str, hint: str) -> None:
    assert refused(text).hint == hint


def test_depth_is_bounded() -> None:
    documents("[" * DEEPEST + "]" * DEEPEST)
    for text in ("[" * 200_000, "{a: " * 200_000, "- " * 50_000 + "x"):
        assert refused(text).reason == f"nested deeper than {DEEPEST} levels"


def test_depth_is_bounded_through_aliases() -> None:
    nested = "a0: &a0 []\n" + "".join(f"a{i}: &a{i} {'[' * 50}*a{i - 1}{']' * 50}\n" for i in range(1, 4))
    assert "nested deeper" in refused(nested).reason
    assert refused(nested).at.line == 4


def test_aliases_are_bounded() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
    )
    assert refused(bomb).reason == f"more than {MOST_ALIASED} values by way of aliases"


HOSTILE: dict[str, Callable[[int], str]] = {
    "flow lists": lambda n: "[" * n,
    "closed flow lists": lambda n: "[" * n + "]" * n,
    "flow maps": lambda n: "{a: " * n,
    "dashes": lambda n: "- " * n + "x\n",
    "question marks": lambda n: "? " * n,
    "maps in maps": lambda n: "".join(" " * i + "a:\n" for i in range(min(n, 500))),
    "list": lambda n: "- a\n" * n,
    "map": lambda n: "".join(f"a{i}: b\n" for i in range(n)),
    "one key": lambda n: "a: 1\n" * n,
    "documents": lambda n: "---\na: 1\n" * n,
    "aliases": lambda n: "a: &a [x]\nb: [" + "*a," * n + "*a]\n",
    "aliases of aliases": lambda n: (
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, min(n, 300)))
    ),
    "lists of aliases": lambda n: (
        "a0: &a0 []\n" + "".join(f"a{i}: &a{i} [[[[*a{i - 1}]]]]\n" for i in range(1, min(n, 300)))
    ),
    "anchors": lambda n: "".join(f"- &a{i} x\n" for i in range(n)),
    "itself": lambda n: "a: &a [" + "*a," * n + "*a]\n",
    "digits": lambda n: "a: " + "1" * n + "\n",
    "sexagesimals": lambda n: "a: 1" + ":1" * n + "\n",
    "quoted": lambda n: 'a: "' + "x\\n" * n + '"\n',
    "folded": lambda n: "a: >\n" + "  x\n" * n,
    "tags": lambda n: "!!x " * n,
    "colons": lambda n: "a: " * n,
    "tabs": lambda n: "\t" * n,
    "NUL": lambda n: "\0" * n,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_long_yaml_texts(make: Callable[[int], str]) -> None:
    text = make(LONG)
    source = SourceText("x.yaml", text)
    found = read_yaml(source)
    if isinstance(found, Unreadable):
        assert 1 <= found.at.line <= len(source.line_starts)
    else:
        assert all(value.at and value.at.end <= len(text) for value in found)


TOKENS = [
    "a",
    "b: ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    ": ",
    "? ",
    "&x ",
    "*x",
    "!t ",
    "|",
    ">",
    "'",
    '"',
    "\n",
    "\n  ",
    " ",
]


@given(
    st.lists(st.sampled_from([*TOKENS, "#", "%", "---\n", "1", "~", "\t", "\0", "é", "\\", "<<"]), max_size=15).map(
        "".join
    )
)
@settings(max_examples=some(80, 800), deadline=None)
def test_it_refuses_what_pyyaml_refuses(text: str) -> None:
    found = read_yaml(SourceText("x.yaml", text))
    try:
        wanted = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return  # the parser in C reads a few things that the one in Python does not
    if not isinstance(found, Unreadable):
        assert len(found) == len(wanted)
        assert all(shape(value) == shape_of_node(node) for value, node in zip(found, wanted, strict=True))


def shape(value: Value) -> object:
    """What kind of thing, and what is in it."""
    match value.data:
        case dict() as entries:
            return {key: shape(inner) for key, inner in entries.items()}
        case tuple() as items:
            return [shape(item) for item in items]
        case _:
            return "scalar"


def shape_of_node(node: yaml.Node) -> object:
    """The same of a node of PyYAML's."""
    match node:
        case yaml.MappingNode():
            return {key.value: shape_of_node(value) for key, value in node.value}
        case yaml.SequenceNode():
            return [shape_of_node(item) for item in node.value]
        case _:
            return "scalar"


# -- paths -------------------------------------------------------------------------------------------------------------


def test_find_gives_the_last_value_on_the_way() -> None:
    (value,) = read_yaml(SourceText("x.yaml", "a: [b]\n"))
    assert find(value, ["a", 0]).data == "b"
    assert find(value, ["a", 5]) == find(value, ["a"])
    assert find(value, ["a", 0, "x"]).data == "b"
    assert find(value, ["z"]) == value
    assert find(value, []) == value


def test_path_text() -> None:
    assert path_text(["bindings", 0, "members"]) == "$.bindings[0].members"
    assert path_text([]) == "$"
