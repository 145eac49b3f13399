"""What holds for all estates: nothing opens between an estate and itself, and a grant more closes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from many import some

from iamlint.comparison import Comparison, Side, compare
from iamlint.comparison.sides import SideName
from iamlint.estate import Estate
from iamlint.facts import Declaration, Fact, Folder, Grant, Place, Project, Resource, ServiceAccount
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from tests.comparison.conftest import is_quiet

HERE = Declaration(Location("main.tf"))
PLACE = Place(Location("main.tf"))
ACCOUNTS = [f"{name}@{project}.iam.gserviceaccount.com" for name in ("a", "b", "c") for project in ("one", "two")]
WHO = ["user:ana@x.example", "group:g@x.example", "domain:x.example", *(f"serviceAccount:{one}" for one in ACCOUNTS)]
ROLES = [
    *("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/run.admin", "roles/owner"),
    *("roles/viewer", "roles/iam.serviceAccountOpenIdTokenCreator", "roles/iam.workloadIdentityUser"),
]
ON = [
    *(Resource("service_account", one) for one in ACCOUNTS),
    *(Resource("project", one) for one in ("one", "two")),
    Resource("folder", "1"),
]
TREE: list[Fact] = [
    Project("one", HERE, "11", "folders/1"),
    Project("two", HERE, "22", "organizations/9"),
    Folder("folders/1", HERE, "organizations/9"),
    *(ServiceAccount(one, one.partition("@")[2].partition(".")[0], HERE) for one in ACCOUNTS),
]

grants = st.builds(
    lambda who, role, on: Grant(read_principal(who), role, on, "member", HERE, PLACE, PLACE, PLACE),
    st.sampled_from(WHO),
    st.sampled_from(ROLES),
    st.sampled_from(ON),
)
estates = st.lists(grants, max_size=12)


def compared(base: list[Grant], head: list[Grant]) -> Comparison:
    return compare(side("base", base), side("head", head))


def side(name: SideName, facts: list[Grant]) -> Side:
    return Side(name, Estate([*TREE, *facts], catalog(), date(2026, 1, 1)), ".", name, {})


def pairs(found: Comparison) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    return {(one.principal, one.account) for one in found.opened}, {
        (one.principal, one.account) for one in found.closed
    }


@settings(max_examples=some(10, 100), deadline=None)
@given(estates, st.randoms())
def test_nothing_opens_between_an_estate_and_itself_in_another_order_and_place(
    facts: list[Grant], random: object
) -> None:
    moved = Declaration(Location("other/grants.tf", 7), address="module.x.google_project_iam_member.m")
    again = [replace(one, declared=moved, origin="binding") for one in reversed(facts)]
    found = compared(facts, again)
    assert is_quiet(found)


@settings(max_examples=some(10, 100), deadline=None)
@given(estates, grants)
def test_a_grant_more_closes_nothing(facts: list[Grant], one: Grant) -> None:
    found = compared(facts, [*facts, one])
    assert not found.closed
    assert not found.lost


@settings(max_examples=some(10, 100), deadline=None)
@given(estates, estates)
def test_what_opens_one_way_closes_the_other_way(base: list[Grant], head: list[Grant]) -> None:
    there, back = compared(base, head), compared(head, base)
    assert pairs(there) == tuple(reversed(pairs(back)))


@settings(max_examples=some(10, 100), deadline=None)
@given(estates, estates)
def test_the_cone_is_all_that_changes(base: list[Grant], head: list[Grant]) -> None:
    """Compares the result with all pairs of both estates, which a comparison never looks at."""
    from iamlint.comparison.access import SideAccess
    from iamlint.comparison.identities import identities

    names = identities(side("base", base), side("head", head))
    every = []
    for one in names:
        access = SideAccess(one)
        found = set()
        for account in ACCOUNTS:
            asked = access.account(account)
            for who in (one.removeprefix("serviceAccount:") for one in WHO):
                path = asked.path(who) if asked else None
                if path and path.state == "open":
                    found.add((who, account))
        every.append(found)
    opened, closed = pairs(compared(base, head))
    assert told(every[1] - every[0]) <= opened | {(who, one) for domain, one in opened for who in members(domain)}
    assert told(every[0] - every[1]) <= closed | {(who, one) for domain, one in closed for who in members(domain)}


def told(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(f"serviceAccount:{who}" if who in ACCOUNTS else who, account) for who, account in found}


def members(of: str) -> list[str]:
    """Principals that are not listed next to a listed domain."""
    return ["user:ana@x.example", "group:g@x.example"] if of == "domain:x.example" else []
