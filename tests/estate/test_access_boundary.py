"""Boundaries: the permissions that they block, the principals that they bind, and the resources that they allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from iamlint.budget import Budget
from iamlint.estate.access_boundary import MOST_BOUND, Boundaries, binds, blocks
from iamlint.estate.hierarchy import Hierarchy
from iamlint.facts import (
    Boundary,
    BoundaryBinding,
    Condition,
    Declaration,
    Folder,
    Grant,
    Place,
    Project,
    Resource,
)
from iamlint.location import Location
from iamlint.logic.verdict import FALSE, Verdict
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE, TODAY = Declaration(Location("main.tf")), Place(Location("main.tf")), date(2026, 1, 1)
MANY = 1_000_000
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
HOST = "//cloudresourcemanager.googleapis.com"
POOL = "//iam.googleapis.com/projects/12345/locations/global/workloadIdentityPools/ci"
STAFF = "//iam.googleapis.com/locations/global/workforcePools/staff"
TOKEN = "iam.serviceAccounts.getAccessToken"
CI = "serviceAccount:ci@shop.iam.gserviceaccount.com"
TREE = Hierarchy(
    [Project("shop", HERE, "12345", "folders/1"), Project("lone", HERE)],
    [Folder("folders/1", HERE, "organizations/2")],
    [],
)


def policy(*resources: str, version: str | Unknown | None = "3") -> Boundary:
    return Boundary("organizations/2/b", HERE, PLACE, tuple(f"{HOST}/{one}" for one in resources), version)


def binding(principal_set: str | Unknown, condition: str | Unknown | None = None) -> BoundaryBinding:
    under = Condition(condition) if isinstance(condition, str) else condition
    return BoundaryBinding("organizations/2/b", principal_set, HERE, under)


def grant(principal: str | Unknown = CI, on: str = "projects/shop") -> Grant:
    kind, _, name = on.partition("/")
    resource = Resource(kind.removesuffix("s"), name)
    return Grant(read_principal(principal), "roles/viewer", resource, "member", HERE, PLACE, PLACE, PLACE)


def excludes(boundary: Boundary, one: Grant) -> Truth:
    return Boundaries([(binding("//x"), boundary)], TREE, Budget(MANY)).excludes(boundary, one).truth


def bounded(
    pairs: list[tuple[BoundaryBinding, Boundary]], counts: Callable[[Declaration], bool] = lambda _: True
) -> tuple[Verdict, Boundary | None]:
    return Boundaries(pairs, TREE, Budget(MANY)).bounded(grant(), TOKEN, TODAY, counts)


@pytest.mark.parametrize(
    ("version", "permission", "truth"),
    [
        ("1", TOKEN, F),
        ("2", TOKEN, F),
        ("3", TOKEN, T),
        ("4", TOKEN, T),
        ("latest", TOKEN, T),
        (None, TOKEN, T),
        (Unknown("known after apply"), TOKEN, U),
        ("3", "iam.serviceAccountKeys.create", T),
        ("3", "iam.serviceAccounts.createTagBinding", F),
        ("3", "iam.workloadIdentityPoolProviders.update", F),
        ("4", "iam.workloadIdentityPoolProviders.update", T),
        ("4", "iam.workforcePools.update", T),
        ("3", "iam.workforcePools.update", F),
        ("4", "iam.oauthClients.update", T),
        ("latest", "iam.workloadIdentityPoolProviders.update", T),
        (None, "iam.workloadIdentityPoolProviders.update", T),
        ("3", "resourcemanager.projects.setIamPolicy", U),
    ],
)
def test_what_a_version_has_a_say_over(version: str | Unknown | None, permission: str, truth: Truth) -> None:
    assert blocks(policy("projects/shop", version=version), permission).truth is truth


@pytest.mark.parametrize(
    ("on", "allowed", "truth"),
    [
        ("projects/shop", ["projects/shop"], F),
        ("projects/shop", ["projects/12345"], F),
        ("projects/shop", ["folders/1"], F),
        ("projects/shop", ["organizations/2"], F),
        ("projects/shop", ["projects/other"], T),
        ("projects/shop", ["folders/9", "projects/other"], T),
        ("projects/shop", ["folders/9", "projects/shop"], F),
        ("projects/shop", [], T),
        ("projects/lone", ["folders/1"], U),
        ("folders/1", ["projects/shop"], F),
        ("folders/1", ["projects/lone"], U),
        ("organizations/2", ["folders/1"], F),
        ("service_accounts/ci@shop.iam.gserviceaccount.com", ["folders/1"], F),
        ("service_accounts/ci@shop.iam.gserviceaccount.com", ["projects/other"], T),
    ],
)
def test_what_it_leaves(on: str, allowed: list[str], truth: Truth) -> None:
    assert excludes(policy(*allowed), grant(on=on)) is truth


@pytest.mark.parametrize(
    ("principal_set", "principal", "truth"),
    [
        (f"{HOST}/projects/shop", CI, T),
        (f"{HOST}/folders/1", CI, T),
        (f"{HOST}/organizations/2", CI, T),
        (f"{HOST}/organizations/3", CI, F),
        (f"{HOST}/projects/other", CI, F),
        (f"{HOST}/folders/1", "serviceAccount:ci@lone.iam.gserviceaccount.com", U),
        (f"{HOST}/organizations/2", "user:ana@example.com", U),
        (f"{HOST}/projects/shop", "user:ana@example.com", F),
        (f"{HOST}/projects/shop", f"principal:{POOL}/subject/x", T),
        (f"{HOST}/projects/shop", f"principal:{STAFF}/subject/x", F),
        (f"{HOST}/organizations/2", f"principal:{STAFF}/subject/x", U),
        (POOL, f"principal:{POOL}/subject/x", T),
        (POOL, f"principalSet:{POOL}/*", T),
        (POOL, CI, F),
        (POOL.replace("/projects/12345/", "/projects/shop/"), f"principal:{POOL}/subject/x", T),
        (POOL.replace("/projects/12345/", "/projects/54321/"), f"principal:{POOL}/subject/x", F),
        (POOL, f"principal:{POOL}-2/subject/x", F),
        (f"{POOL.rpartition('/')[0]}/shop.svc.id.goog", "serviceAccount:shop.svc.id.goog[ns/name]", U),
        (POOL, "serviceAccount:shop.svc.id.goog[ns/name]", F),
        (f"{HOST}/folders/1", "serviceAccount:shop.svc.id.goog[ns/name]", U),
        (f"{HOST}/organizations/3", "serviceAccount:shop.svc.id.goog[ns/name]", F),
        (STAFF, f"principal:{STAFF}/subject/x", T),
        ("//iam.googleapis.com/locations/global/workspace/C01234567", "user:ana@example.com", U),
        ("//iam.googleapis.com/locations/global/workspace/C01234567", CI, F),
        (f"{HOST}/projects/shop", Unknown("var.who has no default", (UnknownPart("var.who"),)), U),
        (Unknown("known after apply"), CI, U),
    ],
)
def test_whom_it_binds(principal_set: str | Unknown, principal: str | Unknown, truth: Truth) -> None:
    assert binds(binding(principal_set), grant(principal), TREE, TOKEN, TODAY).truth is truth


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("principal.type == 'iam.googleapis.com/ServiceAccount'", T),
        ("principal.type == 'iam.googleapis.com/WorkspaceIdentity'", F),
        ("principal.subject == 'ci@shop.iam.gserviceaccount.com'", T),
        ("principal.subject.endsWith('@example.com')", F),
    ],
)
def test_conditions_of_bindings_see_the_principal(condition: str, truth: Truth) -> None:
    assert binds(binding(f"{HOST}/projects/shop", condition), grant(), TREE, TOKEN, TODAY).truth is truth


SHOP, MAYBE = binding(f"{HOST}/projects/shop"), binding(Unknown("known after apply"))
OUT, IN, OLD = policy("projects/other"), policy("projects/shop"), policy("projects/shop", version="2")


@pytest.mark.parametrize(
    ("bound", "truth"),
    [
        ([], F),
        ([(SHOP, OUT)], T),
        ([(SHOP, IN)], F),
        ([(SHOP, OUT), (SHOP, IN)], F),
        ([(SHOP, OUT), (MAYBE, IN)], U),
        ([(MAYBE, OUT)], U),
        ([(SHOP, OUT), (SHOP, OLD)], T),
    ],
    ids=["none", "outside", "inside", "one of two", "perhaps one more", "perhaps bound", "an old one has no say"],
)
def test_what_several_leave_adds_up(bound: list[tuple[BoundaryBinding, Boundary]], truth: Truth) -> None:
    assert bounded(bound)[0].truth is truth


WHY = "var.when has no default"


def test_a_condition_that_is_not_known_may_bind() -> None:
    found = binds(binding(f"{HOST}/projects/shop", Unknown(WHY)), grant(), TREE, TOKEN, TODAY)
    assert (found.truth, found.reasons) == (U, (f"the condition of its binding is not known: {WHY}",))
    elsewhere = binds(binding(f"{HOST}/projects/other", Unknown(WHY)), grant(), TREE, TOKEN, TODAY)
    assert elsewhere.truth is F
    tagged = binds(binding(f"{HOST}/projects/shop", "request.path == '/admin'"), grant(), TREE, TOKEN, TODAY)
    assert (tagged.truth, tagged.reasons) == (U, ("it depends on request.path",))


@pytest.mark.parametrize(("number", "truth"), [(MOST_BOUND, T), (MOST_BOUND + 1, U)])
def test_more_policies_than_are_compared_leave_it_open(number: int, truth: Truth) -> None:
    found, first = bounded([(SHOP, OUT)] * number)
    assert (found.truth, first) == (truth, OUT)
    assert found.reasons == ((f"more than {MOST_BOUND} boundary policies may bind {CI}",) if truth is U else ())
    # Those that do not bind the principal, or do not apply to the permission, are not counted.
    others = [(binding(f"{HOST}/projects/other"), OUT), (SHOP, OLD)] * number
    assert bounded([(SHOP, OUT), *others])[0].truth is T


def test_a_policy_that_does_not_count_can_allow_but_not_block() -> None:
    def nothing(_declared: Declaration) -> bool:
        return False

    assert bounded([(SHOP, OUT)], nothing) == (FALSE, None)
    assert bounded([(SHOP, IN)], nothing) == (FALSE, None)
    apart = Declaration(Location("other/main.tf"))
    allowing = replace(SHOP, declared=apart), IN
    for pairs in ([(SHOP, OUT), allowing], [allowing, (SHOP, OUT)]):
        found, _ = bounded(pairs, lambda declared: declared == HERE)
        assert found.truth is F


def test_the_first_policy_that_may_block_is_named() -> None:
    also = policy("projects/seed")
    assert bounded([(SHOP, OUT), (SHOP, also)])[1] is OUT
    assert bounded([(SHOP, also), (SHOP, OUT)])[1] is also
    assert bounded([])[1] is None
