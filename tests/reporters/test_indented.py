"""JSON with an indent, as the standard library writes it."""

from __future__ import annotations

import json

import pytest
from every_character import CHARACTERS
from hypothesis import given, settings
from hypothesis import strategies as st
from many import some

from iamlint.reporters.parts.indented import indented

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(CHARACTERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=some(25, 200), deadline=None)
@given(PLAIN)
def test_it_is_what_the_standard_library_writes(value: object) -> None:
    assert indented(value) == json.dumps(value, indent=2, ensure_ascii=False)


def test_a_margin_stands_before_each_line_but_the_first() -> None:
    value = {"a": [1, {"b": "line\nbreak"}], "c": {}, "d": []}
    assert indented(value, "    ") == json.dumps(value, indent=2).replace("\n", "\n    ")


def test_what_is_no_plain_data_is_refused() -> None:
    with pytest.raises(TypeError):
        indented({"a": [{1}]})
