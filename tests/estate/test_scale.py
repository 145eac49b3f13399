"""Estates of many grants: work for each pair of them would never end. ``bench/`` measures the cost."""

from __future__ import annotations

from datetime import date

from iamlint.access.asking import access_of
from iamlint.estate import Estate
from iamlint.facts import Declaration, Denial, Folder, Grant, Place, Project, Resource, ServiceAccount
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Truth

EXPORT, PLACE = Declaration(Location("audit.json"), "policy"), Place(Location("audit.json"))
PLAN = Declaration(Location("plan.json"), "google_project_iam_member", "google_project_iam_member.x")
MANY = 4_000
TODAY = date(2026, 1, 1)


def test_thousands_of_grants_are_kept_once_each() -> None:
    catalogue, members = catalog(), [read_principal(f"user:u{n}@example.com") for n in range(MANY // 20)]
    grants = [
        Grant(
            members[n % len(members)],
            "roles/editor",
            Resource("project", f"p{n % 1000}"),
            "member" if n % 2 else "export",
            PLAN if n % 2 else EXPORT,
            PLACE,
            PLACE,
            PLACE,
        )
        for n in range(MANY)
    ]
    accounts = [ServiceAccount(f"a@p{n}.iam.gserviceaccount.com", f"p{n}", EXPORT, unique_id=str(n)) for n in range(99)]
    projects = [Project(f"p{n}", EXPORT, str(1_000_000 + n), "folders/1") for n in range(1000)]
    estate = Estate([*grants, *accounts, *projects, Folder("folders/1", EXPORT, "organizations/2")], catalogue, TODAY)
    for grant in estate.of(Grant):
        assert access_of(estate).decide(grant, ("iam.serviceAccounts.actAs",)).reasons == ()
    assert len(estate.of(Grant)) + len(estate.replaced) == MANY


def test_denials_of_many_projects_cost_only_the_grants_of_theirs() -> None:
    """A hundred projects with two grants and a deny policy each: each grant is compared with its own only."""
    many, permission = 100, "iam.serviceAccounts.getAccessToken"
    ana, role = read_principal("user:ana@example.com"), "roles/iam.serviceAccountTokenCreator"
    names = [f"p{n}" for n in range(many)]
    grants = [Grant(ana, role, Resource("project", name), "export", EXPORT, PLACE, PLACE, PLACE) for name in names * 2]
    denials = [
        Denial(
            f"cloudresourcemanager.googleapis.com/projects/{name}",
            EXPORT,
            ("principalSet://goog/group/people@example.com",),
            ("iam.googleapis.com/serviceAccounts.getAccessToken",),
        )
        for name in names
    ]
    estate = Estate([*grants, *denials], catalog(), TODAY)
    opened = [access_of(estate).decide(grant, (permission,)) for grant in estate.of(Grant)]
    assert {one.truth for one in opened} == {Truth.UNKNOWN}
    assert all(len(one.facts) == 1 for one in opened)
