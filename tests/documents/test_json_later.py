"""What is read later is what would have been read at once, with the same places."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iamlint.documents import json_later, json_text, read_json, read_json_documents
from iamlint.documents.values import Data, Value
from iamlint.location import SourceText, Unreadable

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)


def whole(value: Value) -> object:
    """Return all data of a value with their places."""
    place = (value.at.start, value.at.end) if value.at else None
    return place, inside(value.data)


def inside(data: Data) -> object:
    match data:
        case dict() as members:
            return {key: whole(item) for key, item in members.items()}
        case tuple() as items:
            return [whole(item) for item in items]
        case _:
            return data


def at_once(text: str) -> object:
    """Return the values of a text that holds one, read strictly; None if it is invalid."""
    found = read_json(SourceText("a.json", text))
    return None if isinstance(found, Unreadable) else whole(found)


@given(JSON, st.sampled_from([None, 0, 2]), st.booleans(), st.sampled_from(["", "\n", "\ufeff", " \t"]))
def test_valid_json_is_the_same(data: object, indent: int | None, plain: bool, before: str) -> None:
    text = before + json.dumps(data, indent=indent, ensure_ascii=plain)
    found = json_later.read(SourceText("a.json", text))
    assert found is not None
    (value,) = found
    assert whole(value) == at_once(text)


@given(JSON, st.data())
@example({"a": [{"b": "\\"}]}, None)
def test_damaged_json_is_the_same_or_left_to_the_other(data: object, drawn: st.DataObject | None) -> None:
    text = json.dumps(data)
    if drawn is not None:
        at = drawn.draw(st.integers(0, len(text)))
        text = text[:at] + drawn.draw(st.text(alphabet='{}[]",:\\u0eE-+.n\x00\ud8001 ', max_size=3)) + text[at + 1 :]
    found = json_later.read(SourceText("a.json", text))
    if found is not None:
        read = json_text.parse_all(SourceText("a.json", text))
        assert not isinstance(read, Unreadable)
        assert len(read) == len(found)
        assert len(read) > 1 or whole(found[0]) == at_once(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a": [{"b": 1, "b": 2}]}',
        '{"a": 1, "a": 1}',
        '[{"a": NaN}]',
        "[[1e99999]]",
        f"[[{'9' * 1001}]]",
        '[["\t"]]',
        '{"a": {"b": [1,]}}',
        "[" * 129 + "]" * 129,
        '[{"a":' * 65 + "1" + "}]" * 65,
        "[" * 100_000,
        '{"a": 1} true',
    ],
    ids=lambda text: text[:20],
)
def test_what_is_unusual_is_read_at_once(text: str) -> None:
    assert json_later.read(SourceText("a.json", text)) is None


@pytest.mark.parametrize("depth", [1, 2, 127, 128])
def test_what_is_nested_deeply_is_the_same(depth: int) -> None:
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, '{"a":' * depth + "[]" + "}" * depth):
        found = json_later.read(SourceText("a.json", text))
        assert (found is None) == (at_once(text) is None), text[:20]
        if found:
            assert whole(found[0]) == at_once(text)


def test_a_large_text_is_the_same() -> None:
    entries = [
        {"address": f"a.{number}", "values": {"members": ["x", {"y": number}], "none": {}}} for number in range(2000)
    ]
    text = json.dumps({"root": {"resources": entries}, "more": [[], {}, "", 1.5]}, indent=1)
    (value,) = json_later.read(SourceText("a.json", text)) or ()
    assert whole(value) == at_once(text)


def test_an_equal_value_is_equal_however_it_was_read() -> None:
    source = SourceText("a.json", '{"a": [{"b": "c"}]}')
    later, strict = read_json_documents(source), read_json(source)
    assert not isinstance(later, Unreadable)
    assert later[0] == strict
    assert repr(later[0]) == repr(strict)
