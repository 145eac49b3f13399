"""Regular expressions are compiled when they are used, and all of them are valid."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import iamlint
from iamlint.basics import lazy_regex
from iamlint.basics.compiled_regex import every_pattern, patterns_text
from iamlint.basics.lazy_regex import LazyRegex, compiled_before, key_of, made_of, regex


def test_an_expression_is_compiled_at_its_first_use() -> None:
    digits = regex(r"(?P<first>\d)\d*", re.ASCII)
    assert "compiled" not in vars(digits)
    assert digits.pattern == r"(?P<first>\d)\d*"
    assert "compiled" not in vars(digits)
    found = digits.match("12x")
    assert found
    assert (found[0], found["first"]) == ("12", "1")
    assert digits.sub("-", "1 22") == "- -"
    assert digits.flags & re.ASCII
    assert regex(b"a").match(b"a")


def _expressions(value: object, depth: int = 3) -> Iterator[LazyRegex]:
    if isinstance(value, LazyRegex):
        yield value
    elif isinstance(value, tuple | list | dict) and depth:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _expressions(one, depth - 1)


def test_every_expression_is_valid() -> None:
    count = 0
    for module in pkgutil.walk_packages(iamlint.__path__, "iamlint."):
        if not module.name.endswith("__main__"):
            for one in _expressions(vars(importlib.import_module(module.name))):
                assert one.compiled.pattern == one.pattern
                count += 1
    assert count > 300


def test_expressions_of_the_file_are_those_that_python_compiles(tmp_path: Path) -> None:
    patterns, file = every_pattern(), tmp_path / "patterns.json"
    file.write_text(patterns_text(patterns), encoding="utf-8")
    known = compiled_before(str(file))
    assert len(known) == len(patterns) > 300
    for pattern, flags in patterns:
        made, expected = made_of(pattern, known[key_of(pattern, flags)]), re.compile(pattern, flags)
        assert made == expected, pattern  # also the code is compared
        assert (made.groups, made.groupindex, made.flags) == (expected.groups, expected.groupindex, expected.flags)


def test_the_file_is_used_by_the_python_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = patterns_text([("a(?P<b>b+)", 0)])
    first, _, line = text.partition("\n")

    def known(content: str) -> int:
        compiled_before.cache_clear()
        (tmp_path / "patterns.json").write_text(content, encoding="utf-8")
        monkeypatch.setattr(lazy_regex, "FILE", str(tmp_path / "patterns.json"))
        found = regex("a(?P<b>b+)").match("xabb", 1)
        assert found
        assert found["b"] == "bb"
        return len(compiled_before(lazy_regex.FILE))

    try:
        assert known(text) == 1
        for other in (text.replace("python", "pypy"), first, first[:9], "", "[1, [[2]]]\n3", f"{text}{line}"):
            assert known(other) == 0, other
    finally:
        compiled_before.cache_clear()
