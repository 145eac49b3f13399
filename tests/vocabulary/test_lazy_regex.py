"""Regular expressions are compiled when they are used, and all of them are valid."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import iamlint
from iamlint.basics.lazy_regex import LazyRegex, regex


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
