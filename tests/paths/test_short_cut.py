"""A grant that no blocker concerns is not asked again for each account: the answers are those of asking every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from many import some

from iamlint.access.asking import Access, access, access_of
from iamlint.estate import Estate
from iamlint.facts import (
    Attachment,
    Boundary,
    BoundaryBinding,
    Condition,
    CustomRole,
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
)
from iamlint.graph import counted
from iamlint.graph.edges import graph_of
from iamlint.graph.ways import Ways
from iamlint.location import Location
from iamlint.paths.answers import Asking
from iamlint.paths.ends import End
from iamlint.paths.hops import Hop, Hops, hops_of
from iamlint.paths.onward import onward_of
from iamlint.paths.steps import leads_to
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

DAY = date(2026, 1, 1)
NOT_KNOWN = Unknown("var.x has no default", (UnknownPart("var.x"),))
PROJECTS = ("p0", "p1", "p2", "p3")
ACCOUNTS = tuple(f"sa{number}@{project}.iam.gserviceaccount.com" for project in PROJECTS for number in range(2))
PARENTS = ("folders/1", "folders/2", "organizations/9", None)
ROLES = (
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountUser",
    "roles/iam.serviceAccountKeyAdmin",
    "roles/editor",
    "roles/owner",
    "roles/viewer",
)
VERBS = ("getAccessToken", "actAs", "signBlob", "implicitDelegation", "setIamPolicy", "*")
PEOPLE = ("user:ana@example.com", "user:bob@example.com", "group:ops@example.com", "allUsers")
DENIED = (
    "principalSet://goog/public:all",
    "principal://goog/subject/ana@example.com",
    "principalSet://goog/group/ops@example.com",
    *(f"principal://iam.googleapis.com/projects/-/serviceAccounts/{one}" for one in ACCOUNTS[:3]),
)
PLACES = ("projects/p0", "projects/p1", "projects/p7", "folders/1", "folders/2", "organizations/9", "organizations/8")
CONSTRAINTS = (
    "iam.disableServiceAccountKeyCreation",
    "iam.disableServiceAccountKeyUpload",
    "iam.allowedPolicyMemberDomains",
)


def estate_of(seed: int) -> list[Fact]:
    """Return random grants in four projects, and from none to three blockers."""
    chance = random.Random(seed)
    lines = iter(range(1, 1_000))

    def here() -> Declaration:
        folder = "b" if chance.random() < 0.15 else "a"
        return Declaration(Location(f"{folder}/main.tf", next(lines)), trust=chance.choice(("named", "own")))

    tree: list[Fact] = [Folder(f"folders/{number}", here(), "organizations/9") for number in (1, 2)]
    tree += [Project(name, here(), None, chance.choice(PARENTS)) for name in PROJECTS if chance.random() < 0.9]
    if chance.random() < 0.3:  # documents that disagree
        tree.append(Project("p1", here(), None, chance.choice(PARENTS)))
        tree.append(ServiceAccount(ACCOUNTS[0], "p1", here()))
    state = chance.choice((False, False, True, NOT_KNOWN))
    off = chance.choice(ACCOUNTS)
    accounts = [ServiceAccount(one, one[4:6], here(), disabled=state if one == off else False) for one in ACCOUNTS]
    grants = []
    for _ in range(chance.randrange(6, 16)):
        declared = here()
        place = Place(declared.at)
        who = chance.choice((*PEOPLE, *(f"serviceAccount:{one}" for one in ACCOUNTS * 2)))
        where = chance.random()
        on = Resource("service_account", chance.choice(ACCOUNTS))
        if where < 0.4:
            on = Resource("project", chance.choice(PROJECTS))
        elif where < 0.6:
            on = chance.choice((Resource("folder", "folders/1"), Resource("organization", "9")))
        grants.append(Grant(read_principal(who), chance.choice(ROLES), on, "member", declared, place, place, place))
    return [*tree, *accounts, *grants, *(one for _ in range(chance.randrange(4)) for one in blocker(chance, here()))]


def blocker(chance: random.Random, declared: Declaration) -> Iterator[Fact]:
    at, kind = Place(declared.at), chance.random()
    where = chance.choice(PLACES)
    if kind < 0.7:
        denial = Denial(
            f"cloudresourcemanager.googleapis.com/{where}",
            declared,
            tuple(chance.sample(DENIED, chance.choice((1, 1, 2)))),
            (f"iam.googleapis.com/serviceAccounts.{chance.choice(VERBS)}",),
            place=at,
        )
        part = chance.random()
        yield (
            replace(denial, parent=NOT_KNOWN)
            if part < 0.1
            else (replace(denial, denied_principals=NOT_KNOWN) if part < 0.2 else denial)
        )
    elif kind < 0.9:
        resource = Resource("project", chance.choice(PROJECTS))
        yield from (
            OrgPolicy(constraint=one, resource=resource, declared=declared, place=at, enforced=True)
            for one in CONSTRAINTS
        )
    else:
        name = "organizations/9/locations/global/principalAccessBoundaryPolicies/b"
        allowed = (f"//cloudresourcemanager.googleapis.com/{where}",)
        yield Boundary(name, declared, at, allowed, "3")
        yield BoundaryBinding(name, "//cloudresourcemanager.googleapis.com/projects/p0", declared)


def answers(facts: list[Fact], seed: int) -> list[str]:
    """Return the paths onto some accounts, others for each seed, and the edges of the graph, as text."""
    estate = Estate(facts, catalog(), DAY)
    accounts = ACCOUNTS[seed % 3 :: 3]
    found = [
        str(
            [(path.state, path.cost, [(hop.source, hop.method, hop.target) for hop in path.hops]) for path in one.paths]
        )
        for one in (Asking(hops_of(estate)).onto([account]) for account in accounts)
    ]
    graph = graph_of(estate)
    nodes = [("service_account", one) for one in ACCOUNTS] + [("project", one) for one in PROJECTS]
    return [*found, *(str((graph.on(node), graph.closed_on(node))) for node in nodes)]


@pytest.mark.parametrize("first", range(0, some(4, 80), 4))
def test_the_paths_are_the_same_without_the_short_cut(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    estates = {seed: estate_of(seed) for seed in range(first, first + 4)}
    quick = {seed: answers(facts, seed) for seed, facts in estates.items()}

    def never(asked: Access, grant: Grant, *_more: object) -> bool:
        return grant.condition is None and not asked._blockers

    monkeypatch.setattr(Access, "is_plain", never)
    monkeypatch.setattr(Access, "is_alike_below", never)
    for seed, facts in estates.items():
        assert quick[seed] == answers(facts, seed), seed


CONDITIONS = (
    'request.time < timestamp("2030-01-01T00:00:00Z")',
    'request.time < timestamp("2020-01-01T00:00:00Z")',
    'resource.name.startsWith("projects/p0/")',
    'resource.service != "compute.googleapis.com"',
    'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["roles/viewer"])',
    'resource.matchTag("1/env", "prod") || request.path == "/x"',
)


@pytest.mark.parametrize("first", range(0, some(2, 40), 2))
def test_no_route_needs_a_way_that_gives_the_same_hops_as_an_earlier_one(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def routes(facts: list[Fact]) -> list[str]:
        onward = onward_of(Estate(facts, catalog(), DAY))
        spots = [(one, delegate) for one in ACCOUNTS for delegate in (False, True)]
        asked = [(spot, end, sure) for spot in spots for end in onward._ends for sure in (True, False)]
        every = (onward.route([spot], end, sure=sure) for spot, end, sure in asked)
        return [str(one and (one.hops, one.reasons)) for one in every] + [str(onward.leading)]

    for seed in range(first, first + 2):
        chance = random.Random(seed)
        facts = [
            replace(one, condition=Condition(chance.choice(CONDITIONS)))
            if isinstance(one, Grant) and chance.random() < 0.7
            else one
            for one in estate_of(seed)
        ]
        few = routes(facts)
        with monkeypatch.context() as patch:
            patch.setattr(Hops, "answered_as", lambda _, way: (way.onto, way.method.id, id(way.grants[0])))
            patch.setattr(counted, "asked_alike", lambda permission, *_: permission)
            assert few == routes(facts), seed


def mostly_on_one_resource_each(chance: random.Random) -> Iterator[Fact]:
    """Yield accounts with grants mostly on one resource, and what keeps these from being all that counts for one."""
    here = Declaration(Location("z.tf"))
    place = Place(here.at)

    def grant(account: str, role: str, kind: str, name: str) -> Grant:
        who = read_principal(f"serviceAccount:{account}")
        return Grant(who, role, Resource(kind, name), "member", here, place, place, place)

    yield from (Project(name, here, None, chance.choice(PARENTS)) for name in PROJECTS)
    yield CustomRole("projects/p0/roles/own", (("storage.buckets.get", place),), here)
    legacy = f"{chance.choice(PROJECTS)}@cloudbuild.gserviceaccount.com"
    accounts = (
        *ACCOUNTS,
        *(one.replace("sa", "sb") for one in ACCOUNTS),
        *((legacy,) if chance.random() < 0.6 else ()),
    )
    roles = (
        *ROLES,
        "roles/editor",
        "roles/editor",
        "roles/iam.roleAdmin",
        "roles/iam.organizationRoleAdmin",
        "roles/resourcemanager.folderIamAdmin",
    )
    for one in accounts:
        on = chance.choice((*(("project", name) for name in PROJECTS), ("organization", "9")))
        for role in chance.choices(roles, k=chance.choice((1, 1, 2, 2, 3))):
            declared = replace(here, address="google_project_iam_member.m[*]") if chance.random() < 0.4 else here
            yield replace(grant(one, role, *on), declared=declared)
            on = ("project", chance.choice(PROJECTS)) if chance.random() < 0.4 else on
    yield from (grant(one, "projects/p0/roles/own", "project", "p0") for one in accounts if chance.random() < 0.4)
    one, other = chance.sample(ACCOUNTS, 2)
    if chance.random() < 0.3:
        machine = Resource("compute_instance", f"projects/{one[4:6]}/zones/z/instances/i")
        yield Attachment(other, None, machine, one[4:6], here, place)
    if chance.random() < 0.3:
        yield grant(f"{one[4:6]}.svc.id.goog[w/w]", "roles/iam.workloadIdentityUser", "service_account", other)


@pytest.mark.parametrize("first", range(0, some(8, 160), 8))
def test_the_hops_by_grants_alone_on_a_resource_are_those_by_any_grants(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hops(facts: list[Fact]) -> list[object]:
        onward = onward_of(Estate(facts, catalog(), DAY))
        spots = [(name, delegate) for name in onward.names.accounts for delegate in (False, True)]
        return [
            (spot, isinstance(one, Hop), one.source, leads_to(one), (one.way if isinstance(one, Hop) else one))
            for spot in spots
            for steps in (onward._after, onward._perhaps)
            for one in steps.of(spot)
        ]

    lone = Hops.lone
    known = list[object]()
    monkeypatch.setattr(Hops, "lone", lambda *given: known.extend(lone(*given)) or lone(*given))
    for seed in range(first, first + 8):
        facts = list(mostly_on_one_resource_each(random.Random(seed)))
        quick = hops(facts)
        with monkeypatch.context() as patch:
            patch.setattr(Ways, "_alone_on", lambda *_: ())
            assert quick == hops(facts), seed
    assert known


def test_a_grant_with_a_condition_is_asked_once_for_alike_permissions(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    decide = Access.decide
    monkeypatch.setattr(Access, "decide", lambda *args, **named: asked.append(args[2]) or decide(*args, **named))
    here = Declaration(Location("a.tf"))
    place, owner = Place(here.at), read_principal(f"serviceAccount:{ACCOUNTS[0]}")
    grant = Grant(owner, "roles/owner", Resource("project", "p0"), "member", here, place, place, place)
    grant = replace(grant, condition=Condition("request.path == '/x'"))
    estate = Estate([grant, *(ServiceAccount(one, one[4:6], here) for one in ACCOUNTS)], catalog(), DAY)
    assert onward_of(estate)._perhaps.of((ACCOUNTS[0], False))
    assert len(asked) < 30  # the role has hundreds of ways


def test_the_many_holders_of_a_privilege_are_listed_once() -> None:
    here = Declaration(Location("a.tf"))
    place, project = Place(here.at), Resource("project", "p0")
    holders = {
        one: (Grant(read_principal(f"user:{one}"), "roles/owner", project, "member", here, place, place, place), ())
        for one in map("u{}@example.com".format, range(20))
    }
    end = End.of(0, holders["u0@example.com"][0], holders)
    assert end.holders is end.holders  # it is asked for with each finding


def test_nothing_blocks_what_is_plain() -> None:
    plain = 0
    for seed in range(20):
        estate = Estate(estate_of(seed), catalog(), DAY)
        asked = access_of(estate)
        for grant in estate.of(Grant) if estate.blockers else ():
            for held in sorted(one for one in asked.held(grant)[0] if one.startswith("iam.serviceAccount")):
                if asked.is_plain(grant, held):
                    plain += 1
                    assert access(estate, grant, (held,)).truth is Truth.TRUE, (seed, held)
    assert plain > 250


def test_what_is_alike_below_has_one_answer_for_all_accounts() -> None:
    alike = blocked = 0
    for seed in range(20):
        estate = Estate(estate_of(seed), catalog(), DAY)
        asked = access_of(estate)
        for grant in estate.of(Grant) if estate.blockers else ():
            if grant.resource.kind == "service_account":
                continue
            onto = estate.hierarchy.node(grant.resource, grant.declared)
            inside = [
                one for one in estate.of(ServiceAccount) if onto in estate.hierarchy.around(one.email, one.declared)
            ]
            for held in sorted(one for one in asked.held(grant)[0] if one.startswith("iam.serviceAccount")):
                if not asked.is_alike_below(grant, held):
                    continue
                there = access(estate, grant, (held,))
                for one in inside:
                    resource = Resource("service_account", one.email)
                    found = access(estate, grant, (held,), resource, declared=one.declared)
                    alike, blocked = alike + 1, blocked + found.blocked
                    assert (found.truth, found.blocked) == (there.truth, there.blocked), (seed, held, one.email)
    assert alike > 250
    assert blocked > 10


@pytest.mark.parametrize("where", ["organizations/9", "projects/p"])
def test_a_policy_for_everybody_is_not_compared_again_for_each_account(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of 30 editors has dozens of methods onto each of 60 accounts."""
    declared, place = Declaration(Location("a.json")), Place(Location("a.json"))
    facts: list[Fact] = [Project("p", declared, "1", "organizations/9")]
    facts += [ServiceAccount(f"sa{number}@p.iam.gserviceaccount.com", "p", declared) for number in range(60)]
    facts += [
        Grant(read_principal(f"user:u{number}@x.example"), "roles/editor", one, "export", declared, place, place, place)
        for number in range(30)
        for one in (Resource("project", "p"), Resource("organization", "9"))
    ]
    everybody = ("principalSet://goog/public:all",)
    keys = ("iam.googleapis.com/serviceAccountKeys.create",)
    facts.append(Denial(f"cloudresourcemanager.googleapis.com/{where}", declared, everybody, keys, place=place))
    name = "organizations/9/locations/global/principalAccessBoundaryPolicies/b"
    whole = "//cloudresourcemanager.googleapis.com/organizations/9"
    facts += [Boundary(name, declared, place, (whole,), "3"), BoundaryBinding(name, whole, declared)]
    decided, decide = [], Access.decide

    def counted(self: Access, *given: Any, **more: Any) -> Any:
        decided.append(given)
        return decide(self, *given, **more)

    monkeypatch.setattr(Access, "decide", counted)
    found = Asking(hops_of(Estate(facts, catalog(), DAY))).onto(["sa0@p.iam.gserviceaccount.com"])
    assert len(found.paths) == 30
    assert {path.hops[0].method for path in found.paths}.isdisjoint({"sa-create-key"})
    assert 0 < len(decided) < 30 * 2 * 20
