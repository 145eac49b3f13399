"""What is read later is what would have been read at once, with the same places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from random_data import object_of, random_data

from iamlint.documents import json_later, json_text, read_json, read_json_documents
from iamlint.documents.json_later import Members
from iamlint.documents.values import Data, Value
from iamlint.location import Location, SourceText, Span, Unreadable
from iamlint.sources.gcloud.stream import LineText

ON_A_BUSY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The first input takes seconds there: hypothesis looks for constants in all modules."""
JSON = random_data()
OBJECTS = random_data(object_of)


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


@ON_A_BUSY_MACHINE
@given(JSON, st.sampled_from([None, 0, 2]), st.booleans(), st.sampled_from(["", "\n", "\ufeff", " \t"]))
def test_valid_json_is_the_same(data: object, indent: int | None, plain: bool, before: str) -> None:
    text = before + json.dumps(data, indent=indent, ensure_ascii=plain)
    found = json_later.read(SourceText("a.json", text))
    assert found is not None
    (value,) = found
    assert whole(value) == at_once(text)


@ON_A_BUSY_MACHINE
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
        '{"a": {]}',
        '{"a": [}}',
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
        {"address": f"a.{number}", "values": {"members": ["x", {"y": number}], "none": {}}} for number in range(900)
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


def members_of(value: Value) -> object:
    """Return all data of a value, read by `Members`, with their places."""
    found = Members.of(value)
    if found is None:
        return whole(value)
    place = (value.at.start, value.at.end) if value.at else None
    return place, {name: member_of(found, name) for name in found}


def member_of(found: Members, name: str) -> object:
    value, at = found.value(name), found.at(name)
    assert value is not None
    assert at is not None
    assert value.at is not None
    assert found.plain(name) == plain(value)
    assert (at.start, at.end) == (value.at.start, value.at.end)
    if not isinstance(value.data, dict | tuple):
        assert found.get(name) == value.data
    return members_of(value)


def plain(value: Value) -> object:
    match value.data:
        case dict() as members:
            return {key: plain(item) for key, item in members.items()}
        case tuple() as items:
            return [plain(item) for item in items]
        case data:
            return data


ODD = {
    "half a character": {"a": [{"b": "\ud800", "\udc00": {"c": "x\ud83dy"}}], "d": "\U0001f600"},
    "escapes": {'"': [{"\\": "\n", "é": {"\t": 1}}]},
    "numbers": {"a": [1, -0.0, 1.5, 1e3, 10**30, 2.0]},
    "a large part": {"a": [{"b": "x" * (1 << 16), "c": {"d": [1, "e"]}}]},
    "empty parts": {"a": [{}, [], {"b": {}, "c": []}]},
}


@pytest.mark.parametrize("indent", [None, 3])
@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_places_found_later_are_those_read_at_once(data: object, indent: int | None) -> None:
    text = json.dumps([data], indent=indent)
    (value,) = json_later.read(SourceText("a.json", text)) or ()
    assert isinstance(value.data, tuple)
    assert members_of(value.data[0]) == whole(strict(text)[0])
    assert whole(value) == at_once(text)


def strict(text: str) -> tuple[Value, ...]:
    found = read_json(SourceText("a.json", text))
    assert not isinstance(found, Unreadable)
    assert isinstance(found.data, tuple)
    return found.data


@ON_A_BUSY_MACHINE
@given(OBJECTS, st.sampled_from([None, 2]), st.booleans())
def test_members_have_the_places_read_at_once(data: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps([data], indent=indent, ensure_ascii=ascii_only)
    (value,) = json_later.read(SourceText("a.json", text)) or ()
    assert isinstance(value.data, tuple)
    assert members_of(value.data[0]) == whole(strict(text)[0])


def test_a_place_found_later_is_the_same_in_every_order() -> None:
    text = '[{"a": "x", "b": {"c": "y", "d": ["z", "y"]}, "e": 1}]'
    expected = strict(text)[0].data
    assert isinstance(expected, dict)
    for names in (("a", "b", "e"), ("e", "b", "a"), ("b", "a", "b")):
        (value,) = json_later.read(SourceText("a.json", text)) or ()
        assert isinstance(value.data, tuple)
        found = Members.of(value.data[0])
        assert found is not None
        for name in names:
            at, there = found.at(name), expected[name].at
            assert at is not None
            assert there is not None
            assert at.location.order == there.location.order


def test_a_location_found_later_is_equal_hashed_and_sorted_like_another() -> None:
    source = SourceText("a.json", '[{"a": "x",\r\n"b": "é"}]')
    (value,) = json_later.read(source) or ()
    assert isinstance(value.data, tuple)
    found = Members.of(value.data[0])
    assert found is not None
    one, other = (found.at(name) for name in "ab")
    assert one is not None
    assert other is not None
    assert other.location == Location("a.json", 2, 6, 2, 9)
    assert hash(other.location) == hash(Location("a.json", 2, 6, 2, 9))
    assert sorted([other.location, one.location]) == [Location("a.json", 1, 8, 1, 11), Location("a.json", 2, 6, 2, 9)]
    assert repr(other.location) == repr(Location("a.json", 2, 6, 2, 9))
    assert other == Span(source, 18, 21)
    assert hash(other) == hash(Span(source, 18, 21))
    assert other != one


def test_a_place_in_a_text_that_is_not_kept_is_found_at_once() -> None:
    source = LineText("a.json", '{"a": [{"b": {"c": "x"}}]}', 7)
    (value,) = json_later.read(source) or ()
    part: Value | None = value
    for key in ("a", 0, "b", "c"):
        assert part is not None
        data: Any = part.data
        part = data[key]
    assert part is not None
    assert type(part.at) is Span, "any other place keeps the reader of the line"
    assert part.at.location == Location("a.json", 7, 20, 7, 23)
