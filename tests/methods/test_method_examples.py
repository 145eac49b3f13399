"""The examples of the method documents, read as Terraform: the method opens, and the near miss opens nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from iamlint.estate import Estate
from iamlint.graph.ways import Way, Ways
from iamlint.methods.documents import details_of
from iamlint.methods.index import methods
from iamlint.methods.model import GROUPS, Method
from iamlint.roles import catalog
from iamlint.sources import read
from iamlint.sources.reading import Options

ANA, TARGET = "user:ana@example.com", "target@shop.iam.gserviceaccount.com"


def ways(text: str, one: Method, folder: Path) -> list[Way]:
    """The ways of one method that ana has."""
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(text, encoding="utf-8")
    reading = read([folder], Options(source_root=folder))
    assert not reading.errors
    return list(Ways(Estate(reading.facts, catalog(), date(2026, 1, 1)), [one]).of(ANA))


@pytest.mark.parametrize("group", GROUPS)
def test_each_example_opens_its_method_and_no_near_miss_does(group: str, tmp_path: Path) -> None:
    wrong = []
    for one in methods():
        example = details_of(one).example
        if one.group != group or example is None:
            continue
        opened = ways(example.opens, one, tmp_path / one.id / "opens")
        if not any(is_on_target(way) for way in opened):
            wrong.append(f"{one.id} does not open: {opened}")
        if ways(example.near_miss, one, tmp_path / one.id / "near_miss"):
            wrong.append(f"{one.id} opens in its near miss")
    assert wrong == []


def is_on_target(way: Way) -> bool:
    """Whether a way is certain, and leads to the target where it leads to an account."""
    to_account = way.method.reaches in ("named", "attached", "workloads", "federated")
    return way.verdict.truth.name == "TRUE" and (not to_account or way.onto == ("service_account", TARGET))
