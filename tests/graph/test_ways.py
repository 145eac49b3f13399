"""Ways: which principal has which method, onto what, by which grants, and whether that is certain."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.facts import Attachment, CustomRole, Declaration, Denial, Grant, Place, Resource
from iamlint.graph.edges import Graph
from iamlint.graph.ways import Ways
from iamlint.location import Location
from iamlint.methods.index import method, methods
from iamlint.unknown import Truth

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
Given = Callable[..., Graph]
ANA, DEPLOY = "user:ana@example.com", "deploy@shop.iam.gserviceaccount.com"
RUNS = Attachment(DEPLOY, None, Resource("cloud_run_v2_job", "shop/l/migrate"), "shop", HERE, PLACE)


def of(graph: Graph, *names: str, source: str = ANA) -> list[tuple[str, tuple[str, str]]]:
    """The ways of a principal by some methods, with what each is onto."""
    ways = Ways(graph.estate, map(method, names) if names else methods())
    return [(way.method.id, way.onto) for way in ways.of(source)]


@pytest.mark.parametrize(
    ("on", "onto"),
    [
        ("deploy", ("service_account", DEPLOY)),
        ("projects/shop", ("project", "shop")),
        ("folders/1", ("folder", "1")),
        ("organizations/2", ("organization", "2")),
    ],
)
def test_a_grant_is_one_way_onto_what_it_is_on(given: Given, on: str, onto: tuple[str, str]) -> None:
    graph = given((ANA, "token", on))
    assert of(graph, "sa-mint-access-token") == [("sa-mint-access-token", onto)]
    ways = Ways(graph.estate, [method("sa-mint-access-token")])
    assert [way.onto for way in ways.onto(DEPLOY, HERE)] == [onto]
    other = "ci@seed.iam.gserviceaccount.com"
    assert bool(list(ways.onto(other, HERE))) == (on == "organizations/2")


@pytest.mark.parametrize("who", ["robot:ana@example.com", "deleted:user:ana@example.com?uid=1", "group:*@example.com"])
def test_a_principal_that_nobody_is_has_no_way(given: Given, who: str) -> None:
    graph = given((who, "token", "deploy"), (ANA, "token", "deploy"))
    assert {edge.source for edge in graph.onto(DEPLOY, HERE)} == {ANA}
    assert [way.source for way in Ways(graph.estate, [method("sa-mint-access-token")]).onto(DEPLOY, HERE)] == [ANA]


def test_what_is_attached_on_the_account_and_deployed_above_is_onto_the_account(given: Given) -> None:
    graph = given((ANA, "user", "deploy"), (ANA, "roles/run.developer", "folders/1"))
    (way,) = Ways(graph.estate, [method("run-job-create")]).of(ANA)
    assert way.onto == ("service_account", DEPLOY)
    assert [grant.role for grant in way.grants] == ["roles/run.developer", "roles/iam.serviceAccountUser"]


def test_what_both_lie_above_is_onto_the_lower_of_the_two(given: Given) -> None:
    graph = given((ANA, "user", "projects/shop"), (ANA, "roles/run.developer", "organizations/2"))
    assert of(graph, "run-job-create") == [("run-job-create", ("project", "shop"))]


def test_two_principals_do_not_add_up(given: Given) -> None:
    graph = given((ANA, "user", "deploy"), ("user:bob@example.com", "roles/run.developer", "projects/shop"))
    assert of(graph, "run-job-create") == []


@pytest.mark.parametrize(
    ("on", "open_"), [("projects/shop", True), ("organizations/2", True), ("projects/seed", False)]
)
def test_a_way_through_what_runs(given: Given, on: str, open_: bool) -> None:
    graph = given(RUNS, (ANA, "roles/run.developer", on))
    ways = Ways(graph.estate, [method("run-job-run-with-overrides")])
    assert [way.through for way in ways.of(ANA)] == ([RUNS] if open_ else [])
    assert [(way.source, way.through) for way in ways.onto(DEPLOY, HERE)] == ([(ANA, RUNS)] if open_ else [])


def test_what_runs_as_another_kind_of_resource_is_no_way(given: Given) -> None:
    graph = given(RUNS, (ANA, "roles/compute.admin", "projects/shop"), (ANA, "user", "deploy"))
    assert of(graph, "compute-os-admin-login") == []


def test_a_way_is_told_once_though_a_role_is_granted_twice(given: Given) -> None:
    graph = given(RUNS, (ANA, "roles/run.developer", "projects/shop"), (ANA, "roles/run.admin", "folders/1"))
    assert len(of(graph, "run-job-run-with-overrides")) == 1


def test_a_role_that_is_not_known_opens_nothing(given: Given) -> None:
    role = CustomRole("projects/shop/roles/some", None, HERE)
    assert of(given(role, (ANA, role.name, "projects/shop"))) == []


def test_ended_methods_are_ways_only_where_they_are_asked_for(given: Given) -> None:
    graph = given((ANA, "roles/deploymentmanager.editor", "projects/shop"))
    assert ("deployment-manager-create", ("project", "shop")) in of(graph)
    assert of(graph, *(one.id for one in methods() if not one.ended)) == []


def test_only_the_grants_that_are_given_are_looked_at(given: Given) -> None:
    graph = given((ANA, "token", "deploy"), (ANA, "token", "projects/seed"))
    some: list[Grant] = [grant for grant in graph.estate.of(Grant) if grant.resource.kind == "project"]
    ways = Ways(graph.estate, [method("sa-mint-access-token")], some)
    assert [way.onto for way in ways.of(ANA)] == [("project", "seed")]


def denied(permission: str) -> Denial:
    parent = "cloudresourcemanager.googleapis.com/projects/shop"
    return Denial(parent, HERE, ("principalSet://goog/public:all",), (permission,), place=PLACE)


@pytest.mark.parametrize("permission", ["iam.googleapis.com/serviceAccounts.actAs", "run.googleapis.com/jobs.create"])
def test_a_way_is_closed_where_one_of_its_permissions_is_denied(given: Given, permission: str) -> None:
    grants = (ANA, "user", "deploy"), (ANA, "roles/run.developer", "projects/shop")
    (open_,) = Ways(given(*grants).estate, [method("run-job-create")]).of(ANA)
    assert (open_.verdict.truth, open_.closed) == (Truth.TRUE, False)
    denial = denied(permission)
    (way,) = Ways(given(*grants, denial).estate, [method("run-job-create")]).of(ANA)
    assert (way.verdict.truth, way.closed, way.verdict.facts) == (Truth.UNKNOWN, True, (denial,))
    assert way.verdict.reasons == ("blocked by the deny policy at main.tf:1",)


@pytest.mark.parametrize(("on", "open_"), [("deploy@seed", True), ("projects/seed", True), ("projects/shop", False)])
def test_what_runs_is_used_where_it_is_and_its_account_attached_where_that_is(
    given: Given, on: str, open_: bool
) -> None:
    service = Resource("cloud_run_v2_service", "shop/l/site")
    runs = Attachment("deploy@seed.iam.gserviceaccount.com", None, service, "shop", HERE, PLACE)
    graph = given(runs, (ANA, "roles/run.admin", "projects/shop"), (ANA, "user", on))
    assert [name for name, _ in of(graph, "run-service-ssh")] == (["run-service-ssh"] if open_ else [])


@pytest.mark.parametrize(("project", "open_"), [("shop", True), ("seed", False), (None, False)])
def test_what_runs_without_an_account_runs_as_the_default_one_of_its_project(
    given: Given, project: str | None, open_: bool
) -> None:
    default = "shop@appspot.gserviceaccount.com"
    runs = Attachment(None, "app_engine", Resource("cloud_run_v2_job", "shop/l/migrate"), project, HERE, PLACE)
    graph = given(
        runs, (f"serviceAccount:{default}", "viewer", "projects/shop"), (ANA, "roles/run.developer", "organizations/2")
    )
    ways = Ways(graph.estate, [method("run-job-run-with-overrides")])
    assert [(way.source, way.through) for way in ways.onto(default, HERE)] == ([(ANA, runs)] if open_ else [])


@pytest.mark.parametrize("verb", ["create", "delete"])
def test_a_permission_on_another_resource_counts_wherever_it_is_granted(given: Given, verb: str) -> None:
    role = CustomRole("projects/seed/roles/tags", ((f"resourcemanager.tagValueBindings.{verb}", PLACE),), HERE)
    graph = given(role, (ANA, "roles/iam.serviceAccountAdmin", "deploy"), (ANA, role.name, "projects/seed"))
    onto = [("tag-bind-on-account", ("service_account", DEPLOY))]
    assert of(graph, "tag-bind-on-account") == (onto if verb == "create" else [])
