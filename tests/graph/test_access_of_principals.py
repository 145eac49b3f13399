"""What a principal can deploy, become, and has itself: permissions, the grants that give them, and their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from iamlint.facts import Condition, CustomRole, Declaration, Denial, Grant, Place, Resource, ServiceAccount
from iamlint.graph.broad import Broad
from iamlint.graph.deployments import deploys
from iamlint.graph.edges import Graph
from iamlint.graph.of_roles import rank, strongest
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
THERE = Declaration(Location("other/main.tf"))
Given = Callable[..., Graph]
ANA, BOB = "user:ana@example.com", "user:bob@example.com"
DEPLOY, CI = "deploy@shop.iam.gserviceaccount.com", "ci@shop.iam.gserviceaccount.com"
TOKEN, KEY = "iam.serviceAccounts.getAccessToken", "iam.serviceAccountKeys.create"
ACT_AS = "iam.serviceAccounts.actAs"
SHOP, FOLDER, ORGANIZATION = ("project", "shop"), ("folder", "1"), ("organization", "2")
ENDED = Condition("request.time < timestamp('2020-01-01T00:00:00Z')")
LASTING = Condition("request.time < timestamp('2030-01-01T00:00:00Z')")
TAG = Condition("resource.matchTag('2/env', 'prod')")
TAG_REASON = "the input does not show the tags of the resource (matchTag(2/env, prod))"


def granted(
    role: str | Unknown, on: Resource, who: str = ANA, under: Condition | None = None, by: Declaration = HERE
) -> Grant:
    return Grant(read_principal(who), role, on, "member", by, PLACE, PLACE, PLACE, condition=under)


def custom(name: str, *permissions: str | Unknown) -> CustomRole:
    return CustomRole(f"organizations/2/roles/{name}", tuple((one, PLACE) for one in permissions), HERE)


def denied(permission: str, parent: str = "projects/shop") -> Denial:
    above = f"cloudresourcemanager.googleapis.com/{parent}"
    return Denial(above, HERE, ("principalSet://goog/public:all",), (permission,), place=PLACE)


ON_SHOP, ON_FOLDER = Resource("project", "shop"), Resource("folder", "folders/1")
ON_SEED, ON_DEPLOY = Resource("project", "seed"), Resource("service_account", DEPLOY)


# -- the strongest permission of a role --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "first"),
    [
        ((), None),
        (("run.jobs.create",), None),
        ((ACT_AS,), ACT_AS),
        ((ACT_AS, KEY), KEY),
        ((KEY, TOKEN), TOKEN),
        ((TOKEN, "iam.serviceAccounts.setIamPolicy"), "iam.serviceAccounts.setIamPolicy"),
        (
            ("iam.serviceAccounts.setIamPolicy", "resourcemanager.projects.setIamPolicy"),
            "resourcemanager.projects.setIamPolicy",
        ),
        (
            ("resourcemanager.projects.setIamPolicy", "resourcemanager.organizations.setIamPolicy"),
            "resourcemanager.organizations.setIamPolicy",
        ),
    ],
)
def test_the_strongest_of_several_permissions(held: tuple[str, ...], first: str | None) -> None:
    assert strongest(frozenset(held)) == first
    assert (rank(frozenset(held)) < rank(frozenset())) is (first is not None)


# -- the permissions of a role -----------------------------------------------------------------------------------------


def test_the_relevant_permissions_of_a_role(given: Given) -> None:
    role = custom("r", TOKEN, "storage.objects.get")
    graph = given(role)
    powers = graph.powers(role.name, HERE)
    assert (powers.held, powers.unknown, powers.changes) == (frozenset({TOKEN}), None, False)
    assert powers.all == frozenset({TOKEN, "storage.objects.get"})
    assert graph.powers(role.name, HERE) is powers
    owner = graph.powers("roles/owner", HERE)
    assert graph.powers("roles/owner", THERE) is owner
    assert (KEY in owner.held, owner.changes) == (True, True)
    unknown = graph.powers(Unknown("var.role has no default"), HERE)
    assert (unknown.held, unknown.unknown is not None) == (frozenset(), True)


def test_a_role_by_reference_is_another_role_in_the_next_configuration(given: Given) -> None:
    address = "google_project_iam_custom_role.r"
    here, there = (
        CustomRole("projects/shop/roles/r", ((one, PLACE),), replace(by, address=address, trust="own"))
        for one, by in ((TOKEN, HERE), (KEY, THERE))
    )
    graph = given(here, there)
    for named in (f"${{{address}.id}}", "projects/shop/roles/r"):
        for role, declared, held in ((named, here.declared, {TOKEN}), (named, there.declared, {KEY})):
            assert graph.powers(role, declared).held == held


# -- edges by target and by source -------------------------------------------------------------------------------------


def test_who_can_become_every_account_of_a_container(given: Given) -> None:
    graph = given(
        (ANA, "token", "projects/shop"),
        (BOB, "user", "folders/1"),
        ("group:ops@example.com", "roles/iam.serviceAccountOpenIdTokenCreator", "projects/shop"),
        ("group:dev@example.com", "token", "deploy"),
        granted("roles/iam.serviceAccountTokenCreator", Resource("project", "shop"), BOB, ENDED),
    )
    broad = graph.estate.made(Broad)
    assert set(broad.on(SHOP)) == {ANA}
    assert set(broad.on(FOLDER)) == {BOB}
    assert not broad.on(ORGANIZATION)
    assert not broad.on(("service_account", DEPLOY))
    assert broad.is_in(ANA, [SHOP, FOLDER]) is True
    assert broad.is_in(BOB, [SHOP, FOLDER]) is True
    assert broad.is_in(BOB, [SHOP]) is False
    assert broad.is_in("group:ops@example.com", [SHOP, FOLDER, ORGANIZATION]) is False
    assert broad.is_in(ANA, []) is False


def test_edges_onto_one_node_by_source(given: Given) -> None:
    graph = given((ANA, "token", "deploy"), (BOB, "user", "deploy"), (ANA, "user", "deploy"), (ANA, "user", "ci"))
    found = graph.sources_on(("service_account", DEPLOY))
    assert {source: [edge.kind for edge in edges] for source, edges in found.items()} == {
        ANA: ["token", "sign", "id_token", "delegate", "attach"],
        BOB: ["attach"],
    }
    assert graph.sources_on(("service_account", DEPLOY)) is found
    assert graph.sources_on(("service_account", "x@shop.iam.gserviceaccount.com")) == {}


def test_the_nodes_whose_tokens_an_account_may_request(given: Given) -> None:
    graph = given(("ci", "token", "deploy"), ("ci", "token", "projects/seed"), ("ci", "delegator", "projects/shop"))
    assert graph.tokens_of(CI) == {("service_account", DEPLOY), ("project", "seed")}
    assert graph.tokens_of(DEPLOY) == set()
    assert [edge.kind for edge in graph.calls(CI)] == ["token", "delegate", "token", "delegate", "delegate"]


def test_blocked_edges_are_apart(given: Given) -> None:
    facts = (("ci", "token", "deploy"), (ANA, "token", "projects/shop"), (ANA, "token", "projects/seed"))
    graph = given(*facts, denied("iam.googleapis.com/serviceAccounts.getAccessToken"))
    assert graph.has_closed is True
    assert [edge.kind for edge in graph.on(("service_account", DEPLOY))] == ["sign", "id_token", "delegate"]
    assert [(edge.kind, edge.closed) for edge in graph.closed_on(("service_account", DEPLOY))] == [("token", True)]
    around = graph.hierarchy.around(DEPLOY, HERE)
    closed = [(edge.source, edge.onto[0]) for node in around for edge in graph.closed_on(node)]
    assert closed == [(CI, "service_account"), (ANA, "project")]
    assert [edge.kind for edge in graph.closed_calls(CI)] == ["token"]
    assert graph.closed_calls(DEPLOY) == []
    (edge,) = graph.closed_on(("service_account", DEPLOY))
    assert (edge.verdict.truth, edge.permissions) == (Truth.UNKNOWN, (TOKEN,))
    assert edge.verdict.reasons == ("blocked by the deny policy at main.tf:1",)
    assert [type(fact) for fact in edge.verdict.facts] == [Denial]
    assert given(*facts).has_closed is False
    assert given(*facts, denied("iam.googleapis.com/roles.get")).has_closed is False


def test_delegations_onto_accounts_come_with_the_blocked_ones_last(given: Given) -> None:
    blocked = denied("iam.googleapis.com/serviceAccounts.implicitDelegation")
    on_seed = granted("projects/seed/roles/delegator", Resource("service_account", "x@seed.iam.gserviceaccount.com"))
    graph = given((ANA, "delegator", "deploy"), on_seed, (BOB, "delegator", "projects/shop"), blocked)
    assert [(edge.onto[1], edge.closed) for edge in graph.delegations] == [
        ("x@seed.iam.gserviceaccount.com", False),
        (DEPLOY, True),
    ]


@pytest.mark.parametrize(
    ("grant", "facts", "truth", "reason"),
    [
        (granted("roles/iam.serviceAccountTokenCreator", ON_SHOP), (), Truth.TRUE, ""),
        (granted("roles/iam.serviceAccountTokenCreator", ON_SHOP, under=LASTING), (), Truth.TRUE, ""),
        (granted("roles/iam.serviceAccountTokenCreator", ON_SHOP, under=ENDED), (), Truth.FALSE, "it ended on 2020"),
        (granted("roles/iam.serviceAccountTokenCreator", ON_SHOP, under=TAG), (), Truth.UNKNOWN, TAG_REASON),
        (
            granted("roles/iam.serviceAccountTokenCreator", ON_SHOP),
            (denied("iam.googleapis.com/serviceAccounts.getAccessToken"),),
            Truth.UNKNOWN,
            "blocked by the deny policy at main.tf:1",
        ),
        (
            granted("roles/iam.serviceAccountTokenCreator", ON_SHOP),
            (denied("iam.googleapis.com/serviceAccounts.signBlob"),),
            Truth.TRUE,
            "",
        ),
    ],
)
def test_whether_a_grant_counts(
    given: Given, grant: Grant, facts: tuple[Denial, ...], truth: Truth, reason: str
) -> None:
    graph = given(grant, *facts)
    found = graph.counts(graph.estate.of(Grant)[0], (TOKEN,))
    assert found.truth is truth
    assert reason in "; ".join(found.reasons)
    assert bool(found.reasons) is bool(reason)
    assert bool(found.facts) is ("blocked" in reason)


def test_which_resources_have_grants_and_whole_policies(given: Given) -> None:
    policy = replace(granted("roles/viewer", ON_SEED), origin="policy")
    export = replace(granted("roles/viewer", ON_FOLDER), origin="export")
    graph = given((ANA, "token", "projects/shop"), policy, export)
    nodes = [SHOP, ("project", "seed"), FOLDER, ORGANIZATION]
    assert [graph.is_granted_on(node) for node in nodes] == [True, True, True, False]
    assert [graph.has_policy(node) for node in nodes] == [False, True, True, False]
    assert graph.held_on(ANA)[SHOP][0][0] == 0
    assert list(graph.held_on(BOB)) == []


def test_a_whole_policy_whose_grants_terraform_repeats(given: Given) -> None:
    export = replace(granted("roles/owner", ON_FOLDER), origin="export", declared=Declaration(Location("audit.json")))
    graph = given(export, granted("roles/owner", ON_FOLDER))
    assert len(graph.estate.of(Grant)) == 1
    assert graph.has_policy(FOLDER) is True


# -- deploying ---------------------------------------------------------------------------------------------------------

SUBMITS = custom("submits", "dataproc.workflowTemplates.create")
STARTS = custom("starts", "dataproc.workflowTemplates.instantiate")
BOTH = custom("both", "dataproc.workflowTemplates.create", "dataproc.workflowTemplates.instantiate")


def deployed(graph: Graph, who: str = ANA) -> list[tuple[list[tuple[str, int]], Truth]]:
    found = deploys(graph, who, DEPLOY, HERE)
    given = [([(str(grant.role), len(some)) for grant, some in one.given], one.verdict.truth) for one in found]
    assert len(given) == len(list(deploys(graph, who, DEPLOY, HERE)))  # the second time they are known
    return given


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([(SUBMITS, ON_SHOP, None), (STARTS, ON_SHOP, None)], [([(SUBMITS.name, 1), (STARTS.name, 1)], Truth.TRUE)]),
        ([(BOTH, ON_SHOP, None)], [([(BOTH.name, 2)], Truth.TRUE)]),
        ([(SUBMITS, ON_SHOP, None)], []),
        ([(BOTH, ON_SEED, None)], []),
        ([(BOTH, ON_SHOP, ENDED)], []),
        ([(BOTH, ON_SHOP, TAG)], [([(BOTH.name, 2)], Truth.UNKNOWN)]),
        # -- one that certainly counts is taken instead of one that may
        ([(SUBMITS, ON_SHOP, TAG), (BOTH, ON_FOLDER, None)], [([(BOTH.name, 2)], Truth.TRUE)]),
        (
            [(SUBMITS, ON_SHOP, TAG), (SUBMITS, ON_FOLDER, TAG), (STARTS, ON_SHOP, None)],
            [([(SUBMITS.name, 1), (STARTS.name, 1)], Truth.UNKNOWN)],
        ),
        ([(SUBMITS, ON_SHOP, None), (STARTS, ON_SHOP, TAG)], [([(SUBMITS.name, 1), (STARTS.name, 1)], Truth.UNKNOWN)]),
        ([(SUBMITS, ON_SHOP, ENDED), (BOTH, ON_FOLDER, None)], [([(BOTH.name, 2)], Truth.TRUE)]),
    ],
)
def test_the_grants_of_a_deployment(
    given: Given,
    grants: list[tuple[CustomRole, Resource, Condition | None]],
    expected: list[tuple[list[tuple[str, int]], Truth]],
) -> None:
    held = [granted(role.name, on, under=under) for role, on, under in grants]
    assert deployed(given(SUBMITS, STARTS, BOTH, *held)) == expected


def test_the_grants_of_a_deployment_in_the_order_of_the_input(given: Given) -> None:
    first, second = granted("roles/run.developer", ON_FOLDER), granted("roles/run.admin", ON_SHOP)
    for grants in ((first, second), (second, first)):
        found = next(deploys(given(*grants), ANA, DEPLOY, HERE))
        assert found.grants[0] == grants[0]


def test_deployments_are_of_one_principal_and_one_project(given: Given) -> None:
    graph = given((ANA, "roles/run.developer", "projects/shop"), (BOB, "roles/run.developer", "projects/seed"))
    assert deployed(graph, ANA) != []
    assert deployed(graph, BOB) == []
    assert list(deploys(graph, BOB, "x@seed.iam.gserviceaccount.com", HERE)) != []
    assert list(deploys(graph, ANA, "x@seed.iam.gserviceaccount.com", HERE)) == []


def test_a_deployment_that_is_blocked_is_not_certain(given: Given) -> None:
    graph = given((ANA, BOTH.name, "projects/shop"), BOTH, denied("dataproc.googleapis.com/workflowTemplates.create"))
    assert deployed(graph) == [([(BOTH.name, 2)], Truth.UNKNOWN)]


@pytest.mark.parametrize(("parent", "truth"), [("projects/shop", Truth.UNKNOWN), ("projects/seed", Truth.TRUE)])
def test_a_deployment_by_a_grant_above_is_blocked_in_its_project(given: Given, parent: str, truth: Truth) -> None:
    denial = denied("dataproc.googleapis.com/workflowTemplates.create", parent)
    for above in ("folders/1", "organizations/2"):
        assert deployed(given((ANA, BOTH.name, above), BOTH, denial)) == [([(BOTH.name, 2)], truth)]


# -- what a principal gains --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "more"),
    [
        ((), True),
        ((granted("roles/editor", ON_SHOP),), False),
        ((granted("roles/editor", ON_FOLDER),), False),
        ((granted("roles/editor", ON_SEED),), True),
        ((granted("roles/owner", ON_SHOP),), False),
        ((granted("roles/owner", ON_FOLDER),), False),  # an owner may grant itself the rest
        ((granted("roles/viewer", ON_SHOP),), True),
        ((granted("roles/iam.serviceAccountKeyAdmin", ON_SHOP),), True),
        # -- what does not certainly count is not what it has
        ((granted("roles/editor", ON_SHOP, under=LASTING),), False),
        ((granted("roles/editor", ON_SHOP, under=ENDED),), True),
        ((granted("roles/editor", ON_SHOP, under=TAG),), True),
        ((granted("roles/editor", ON_SHOP, under=TAG), granted("roles/editor", ON_FOLDER)), False),
    ],
)
def test_who_has_as_much_itself(given: Given, own: tuple[Grant, ...], more: bool) -> None:
    privilege = granted("roles/editor", ON_SHOP, f"serviceAccount:{DEPLOY}")
    graph = given(privilege, *own)
    assert graph.has_as_much(ANA, privilege) is not more
    assert (graph.gained(DEPLOY, ANA) is not None) is more
    assert (graph.privileged_below(SHOP, ANA) is not None) is more


SEVERAL = Unknown("it is one of two", options=("roles/editor", "roles/owner"))
OPEN_ENDED = custom("open", TOKEN, Unknown("var.more has no default", (UnknownPart("var.more"),)))


@pytest.mark.parametrize(
    ("role", "own", "gained"),
    [
        (SEVERAL, "roles/viewer", Truth.TRUE),
        (SEVERAL, "roles/editor", Truth.UNKNOWN),
        (SEVERAL, "roles/owner", None),
        (OPEN_ENDED.name, "roles/iam.serviceAccountTokenCreator", Truth.UNKNOWN),
        (OPEN_ENDED.name, "roles/owner", None),
    ],
)
def test_a_role_that_is_not_known_in_full_may_give_more(
    given: Given, role: str | Unknown, own: str, gained: Truth | None
) -> None:
    privilege = granted(role, ON_SHOP, f"serviceAccount:{DEPLOY}")
    graph = given(privilege, granted(own, ON_SHOP), OPEN_ENDED)
    found = graph.gained(DEPLOY, ANA)
    assert (found and found[1].truth) is gained
    assert graph.has_as_much(ANA, privilege) is (gained is not Truth.TRUE)
    assert graph.has_as_much(ANA, privilege, sure=False) is (gained is None)
    assert bool(graph.privileged_below(SHOP, ANA)) is (gained is Truth.TRUE)


@pytest.mark.parametrize(
    ("permission", "has"),
    [
        ("iam.googleapis.com/serviceAccountKeys.create", False),  # its strongest permission is blocked
        ("iam.googleapis.com/serviceAccounts.actAs", True),
        ("run.googleapis.com/jobs.create", True),
    ],
)
def test_what_is_blocked_is_not_what_a_principal_has(given: Given, permission: str, has: bool) -> None:
    privilege = granted("roles/editor", ON_SHOP, f"serviceAccount:{DEPLOY}")
    graph = given(privilege, granted("roles/editor", ON_SHOP), denied(permission))
    assert graph.has_as_much(ANA, privilege) is has


def test_the_privileges_of_people_are_found_when_they_are_asked_for(given: Given) -> None:
    graph = given((ANA, "owner", "projects/shop"), ("deploy", "editor", "projects/shop"))
    assert [grant.role for grant, _ in graph.privileges(ANA)] == ["roles/owner"]
    assert [source for source, _ in graph.privileged_accounts()] == [DEPLOY]
    below = {
        node: graph.privileged_below(node, BOB) for node in (SHOP, ("service_account", DEPLOY), ("project", "seed"))
    }
    assert [found and found[0] for found in below.values()] == [DEPLOY, DEPLOY, None]
    assert graph.privileged_below(SHOP, ANA) is None
    assert set(graph.privileged_nodes) == {("service_account", DEPLOY), SHOP, FOLDER, ORGANIZATION}
    assert not graph.privileges("user:nobody@example.com")


def test_the_privileged_accounts_that_a_grant_is_on(given: Given) -> None:
    """Also where what the grant gives is blocked."""
    privileged = ("deploy", "editor", "projects/shop"), ("ci", "editor", "projects/shop")
    for blocker in ((), (denied("iam.googleapis.com/serviceAccounts.actAs"),)):
        graph = given(*privileged, (ANA, "user", "deploy"), (ANA, "user", "x"), *blocker)
        assert [name for name, _ in graph.privileged_targets] == [DEPLOY]
    assert not given(*privileged).privileged_targets


def test_roles_of_one_kind_are_ordered_by_resource_and_size(given: Given) -> None:
    graph = given(
        ("deploy", "roles/editor", "projects/shop"),
        ("deploy", "roles/editor", "folders/1"),
        ("deploy", "roles/editor", "organizations/2"),
        ("deploy", "roles/iam.serviceAccountKeyAdmin", "organizations/2"),
    )
    found = [(str(grant.role), grant.resource.kind) for grant, _ in graph.privileges(DEPLOY)]
    assert found == [
        ("roles/editor", "organization"),
        ("roles/iam.serviceAccountKeyAdmin", "organization"),
        ("roles/editor", "folder"),
        ("roles/editor", "project"),
    ]


def test_the_accounts_that_the_input_declares(given: Given) -> None:
    first, second = (ServiceAccount(CI, "shop", Declaration(Location("main.tf", line))) for line in (1, 2))
    nameless = ServiceAccount(Unknown("var.x has no default"), "shop", HERE)
    reference = ServiceAccount(Unknown("known after apply", (UnknownPart("a.b.email"),)), "shop", HERE)
    assert given(first, second, nameless, reference).accounts == {CI: first, "${a.b.email} in .": reference}


@pytest.mark.parametrize("role", ["roles/iam.devOps", "roles/owner", "roles/iam.serviceAccountTokenCreator"])
def test_an_e_mail_without_a_prefix_is_no_account(given: Given, role: str) -> None:
    """IAM refuses it: it neither adds to the account's privileges nor hides them."""
    privilege = granted("roles/editor", ON_SHOP, f"serviceAccount:{DEPLOY}")
    graph = given(granted(role, ON_SHOP, DEPLOY), privilege)
    assert [source for source, _ in graph.privileged_accounts()] == [DEPLOY]
    assert [grant for grant, _ in graph.privileges(DEPLOY)] == [privilege]
