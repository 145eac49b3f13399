"""Similar grants are evaluated together, with the same answers as one by one."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest

from iamlint.estate import Estate
from iamlint.facts import Declaration, Grant, Place, Resource
from iamlint.location import Location
from iamlint.patterns.match import grant_verdict, matches
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

MEMBERS: list[str | Unknown] = [
    *("user:ana@gmail.com", "group:a@gmail.com", "domain:example.com", "allUsers", "ana", "projectOwner:shop"),
    *("serviceAccount:ci@shop.iam.gserviceaccount.com", "serviceAccount:1-compute@developer.gserviceaccount.com"),
    *("serviceAccount:shop.svc.id.goog[a/b]", "serviceAccount:${google_service_account.ci.email}"),
    *("deleted:user:ana@gmail.com?uid=1", "principal://iam.googleapis.com/x/subject/a", "principalSet://x/*"),
    Unknown("var.who has no default", (UnknownPart("var.who"),)),
    Unknown("var.who has no default", ("user:", UnknownPart("var.who"))),
    Unknown("var.who has no default", ("serviceAccount:ci@", UnknownPart("var.who"), ".iam.gserviceaccount.com")),
]
PATTERNS: list[dict[str, Any]] = [
    {"principal": "user:*@gmail.com"},
    {"principal": ["*@gmail.com", "all*"]},
    {"principal": "serviceAccount:*.svc.id.goog[*"},
    {"principal": ["principal:*", "principalSet:*"], "role": "roles/owner"},
    {"principal": "u*"},
    {"principal_kind": ["user", "public"]},
    {"principal_kind": "service_account", "unless": {"principal": "serviceAccount:ci@*"}},
    {"role": "roles/o*", "unless": [{"principal_kind": "group"}, {"principal": "user:*"}]},
]


@pytest.mark.parametrize("pattern", PATTERNS, ids=str)
def test_each_grant_is_answered_as_alone(pattern: dict[str, Any]) -> None:
    grants = []
    for line, (member, role) in enumerate(product(MEMBERS, ("roles/owner", "roles/viewer")), start=1):
        at = Place(Location("a.json", line))
        who, on = read_principal(member), Resource("project", "shop")
        grants.append(Grant(who, role, on, "export", Declaration(at.at, "policy"), at, at, at))
    estate = Estate(grants, catalog(), date(2026, 1, 1))
    together = {match.fact: (match.truth, match.reasons) for match in matches({"grant": pattern}, estate)}
    alone = {grant: grant_verdict(pattern, grant, estate) for grant in grants}
    assert together == {
        grant: (found.truth, found.reasons) for grant, found in alone.items() if found.truth is not Truth.FALSE
    }
    assert together
