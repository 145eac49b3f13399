"""One table says everything of a kind of fact: the schema of rule documents has the same kinds and words."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from iamlint.catalog import shipped_folder
from iamlint.facts import Fact
from iamlint.kinds import KINDS, kind_of


def schema() -> Any:
    return json.loads((shipped_folder() / "rule.schema.json").read_text(encoding="utf-8"))


def test_the_schema_has_every_kind() -> None:
    assert set(schema()["$defs"]["pattern"]["properties"]) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_the_schema_has_every_word(name: str) -> None:
    assert set(schema()["$defs"][name]["properties"]) == {*KINDS[name].words, "unless"}


@pytest.mark.parametrize("type_", get_args(Fact))
def test_every_fact_has_a_kind(type_: type[Fact]) -> None:
    fact = object.__new__(type_)
    assert kind_of(fact).type is type_
