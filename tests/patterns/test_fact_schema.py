"""One table defines everything about a kind of fact: the schema of rule documents has the same kinds and words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from rule_language import described

from iamlint.estate import Estate
from iamlint.facts import Declaration, Fact, Place, Provider
from iamlint.location import Location
from iamlint.patterns.fact_schema import KINDS, kind_of
from iamlint.patterns.match import matches
from iamlint.queries import QUERIES, query_function
from iamlint.roles import catalog
from iamlint.rules.catalog import shipped_folder
from iamlint.unknown import Truth, Unknown


def schema() -> Any:
    return json.loads((shipped_folder() / "rule.schema.json").read_text(encoding="utf-8"))


def test_the_schema_has_every_kind() -> None:
    assert set(schema()["$defs"]["pattern"]["properties"]) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_the_schema_has_every_word(name: str) -> None:
    assert set(schema()["$defs"][name]["properties"]) == {*KINDS[name].words, "unless"}


@pytest.mark.parametrize("name", KINDS)
def test_the_schema_describes_every_word_as_its_docstring_does(name: str) -> None:
    defined = schema()["$defs"][name]
    assert defined["description"] == described(KINDS[name].type)
    for word, ask in KINDS[name].words.items():
        assert re.fullmatch(r"Whether .+\.", described(ask)), word
        assert defined["properties"][word]["description"] == described(ask)


def test_the_schema_describes_every_query_as_its_docstring_does() -> None:
    listed = {one["const"]: one["description"] for one in schema()["properties"]["query"]["anyOf"] if "const" in one}
    assert listed == {name: described(query_function(name)) for name in QUERIES}
    assert all(listed.values())


@pytest.mark.parametrize("type_", get_args(Fact))
def test_every_fact_has_a_kind(type_: type[Fact]) -> None:
    fact = object.__new__(type_)
    assert kind_of(fact).type is type_


def test_a_kind_that_is_not_known_is_neither_passed_over_nor_reported() -> None:
    why = Unknown("var.oidc has no default and is not set")
    at = Location("main.tf")
    estate = Estate([], catalog(), date(2026, 1, 1))
    provider = Provider("pool", "provider", Declaration(at), Place(at), why)
    verdict = KINDS["provider"].words["protocol"](("oidc",), provider, estate)
    assert verdict.truth is Truth.UNKNOWN
    assert why.reason in verdict.reasons[0]
    for protocol, truth in (("oidc", Truth.TRUE), ("saml", Truth.FALSE), (None, Truth.FALSE)):
        assert (
            KINDS["provider"].words["protocol"](("oidc",), replace(provider, protocol=protocol), estate).truth is truth
        )


def test_a_pattern_is_put_to_the_facts_of_its_kind_alone() -> None:
    at = Location("main.tf")
    providers = [Provider("pool", name, Declaration(at), Place(at), name) for name in ("oidc", "saml")]
    estate = Estate(providers, catalog(), date(2026, 1, 1))
    assert [one.fact for one in matches({"provider": {"protocol": "saml"}}, estate)] == [providers[1]]
    assert list(matches({"pool": {"pool": "*"}}, estate)) == []
