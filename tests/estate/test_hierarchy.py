"""Which resource is in which, each by one name in all spellings of the input."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from iamlint.estate import Estate, principal_node
from iamlint.facts import (
    Bucket,
    Declaration,
    Folder,
    Grant,
    Organization,
    Place,
    Project,
    ProjectReference,
    Resource,
    ServiceAccount,
    ServiceAccountKey,
)
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Unknown, UnknownPart

Check = Callable[..., Any]

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
CI = "ci@shop.iam.gserviceaccount.com"
ON_SHOP = Resource("project", "shop")
TREE = (
    Project("shop", HERE, "1234567", "folders/1"),
    Folder("folders/1", HERE, "folders/2"),
    Folder("folders/2", HERE, "organizations/3"),
)
SHOP = [("project", "shop"), ("folder", "1"), ("folder", "2"), ("organization", "3")]


def estate(*facts: Any) -> Estate:
    return Estate([*TREE, *facts], catalog(), date(2026, 1, 1))


def on(resource: Resource) -> Grant:
    return Grant(read_principal("user:ana@example.com"), "roles/viewer", resource, "export", HERE, PLACE, PLACE, PLACE)


def test_a_project_lies_in_all_above_it_by_id_or_number() -> None:
    hierarchy = estate().hierarchy
    assert list(hierarchy.above(Resource("project", "shop"), HERE)) == SHOP
    assert list(hierarchy.above(Resource("project", "1234567"), HERE)) == SHOP


def test_an_account_lies_in_the_project_of_its_e_mail_or_of_its_declaration() -> None:
    assert list(estate().hierarchy.around(CI, HERE)) == [("service_account", CI), *SHOP]
    agent = "1234567-compute@developer.gserviceaccount.com"
    assert list(estate().hierarchy.around(agent, HERE)) == [("service_account", agent), *SHOP]
    other = "x@other.example.com"
    assert list(estate(ServiceAccount(other, "shop", HERE)).hierarchy.around(other, HERE))[1:] == SHOP


def test_a_full_name_tells_its_project() -> None:
    topic = Resource("pubsub_topic", "projects/1234567/topics/t")
    assert list(estate().hierarchy.above(topic, HERE)) == [("pubsub_topic", "shop/t"), *SHOP]


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("projects/shop/datasets/sales", "shop/sales", "projects/1234567/datasets/sales", "1234567/sales"), True),
        (("projects/shop/locations/eu/services/web", "shop/eu/web"), True),
        (("projects/shop/iap_web/compute/services/web", "shop/web"), True),
        (("projects/shop/iap_web/compute-eu/services/web", "shop/eu/web"), True),
        (("projects/shop/iap_web/compute-eu/services/web", "projects/shop/iap_web/compute/services/web"), False),
        (("projects/shop/iap_web/appengine-shop/services/a/versions/b", "shop/shop/a/b"), True),
        (("projects/shop/iap_web/cloud_run-eu/services/web", "shop/eu/web"), True),
        (("projects/shop/iap_web/compute", "projects/shop/iap_web", "shop"), True),
        (("projects/shop/iap_tunnel/zones/eu-a/instances/vm", "shop/eu-a/vm"), True),
        (("projects/shop/iap_tunnel/locations/eu/destGroups/db", "shop/eu/db"), True),
        (("projects/shop/global/images/i", "shop/i"), True),
        (("organizations/3/sources/s", "3/s"), True),
        (("projects/shop/topics/t", "projects/seed/topics/t"), False),
        (("projects/shop/topics/t", "t"), False),
        (("projects/shop/topics/t/more", "shop/t"), False),
        (('projects/${module.p["a/x/y"].id}/topics/t', 'projects/${module.p["a/z/y"].id}/topics/t'), False),
    ],
)
def test_a_resource_has_one_name_in_terraform_and_in_exports(names: tuple[str, ...], same: bool) -> None:
    hierarchy = estate().hierarchy
    nodes = {hierarchy.node(Resource("x", name), HERE) for name in names}
    assert (len(nodes) == 1) is same


def test_an_organization_is_one_by_domain_or_number_where_the_input_says_so() -> None:
    named = Resource("organization", "example.com")
    assert list(estate().hierarchy.above(named, HERE)) == [("organization", "example.com")]
    told = estate(Organization("organizations/3", HERE, "example.com")).hierarchy
    assert list(told.above(named, HERE)) == SHOP[-1:]
    assert list(told.above(Resource("project", "shop"), HERE)) == SHOP


def test_a_policy_that_is_filed_by_domain_lies_below_a_denial_by_number(check: Check) -> None:
    token = {"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:ana@example.com"]}
    denial = {
        "name": "policies/cloudresourcemanager.googleapis.com%2Forganizations%2F3/denypolicies/d",
        "kind": "DenyPolicy",
        "rules": [
            {
                "denyRule": {
                    "deniedPrincipals": ["principalSet://goog/public:all"],
                    "deniedPermissions": ["iam.googleapis.com/serviceAccounts.*"],
                }
            }
        ],
    }
    files = {
        "organizations/example.com/iam.json": {"bindings": [token], "etag": "BwX", "version": 3},
        "deny.json": denial,
        "organization.json": {
            "name": "organizations/3",
            "displayName": "example.com",
            "owner": {"directoryCustomerId": "C01234567"},
        },
    }
    texts = {name: json.dumps(text) for name, text in files.items()}
    told = check(texts, select=("broad-token-creator",))
    assert told.findings == ()
    assert any(
        "blocked by the deny policy at deny.json" in unknown_answer.reason for unknown_answer in told.unknown_answers
    )


def test_a_circle_ends() -> None:
    circle = (Folder("folders/8", HERE, "folders/9"), Folder("folders/9", HERE, "folders/8"))
    assert list(estate(*circle).hierarchy.above(Resource("folder", "8"), HERE)) == [("folder", "8"), ("folder", "9")]


NODE = ("project", "shop")


def test_containers_that_are_the_same_for_every_declaration_are_found_once() -> None:
    """A large estate asks for them for each grant."""
    hierarchy = estate().hierarchy
    assert hierarchy.containers(NODE, HERE) == tuple(SHOP)
    assert hierarchy.containers(NODE, HERE) is hierarchy.containers(NODE, None, certain=True)
    assert hierarchy.containers(("folder", "nowhere")) == (("folder", "nowhere"),)


@pytest.mark.parametrize("length", [15, 16, 40])
def test_a_long_chain_is_whole(length: int) -> None:
    nested = [Folder(f"folders/{number}", HERE, f"folders/{number + 1}") for number in range(100, 100 + length)]
    hierarchy = estate(*nested).hierarchy
    above = hierarchy.containers(("folder", "100"), HERE)
    assert list(above) == [("folder", str(number)) for number in range(100, 101 + length)]
    assert isinstance(above, tuple) is (length < 16)


def test_what_only_one_configuration_says_counts_there() -> None:
    own = replace(HERE, trust="own")
    other = Declaration(Location("other/main.tf"), trust="own")
    hierarchy = Estate([Project("web", own, None, "folders/1"), *TREE[1:]], catalog(), date(2026, 1, 1)).hierarchy
    web = Resource("project", "web")
    assert list(hierarchy.above(web, own, certain=True)) == [("project", "web"), *SHOP[1:]]
    assert list(hierarchy.above(web, other, certain=True)) == [("project", "web")]
    assert list(hierarchy.above(web, other)) == [("project", "web"), *SHOP[1:]]


def test_what_each_configuration_says_of_a_folder_counts_in_each() -> None:
    own, other = (Declaration(Location(f"{name}/main.tf"), trust="own") for name in ("a", "b"))
    twice = [Project("web", by, None, "folders/1") for by in (own, other)]
    hierarchy = Estate([*twice, *TREE[1:]], catalog(), date(2026, 1, 1)).hierarchy
    for by in (own, other):
        found = hierarchy.above(Resource("project", "web"), by, certain=True)
        assert list(found) == [("project", "web"), *SHOP[1:]]


def test_of_what_is_not_known_nothing_is_known() -> None:
    assert estate().hierarchy.above(Resource("project", Unknown("var.x has no default")), HERE) == ()


def test_a_folder_that_an_apply_makes_is_one_folder() -> None:
    number = (UnknownPart("google_folder.team.folder_id"),)
    name = Unknown("known after apply", ("folders/", *number))
    made = estate(
        Folder(name, HERE, "organizations/3"), Project("new", HERE, parent=name), on(Resource("folder", name))
    )
    node = made.hierarchy.node(Resource("folder", Unknown("known after apply", number)), HERE)
    assert node is not None
    assert list(made.hierarchy.above(Resource("project", "new"), HERE)) == [
        ("project", "new"),
        node,
        ("organization", "3"),
    ]
    assert made.hierarchy.node(made.of(Grant)[0].resource, HERE) == node


def test_accounts_that_are_named_by_unique_id_have_their_e_mail() -> None:
    number = "100000000000000000001"
    facts = (
        ServiceAccount(CI, "shop", HERE, unique_id=number),
        on(Resource("service_account", number)),
        ServiceAccountKey(number, HERE, PLACE),
    )
    made = estate(*facts)
    assert made.of(Grant)[0].resource.name == CI
    assert made.of(ServiceAccountKey)[0].account == CI


def test_a_unique_id_that_no_account_has_stays() -> None:
    made = estate(ServiceAccount(CI, "shop", HERE, unique_id="1"), on(Resource("service_account", "2")))
    assert made.of(Grant)[0].resource.name == "2"


def test_a_principal_is_named_by_its_e_mail() -> None:
    grant = Grant(read_principal(f"serviceAccount:{CI}"), "roles/x", ON_SHOP, "export", HERE, PLACE, PLACE, PLACE)
    assert principal_node(grant) == CI


OWN, THERE = replace(HERE, trust="own"), Declaration(Location("other/main.tf"), trust="own")


def partly(*parts: str | UnknownPart) -> Unknown:
    return Unknown("known after apply", parts)


FOLDER_ID = UnknownPart("google_folder.team.folder_id")


@pytest.mark.parametrize(
    ("kind", "name", "node"),
    [
        ("project", "shop", "shop"),
        ("project", "1234567", "shop"),
        ("project", "999", "999"),
        ("folder", "folders/1", "1"),
        ("folder", "1", "1"),
        ("folder", partly("folders/", FOLDER_ID), "${google_folder.team.folder_id} in ."),
        ("folder", partly(FOLDER_ID), "${google_folder.team.folder_id} in ."),
        ("folder", partly("folders/"), "folders/"),
        ("folder", partly("organizations/", FOLDER_ID), "organizations/${google_folder.team.folder_id} in ."),
        ("organization", "organizations/3", "3"),
        ("organization", "example.com", "3"),
        ("organization", "example.org", "example.org"),
        ("service_account", CI, CI),
        ("folder", Unknown("var.x has no default"), None),
        ("organization", Unknown("var.x has no default"), None),
        ("service_account", Unknown("var.x has no default"), None),
        ("x", Unknown("var.x has no default"), None),
    ],
)
def test_a_resource_has_one_name(kind: str, name: str | Unknown, node: str | None) -> None:
    hierarchy = estate(Organization("organizations/3", HERE, "example.com")).hierarchy
    assert hierarchy.node(Resource(kind, name), HERE) == (None if node is None else (kind, node))


@pytest.mark.parametrize(
    ("kind", "stands_for"),
    [
        ("cloud_run_v2_job", "cloud_run_job"),
        ("cloud_run_v2_service", "cloud_run_service"),
        ("cloudfunctions2_function", "cloudfunctions_function"),
        ("cloud_run_job", "cloud_run_job"),
    ],
)
def test_two_versions_of_an_api_name_one_resource(kind: str, stands_for: str) -> None:
    assert estate().hierarchy.node(Resource(kind, "shop/eu/web"), HERE) == (stands_for, "shop/eu/web")


def test_a_reference_is_another_resource_in_the_next_configuration() -> None:
    hierarchy, named = estate().hierarchy, Resource("project", "${google_project.web.project_id}")
    first, second = hierarchy.node(named, OWN), hierarchy.node(named, THERE)
    assert first == ("project", "${google_project.web.project_id} in .")
    assert second == ("project", "${google_project.web.project_id} in other")
    assert hierarchy.node(named, OWN) == first


WEB = replace(HERE, address="google_project.web")


@pytest.mark.parametrize("attribute", ["number", "project_id"])
def test_a_project_by_reference_is_the_project(attribute: str) -> None:
    hierarchy = estate(Project("web", WEB, None, "folders/1")).hierarchy
    named = Resource("project", f"${{google_project.web.{attribute}}}")
    assert hierarchy.node(named, HERE) == ("project", "web")
    assert hierarchy.node(named, THERE) != ("project", "web")
    assert hierarchy.node(Resource("project", "${google_project.web.name}"), HERE) != ("project", "web")


@pytest.mark.parametrize(
    ("projects", "names"),
    [
        ([Project("a", OWN, "1"), Project("b", THERE, "1")], {"1": "1"}),  # one number, two projects
        ([Project("a", OWN, "1"), Project("a", THERE, "2")], {"1": "1", "2": "2"}),  # one project, two numbers
        ([Project("a", HERE, "1"), Project("b", THERE, "1")], {"1": "a"}),
        ([Project("a", OWN, "1"), Project("a", THERE, "1")], {"1": "a"}),
        ([Project("a", OWN, "1"), Project("b", OWN, "2")], {"1": "a", "2": "b"}),
    ],
)
def test_a_number_that_documents_dispute_is_no_project_s(projects: list[Project], names: dict[str, str]) -> None:
    hierarchy = estate(*projects).hierarchy
    assert {number: hierarchy.project_key(number, HERE) for number in names} == names


# -- the project of an account -----------------------------------------------------------------------------------------

ELSEWHERE = "x@other.example.com"


@pytest.mark.parametrize(
    ("email", "accounts", "project"),
    [
        (CI, (), "shop"),
        ("ci@seed.iam.gserviceaccount.com", (), "seed"),
        ("1234567-compute@developer.gserviceaccount.com", (), "1234567"),
        (ELSEWHERE, (), None),
        # -- what counts for the configuration is first, then the e-mail, then what other configurations declare
        (ELSEWHERE, (ServiceAccount(ELSEWHERE, "seed", HERE),), "seed"),
        (ELSEWHERE, (ServiceAccount(ELSEWHERE, "seed", OWN),), "seed"),
        (ELSEWHERE, (ServiceAccount(ELSEWHERE, "seed", THERE),), "seed"),
        (ELSEWHERE, (ServiceAccount(ELSEWHERE, "web", THERE), ServiceAccount(ELSEWHERE, "seed", OWN)), "seed"),
        (CI, (ServiceAccount(CI, "seed", HERE),), "seed"),
        (CI, (ServiceAccount(CI, "seed", THERE),), "shop"),
        (
            "1234567-compute@developer.gserviceaccount.com",
            (ServiceAccount("1234567-compute@developer.gserviceaccount.com", "seed", THERE),),
            "seed",
        ),
    ],
)
def test_the_project_of_an_account(email: str, accounts: tuple[ServiceAccount, ...], project: str | None) -> None:
    made = estate(*accounts)
    assert made.project_of(email, OWN) == project
    around = made.hierarchy.around(email, OWN)
    assert around[0] == ("service_account", email)
    wanted = made.hierarchy.node(Resource("project", project), OWN) if project else None
    assert around[1:2] == ((wanted,) if wanted else ())
    assert made.hierarchy.around(email, OWN) == around


@pytest.mark.parametrize(
    ("email", "known"),
    [
        ("${google_project.web.number}-compute@developer.gserviceaccount.com", True),
        ("${google_project.web.number}@cloudbuild.gserviceaccount.com", True),
        ("service-${google_project.web.number}@gcp-sa-pubsub.iam.gserviceaccount.com", True),
        ("service-${google_project.web.number}@compute-system.iam.gserviceaccount.com", True),
        ("${google_project.other.number}-compute@developer.gserviceaccount.com", False),
        ("ci@${google_project.web.number}.example.com", False),
        ("${data.google_project.web.number}-compute@developer.gserviceaccount.com", True),
        ("service-${data.google_x.web.project_number}@gs-project-accounts.iam.gserviceaccount.com", True),
        ("${data.google_project.other.number}-compute@developer.gserviceaccount.com", False),
    ],
)
def test_a_default_account_by_the_reference_to_its_project_s_number(email: str, known: bool) -> None:
    references = (
        ProjectReference("${data.google_project.web.number}", "7654321", WEB),
        ProjectReference("${data.google_x.web.project_number}", "web", WEB),
    )
    made = estate(Project("web", WEB, None, "folders/1"), Project("web", WEB, "7654321"), *references)
    assert (("project", "web") in made.hierarchy.around(email, HERE)) is known
    assert ("project", "web") not in made.hierarchy.around(email, THERE)


def test_containers_of_an_account_that_only_one_configuration_declares() -> None:
    own, other = ServiceAccount(ELSEWHERE, "shop", OWN), ServiceAccount(ELSEWHERE, "seed", THERE)
    hierarchy = estate(own, other).hierarchy
    for declared, project in ((OWN, "shop"), (THERE, "seed"), (OWN, "shop")):
        assert hierarchy.around(ELSEWHERE, declared)[1] == ("project", project)


def test_the_containers_of_an_account_begin_with_its_project() -> None:
    for email in (CI, CI, "ci@${google_project.x.project_id}.iam.gserviceaccount.com"):
        around = estate(ServiceAccount(CI, "shop", HERE)).hierarchy
        assert around.home(email, HERE) == around.around(email, HERE)[1:]
    assert list(around.home(CI, HERE)) == SHOP


def test_a_bucket_that_only_one_configuration_declares() -> None:
    hierarchy = estate(Bucket("b", "shop", OWN, PLACE)).hierarchy
    bucket = Resource("storage_bucket", "b")
    assert list(hierarchy.above(bucket, OWN, certain=True)) == [("storage_bucket", "b"), *SHOP]
    assert list(hierarchy.above(bucket, THERE, certain=True)) == [("storage_bucket", "b")]
    assert list(hierarchy.above(bucket, THERE)) == [("storage_bucket", "b"), *SHOP]


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("projects/1234567/topics/t", True),
        ("projects/shop/locations/eu/services/web", True),
        ("projects/_/buckets/b", False),
        ("projects/-/serviceAccounts/x", False),
        ("organizations/3/sources/s", False),
        ("projects/shop", False),
        ("shop/t", False),
    ],
)
def test_what_a_full_name_shows(name: str, project: bool) -> None:
    above = estate().hierarchy.above(Resource("pubsub_topic", name), HERE)
    assert list(above[1:]) == (SHOP if project else [])


def test_what_the_user_named_and_others_say_of_a_folder() -> None:
    """A document that was not named does not add a place to one that a named document gives."""
    named, own = Project("web", HERE, None, "folders/1"), Project("web", OWN, None, "folders/2")
    web = Resource("project", "web")
    for facts in ((named, own), (own, named)):
        hierarchy = estate(*facts).hierarchy
        assert list(hierarchy.above(web, THERE, certain=True)) == [("project", "web"), *SHOP[1:]]
    only_own = estate(own).hierarchy
    assert list(only_own.containers(("project", "web"))) == [("project", "web"), *SHOP[2:]]
    assert list(only_own.containers(("project", "web"), certain=True)) == [("project", "web")]
    apart = estate(own, Project("web", THERE, None, "folders/1")).hierarchy
    assert list(apart.containers(("project", "web"))) == [("project", "web"), SHOP[2], SHOP[1], SHOP[3]]
    assert list(apart.above(web, THERE)) == [("project", "web"), *SHOP[1:]]


@pytest.mark.parametrize(
    ("parent", "above"),
    [
        ("folders/1", SHOP[1]),
        ("organizations/3", SHOP[3]),
        ("organization/3", SHOP[3]),
        ("3", ("folder", "3")),
        (Unknown("var.parent has no default"), None),
        (None, None),
    ],
)
def test_the_parent_of_a_project(parent: str | Unknown | None, above: tuple[str, str] | None) -> None:
    found = estate(Project("web", HERE, None, parent)).hierarchy.containers(("project", "web"), HERE)
    assert list(found)[1:2] == ([above] if above else [])
