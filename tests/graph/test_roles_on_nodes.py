"""Which grants and edges a graph keeps: by custom role, by holder, and by the project of a pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from iamlint.facts import Condition, CustomRole, Declaration, Denial, Grant, Place, Pool, Resource
from iamlint.graph.edges import Graph
from iamlint.graph.ways import Way, Ways
from iamlint.location import Location
from iamlint.methods.index import method
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
THERE = Declaration(Location("other/main.tf"), trust="own")
Given = Callable[..., Graph]
ANA, DEPLOY = "user:ana@example.com", "deploy@shop.iam.gserviceaccount.com"
ACT_AS = (("iam.serviceAccounts.actAs", PLACE),)
REFERENCE = Unknown("known after apply", (UnknownPart("google_project_iam_custom_role.r.id"),))


def held(role: str | Unknown, on: Resource, who: str | Unknown = ANA, by: Declaration = HERE) -> Grant:
    return Grant(read_principal(who), role, on, "member", by, PLACE, PLACE, PLACE)


ON_SHOP, ON_DEPLOY = Resource("project", "shop"), Resource("service_account", DEPLOY)

# -- custom roles ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["projects/shop/roles/r", "organizations/2/roles/r", REFERENCE])
def test_the_grants_of_a_custom_role(given: Given, name: str | Unknown) -> None:
    role, other = CustomRole(name, ACT_AS, HERE), CustomRole("projects/shop/roles/other", ACT_AS, HERE)
    first, second = held(name, ON_SHOP), held(name, ON_DEPLOY)
    graph = given(role, other, first, second, held("roles/viewer", ON_SHOP), held("projects/shop/roles/gone", ON_SHOP))
    assert sorted(map(str, graph.grants_of(role))) == sorted(map(str, (first, second)))
    assert graph.grants_of(other) == []


def test_a_role_of_another_configuration_is_another_role(given: Given) -> None:
    role = CustomRole(REFERENCE, ACT_AS, HERE)
    graph = given(role, held(REFERENCE, ON_SHOP, by=THERE))
    assert graph.grants_of(role) == []


@pytest.mark.parametrize("name", ["roles/editor", "projects/shop/roles/r", REFERENCE])
def test_the_permissions_of_a_role_are_found_once(given: Given, name: str | Unknown) -> None:
    graph = given(CustomRole("projects/shop/roles/r", ACT_AS, HERE), CustomRole(REFERENCE, ACT_AS, HERE))
    assert graph.powers(name, HERE) is graph.powers(name, HERE)
    assert "iam.serviceAccounts.actAs" in graph.powers(name, HERE).held


# -- holders -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "on", "kept"),
    [
        ("roles/iam.serviceAccountUser", "projects/shop", True),
        ("roles/viewer", "projects/shop", False),
        ("roles/dns.admin", "projects/shop", False),
        # On folders and organizations, a role that changes anything may make an account privileged.
        ("roles/dns.admin", "folders/1", True),
        ("roles/dns.admin", "organizations/2", True),
        ("roles/viewer", "organizations/2", False),
        ("roles/iam.serviceAccountUser", "deploy", True),
        ("roles/viewer", "deploy", False),
    ],
)
def test_which_grants_are_relevant(given: Given, role: str, on: str, kept: bool) -> None:
    graph = given((ANA, role, on))
    assert bool(graph.held_on(ANA)) is kept
    assert len(list(graph.grants)) == kept


def test_a_grant_on_what_is_not_known_is_on_no_node(given: Given) -> None:
    nothing = Resource("service_account", Unknown("var.account has no default"))
    assert list(given(held("roles/iam.serviceAccountUser", nothing)).grants) == []


def test_a_grant_on_another_kind_of_resource_is_on_no_account(given: Given) -> None:
    assert list(given(held("roles/owner", Resource("storage_bucket", "b"))).grants) == []


def test_holders_of_whom_nothing_is_known_are_not_one(given: Given) -> None:
    nobody = Unknown("var.who has no default")
    graph = given(
        held("roles/iam.serviceAccountUser", ON_SHOP, nobody),
        held("roles/iam.serviceAccountKeyAdmin", ON_SHOP, Unknown("var.other has no default")),
    )
    sources = {edge.source for edge in graph.onto(DEPLOY, HERE)}
    assert len(sources) == 2
    assert all(source.startswith("nobody known, ") for source in sources)


def test_a_role_that_is_not_known_is_relevant(given: Given) -> None:
    graph = given(held(Unknown("var.role has no default"), ON_SHOP))
    assert [grant.resource for grant in graph.grants] == [Resource("project", "shop")]


def test_of_what_somebody_gains_what_is_certain_comes_first(given: Given) -> None:
    account = "serviceAccount:deploy@shop.iam.gserviceaccount.com"
    tagged = Condition("resource.matchTag('2/env', 'prod')")
    perhaps = replace(held("roles/owner", Resource("organization", "2"), account), condition=tagged)
    certain = held("roles/editor", ON_SHOP, account)
    for facts, expected, truth in (((perhaps, certain), certain, Truth.TRUE), ((perhaps,), perhaps, Truth.UNKNOWN)):
        gained = given(*facts).gained(DEPLOY, ANA)
        assert gained is not None
        assert (gained[0], gained[1].truth) == (expected, truth)
    assert given().gained(DEPLOY, ANA) is None


CI, WEB = "ci@shop.iam.gserviceaccount.com", "web@seed.iam.gserviceaccount.com"


@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.parametrize(
    ("node", "callers"),
    [
        (("service_account", CI), [CI]),
        (("service_account", DEPLOY), []),
        (("project", "shop"), [CI]),
        (("project", "seed"), [WEB]),
        (("organization", "2"), [CI, WEB]),
        (("folder", "9"), []),
    ],
)
def test_who_requests_tokens_in_a_container(
    given: Given, node: tuple[str, str], callers: list[str], blocked: bool
) -> None:
    """Blocked calls count, too: they are reported with what blocks them."""
    tokens = ("iam.googleapis.com/serviceAccounts.*",)
    above = "cloudresourcemanager.googleapis.com/organizations/2"
    denial = Denial(above, HERE, ("principalSet://goog/public:all",), tokens, place=PLACE)
    facts = (("ci", "token", "deploy"), ("web@seed", "token", "projects/shop"), (ANA, "token", "deploy"))
    graph = given(*facts, *([denial] if blocked else []))
    assert graph.callers_in(node) == callers
    assert bool(graph.calls(CI)) is not blocked
    assert graph.around_caller(CI)[:2] == (("service_account", CI), ("project", "shop"))
    assert graph.around_caller(ANA) == graph.around_caller(DEPLOY) == ()


# -- pools -------------------------------------------------------------------------------------------------------------

POOL_ADDRESS = "google_iam_workload_identity_pool.p"
NUMBER = f"${{{POOL_ADDRESS}.project_number}}"


def pool(name: str, address: str = POOL_ADDRESS, by: Declaration = HERE) -> Pool:
    return Pool(name, replace(by, address=address))


def managed(graph: Graph) -> list[Way]:
    """The ways of who may change the providers of a pool."""
    return list(Ways(graph.estate, [method("wif-provider-update")]).of(ANA))


ADMIN = (ANA, "roles/iam.workloadIdentityPoolAdmin")


@pytest.mark.parametrize(
    ("project", "pools", "found"),
    [
        ("seed", (), True),
        ("456", (), True),
        ("shop", (), False),
        (NUMBER, (pool("projects/seed/locations/global/workloadIdentityPools/p"),), True),
        (NUMBER, (pool("projects/456/locations/global/workloadIdentityPools/p"),), True),
        (NUMBER, (pool("projects/shop/locations/global/workloadIdentityPools/p"),), False),
        (NUMBER, (pool("locations/global/workforcePools/seed"),), False),
        (NUMBER, (), False),
        (NUMBER, (pool("projects/seed/locations/global/workloadIdentityPools/p", "module.x.pool"),), False),
        (NUMBER, (pool("projects/seed/locations/global/workloadIdentityPools/p", by=THERE),), False),
    ],
)
def test_who_manages_a_pool_reaches_the_accounts_that_its_identities_may_use(
    given: Given, project: str, pools: tuple[Pool, ...], found: bool
) -> None:
    who = f"principalSet://iam.googleapis.com/projects/{project}/locations/global/workloadIdentityPools/p/*"
    workloads = held("roles/iam.workloadIdentityUser", ON_DEPLOY, who)
    graph = given(workloads, *pools, (*ADMIN, "projects/seed"))
    assert [way.onto for way in managed(graph)] == ([("service_account", DEPLOY)] if found else [])
