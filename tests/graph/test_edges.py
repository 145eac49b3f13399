"""The direct edges: the edges of each permission, by resource, and what makes an account privileged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.facts import CustomRole, Declaration, Denial, Folder, Grant, Place, Resource, ServiceAccount
from iamlint.graph.deployments import deploys
from iamlint.graph.edges import Graph
from iamlint.graph.held_grants import HeldGrants
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
Given = Callable[..., Graph]
NOT_KNOWN = Unknown("var.role has no default", (UnknownPart("var.role"),))


def on_deploy(graph: Graph) -> list[tuple[str, str]]:
    """Who has which edge onto the account "deploy" of the project "shop"."""
    edges = graph.onto("deploy@shop.iam.gserviceaccount.com", HERE)
    return [(edge.source.partition("@")[0], edge.kind) for edge in edges]


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        ("roles/iam.serviceAccountTokenCreator", ["token", "sign", "id_token", "delegate"]),
        ("roles/iam.serviceAccountUser", ["attach"]),
        ("roles/iam.workloadIdentityUser", ["token", "id_token"]),
        ("roles/iam.serviceAccountOpenIdTokenCreator", ["id_token"]),
        ("roles/iam.serviceAccountKeyAdmin", ["key"]),
        ("roles/iam.serviceAccountAdmin", ["policy"]),
        ("roles/owner", ["key", "policy", "attach"]),
        ("roles/editor", ["key", "attach"]),
        ("roles/viewer", []),
    ],
)
def test_what_roles_make_on_an_account(given: Given, role: str, kinds: list[str]) -> None:
    assert on_deploy(given(("ci", role, "deploy"))) == [("ci", kind) for kind in kinds]


@pytest.mark.parametrize("resource", ["projects/shop", "projects/123", "folders/1", "organizations/2"])
def test_edges_are_inherited(given: Given, resource: str) -> None:
    graph = given(("ci", "user", resource))
    assert on_deploy(graph) == [("ci", "attach")]
    assert graph.on(("service_account", "deploy@shop.iam.gserviceaccount.com")) == ()


@pytest.mark.parametrize("resource", ["projects/seed", "folders/9", "organizations/9"])
def test_edges_elsewhere_do_not_count(given: Given, resource: str) -> None:
    assert on_deploy(given(("ci", "token", resource))) == []


def test_the_account_itself_comes_first(given: Given) -> None:
    graph = given(("above", "user", "projects/shop"), ("own", "user", "deploy"))
    assert on_deploy(graph) == [("own", "attach"), ("above", "attach")]


def test_setting_a_container_s_policy_is_an_edge_from_there_on(given: Given) -> None:
    admin = "roles/resourcemanager.projectIamAdmin"
    assert on_deploy(given(("ci", admin, "projects/shop"))) == [("ci", "ancestor")]
    folder_only = CustomRole("projects/shop/roles/f", (("resourcemanager.folders.setIamPolicy", PLACE),), HERE)
    assert on_deploy(given(folder_only, ("ci", "projects/shop/roles/f", "projects/shop"))) == []
    assert on_deploy(given(folder_only, ("ci", "projects/shop/roles/f", "folders/1"))) == [("ci", "ancestor")]


def test_a_role_that_is_not_known_may_make_every_edge(given: Given) -> None:
    grant = Grant(
        read_principal("user:ana@example.com"),
        NOT_KNOWN,
        Resource("service_account", "deploy@shop.iam.gserviceaccount.com"),
        "member",
        HERE,
        PLACE,
        PLACE,
        PLACE,
    )
    edges = list(given(grant).onto("deploy@shop.iam.gserviceaccount.com", HERE))
    assert {edge.verdict.truth for edge in edges} == {Truth.UNKNOWN}
    assert {edge.verdict.reasons for edge in edges} == {("the role is not known: var.role has no default",)}
    assert {edge.permissions for edge in edges} == {()}


def unknown_role(role: Unknown, on: Resource) -> Grant:
    return Grant(read_principal("user:ana@example.com"), role, on, "member", HERE, PLACE, PLACE, PLACE)


ON_DEPLOY = Resource("service_account", "deploy@shop.iam.gserviceaccount.com")


def test_roles_of_which_nothing_is_known_are_told_apart(given: Given) -> None:
    first, second = Unknown("known after apply"), Unknown("var.other has no default")
    graph = given(unknown_role(first, ON_DEPLOY), unknown_role(second, Resource("project", "shop")))
    edges = list(graph.onto("deploy@shop.iam.gserviceaccount.com", HERE))
    told = {(edge.onto[0], *edge.verdict.reasons) for edge in edges}
    assert told == {
        ("service_account", "the role is not known: known after apply"),
        ("project", "the role is not known: var.other has no default"),
    }
    # The policy of a project can be set by grants on the project only.
    kinds = {onto: {edge.kind for edge in edges if edge.onto[0] == onto} for onto in ("service_account", "project")}
    assert kinds["project"] - kinds["service_account"] == {"ancestor"}


def test_a_role_that_is_known_in_part_makes_the_edge_that_is_known_for_certain(given: Given) -> None:
    listed = (("iam.serviceAccounts.signBlob", PLACE), (NOT_KNOWN, PLACE))
    graph = given(CustomRole("projects/shop/roles/some", listed, HERE), ("ci", "projects/shop/roles/some", "deploy"))
    edges = {edge.kind: edge for edge in graph.onto("deploy@shop.iam.gserviceaccount.com", HERE)}
    assert (edges["sign"].verdict.truth, edges["sign"].permissions) == (Truth.TRUE, ("iam.serviceAccounts.signBlob",))
    assert (edges["token"].verdict.truth, edges["token"].permissions) == (Truth.UNKNOWN, ())
    assert edges["token"].verdict.reasons == (
        "one of the custom role's permissions is not known: var.role has no default",
    )


def test_a_role_that_is_not_known_gives_nothing_that_is_denied(given: Given) -> None:
    denial = Denial(
        parent="cloudresourcemanager.googleapis.com/projects/shop",
        declared=HERE,
        denied_principals=("principalSet://goog/public:all",),
        denied_permissions=("iam.googleapis.com/serviceAccounts.getAccessToken",),
    )
    graph = given(denial, unknown_role(NOT_KNOWN, ON_DEPLOY))
    (closed,) = graph.closed_on(("service_account", "deploy@shop.iam.gserviceaccount.com"))
    assert (closed.kind, closed.permissions, closed.closed) == ("token", (), True)
    assert closed.verdict.reasons == ("blocked by the deny policy at main.tf:1",)
    assert "token" not in {edge.kind for edge in graph.onto("deploy@shop.iam.gserviceaccount.com", HERE)}


def test_an_edge_has_only_the_permissions_that_nothing_closes(given: Given) -> None:
    denial = Denial(
        parent="cloudresourcemanager.googleapis.com/projects/shop",
        declared=HERE,
        denied_principals=("principalSet://goog/public:all",),
        denied_permissions=("iam.googleapis.com/serviceAccounts.signBlob",),
    )
    graph = given(denial, ("ci", "token", "deploy"))
    (edge,) = [edge for edge in graph.onto("deploy@shop.iam.gserviceaccount.com", HERE) if edge.kind == "sign"]
    assert edge.permissions == ("iam.serviceAccounts.signJwt",)
    assert edge.verdict.truth is Truth.TRUE


def test_a_cycle_of_folders_ends(given: Given) -> None:
    graph = given(
        Folder("folders/8", HERE, "folders/9"), Folder("folders/9", HERE, "folders/8"), ("ci", "user", "folders/8")
    )
    assert list(graph.hierarchy.containers(("folder", "8"))) == [("folder", "8"), ("folder", "9")]


# -- privilege -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "resource", "privileged"),
    [
        ("roles/owner", "projects/shop", True),
        ("roles/editor", "projects/shop", True),
        ("roles/viewer", "projects/shop", False),
        ("roles/viewer", "organizations/2", False),
        ("roles/browser", "folders/1", False),
        ("roles/logging.logWriter", "folders/1", False),
        ("roles/compute.networkAdmin", "projects/shop", False),
        ("roles/compute.networkAdmin", "folders/1", True),
        ("roles/resourcemanager.projectIamAdmin", "projects/shop", True),
        ("roles/iam.serviceAccountTokenCreator", "projects/shop", True),
        ("roles/iam.serviceAccountTokenCreator", "other", False),
        ("roles/iam.roleAdmin", "projects/shop", True),
        ("roles/iam.serviceAccountUser", "projects/shop", False),
        ("roles/storage.admin", "projects/shop", False),
    ],
)
def test_what_makes_an_account_privileged(given: Given, role: str, resource: str, privileged: bool) -> None:
    graph = given(("deploy", role, resource))
    assert bool(graph.privileges("deploy@shop.iam.gserviceaccount.com")) is privileged


@pytest.mark.parametrize(
    ("attach", "deploy", "privileged"),
    [
        ("projects/shop", "projects/shop", True),
        ("projects/shop", "folders/1", True),
        ("projects/shop", "projects/seed", False),
        ("other", "projects/shop", False),
    ],
)
def test_who_attaches_and_deploys_is_privileged(given: Given, attach: str, deploy: str, privileged: bool) -> None:
    graph = given(("deploy", "user", attach), ("deploy", "roles/cloudfunctions.invoker", "projects/seed"))
    assert not graph.privileges("deploy@shop.iam.gserviceaccount.com")
    builder = ("deploy", "roles/cloudbuild.builds.editor", deploy)
    found = given(("deploy", "user", attach), builder).privileges("deploy@shop.iam.gserviceaccount.com")
    assert bool([grant for grant, _ in found if grant.resource.kind == "project"]) is privileged


def test_the_strongest_privilege_comes_first(given: Given) -> None:
    graph = given(
        ("deploy", "roles/compute.networkAdmin", "organizations/2"),
        ("deploy", "roles/editor", "projects/shop"),
        ("deploy", "roles/owner", "projects/shop"),
        ("deploy", "roles/resourcemanager.organizationAdmin", "organizations/2"),
    )
    found = [str(grant.role) for grant, _ in graph.privileges("deploy@shop.iam.gserviceaccount.com")]
    assert found == [
        "roles/resourcemanager.organizationAdmin",
        "roles/owner",
        "roles/editor",
        "roles/compute.networkAdmin",
    ]


@pytest.mark.parametrize(
    ("role", "resource", "more"),
    [
        ("owner", "projects/shop", False),
        ("owner", "folders/1", False),
        ("editor", "projects/shop", True),
        ("owner", "projects/seed", True),
    ],
)
def test_what_somebody_gains_beyond_what_is_held(given: Given, role: str, resource: str, more: bool) -> None:
    graph = given(("deploy", "owner", "projects/shop"), ("user:ana@example.com", role, resource))
    assert (graph.gained("deploy@shop.iam.gserviceaccount.com", "user:ana@example.com") is not None) is more


def test_a_privileged_account_below_a_container(given: Given) -> None:
    graph = given(("deploy", "owner", "projects/seed"))
    for node in (("project", "shop"), ("folder", "1"), ("organization", "2")):
        found = graph.privileged_below(node, "user:ana@example.com")
        assert found is not None
        assert found[0] == "deploy@shop.iam.gserviceaccount.com"
    assert graph.privileged_below(("project", "seed"), "user:ana@example.com") is None
    assert graph.privileged_below(("project", "shop"), "deploy@shop.iam.gserviceaccount.com") is None


def test_what_a_principal_with_many_grants_gains_is_looked_up_once(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    held = HeldGrants.of
    monkeypatch.setattr(HeldGrants, "of", lambda self, source: asked.append(source) or held(self, source))
    accounts = [(f"ci-{number}", "token", "projects/shop") for number in range(20)]
    graph = given(*accounts, *(("group:ops@example.com", "user", f"ci-{number}") for number in range(20)))
    for number in range(20):
        assert graph.privileged_below(
            ("service_account", f"ci-{number}@shop.iam.gserviceaccount.com"), "group:ops@example.com"
        )
    assert asked.count("group:ops@example.com") <= 2  # each time takes as long as the principal has grants


# -- deploying -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "resource", "permission"),
    [
        ("roles/run.developer", "projects/shop", "run.jobs.create"),
        ("roles/run.developer", "organizations/2", "run.jobs.create"),
        ("roles/run.developer", "projects/seed", None),
        ("roles/run.invoker", "projects/shop", None),
        ("roles/compute.instanceAdmin.v1", "projects/shop", "compute.instances.create"),
    ],
)
def test_where_somebody_deploys(given: Given, role: str, resource: str, permission: str | None) -> None:
    graph = given(("user:ana@example.com", role, resource))
    found = deploys(graph, "user:ana@example.com", "deploy@shop.iam.gserviceaccount.com", HERE)
    assert next((one.given[0][1][0] for one in found), None) == permission


def test_two_grants_deploy_together(given: Given) -> None:
    who, account = "user:ana@example.com", "deploy@shop.iam.gserviceaccount.com"
    submits = CustomRole("projects/shop/roles/submits", (("dataproc.workflowTemplates.create", PLACE),), HERE)
    starts = CustomRole("organizations/2/roles/starts", (("dataproc.workflowTemplates.instantiate", PLACE),), HERE)
    both = (who, submits.name, "projects/shop"), (who, starts.name, "folders/1")
    (found,) = deploys(given(submits, starts, *both), who, account, HERE)
    assert [grant.role for grant in found.grants] == [submits.name, starts.name]
    assert list(deploys(given(submits, starts, both[0]), who, account, HERE)) == []


@pytest.mark.parametrize(
    ("disabled", "privileged", "why"),
    [
        (False, Truth.TRUE, ""),
        (True, Truth.UNKNOWN, "blocked by the account deploy@shop.iam.gserviceaccount.com, which is disabled"),
        (NOT_KNOWN, Truth.UNKNOWN, "it is not known whether the account is disabled: var.role has no default"),
    ],
)
def test_a_disabled_account_has_no_privileges_for_certain(
    given: Given, disabled: bool | Unknown, privileged: Truth, why: str
) -> None:
    account = ServiceAccount("deploy@shop.iam.gserviceaccount.com", "shop", HERE, disabled=disabled)
    found = given(account, ("deploy", "roles/compute.networkAdmin", "folders/1"))
    ((_, verdict),) = found.privileges("deploy@shop.iam.gserviceaccount.com")
    assert (verdict.truth, verdict.reasons) == (privileged, (why,) if why else ())


def test_a_privilege_that_counts_comes_before_a_stronger_one_that_is_closed(given: Given) -> None:
    closed = Denial(
        parent="cloudresourcemanager.googleapis.com/projects/shop",
        declared=HERE,
        denied_principals=("principalSet://goog/public:all",),
        denied_permissions=("iam.googleapis.com/*.*", "cloudresourcemanager.googleapis.com/*.*"),
    )
    graph = given(closed, ("deploy", "owner", "projects/shop"), ("deploy", "editor", "projects/seed"))
    found = graph.privileges("deploy@shop.iam.gserviceaccount.com")
    assert [(grant.role, verdict.truth) for grant, verdict in found] == [
        ("roles/editor", Truth.TRUE),
        ("roles/owner", Truth.UNKNOWN),
    ]
    assert found[1][1].reasons == ("blocked by the deny policy at main.tf:1",)
    # So a search for a privileged account in the project does not find the blocked one only.
    below = graph.privileged_below(("project", "shop"), "user:ana@example.com")
    assert below is not None
    assert below[1].role == "roles/editor"
