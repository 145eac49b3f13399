"""An estate caches what was made from it, and the permissions of roles in each configuration."""

from __future__ import annotations

from datetime import date

from iamlint.estate import Estate
from iamlint.facts import CustomRole, Declaration, Place
from iamlint.graph import Graph, graph_of
from iamlint.location import Location
from iamlint.roles import catalog

PLACE = Place(Location("main.tf"))
TOKEN, SIGN = "iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signBlob"


def estate(*facts: CustomRole) -> Estate:
    return Estate(facts, catalog(), date(2026, 1, 1))


def test_estates_that_are_asked_in_turn_keep_what_was_made_from_them() -> None:
    first, second, made = estate(), estate(), list[Estate]()

    def index(of: Estate) -> list[Estate]:
        made.append(of)
        return [of]

    for _ in range(10):
        assert first.made(index) == [first]
        assert second.made(index) == [second]
    assert made == [first, second]
    assert graph_of(first) is graph_of(first)
    assert graph_of(first) is not graph_of(second)
    assert graph_of(first).estate is first
    assert first.made(Graph) is graph_of(first)


def role(permission: str, declared: Declaration) -> CustomRole:
    return CustomRole("projects/shop/roles/r", ((permission, PLACE),), declared)


def test_a_placeholder_is_another_role_in_the_next_configuration() -> None:
    """A plan in the directory of a root module is a configuration of the same name, and its references are its own."""
    address = "google_project_iam_custom_role.r"
    source = Declaration(Location("main.tf"), address=address)
    planned = Declaration(Location("main.tf"), address=address, planned=Location("plan.json"))
    named = "${google_project_iam_custom_role.r.id}"
    one = estate(role(TOKEN, source), role(SIGN, planned))
    for declared, permission in ((source, TOKEN), (planned, SIGN), (source, TOKEN)):
        assert one.permissions(named, declared) == (frozenset({permission}), None)


def test_a_known_role_is_worked_out_once_for_each_configuration() -> None:
    here, there = Declaration(Location("a/main.tf"), trust="own"), Declaration(Location("b/main.tf"), trust="own")
    one = estate(role(TOKEN, here), role(SIGN, there))
    name = "projects/shop/roles/r"
    assert one.permissions(name, here)[0] == {TOKEN}
    assert one.permissions(name, there)[0] == {SIGN}
    assert one.permissions(name, here) is one.permissions(name, here)
