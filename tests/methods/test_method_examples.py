"""The examples of the method documents, read as Terraform: the method opens, and the near miss opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from iamlint.estate import Estate
from iamlint.facts import Fact
from iamlint.graph.ways import Way, Ways
from iamlint.methods.documents import details_of
from iamlint.methods.index import methods
from iamlint.methods.model import GROUPS, Method
from iamlint.roles import catalog
from iamlint.sources import read
from iamlint.sources.reading import Options

ANA, TARGET = "user:ana@example.com", "target@shop.iam.gserviceaccount.com"


def facts_of(texts: Mapping[str, str], top: Path) -> dict[str, list[Fact]]:
    """Return what each of several texts states as a root module of its own; they are read at once."""
    if not texts:
        return {}
    for name, text in texts.items():
        (top / name).mkdir()
        (top / name / "main.tf").write_text(text, encoding="utf-8")
    reading = read([top / name for name in texts], Options(source_root=top))
    assert not reading.errors
    found: dict[str, list[Fact]] = {name: [] for name in texts}
    for fact in reading.facts:
        found[Path(fact.declared.at.path).parent.name].append(fact)
    return found


def ways(facts: list[Fact], one: Method) -> list[Way]:
    """The ways of one method that ana has."""
    return list(Ways(Estate(facts, catalog(), date(2026, 1, 1)), [one]).of(ANA))


@pytest.mark.parametrize("group", GROUPS)
def test_each_example_opens_its_method_and_no_near_miss_does(group: str, tmp_path: Path) -> None:
    shown = [(one, example) for one in methods() if one.group == group and (example := details_of(one).example)]
    opening = {f"{one.id}-opens": example.opens for one, example in shown}
    missing = {f"{one.id}-near-miss": example.near_miss for one, example in shown}
    facts = facts_of(opening | missing, tmp_path)
    wrong = []
    for one, _ in shown:
        opened = ways(facts[f"{one.id}-opens"], one)
        if not any(is_on_target(way) for way in opened):
            wrong.append(f"{one.id} does not open: {opened}")
        if ways(facts[f"{one.id}-near-miss"], one):
            wrong.append(f"{one.id} opens in its near miss")
    assert wrong == []


def is_on_target(way: Way) -> bool:
    """Whether a way is certain, and leads to the target where it leads to an account."""
    to_account = way.method.reaches in ("named", "attached", "workloads", "federated")
    return way.verdict.truth.name == "TRUE" and (not to_account or way.onto == ("service_account", TARGET))
