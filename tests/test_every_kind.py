"""Every kind of fact can be shown and asked about, whatever is unknown about it."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from iamlint.estate import Estate
from iamlint.facts import (
    AccessSetting,
    ApiKey,
    Attachment,
    AuditConfig,
    Boundary,
    BoundaryBinding,
    Credential,
    CustomRole,
    Declaration,
    DefaultAccounts,
    Denial,
    EffectiveTags,
    EmptyBinding,
    ExportedPolicy,
    Fact,
    Folder,
    Grant,
    Group,
    Impersonation,
    KubernetesAccount,
    Membership,
    Organization,
    OrgPolicy,
    Origin,
    Perimeter,
    Place,
    Pool,
    Principal,
    Project,
    Provider,
    RemovedGrant,
    Resource,
    Service,
    ServiceAccount,
    ServiceAccountKey,
    TagBinding,
    TagKey,
    TagValue,
    UnreadPart,
)
from iamlint.location import Location
from iamlint.patterns.fact_schema import kind_of
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf", 3)), Place(Location("main.tf", 5))
NOT_KNOWN = Unknown("var.x has no default", (UnknownPart("var.x"),))
SHOP = Resource("project", "shop")

FACTS: tuple[Fact, ...] = (
    Grant(Principal("user:ana@example.com", "user"), NOT_KNOWN, SHOP, "member", HERE, PLACE, PLACE, PLACE),
    RemovedGrant(Grant(Principal("user:a@b.c", "user"), NOT_KNOWN, SHOP, "member", HERE, PLACE, PLACE, PLACE), HERE),
    EmptyBinding(SHOP, HERE, NOT_KNOWN, NOT_KNOWN),
    ExportedPolicy(SHOP, HERE, PLACE, 0),
    DefaultAccounts(NOT_KNOWN, NOT_KNOWN, HERE),
    CustomRole(NOT_KNOWN, None, HERE),
    CustomRole("projects/shop/roles/r", (("run.services.get", PLACE),), HERE),
    ServiceAccount(NOT_KNOWN, NOT_KNOWN, HERE),
    ServiceAccountKey(NOT_KNOWN, HERE, PLACE),
    Credential("hmac_key", NOT_KNOWN, HERE, PLACE),
    Service(NOT_KNOWN, NOT_KNOWN, HERE, PLACE),
    Impersonation(NOT_KNOWN, HERE, PLACE),
    Project(NOT_KNOWN, HERE),
    Folder(NOT_KNOWN, HERE),
    Organization("organizations/7", HERE),
    Denial(NOT_KNOWN, HERE, NOT_KNOWN, NOT_KNOWN),
    Boundary(NOT_KNOWN, HERE, PLACE, NOT_KNOWN),
    BoundaryBinding(NOT_KNOWN, NOT_KNOWN, HERE),
    OrgPolicy(NOT_KNOWN, SHOP, HERE, PLACE),
    Pool(NOT_KNOWN, HERE),
    Provider(NOT_KNOWN, NOT_KNOWN, HERE, PLACE, None),
    Attachment(None, None, SHOP, None, HERE, PLACE),
    Attachment(None, "compute", SHOP, "shop", HERE, PLACE),
    AuditConfig(SHOP, NOT_KNOWN, NOT_KNOWN, HERE, PLACE, NOT_KNOWN),
    Group(NOT_KNOWN, HERE),
    Membership(NOT_KNOWN, NOT_KNOWN, HERE, PLACE),
    UnreadPart("nothing is there", HERE),
    ApiKey(NOT_KNOWN, NOT_KNOWN, HERE, PLACE, NOT_KNOWN, NOT_KNOWN),
    KubernetesAccount(NOT_KNOWN, NOT_KNOWN, NOT_KNOWN, HERE, PLACE),
    AccessSetting("no_invoker_check", SHOP, HERE, PLACE, NOT_KNOWN),
    Perimeter(NOT_KNOWN, HERE, PLACE, NOT_KNOWN, NOT_KNOWN),
    TagKey(NOT_KNOWN, HERE),
    TagValue(NOT_KNOWN, NOT_KNOWN, HERE),
    TagBinding(SHOP, NOT_KNOWN, HERE, PLACE),
    EffectiveTags(SHOP, (("7/env", "7/env/prod"),), HERE, PLACE),
)


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


@pytest.mark.parametrize(("origin", "line"), [("member", 7), ("binding", 8), ("policy", 8), ("export", 8)])
def test_where_a_grant_is_wrong(origin: Origin, line: int) -> None:
    role, principal = Place(Location("main.tf", 7)), Place(Location("main.tf", 8))
    grant = Grant(Principal("allUsers", "public"), "roles/owner", SHOP, origin, HERE, principal, role, PLACE)
    assert kind_of(grant).place(grant, ()).at.line == line
