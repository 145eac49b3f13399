"""The output of the role catalogue: counts, roles, permissions, and similar names for unknown ones.

The figures are those of the built-in data set, as of its date.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamlint.location import Unreadable
from iamlint.reporters.listings.roles import answer
from iamlint.roles import catalog


def data(name: str | None) -> dict[str, Any]:
    found = answer(catalog(), name, for_programs=True)
    assert isinstance(found, str)
    loaded: dict[str, Any] = json.loads(found)
    return loaded


def text(name: str | None) -> str:
    found = answer(catalog(), name, for_programs=False)
    assert isinstance(found, str)
    return found


def test_counts_of_the_whole_catalogue() -> None:
    found = data(None)
    assert found["catalog_date"] == "2026-08-22"
    assert (found["roles"], found["with_permissions"], found["empty"]) == (2391, 2387, 15)
    assert found["stages"] == {"GA": 1754, "BETA": 630, "DEPRECATED": 3}
    assert (found["permissions"], found["pairs"], found["retired"]) == (13715, 163770, 74)
    minter = "roles/iam.serviceAccountShortTermTokenMinter"
    assert found["unknown"] == ["roles/admin", minter, "roles/reader", "roles/writer"]
    assert "13715 permissions" in text(None)
    assert "role catalogue of 2026-08-22" in text(None)


@pytest.mark.parametrize(
    ("permission", "roles", "agents"),
    [
        ("iam.serviceAccounts.getAccessToken", 32, 30),
        ("iam.serviceAccounts.getOpenIdToken", 22, 19),
        ("iam.serviceAccounts.signBlob", 9, 8),
        ("iam.serviceAccounts.signJwt", 8, 7),
        ("iam.serviceAccounts.implicitDelegation", 7, 6),
        ("iam.serviceAccounts.actAs", 45, 35),
        ("iam.serviceAccountKeys.create", 7, 0),
        ("iam.serviceAccounts.setIamPolicy", 7, 1),
        ("resourcemanager.projects.setIamPolicy", 11, 6),
        ("resourcemanager.organizations.setIamPolicy", 4, 2),
        ("iam.roles.update", 5, 1),
        ("apikeys.keys.create", 4, 1),
    ],
)
def test_who_has_a_permission(permission: str, roles: int, agents: int) -> None:
    found = data(permission)
    assert (len(found["roles"]) + len(found["service_agent_roles"]), len(found["service_agent_roles"])) == (
        roles,
        agents,
    )


def test_a_role_by_what_it_lets_the_holder_do() -> None:
    found = data("roles/iam.serviceAccountTokenCreator")
    assert (found["kind"], found["stage"], found["listed"]) == ("predefined", "GA", True)
    assert [one for group in found["lets"] for one in group["permissions"]] == [
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.implicitDelegation",
    ]
    told = text("iam.serviceAccountTokenCreator")
    assert told.index("iam.serviceAccounts.signJwt") < told.index("4 other permissions")
    assert "no longer lists" not in told


def test_a_retired_role_is_told_as_one() -> None:
    assert "Google no longer lists it" in text("roles/serverless.serviceAgent")
    assert data("roles/serverless.serviceAgent")["listed"] is False


def test_a_role_of_which_nobody_knows_the_permissions() -> None:
    assert data("roles/admin")["permissions"] is None
    assert "Its permissions are not known" in text("roles/admin")


def test_a_permission_as_deny_policies_spell_it() -> None:
    assert data("iam.googleapis.com/serviceAccounts.signJwt")["permission"] == "iam.serviceAccounts.signJwt"
    spelled = data("cloudresourcemanager.googleapis.com/projects.setIamPolicy")
    assert spelled["permission"] == "resourcemanager.projects.setIamPolicy"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("roles/iam.serviceAcountTokenCreater", "did you mean roles/iam.serviceAccountTokenCreator"),
        ("iam.serviceAccounts.getAccesToken", "did you mean iam.serviceAccounts.getAccessToken"),
        ("projects/p/roles/mine", "iamlint facts"),
        ("qqqq", "--role-catalog"),
    ],
)
def test_what_is_neither_role_nor_permission(name: str, hint: str) -> None:
    found = answer(catalog(), name, for_programs=False)
    assert isinstance(found, Unreadable)
    assert name in found.reason
    assert hint in found.hint
