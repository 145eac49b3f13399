"""The questions about ways: by principal, by account and by container; borrowed, best and left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from iamlint.budget import Budget, Exhausted
from iamlint.facts import (
    Attachment,
    Condition,
    CustomRole,
    Declaration,
    Denial,
    Fact,
    Grant,
    Place,
    Pool,
    Project,
    Resource,
    ServiceAccount,
)
from iamlint.graph import ways as ways_module
from iamlint.graph.edges import Graph
from iamlint.graph.ways import Way, Ways
from iamlint.location import Location
from iamlint.methods.index import method
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
Given = Callable[..., Graph]
ANA, BOB, OPS, DEV = "user:ana@example.com", "user:bob@example.com", "group:ops@example.com", "group:dev@example.com"
DEPLOY, OTHER = "deploy@shop.iam.gserviceaccount.com", "other@seed.iam.gserviceaccount.com"
ON_DEPLOY, ON_OTHER = ("service_account", DEPLOY), ("service_account", OTHER)
JOB = Resource("cloud_run_v2_job", "shop/l/migrate")
RUNS = Attachment(DEPLOY, None, JOB, "shop", HERE, PLACE)
RUNS_OTHER = Attachment(OTHER, None, JOB, "shop", HERE, PLACE)
OVERRIDE, CREATE, TOKEN = "run-job-run-with-overrides", "run-job-create", "sa-mint-access-token"
POD, SIGN = "gke-pod-create", "sa-sign-jwt-for-access-token"
WORKLOAD = "serviceAccount:shop.svc.id.goog[ns/name]"
TAG = Condition("resource.matchTag('2/env', 'prod')")


def ways(graph: Graph, *names: str, best_only: bool = False) -> Ways:
    return Ways(graph.estate, map(method, names), best_only=best_only)


def found(some: object) -> list[tuple[str, tuple[str, str], str]]:
    return [(way.source, way.onto, way.method.id) for way in some]


def bound(account: str = DEPLOY, who: str = WORKLOAD, role: str = "roles/iam.workloadIdentityUser") -> Grant:
    on = Resource("service_account", account)
    return Grant(read_principal(who), role, on, "member", HERE, PLACE, PLACE, PLACE)


# -- what there is -----------------------------------------------------------------------------------------------------


def test_who_holds_something_and_where(given: Given) -> None:
    graph = given(
        (ANA, "token", "deploy"),
        (BOB, "token", "projects/shop"),
        (OPS, "token", "folders/1"),
        (DEV, "token", "organizations/2"),
        (DEV, "viewer", "folders/1"),
    )
    some = ways(graph, TOKEN)
    assert list(some.sources) == [ANA, BOB, OPS, DEV]
    assert list(some.above_projects) == [("folder", "1"), ("organization", "2")]
    assert list(some.holders_on(("folder", "1"))) == [OPS]
    assert list(some.holders_on(ON_DEPLOY)) == [ANA]
    assert list(some.holders_on(("project", "seed"))) == []
    assert list(some.of("user:nobody@example.com")) == []


@pytest.mark.parametrize(
    ("facts", "names", "used"),
    [
        ((), (OVERRIDE, POD), False),
        ((RUNS,), (OVERRIDE,), True),
        ((RUNS,), (TOKEN,), False),
        ((bound(),), (POD,), True),
        ((bound(),), (OVERRIDE,), False),
        ((bound(role="roles/viewer"),), (POD,), False),
        ((RUNS, bound()), (OVERRIDE, POD), True),
    ],
)
def test_whether_anything_runs_as_an_account(
    given: Given, facts: tuple[object, ...], names: tuple[str, ...], used: bool
) -> None:
    some = ways(given(*facts), *names)
    assert some.are_used is used
    assert some.is_used(ON_DEPLOY) is used
    assert some.is_used(ON_OTHER) is False


# -- by account --------------------------------------------------------------------------------------------------------


def test_the_ways_onto_an_account_are_on_it_around_it_and_through_what_runs_as_it(given: Given) -> None:
    graph = given(
        RUNS,
        bound(),
        (ANA, "token", "deploy"),
        (BOB, "token", "organizations/2"),
        (OPS, "roles/run.developer", "projects/shop"),
        (DEV, "roles/container.developer", "projects/shop"),
        (DEV, "token", "other@seed"),
    )
    some = ways(graph, TOKEN, OVERRIDE, POD)
    assert found(some.onto(DEPLOY, HERE)) == [
        (WORKLOAD.partition(":")[2], ON_DEPLOY, TOKEN),
        (ANA, ON_DEPLOY, TOKEN),
        (BOB, ("organization", "2"), TOKEN),
        (OPS, ON_DEPLOY, OVERRIDE),
        (DEV, ON_DEPLOY, POD),
    ]
    assert found(some.through(ON_DEPLOY)) == [(OPS, ON_DEPLOY, OVERRIDE), (DEV, ON_DEPLOY, POD)]
    assert found(some.through(ON_DEPLOY, lambda source: source == OPS)) == [(DEV, ON_DEPLOY, POD)]
    assert found(some.through(ON_DEPLOY, lambda source: source == DEV)) == [(OPS, ON_DEPLOY, OVERRIDE)]
    assert found(some.through(ON_OTHER)) == []
    assert found(some.onto_node(("organization", "2"))) == [(BOB, ("organization", "2"), TOKEN)]
    assert [way.through for way in some.through(ON_DEPLOY)] == [RUNS, bound()]


def test_what_runs_is_no_way_by_a_grant_on_its_project(given: Given) -> None:
    """Only what is named, below the node, or an agent is reached by a grant on the node."""
    graph = given(RUNS, (OPS, "roles/run.developer", "projects/shop"))
    assert found(ways(graph, OVERRIDE).onto_node(("project", "shop"))) == []


# -- what is left out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("covered", "onto"),
    [
        ((), [ON_DEPLOY, ON_OTHER]),
        (("shop",), [ON_OTHER]),
        (("seed",), [ON_DEPLOY]),
        (("shop", "seed"), []),
        (("lone",), [ON_DEPLOY, ON_OTHER]),
    ],
)
def test_accounts_of_covered_containers_are_left_out(
    given: Given, covered: tuple[str, ...], onto: list[tuple[str, str]]
) -> None:
    nodes = frozenset(("project", one) for one in covered)
    graph = given(RUNS, RUNS_OTHER, (ANA, "roles/run.developer", "projects/shop"))
    assert [way.onto for way in ways(graph, OVERRIDE).through_by(ANA, nodes)] == onto
    graph = given(bound(), bound(OTHER), (ANA, "roles/container.developer", "projects/shop"))
    assert [way.onto for way in ways(graph, POD).through_by(ANA, nodes)] == onto


@pytest.mark.parametrize(("steps", "enough"), [(1, False), (2, True)])
def test_what_is_looked_at_is_counted(given: Given, steps: int, enough: bool) -> None:
    for facts, name, role in (
        ((RUNS, RUNS_OTHER), OVERRIDE, "roles/run.developer"),
        ((bound(), bound(OTHER)), POD, "roles/container.developer"),
    ):
        some = ways(given(*facts, (ANA, role, "projects/shop")), name)
        if enough:
            assert len(list(some.through_by(ANA, work=Budget(steps)))) == 2
        else:
            with pytest.raises(Exhausted):
                list(some.through_by(ANA, work=Budget(steps)))


def test_what_many_ways_have_in_common_is_computed_once(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    compute, join = Ways._way, ways_module._all_on
    monkeypatch.setattr(Ways, "_way", lambda *args, **named: asked.append("way") or compute(*args, **named))
    bindings = [bound(f"a-{number}@shop.iam.gserviceaccount.com") for number in range(9)]
    found = list(ways(given(*bindings, (ANA, "roles/container.developer", "projects/shop")), POD).through_by(ANA))
    assert [(way.onto[1], way.through) for way in found] == [(one.resource.name, one) for one in bindings]
    assert asked == ["way"]
    monkeypatch.setattr(
        ways_module, "_all_on", lambda mine, nodes: asked.append("all" * (mine is nodes)) or join(mine, nodes)
    )
    graph = given(*((ANA, "token", f"projects/p{number}") for number in range(9)))
    assert len(list(ways(graph, TOKEN).of(ANA))) == 9
    assert asked.count("all") == 1


# -- grants of groups --------------------------------------------------------------------------------------------------


def test_a_member_uses_grants_of_its_groups_together_with_its_own(given: Given) -> None:
    graph = given((ANA, "user", "deploy"), (OPS, "roles/run.developer", "projects/shop"))
    some = ways(graph, CREATE)
    assert found(some.of(ANA)) == found(some.of(OPS)) == []
    some.lend({ANA: [OPS]})
    (way,) = some.of(ANA)
    assert (way.onto, [grant.principal.text for grant in way.grants]) == (ON_DEPLOY, [OPS, ANA])
    assert found(some.of(OPS)) == []
    assert found(some.onto(DEPLOY, HERE)) == [(ANA, ON_DEPLOY, CREATE)]


def test_grants_of_two_groups_add_up(given: Given) -> None:
    graph = given((DEV, "user", "deploy"), (OPS, "roles/run.developer", "projects/shop"))
    some = ways(graph, CREATE)
    some.lend({ANA: [OPS, DEV], BOB: [OPS]})
    assert found(some.of(ANA)) == [(ANA, ON_DEPLOY, CREATE)]
    assert found(some.of(BOB)) == []


def test_what_one_group_has_alone_stays_the_group_s(given: Given) -> None:
    graph = given((OPS, "token", "deploy"), (ANA, "token", "other@seed"))
    some = ways(graph, TOKEN)
    some.lend({ANA: [OPS], BOB: [DEV]})
    assert found(some.of(OPS)) == [(OPS, ON_DEPLOY, TOKEN)]
    assert found(some.of(ANA)) == [(ANA, ON_OTHER, TOKEN)]
    assert BOB not in some.sources


# -- the best only -----------------------------------------------------------------------------------------------------

CHAIN = "sa-delegation-chain-access-token"


@pytest.mark.parametrize(
    ("names", "best"),
    [
        ((TOKEN, SIGN), [TOKEN]),
        ((SIGN, TOKEN), [SIGN]),
        ((TOKEN, CHAIN), [TOKEN, CHAIN]),  # delegations are counted apart
        ((CHAIN, TOKEN), [CHAIN, TOKEN]),
        ((CHAIN, "sa-delegation-chain-sign-or-id-token", TOKEN), [CHAIN, TOKEN]),
        ((TOKEN, SIGN, CHAIN, "sa-delegation-chain-sign-or-id-token"), [TOKEN, CHAIN]),
    ],
)
def test_the_first_way_that_certainly_works_is_the_best(given: Given, names: tuple[str, ...], best: list[str]) -> None:
    graph = given((ANA, "token", "deploy"))
    assert [way.method.id for way in ways(graph, *names, best_only=True).of(ANA)] == best
    assert [way.method.id for way in ways(graph, *names).of(ANA)] == list(names)


def denied(permission: str) -> Denial:
    parent = "cloudresourcemanager.googleapis.com/projects/shop"
    denied = (f"iam.googleapis.com/serviceAccounts.{permission}",)
    return Denial(parent, HERE, ("principalSet://goog/public:all",), denied, place=PLACE)


def test_a_way_that_may_not_work_is_not_the_best(given: Given) -> None:
    names = (TOKEN, SIGN)
    blocked = given((ANA, "token", "deploy"), denied("getAccessToken"))
    assert [(way.method.id, way.closed) for way in ways(blocked, *names, best_only=True).of(ANA)] == [
        (TOKEN, True),
        (SIGN, False),
    ]
    (grant,) = given((ANA, "token", "deploy")).estate.of(Grant)
    tagged = given(replace(grant, condition=TAG))
    assert [way.method.id for way in ways(tagged, *names, best_only=True).of(ANA)] == list(names)
    # On a folder, a denial in one project leaves the other accounts: both are needed.
    folder = given((ANA, "token", "folders/1"), denied("getAccessToken"))
    some = ways(folder, *names, best_only=True)
    assert [way.method.id for way in some.of(ANA)] == list(names)
    assert [some.is_alike(way) for way in some.of(ANA)] == [False, True]


# -- the best grant of a permission ------------------------------------------------------------------------------------


def only(way: Way) -> tuple[list[str], Truth, bool]:
    return [str(grant.resource) for grant in way.grants], way.verdict.truth, way.closed


def test_an_open_grant_comes_before_one_that_may_be_open_and_that_before_a_blocked_one(given: Given) -> None:
    (on_account, on_folder) = given((ANA, "token", "deploy"), (ANA, "token", "folders/1")).estate.of(Grant)
    perhaps = replace(on_account, condition=TAG)
    (way,) = (one for one in ways(given(perhaps, on_folder), TOKEN).onto(DEPLOY, HERE) if one.onto == ON_DEPLOY)
    assert only(way) == (["folder 1"], Truth.TRUE, False)
    (way,) = ways(given(perhaps), TOKEN).of(ANA)
    assert only(way) == ([f"service account {DEPLOY}"], Truth.UNKNOWN, False)
    assert way.verdict.reasons == ("the input does not show the tags of the resource (matchTag(2/env, prod))",)
    ended = replace(on_account, condition=Condition("request.time < timestamp('2020-01-01T00:00:00Z')"))
    assert list(ways(given(ended), TOKEN).of(ANA)) == []
    (way,) = ways(given(on_account, denied("getAccessToken")), TOKEN).of(ANA)
    assert only(way) == ([f"service account {DEPLOY}"], Truth.UNKNOWN, True)


def test_a_blocked_grant_is_last(given: Given) -> None:
    """The denial is for one project; the grant on the folder gives the permission in the rest of it."""
    seed = "cloudresourcemanager.googleapis.com/projects/shop"
    denial = Denial(seed, HERE, ("principalSet://goog/public:all",), ("run.googleapis.com/jobs.create",), place=PLACE)
    role = "roles/run.developer"
    grants = given((ANA, "user", "deploy"), (ANA, role, "projects/shop"), (ANA, role, "folders/1"))
    one, blocked, above = grants.estate.of(Grant)
    (way,) = (w for w in ways(given(one, blocked, above, denial), CREATE).of(ANA) if w.onto == ON_DEPLOY)
    assert [grant.resource.kind for grant in way.grants] == ["folder", "service_account"]
    assert (way.verdict.truth, way.closed) == (Truth.TRUE, False)
    (way,) = (w for w in ways(given(one, blocked, denial), CREATE).of(ANA) if w.onto == ON_DEPLOY)
    assert (way.verdict.truth, way.closed) == (Truth.UNKNOWN, True)


# -- what runs, and what is bound --------------------------------------------------------------------------------------


def test_a_default_account_without_grants_is_not_known(given: Given) -> None:
    runs = Attachment(None, "compute", JOB, "web", HERE, PLACE)
    developer, web = (ANA, "roles/run.developer", "projects/web"), Project("web", HERE, "1234567", "folders/1")
    default = "1234567-compute@developer.gserviceaccount.com"
    assert list(ways(given(web, runs, developer), OVERRIDE).of(ANA)) == []
    for who, reached in ((default, True), ("web@appspot.gserviceaccount.com", False), (DEPLOY, False)):
        graph = given(web, runs, developer, (f"serviceAccount:{who}", "viewer", "projects/seed"))
        assert [way.onto[1] for way in ways(graph, OVERRIDE).of(ANA)] == ([who] if reached else [])


@pytest.mark.parametrize(
    ("grant", "reached"),
    [
        (bound(), True),
        (bound(who="serviceAccount:seed.svc.id.goog[ns/name]"), False),
        (bound(who="user:x@example.com"), False),
        (bound(role="roles/viewer"), False),
        (bound(role="roles/iam.serviceAccountTokenCreator"), True),
        (replace(bound(), resource=Resource("project", "shop")), False),
    ],
)
def test_which_grants_bind_workloads(given: Given, grant: Grant, reached: bool) -> None:
    graph = given(grant, (ANA, "roles/container.developer", "projects/shop"))
    assert [way.onto for way in ways(graph, POD).of(ANA)] == ([ON_DEPLOY] if reached else [])


OVER = Condition("request.time < timestamp('2020-01-01T00:00:00Z')")
OFF, PERHAPS = (ServiceAccount(DEPLOY, "shop", HERE, disabled=state) for state in (True, Unknown("var.off")))
RUN = ("run.jobs.run", "run.jobs.runWithOverrides")
STARTER = CustomRole("projects/shop/roles/starter", tuple((one, PLACE) for one in RUN), HERE)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ((bound(), RUNS), (Truth.TRUE, False)),
        ((replace(bound(), condition=OVER),), None),
        ((replace(bound(), condition=TAG),), (Truth.UNKNOWN, False)),
        ((replace(bound(), declared=replace(HERE, uncertain="var.on")),), (Truth.UNKNOWN, False)),
        ((bound(), RUNS, OFF), (Truth.UNKNOWN, True)),
        ((bound(), RUNS, PERHAPS), (Truth.UNKNOWN, False)),
        ((bound(), denied("getAccessToken")), (Truth.UNKNOWN, True)),
    ],
)
def test_what_is_bound_or_runs_counts_only_as_far_as_its_account_can_be_used(
    given: Given, facts: tuple[Fact, ...], state: tuple[Truth, bool] | None
) -> None:
    """The grants of the caller count in full; the state is that of what they lead through."""
    mine = [(ANA, role, "projects/shop") for role in ("roles/container.developer", STARTER.name)]
    graph = given(*facts, *mine, STARTER)
    some = list(ways(graph, POD, OVERRIDE).of(ANA))
    assert len(some) == ((RUNS in facts) + 1 if state else 0)
    assert {(way.verdict.truth, way.closed) for way in some} == ({state} if state else set())
    assert all(way.verdict.reasons for way in some if way.verdict.truth is not Truth.TRUE)


def test_who_may_enable_the_account_of_what_runs_is_not_stopped_by_its_state(given: Given) -> None:
    reviver = replace(STARTER, permissions=tuple((one, PLACE) for one in (*RUN, "iam.serviceAccounts.enable")))
    (way,) = ways(given(RUNS, OFF, reviver, (ANA, STARTER.name, "projects/shop")), OVERRIDE).of(ANA)
    assert (way.verdict.truth, way.closed) == (Truth.TRUE, False)


POOLS = "iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/p"


@pytest.mark.parametrize(
    ("who", "reached"),
    [
        ("principal://" + POOLS.format("shop") + "/subject/x", True),
        ("principal://" + POOLS.format("123") + "/subject/x", True),
        ("principalSet://" + POOLS.format("shop") + "/attribute.a/b", True),
        ("principalSet://" + POOLS.format("shop") + "/*", True),
        ("principal://" + POOLS.format("seed") + "/subject/x", False),
        ("principal://iam.googleapis.com/locations/global/workforcePools/p/subject/x", False),
    ],
)
def test_which_pool_s_identities_are_bound(given: Given, who: str, reached: bool) -> None:
    graph = given(bound(who=who), (ANA, "roles/iam.workloadIdentityPoolAdmin", "projects/shop"))
    some = ways(graph, "wif-provider-update")
    assert [way.onto for way in some.of(ANA)] == ([ON_DEPLOY] if reached else [])
    # The project of a declared pool may be known by its block only.
    declared = Pool("projects/shop", replace(HERE, address="google_iam_workload_identity_pool.p"))
    assert len(list(ways(given(bound(who=who), declared), "wif-provider-update").sources)) == 0


def test_two_permissions_on_different_nodes_are_a_way_onto_the_lower_one(given: Given) -> None:
    for developer in ("projects/shop", "folders/1", "organizations/2"):
        graph = given((ANA, "user", "deploy"), (ANA, "roles/run.developer", developer))
        assert found(ways(graph, CREATE).of(ANA)) == [(ANA, ON_DEPLOY, CREATE)]
    graph = given((ANA, "user", "deploy"), (ANA, "roles/run.developer", "projects/seed"))
    assert found(ways(graph, CREATE).of(ANA)) == []


def test_a_role_without_permissions_of_the_methods_is_not_kept(given: Given) -> None:
    role = CustomRole("projects/shop/roles/r", (("run.jobs.run", PLACE),), HERE)
    assert list(ways(given(role, (ANA, role.name, "projects/shop")), TOKEN).sources) == []
