"""The principals that a deny policy names, and where it applies: certainly, perhaps, or not."""

from __future__ import annotations

import pytest

from iamlint.estate.deny_forms import ACCOUNT, EVERYBODY
from iamlint.estate.hierarchy import Hierarchy
from iamlint.estate.membership import covered, named, node_of, within
from iamlint.facts import Declaration, Folder, Grant, Place, Principal, Project, Resource
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
POOL = "//iam.googleapis.com/projects/12345/locations/global/workloadIdentityPools/ci"
OTHER = POOL.replace("/ci", "/ci-2")
IN_SHOP = "principalSet://cloudresourcemanager.googleapis.com"
CUSTOMER = "principalSet://goog/cloudIdentityCustomerId/C01234567"
GROUP = "principalSet://goog/group/ops@example.com"
CI, AGENT = "ci@shop.iam.gserviceaccount.com", "service-12345@compute-system.iam.gserviceaccount.com"


def hierarchy() -> Hierarchy:
    """The project "shop" (12345) in the folder 1 of the organization 2, and one with only a known id."""
    projects = [Project("shop", HERE, "12345", "folders/1"), Project("lone", HERE)]
    return Hierarchy(projects, [Folder("folders/1", HERE, "organizations/2")], [])


def held_by(principal: Principal) -> Grant:
    return Grant(principal, "roles/viewer", Resource("project", "shop"), "member", HERE, PLACE, PLACE, PLACE)


@pytest.mark.parametrize(
    ("denied", "principal", "truth"),
    [
        (EVERYBODY, "user:ana@example.com", T),
        (EVERYBODY, "allUsers", T),
        (EVERYBODY, "domain:example.com", T),
        ("principal://goog/subject/ana@example.com", "user:ana@example.com", T),
        ("principal://goog/subject/ana@example.com", "user:bo@example.com", F),
        ("principal://goog/subject/ana@example.com", "allUsers", F),
        ("principal://goog/subject/ana@example.com", "group:ops@example.com", F),
        ("user:ana@example.com", "user:ana@example.com", F),
        ("allUsers", "user:ana@example.com", F),
        (GROUP, "group:ops@example.com", T),
        (GROUP, "group:dev@example.com", U),
        (GROUP, "user:ana@example.com", U),
        (GROUP, f"serviceAccount:{CI}", U),
        (GROUP, "domain:example.com", F),
        (GROUP, "allUsers", F),
        (GROUP, f"principal:{POOL}/subject/x", F),
        (CUSTOMER, "user:ana@example.com", U),
        (CUSTOMER, "domain:example.com", U),
        (CUSTOMER, "allUsers", F),
        (ACCOUNT + CI, f"serviceAccount:{CI}", T),
        (ACCOUNT + CI, "serviceAccount:cd@shop.iam.gserviceaccount.com", F),
        (ACCOUNT + "100000000000000000001", f"serviceAccount:{CI}", U),
        (ACCOUNT + "100000000000000000001", "user:ana@example.com", F),
        (f"{IN_SHOP}/projects/shop/type/ServiceAccount", f"serviceAccount:{CI}", T),
        (f"{IN_SHOP}/projects/12345/type/ServiceAccount", f"serviceAccount:{CI}", T),
        (f"{IN_SHOP}/folders/1/type/ServiceAccount", f"serviceAccount:{CI}", T),
        (f"{IN_SHOP}/organizations/2/type/ServiceAccount", f"serviceAccount:{CI}", T),
        (f"{IN_SHOP}/organizations/3/type/ServiceAccount", f"serviceAccount:{CI}", F),
        (f"{IN_SHOP}/projects/other/type/ServiceAccount", f"serviceAccount:{CI}", F),
        (f"{IN_SHOP}/folders/1/type/ServiceAccount", "serviceAccount:ci@lone.iam.gserviceaccount.com", U),
        (f"{IN_SHOP}/projects/shop/type/ServiceAccount", "user:ana@example.com", F),
        (f"{IN_SHOP}/projects/shop/type/ServiceAgent", f"serviceAccount:{AGENT}", T),
        (f"{IN_SHOP}/projects/shop/type/ServiceAgent", f"serviceAccount:{CI}", F),
        (f"{IN_SHOP}/projects/shop/type/ServiceAccount", f"serviceAccount:{AGENT}", F),
        (f"principalSet:{POOL}/*", f"principal:{POOL}/subject/x", T),
        (f"principalSet:{POOL}/*", f"principalSet:{POOL}/attribute.repo/y", T),
        (f"principalSet:{POOL}/*", f"principal:{OTHER}/subject/x", F),
        (f"principalSet:{POOL}/attribute.repo/y", f"principal:{POOL}/subject/x", U),
        (f"principalSet:{POOL}/attribute.repo/y", f"principalSet:{POOL}/*", F),
        (f"principalSet:{POOL}/attribute.repo/y", f"principalSet:{POOL}/attribute.repo/y", T),
        (f"principal:{POOL}/subject/x", f"principal:{POOL}/subject/x", T),
        (f"principal:{POOL}/subject/x", f"principal:{POOL}/subject/y", F),
        ("principalSet://goog/group/", "malformed", F),
    ],
)
def test_whom_a_denial_covers(denied: str, principal: str, truth: Truth) -> None:
    found = covered(named((denied,), HERE), held_by(read_principal(principal)), hierarchy())
    assert found.truth is truth
    assert bool(found.reasons) is (truth is U)


