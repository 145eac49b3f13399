"""Small estates of grants, made from a few words each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from iamlint.estate import Estate
from iamlint.facts import CustomRole, Declaration, Fact, Folder, Grant, Place, Project, Resource
from iamlint.graph.edges import Graph
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Unknown

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
SHORT = {
    "token": "roles/iam.serviceAccountTokenCreator",
    "user": "roles/iam.serviceAccountUser",
    "owner": "roles/owner",
    "editor": "roles/editor",
    "viewer": "roles/viewer",
    "delegator": "projects/seed/roles/delegator",
}
DELEGATOR = CustomRole(SHORT["delegator"], (("iam.serviceAccounts.implicitDelegation", PLACE),), HERE)


def email(name: str) -> str:
    """``ci`` is an account of "shop", ``ci@seed`` one of "seed"."""
    account, _, project = name.partition("@")
    return f"{account}@{project or 'shop'}.iam.gserviceaccount.com"


def principal(name: str | Unknown) -> str | Unknown:
    return name if isinstance(name, Unknown) or ":" in name or "//" in name else f"serviceAccount:{email(name)}"


def made(who: str | Unknown, role: str | Unknown, on: str) -> Grant:
    """``made("ci", "token", "deploy")``; projects, folders and organizations are ``projects/shop`` and the like."""
    kind, slash, name = on.partition("/")
    resource = Resource(kind.removesuffix("s"), name) if slash else Resource("service_account", email(on))
    named = SHORT.get(role, role) if isinstance(role, str) else role
    return Grant(read_principal(principal(who)), named, resource, "member", HERE, PLACE, PLACE, PLACE)


Given = Callable[..., Graph]


@pytest.fixture(scope="session")
def given() -> Given:
    """Return the graph of grants and other facts; the project "shop" is in the folder 1 of the organization 2."""

    def build(*facts: Fact | tuple[str, str, str]) -> Graph:
        grants = [made(*one) if isinstance(one, tuple) else one for one in facts]
        tree = [
            Project("shop", HERE, "123", "folders/1"),
            Project("seed", HERE, "456", "organizations/2"),
            Folder("folders/1", HERE, "organizations/2"),
        ]
        return Graph(Estate([*grants, *tree, DELEGATOR], catalog(), date(2026, 1, 1)))

    return build
