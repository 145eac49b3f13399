"""A query that is not asked, since its estate has nothing that it is about, would have found nothing."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from many import some

from iamlint.estate import Estate
from iamlint.queries import QUERIES, matches_of, query_function
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Example
from iamlint.sources import read
from iamlint.sources.reading import Options

RULES = {rule.id: rule for rule in load_rules()[0] if not rule.acceptance}
DAY = date(2026, 1, 1)


def estate_of(example: Example) -> Estate:
    with TemporaryDirectory() as directory:
        top = Path(directory).resolve()
        for name, text in example.files.items():
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        paths = [top] if example.kind == "terraform" else sorted(path for path in top.rglob("*") if path.is_file())
        return Estate(read(paths, Options(source_root=top)).facts, catalog(), DAY)


@cache
def estates(name: str) -> list[Estate]:
    page = RULES[name].page
    return [estate_of(example) for example in (*page.flags[: some(1, 99)], *page.passes[: some(1, 99)])]


@pytest.mark.parametrize("family", sorted({rule.family for rule in RULES.values()}))
def test_a_query_that_is_not_asked_finds_nothing(family: str) -> None:
    left_out = 0
    for estate in (one for name, rule in RULES.items() if rule.family == family for one in estates(name)):
        for name, query in QUERIES.items():
            if not query.applies(estate):
                left_out += 1
                assert list(query_function(name)(estate)) == [], name
                assert list(matches_of(name, estate)) == []
    assert left_out > 0


def test_each_query_is_asked_about_something() -> None:
    asked = {
        rule.query
        for name, rule in RULES.items()
        if rule.query and any(QUERIES[rule.query].applies(estate) for estate in estates(name))
    }
    assert asked == {rule.query for rule in RULES.values() if rule.query}
