"""TOML: the data that tomllib reads, and where each value is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlint.documents import find, plain
from iamlint.documents.toml import read_toml
from iamlint.documents.values import Value
from iamlint.location import SourceText, Unreadable

TEXT = '''# c = 1
select = ["a", 'b'] # x
until = 2026-01-02
[severity]
"x-y" = "low"
a.b = 1.5
[[accept]]
rule = """x
"y" """
reason = "[z]"
[[accept]]
rule = "q"
inner = [ {a = 1, b = [2,
 3]}, {a = 2} ]
[paths."legacy/*"]
fail-on = "high"
'''


def read(text: str) -> Value:
    found = read_toml(SourceText("x.toml", text))
    assert isinstance(found, Value), found
    return found


def test_data_are_plain() -> None:
    assert plain(read(TEXT)) == {
        "select": ["a", "b"],
        "until": "2026-01-02",
        "severity": {"x-y": "low", "a": {"b": 1.5}},
        "accept": [{"rule": 'x\n"y" ', "reason": "[z]"}, {"rule": "q", "inner": [{"a": 1, "b": [2, 3]}, {"a": 2}]}],
        "paths": {"legacy/*": {"fail-on": "high"}},
    }


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "line", "text"),
    [
        (("select", 1), 2, "'b'"),
        (("until",), 3, "2026-01-02"),
        (("severity", "x-y"), 5, '"low"'),
        (("severity", "a", "b"), 6, "1.5"),
        (("accept", 0, "reason"), 10, '"[z]"'),
        (("accept", 1), 11, "[[accept]]"),
        (("accept", 1, "inner", 0, "b", 1), 14, "3"),
        (("accept", 1, "inner", 1), 14, "{a = 2}"),
        (("paths", "legacy/*", "fail-on"), 16, '"high"'),
    ],
)
def test_each_value_has_its_place(path: tuple[str | int, ...], line: int, text: str, newline: str) -> None:
    value = find(read(TEXT.replace("\n", newline)), path)
    assert value.at
    assert (value.at.location.line, value.at.text) == (line, text)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = 1\nb = \n", 2, "this is not TOML: Invalid value"),
        ("a = [1\n", 1, "this is not TOML: Unclosed array"),
        ("a = 1\na = 2\n", 2, "this is not TOML: Cannot overwrite a value"),
        ("a = " + "[" * 100_000, 1, "this is not TOML"),
        ("# " + "x" * 1_000_001, 1, "more than 1000000 characters"),
    ],
)
def test_what_is_not_toml_is_an_error_at_its_place(text: str, line: int, reason: str) -> None:
    found = read_toml(SourceText("x.toml", text))
    assert isinstance(found, Unreadable)
    assert (found.at.line, reason in found.reason) == (line, True), found


@given(st.text(alphabet="ab=[]{}\"'.,#\n \\1", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(read_toml(SourceText("x.toml", text)), Value | Unreadable)


@pytest.mark.parametrize(
    "text", ["KEY = 1", "[KEY]", "[[KEY]]", "a = {KEY = 1}", "a = [{KEY = 1}]", 'x = """\n""" # c\nKEY = 1']
)
@pytest.mark.parametrize("part", ["a", '"a.b"', "'a'", "a "])
def test_keys_of_many_parts_are_refused_at_once(text: str, part: str) -> None:
    found = read_toml(SourceText("x.toml", text.replace("KEY", ".".join([part] * 30_000))))
    assert isinstance(found, Unreadable)
    assert "has more than 100 parts" in found.reason


def test_many_dots_elsewhere_are_read() -> None:
    versions = ", ".join(f'"x=={number}.2.3"' for number in range(200))
    text = f"a = [{versions}]\nb.c = {{d.e = 1.5}} # {'a.' * 200}\nf = \"{'a.' * 200}\"\ng = '''{'a.' * 200}'''\n"
    assert isinstance(read_toml(SourceText("x.toml", text)), Value)
