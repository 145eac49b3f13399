"""The principals that a deny policy names, and where it applies: certainly, perhaps, or not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamlint.estate.deny_forms import ACCOUNT, EVERYBODY
from iamlint.estate.hierarchy import Hierarchy
from iamlint.estate.membership import chain_of_principal, covered, decided_by_lookup, named, node_of, only_scope, within
from iamlint.estate.names import scope
from iamlint.facts import Declaration, Folder, Grant, Place, Principal, Project, Resource, Text
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
        (f"principalSet:{POOL}/attribute.repo/y", f"principalSet:{POOL}/attribute.repo/z", F),
        (f"principalSet:{POOL}/attribute.owner/y", f"principalSet:{POOL}/attribute.repo/y", U),
        (f"principalSet:{POOL}/group/y", f"principalSet:{POOL}/group/z", U),
        (f"principalSet:{POOL.replace('12345', 'shop')}/*", f"principal:{POOL}/subject/x", T),
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
        ("principal://goog/subject/ana@example.com", ANYBODY, U),
        (Unknown(WHY, ("principalSet://", UnknownPart("var.who"))), "user:ana@example.com", U),
        (Unknown(WHY, ("principalSet://", UnknownPart("var.who"))), "allUsers", U),
        (LONG, "serviceAccount:${google_service_account.ci.email}", U),
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


SHOP, CREATED = "${google_project.shop.project_id}", "${google_project.other.project_id}"
IN_MODULE = "${module.a.google_project.shop.project_id}"


@pytest.mark.parametrize(
    ("resource", "outer", "truth"),
    [
        # -- two that Terraform creates are two things
        (Resource("project", SHOP), f"projects/{SHOP}", T),
        (Resource("project", SHOP), f"projects/{CREATED}", F),
        (Resource("project", SHOP), f"projects/{IN_MODULE}", F),
        (Resource("project", "${google_project.shop.number}"), f"projects/{SHOP}", U),
        (Resource("project", "${google_project.shop.number}"), f"projects/{CREATED}", F),
        # -- one of several, or one that is looked up, may be any
        (Resource("project", "${google_project.all[*].project_id}"), f"projects/{SHOP}", U),
        (Resource("project", "${data.google_project.this.project_id}"), f"projects/{SHOP}", U),
        (Resource("project", SHOP), "projects/lone", U),
        (Resource("project", "lone"), f"projects/{SHOP}", U),
        # -- a number may be that of an id, but two numbers are two things
        (Resource("project", "456"), "projects/lone", U),
        (Resource("project", "456"), "projects/789", F),
        # -- above a project whose organization is known, unknown names may be those that are there
        (Resource("project", "shop"), "folders/${google_folder.f.folder_id}", U),
        (Resource("project", "shop"), "organizations/${var.organization}", U),
        (Resource("project", "shop"), "organizations/example.com", U),
        (Resource("folder", "1"), "folders/${var.folder}", U),
        (Resource("organization", "2"), "folders/${var.folder}", F),
        (Resource("organization", "2"), "organizations/${var.organization}", U),
        (Resource("project", "shop"), "folders/x", F),
    ],
)
def test_names_that_may_mean_one_thing(resource: Resource, outer: str, truth: Truth) -> None:
    tree = hierarchy()
    node = node_of(f"cloudresourcemanager.googleapis.com/{outer}", HERE, tree)
    assert within(tree.above(resource, HERE), node) is truth


def test_a_place_of_which_nothing_is_known_may_be_around_anything() -> None:
    tree = hierarchy()
    assert within(tree.above(Resource("project", "shop"), HERE), None) is U
    assert within((), ("project", "shop")) is U


NAMED = Declaration(Location("policy.json"))
BLOCK = Declaration(Location("main.tf"), address="google_iam_deny_policy.d")


@pytest.mark.parametrize(
    ("node", "declared", "only"),
    [
        (("project", "shop"), BLOCK, ""),
        (("project", "${var.p} in ."), BLOCK, scope(BLOCK)),
        (None, BLOCK, scope(BLOCK)),
        (None, NAMED, ""),  # a document that the user named
        (("project", "${var.p} in x"), NAMED, ""),
        (None, replace(NAMED, trust="own"), scope(NAMED)),
        (("project", "shop"), replace(NAMED, trust="own"), ""),
    ],
)
def test_a_policy_at_an_unknown_place_counts_in_its_configuration_only(
    node: tuple[str, str] | None, declared: Declaration, only: str
) -> None:
    assert only_scope(node, declared) == only


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("cloudresourcemanager.googleapis.com/projects/shop", ("project", "shop")),
        ("//cloudresourcemanager.googleapis.com/folders/1", ("folder", "1")),
        (Unknown("x", ("cloudresourcemanager.googleapis.com/projects/", UnknownPart("var.p"))), "project"),
        (Unknown("x", ("cloudresourcemanager.googleapis.com/projects/a-", UnknownPart("var.p"))), "project"),
        (Unknown("x", ("cloudresourcemanager.googleapis.com/", UnknownPart("var.p"))), None),
        (Unknown("x", (UnknownPart("var.p"),)), None),
        (Unknown("x"), None),
    ],
)
def test_the_node_of_an_attachment_point(name: Text, node: tuple[str, str] | str | None) -> None:
    found = node_of(name, HERE, hierarchy())
    if isinstance(node, str):
        assert found is not None
        assert isinstance(name, Unknown)
        assert found == (node, f"{name.text.partition('/projects/')[2]} in {scope(HERE)}")
    else:
        assert found == node


@pytest.mark.parametrize(
    ("principal", "first"),
    [
        (f"serviceAccount:{CI}", ("service_account", CI)),
        (f"principal:{POOL}/subject/x", ("project", "shop")),
        (f"principalSet:{POOL}/*", ("project", "shop")),
        ("principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/x", None),
        ("user:ana@example.com", None),
    ],
)
def test_the_containers_of_a_holder(principal: str, first: tuple[str, str] | None) -> None:
    chain = chain_of_principal(held_by(read_principal(principal)), hierarchy())
    assert chain[:1] == ((first,) if first else ())
    assert not first or chain[-1] == ("organization", "2")


def test_containers_that_only_another_configuration_shows_are_not_certain() -> None:
    apart = Declaration(Location("other/main.tf"), trust="own")
    tree = Hierarchy([Project("web", apart, "999999", "folders/1")], [Folder("folders/1", HERE, "organizations/2")], [])
    pool = POOL.replace("12345", "web")
    for who in ("serviceAccount:ci@web.iam.gserviceaccount.com", f"principal:{pool}/subject/x"):
        chain = chain_of_principal(held_by(read_principal(who)), tree)
        assert chain[-1] == ("project", "web")


WORKLOAD = "serviceAccount:shop.svc.id.goog[ns/name]"
OF_GKE = POOL.replace("/ci", "/shop.svc.id.goog")


@pytest.mark.parametrize(
    ("denied", "principal", "truth"),
    [
        (f"principalSet:{OF_GKE}/*", WORKLOAD, U),
        (f"principalSet:{OF_GKE}/namespace/ns", WORKLOAD, U),
        (f"principalSet:{POOL}/*", WORKLOAD, F),
        (f"{IN_SHOP}/projects/shop", f"serviceAccount:{CI}", T),
        (f"{IN_SHOP}/projects/shop", f"serviceAccount:{AGENT}", T),
        (f"{IN_SHOP}/projects/shop", "user:ana@example.com", F),
        (f"{IN_SHOP}/projects/shop", WORKLOAD, F),
        (ACCOUNT + "100000000000000000001", f"serviceAccount:{AGENT}", F),
        (ACCOUNT + "100000000000000000001", WORKLOAD, F),
        ("principalSet://goog/group/ops@example.com", WORKLOAD, F),
        ("principalSet://goog/group/ops@example.com", f"serviceAccount:{AGENT}", U),
    ],
)
def test_sets_of_workloads_and_of_accounts(denied: str, principal: str, truth: Truth) -> None:
    found = covered(named((denied,), HERE), held_by(read_principal(principal)), hierarchy())
    assert found.truth is truth
    assert bool(found.reasons) is (truth is U)


def test_an_account_by_reference_is_the_same_in_its_own_configuration_only() -> None:
    reference = "${google_service_account.ci.email}"
    mine = held_by(read_principal(f"serviceAccount:{reference}"))
    elsewhere = Declaration(Location("other/main.tf"))
    assert covered(named((ACCOUNT + reference,), HERE), mine, hierarchy()).truth is T
    assert covered(named((ACCOUNT + reference,), elsewhere), mine, hierarchy()).truth is U
    assert covered(named((ACCOUNT + CI,), HERE), mine, hierarchy()).truth is U
    known = held_by(read_principal(f"serviceAccount:{CI}"))
    found = covered(named((ACCOUNT + reference,), HERE), known, hierarchy())
    assert found.truth is U
    assert found.reasons == (f"{ACCOUNT}{reference} may be serviceAccount:{CI}",)
    in_shop = ACCOUNT + "${google_service_account.ci.account_id}@shop.iam.gserviceaccount.com"
    in_seed = ACCOUNT + "${google_service_account.ci.account_id}@seed.iam.gserviceaccount.com"
    assert covered(named((in_shop,), HERE), known, hierarchy()).truth is U
    assert covered(named((in_seed,), HERE), known, hierarchy()).truth is F


def test_principals_found_by_one_lookup_and_others() -> None:
    plain, unknown = ACCOUNT + CI, Unknown(WHY, (UnknownPart("var.who"),))
    listed = (
        plain,
        ACCOUNT + "100000000000000000001",
        GROUP,
        ACCOUNT + "${a.b.email}",
        unknown,
        "user:ana@example.com",
    )
    found = named(listed, HERE)
    assert (found.plain, found.others) == (frozenset({plain}), (listed[1], listed[2], listed[3], unknown))
    assert found.declared == HERE
    assert found.unknown == ""
    assert [decided_by_lookup(form) for form in (None, plain, ACCOUNT + "${a.b.email}", unknown)] == [
        True,
        True,
        False,
        False,
    ]
