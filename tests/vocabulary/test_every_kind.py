"""Every kind of fact can be shown and asked about, whatever is unknown about it."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from every_fact import FACTS, HERE, PLACE, SHOP

from iamlint.estate import Estate
from iamlint.facts import (
    Fact,
    Grant,
    Origin,
    Place,
    Principal,
    Resource,
)
from iamlint.location import Location
from iamlint.patterns.fact_schema import kind_of
from iamlint.roles import catalog
from iamlint.unknown import Truth


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_of_every_fact_something_can_be_said(fact: Fact) -> None:
    """Whatever is unknown: where the fact is, what it is about, and its texts in a message and a related place."""
    kind = kind_of(fact)
    assert kind.place(fact, ("run.services.get",)).at.path == "main.tf"
    assert kind.described(fact)
    assert all(isinstance(said(fact), str) for said in kind.shown.values())
    assert isinstance(kind.resource(fact), Resource | None)


def test_every_type_is_tried() -> None:
    assert {type(fact) for fact in FACTS} == set(get_args(Fact))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_every_word_can_be_asked_of_what_is_not_known(fact: Fact) -> None:
    estate = Estate([fact], catalog(), date(2026, 1, 1))
    for name, word in kind_of(fact).words.items():
        wanted = (True,) if name.startswith(("has_", "is_")) else ("nothing at all",)
        verdict = word(wanted, fact, estate)
        assert verdict.truth in (Truth.FALSE, Truth.UNKNOWN) or name in ("has_condition",)
        assert bool(verdict.reasons) is (verdict.truth is Truth.UNKNOWN), name


ANA, PUBLIC = Principal("user:ana@example.com", "user"), Principal("allUsers", "public")


@pytest.mark.parametrize(
    ("origin", "principal_of", "line"),
    [("member", ANA, 7), ("member", PUBLIC, 8), ("binding", ANA, 8), ("policy", ANA, 8), ("export", ANA, 8)],
)
def test_where_a_grant_is_wrong(origin: Origin, principal_of: Principal, line: int) -> None:
    role, principal = Place(Location("main.tf", 7)), Place(Location("main.tf", 8))
    grant = Grant(principal_of, "roles/owner", SHOP, origin, HERE, principal, role, PLACE)
    assert kind_of(grant).place(grant, ()).at.line == line
