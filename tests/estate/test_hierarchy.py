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
    Declaration,
    Folder,
    Grant,
    Organization,
    Place,
    Project,
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
