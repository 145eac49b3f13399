"""An estate caches what was made from it, and the permissions of roles in each configuration."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from iamlint.estate import Estate, permissions_of, role_scope
from iamlint.facts import (
    CustomRole,
    Declaration,
    Denial,
    Fact,
    Grant,
    Place,
    Project,
    Resource,
    Service,
    Text,
    UnreadPart,
)
from iamlint.graph.edges import Graph, graph_of
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Unknown, UnknownPart

PLACE = Place(Location("main.tf"))
TOKEN, SIGN = "iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signBlob"


def estate(*facts: Fact) -> Estate:
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


# -- custom roles ------------------------------------------------------------------------------------------------------

NAME = "projects/shop/roles/r"
HERE, NAMED = Declaration(Location("a/main.tf"), trust="own"), Declaration(Location("named.json"))
THERE, FURTHER = Declaration(Location("b/main.tf"), trust="own"), Declaration(Location("c/main.tf"), trust="own")
NOT_KNOWN = Unknown("var.p has no default", (UnknownPart("var.p"),))
ONE = "one of the custom role's permissions is not known: var.p has no default"
DISABLED = "it is not known whether the custom role is disabled: var.p has no default"
OUTSIDE = "in another root module"
NOT_LISTED = "the input names the custom role but does not list its permissions"


def defined(*permissions: Text, by: Declaration = HERE, **more: object) -> CustomRole:
    return CustomRole(NAME, tuple((one, PLACE) for one in permissions), by, **more)


@pytest.mark.parametrize(
    ("defined", "held", "reason"),
    [
        (defined(TOKEN, SIGN), {TOKEN, SIGN}, ""),
        (defined(), set(), ""),
        (defined(TOKEN, NOT_KNOWN, SIGN), {TOKEN, SIGN}, ONE),
        (defined(NOT_KNOWN), set(), ONE),
        (defined(TOKEN, deleted=True), set(), ""),
        (defined(TOKEN, stage="DISABLED"), set(), ""),
        (defined(TOKEN, stage="GA"), {TOKEN}, ""),
        (defined(TOKEN, stage=NOT_KNOWN), set(), DISABLED),
        (defined(TOKEN, stage=Unknown(NOT_KNOWN.reason, options=("DISABLED", "GA"))), set(), DISABLED),
        (defined(TOKEN, stage=Unknown(NOT_KNOWN.reason, options=("BETA", "GA"))), {TOKEN}, ""),
        (
            replace(defined(), permissions=None),
            set(),
            "the input names the custom role but does not list its permissions",
        ),
        (
            replace(defined(), permissions=NOT_KNOWN),
            set(),
            "the custom role's permissions are not known: var.p has no default",
        ),
        (replace(defined(), permissions=None, deleted=True), set(), ""),
    ],
)
def test_the_permissions_of_a_definition(defined: CustomRole, held: set[str], reason: str) -> None:
    found, unknown = permissions_of(defined)
    assert (found, unknown and unknown.reason) == (held, reason or None)


@pytest.mark.parametrize(
    ("definitions", "held", "reason"),
    [
        ((), set(), "the definition of projects/shop/roles/r is not in the input"),
        ((defined(TOKEN),), {TOKEN}, ""),
        # -- definitions that count are added up
        ((defined(TOKEN), defined(SIGN, by=NAMED)), {TOKEN, SIGN}, ""),
        ((defined(TOKEN), defined(SIGN)), {TOKEN, SIGN}, ""),
        ((defined(TOKEN), defined(NOT_KNOWN, by=NAMED)), {TOKEN}, ONE),
        # -- what only others list is not certain
        ((defined(TOKEN, by=THERE),), {TOKEN}, f"b/main.tf:1 defines the custom role, but is {OUTSIDE}"),
        ((defined(TOKEN), defined(TOKEN, by=THERE)), {TOKEN}, ""),
        (
            (defined(TOKEN), defined(SIGN, by=THERE)),
            {TOKEN},
            f"b/main.tf:1 says that the custom role has {SIGN}, but is {OUTSIDE}",
        ),
        (
            (defined(TOKEN), defined(TOKEN, by=THERE), defined(SIGN, by=FURTHER)),
            {TOKEN},
            f"c/main.tf:1 says that the custom role has {SIGN}, but is {OUTSIDE}",
        ),
        ((defined(TOKEN, NOT_KNOWN), defined(SIGN, by=THERE)), {TOKEN}, ONE),
    ],
)
def test_the_permissions_of_a_custom_role(definitions: tuple[CustomRole, ...], held: set[str], reason: str) -> None:
    found, unknown = estate(*definitions).permissions(NAME, HERE)
    assert (found, unknown and unknown.reason) == (held, reason or None)


def test_the_definition_of_a_custom_role_is_the_one_that_counts() -> None:
    own, other = defined(TOKEN), defined(SIGN, by=THERE)
    assert estate(other, own).custom_role(NAME, HERE) == own
    assert estate(other, own).custom_role(NAME, THERE) == other
    assert estate(other, own).custom_role(NAME, FURTHER) == own
    assert estate(own).custom_role("projects/shop/roles/s", HERE) is None
    assert estate(own).custom_role(Unknown("var.role has no default"), HERE) is None


@pytest.mark.parametrize("name", ["{}.id", "{}.name", "projects/{}.project/roles/r"])
def test_a_custom_role_has_the_values_of_references_to_its_block(name: str) -> None:
    address = "google_project_iam_custom_role.r"
    head, _, rest = name.partition("{}")
    attribute, slash, tail = rest.removeprefix(".").partition("/")
    text = f"{head}${{{address}.{attribute}}}{slash}{tail}"
    made = estate(defined(TOKEN, by=replace(HERE, address=address)))
    assert made.permissions(text, HERE) == (frozenset({TOKEN}), None)
    assert made.permissions(text, THERE)[1] is not None


@pytest.mark.parametrize(
    ("role", "where"),
    [("roles/owner", ""), (NAME, "a"), ("organizations/2/roles/r", "a"), (NOT_KNOWN, "a"), ("roles", "a")],
)
def test_a_role_of_google_s_is_the_same_everywhere(role: Text, where: str) -> None:
    assert role_scope(role, HERE) == where


# -- services, and parts that were not read ----------------------------------------------------------------------------


def test_the_services_of_a_project_by_any_of_its_names() -> None:
    tree = (Project("shop", NAMED, "123"),)
    services = [Service(f"{name}.googleapis.com", on, NAMED, PLACE) for name, on in (("run", "shop"), ("iam", "123"))]
    others = [Service("x.googleapis.com", "seed", NAMED, PLACE), Service("y.googleapis.com", NOT_KNOWN, NAMED, PLACE)]
    nowhere = Service("z.googleapis.com", Unknown("var.p has no default"), NAMED, PLACE)
    made = estate(*tree, *services, *others, nowhere)
    assert made.project_key("123", NAMED) == made.project_key("shop", NAMED) == "shop"
    assert made.services_of("shop", NAMED) == made.services_of("123", NAMED) == tuple(services)
    assert made.services_of("lone", NAMED) == made.services_of(Unknown("var.p has no default"), NAMED) == ()
    assert made.services_of(NOT_KNOWN, NAMED) == (others[1],)


def test_parts_that_were_not_read_by_configuration() -> None:
    parts = [UnreadPart(why, by) for why, by in (("one", HERE), ("two", HERE), ("one", HERE), ("three", THERE))]
    made = estate(*parts)
    assert made.unread_parts == tuple(parts)
    assert made.unread_parts_in("a") == ["one", "two"]
    assert made.unread_parts_in("b") == ["three"]
    assert made.unread_parts_in("c") == []


# -- exports and Terraform ---------------------------------------------------------------------------------------------


def grant(origin: str, by: Declaration) -> Grant:
    who, on = read_principal("user:ana@example.com"), Resource("project", "shop")
    return Grant(who, "roles/owner", on, origin, by, PLACE, PLACE, PLACE)


def test_grants_of_exports_that_terraform_states_or_may_replace() -> None:
    export = Declaration(Location("audit.json"))
    shown, stated = grant("export", export), grant("member", HERE)
    made = estate(shown, stated)
    assert made.of(Grant) == (stated,)
    assert made.again(made.of(Grant)[0]) == (shown,)
    assert made.again(shown) == ()
    owner = replace(grant("policy", HERE), role="roles/viewer")  # not named: it may not be applied
    made = estate(shown, owner)
    assert set(made.of(Grant)) == {shown, owner}
    one = next(one for one in made.of(Grant) if one.origin == "export")
    assert made.contested(one) == owner
    assert made.contested(next(one for one in made.of(Grant) if one.origin == "policy")) is None


def test_a_grant_that_terraform_repeats_but_may_block_is_not_contested() -> None:
    """The block may not apply to the export's grant: both count, and neither replaces the other."""
    shown, stated = grant("export", Declaration(Location("audit.json"))), grant("member", HERE)
    above = "cloudresourcemanager.googleapis.com/projects/shop"
    denial = Denial(above, HERE, ("principalSet://goog/public:all",), ("iam.googleapis.com/*.*",))
    made = estate(shown, stated, denial)
    assert set(made.of(Grant)) == {shown, stated}
    assert [made.contested(one) for one in made.of(Grant)] == [None, None]
    assert [made.again(one) for one in made.of(Grant)] == [(), ()]


def test_facts_are_in_the_order_in_which_they_are_declared() -> None:
    first, second = Project("b", Declaration(Location("a.tf", 1))), Project("a", Declaration(Location("a.tf", 2)))
    later = Project("c", Declaration(Location("a.tf", 2), address="z"))
    assert estate(later, second, first).of(Project) == (first, second, later)
    assert estate().of(Project) == ()