WHY = "var.who has no default"
ANYBODY = Unknown(WHY, (UnknownPart("var.who"),))
SOMEBODY = Unknown(WHY, ("user:", UnknownPart("var.who")))
LONG = Unknown(WHY, ("principal://goog/subject/", UnknownPart("var.who")))


@pytest.mark.parametrize(
    ("denied", "principal", "truth"),
    [
        (ANYBODY, "user:ana@example.com", U),
        (LONG, "user:ana@example.com", U),
        (LONG, f"serviceAccount:{CI}", F),
        (LONG, SOMEBODY, T),
        ("principal://goog/subject/ana@example.com", SOMEBODY, U),
        (ACCOUNT + CI, SOMEBODY, F),
        (EVERYBODY, ANYBODY, T),
        (f"{IN_SHOP}/projects/shop/type/ServiceAccount", ANYBODY, U),
        (f"principalSet:{POOL}/*", ANYBODY, U),
        (GROUP, ANYBODY, U),
    ],
)
def test_what_is_not_known_is_not_guessed(denied: str | Unknown, principal: str | Unknown, truth: Truth) -> None:
    found = covered(named((denied,), HERE), held_by(read_principal(principal)), hierarchy())
    assert found.truth is truth
    if truth is U:
        assert WHY in " ".join(found.reasons)


def test_one_that_certainly_covers_is_enough() -> None:
    held = held_by(read_principal("user:ana@example.com"))
    assert covered(named((ANYBODY, EVERYBODY), HERE), held, hierarchy()).truth is T
    assert covered(named((), HERE), held, hierarchy()).truth is F
    unknown = covered(named(Unknown(WHY), HERE), held, hierarchy())
    assert unknown.reasons == (f"the principals that it names are not known: {WHY}",)


@pytest.mark.parametrize(
    ("resource", "outer", "truth"),
    [
        (Resource("project", "shop"), "projects/shop", T),
        (Resource("project", "shop"), "projects/12345", T),
        (Resource("project", "shop"), "folders/1", T),
        (Resource("project", "shop"), "organizations/2", T),
        (Resource("project", "shop"), "folders/9", F),
        (Resource("project", "shop"), "organizations/9", F),
        (Resource("project", "shop"), "projects/other", F),
        (Resource("project", "lone"), "folders/1", U),
        (Resource("project", "lone"), "projects/456", U),
        (Resource("project", "lone"), "projects/shop", F),
        (Resource("folder", "1"), "projects/shop", F),
        (Resource("folder", "1"), "organizations/2", T),
        (Resource("folder", "7"), "organizations/2", U),
        (Resource("organization", "2"), "folders/1", F),
        (Resource("organization", "2"), "organizations/3", F),
        (Resource("service_account", CI), "folders/1", T),
        (Resource("service_account", "100000000000000000001"), "projects/shop", U),
        (Resource("project", Unknown(WHY, (UnknownPart("var.p"),))), "projects/shop", U),
        (Resource("project", Unknown(WHY)), "organizations/2", U),
        (Resource("pubsub_topic", "projects/shop/topics/t"), "folders/1", T),
    ],
)
def test_where_a_denial_holds(resource: Resource, outer: str, truth: Truth) -> None:
    tree = hierarchy()
    node = node_of(f"cloudresourcemanager.googleapis.com/{outer}", HERE, tree)
    assert node is not None
    assert within(tree.above(resource, HERE), node) is truth


@pytest.mark.parametrize("name", ["", "projects/shop", "//iam.googleapis.com/projects/shop", "x" * 10_000])
def test_what_is_no_attachment_point_is_nowhere(name: str) -> None:
    assert node_of(name, HERE, hierarchy()) is None
