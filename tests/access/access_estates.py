"""Small estates for questions about access: the project "shop" is in the folder 1 of the organization 2."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from iamlint.estate import Estate
from iamlint.facts import (
    Boundary,
    BoundaryBinding,
    Condition,
    Declaration,
    Denial,
    Fact,
    Folder,
    Grant,
    OrgPolicy,
    Place,
    Project,
    Resource,
    ServiceAccount,
    Text,
)
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
ELSEWHERE = Declaration(Location("other/main.tf"), trust="own")
DAY = date(2026, 1, 1)
NOT_KNOWN = Unknown("var.x has no default", (UnknownPart("var.x"),))
TOKEN, KEY = "iam.serviceAccounts.getAccessToken", "iam.serviceAccountKeys.create"
SET_PROJECT = "resourcemanager.projects.setIamPolicy"
CREATOR, OWNER = "roles/iam.serviceAccountTokenCreator", "roles/owner"
ADMIN = "roles/resourcemanager.projectIamAdmin"
DEPLOY, CI = "deploy@shop.iam.gserviceaccount.com", "ci@shop.iam.gserviceaccount.com"
SHOP, FOLDER = Resource("project", "shop"), Resource("folder", "folders/1")
ACCOUNT = Resource("service_account", DEPLOY)
ANA = "user:ana@example.com"
TREE: tuple[Fact, ...] = (
    Project("shop", HERE, "123", "folders/1"),
    Project("seed", HERE, "456", "organizations/2"),
    Folder("folders/1", HERE, "organizations/2"),
)
TAG = "resource.matchTag('2/env', 'prod')"


def granted(role: Text = CREATOR, on: Resource = SHOP, who: str = ANA, under: str | Unknown | None = None) -> Grant:
    """Return a grant with each of its parts on a separate line, and the condition on line 9."""
    condition = Condition(under, "t", Location("main.tf", 9)) if isinstance(under, str) else under
    places = (Place(Location("main.tf", line)) for line in (1, 2, 3))
    return Grant(read_principal(who), role, on, "member", HERE, *places, condition=condition)


def denied(parent: str = "projects/shop", permission: str = "serviceAccounts.*", under: str | None = None) -> Denial:
    """A deny policy for everybody."""
    condition = Condition(under, "t", None) if under else None
    return Denial(
        f"cloudresourcemanager.googleapis.com/{parent}",
        HERE,
        ("principalSet://goog/public:all",),
        (f"iam.googleapis.com/{permission}",),
        condition=condition,
        place=Place(Location("main.tf", 20)),
    )


def bounded(allowed: str) -> tuple[Fact, ...]:
    """Return a boundary for the principals of "shop" that allows only one project."""
    name = "organizations/2/locations/global/principalAccessBoundaryPolicies/b"
    resources = (f"//cloudresourcemanager.googleapis.com/projects/{allowed}",)
    binding = BoundaryBinding(name, "//cloudresourcemanager.googleapis.com/projects/shop", HERE)
    return Boundary(name, HERE, Place(Location("main.tf", 30)), resources, "3"), binding


def keyless() -> tuple[Fact, ...]:
    """No new keys in "shop"."""
    names = ("iam.disableServiceAccountKeyCreation", "iam.disableServiceAccountKeyUpload")
    return tuple(
        OrgPolicy(constraint=name, resource=SHOP, declared=HERE, place=Place(Location("main.tf", 40)), enforced=True)
        for name in names
    )


def account(email: str, disabled: bool | Unknown = True) -> ServiceAccount:
    return ServiceAccount(email, "shop", replace(HERE, at=Location("main.tf", 50)), disabled=disabled)


def given(grant: Grant, *facts: Fact) -> tuple[Estate, Grant]:
    """Return an estate of facts, and the grant in question from the estate."""
    estate = Estate([grant, *facts, *TREE], catalog(), DAY)
    return estate, estate.of(Grant)[0]
