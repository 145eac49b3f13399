"""Access lists: the entries of BigQuery's datasets and the ACLs of Cloud Storage are grants, each at its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import Condition, Grant, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]


def grants(instance: Instance) -> list[Grant]:
    return [fact for fact in facts_of(instance) if isinstance(fact, Grant)]


def told(found: list[Grant]) -> list[tuple[str, Any]]:
    return [(grant.principal.text, grant.role) for grant in found]


def from_text(tmp_path: Path, text: str, name: str = "main.tf") -> list[Grant]:
    (tmp_path / name).write_text(text)
    reading = read([tmp_path], Options())
    assert reading.errors == []
    return [fact for fact in reading.facts if isinstance(fact, Grant)]


# -- BigQuery ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "value", "principal", "kind"),
    [
        ("special_group", "allAuthenticatedUsers", "allAuthenticatedUsers", "public"),
        ("special_group", "projectReaders", "projectReaders", "convenience"),
        ("iam_member", "allUsers", "allUsers", "public"),
        ("iam_member", "iamMember:allUsers", "allUsers", "public"),
        ("iam_member", "principalSet://iam.googleapis.com/x/*", None, "federated_set"),
        ("user_by_email", "ana@example.com", "user:ana@example.com", "user"),
        ("user_by_email", "ci@shop.iam.gserviceaccount.com", None, "service_account"),
        ("user_by_email", "deleted:user:ana@example.com?uid=1", None, "deleted"),
        ("group_by_email", "team@example.com", "group:team@example.com", "group"),
        ("domain", "example.com", "domain:example.com", "domain"),
    ],
)
def test_who_an_entry_of_a_dataset_names(
    build: Build, argument: str, value: str, principal: str | None, kind: str
) -> None:
    entry = {"role": "READER", argument: value}
    (block,) = grants(build("google_bigquery_dataset.d", project="shop", dataset_id="sales", access=entry))
    (own,) = grants(build("google_bigquery_dataset_access.d", project="shop", dataset_id="sales", **entry))
    for grant in (block, own):
        assert grant.principal.kind == kind
        assert principal in (None, grant.principal.text)
        assert grant.role == "roles/bigquery.dataViewer"
        assert (grant.resource.kind, grant.resource.name) == ("bigquery_dataset", "shop/sales")
        assert grant.origin == "member"
    assert [place.at.line for place in (block.resource_place, block.role_place, block.principal_place)] == [3, 5, 6]


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("OWNER", "roles/bigquery.dataOwner"),
        ("WRITER", "roles/bigquery.dataEditor"),
        ("READER", "roles/bigquery.dataViewer"),
        ("roles/bigquery.metadataViewer", "roles/bigquery.metadataViewer"),
        ("EDITOR", "EDITOR"),
    ],
)
def test_roles_of_a_dataset(build: Build, written: str, role: str) -> None:
    (grant,) = grants(build("google_bigquery_dataset_access.d", dataset_id="sales", role=written, domain="example.com"))
    assert grant.role == role


def test_the_resource_is_that_of_the_iam_policies(build: Build) -> None:
    common = {"project": "shop", "dataset_id": "sales"}
    access = build("google_bigquery_dataset.d", **common, location="EU", access={"role": "READER", "domain": "e.com"})
    member = build("google_bigquery_dataset_iam_member.d", **common, role="r", member="domain:e.com")
    assert grants(access)[0].resource == grants(member)[0].resource
    acl = build("google_storage_bucket_acl.b", bucket="reports", role_entity=["READER:allUsers"])
    member = build("google_storage_bucket_iam_member.b", bucket="reports", role="r", member="allUsers")
    assert grants(acl)[0].resource == grants(member)[0].resource


def test_the_iam_policies_of_a_dataset_name_the_public_in_their_own_way(build: Build) -> None:
    kind, common = "google_bigquery_dataset_iam_binding.d", {"project": "shop", "dataset_id": "sales", "role": "r"}
    members = ["iamMember:allUsers", "projectReaders", "user:ana@example.com"]
    assert [grant.principal.kind for grant in grants(build(kind, **common, members=members))] == [
        "public",
        "convenience",
        "user",
    ]
    table = build("google_bigquery_table_iam_member.t", **common, table_id="t", member="iamMember:allUsers")
    assert grants(table)[0].principal.kind == "malformed"


def test_views_routines_and_datasets_are_no_principals(build: Build) -> None:
    view = {"project_id": "shop", "dataset_id": "x", "table_id": "y"}
    entries = ({"view": view}, {"routine": view}, {"dataset": {"dataset": view}})
    assert grants(build("google_bigquery_dataset.d", dataset_id="sales", access=entries)) == []
    assert grants(build("google_bigquery_dataset_access.d", dataset_id="sales", view=view)) == []
    assert grants(build("google_bigquery_dataset.d", dataset_id="sales")) == []


def test_a_condition_of_an_entry(build: Build) -> None:
    condition = {"title": "until 2030", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}
    entry = {"role": "READER", "domain": "example.com", "condition": condition}
    (grant,) = grants(build("google_bigquery_dataset.d", dataset_id="sales", access=entry))
    assert isinstance(grant.condition, Condition)
    assert (grant.condition.expression, grant.condition.title) == (condition["expression"], "until 2030")


def test_what_is_not_known_of_an_entry(build: Build, unknown_part: UnknownPartOf) -> None:
    why = Unknown("var.x has no default and is not set")
    kind = "google_bigquery_dataset_access.d"

    def only(**entry: Any) -> Grant:
        (grant,) = grants(build(kind, dataset_id="sales", **entry))
        return grant

    group = only(role=why, group_by_email=why)
    assert (group.principal.kind, group.principal.text) == ("group", "group:${" + kind + ".group_by_email}")
    assert isinstance(group.role, Unknown)
    anybody = only(role="READER", group_by_email=why, domain=why)
    assert (anybody.principal.kind, anybody.principal.text) == ("unknown", "${" + kind + ".principal}")
    certain = only(role="READER", group_by_email=why, domain="example.com")
    assert certain.principal.text == "domain:example.com"
    assert only(role="READER", user_by_email=unknown_part("var.x")).principal.kind == "unknown"
    assert only(role="READER", user_by_email=unknown_part("data.google_service_account.x.email")).principal.kind == (
        "service_account"
    )
    nobody = only(role="READER").principal.unknown
    assert nobody is not None
    assert nobody.reason == "the entry names no principal"
    assert only(domain="example.com").role == Unknown("role is not set", unknown_part(f"{kind}.role").parts)


def test_unknown_blocks_are_one_grant_to_someone(build: Build) -> None:
    why = Unknown("var.access has no default and is not set")
    (grant,) = grants(build("google_bigquery_dataset.d", dataset_id="sales", unknown_block_access=why))
    assert (grant.principal.unknown, grant.role, grant.condition) == (why, why, why)


def test_a_number_of_datasets_that_is_not_known_matters_only_where_one_grants(build: Build) -> None:
    symbolic = Unknown("var.datasets has no default and is not set")
    bare = build("google_bigquery_dataset.d[*]", dataset_id="sales", symbolic=symbolic)
    assert list(facts_of(bare)) == []
    entry = {"role": "READER", "special_group": "allAuthenticatedUsers"}
    found = list(facts_of(build("google_bigquery_dataset.d[*]", dataset_id="s", symbolic=symbolic, access=entry)))
    assert [type(fact) for fact in found] == [UnreadPart, Grant]


SOURCE = """
variable "readers" {
  default = [{ role = "READER", special_group = "allAuthenticatedUsers" }, { role = "WRITER", domain = "example.com" }]
}

resource "google_service_account" "ci" {
  account_id = "ci"
}

resource "google_bigquery_dataset" "blocks" {
  project    = "shop"
  dataset_id = "sales"
  access {
    role          = "OWNER"
    user_by_email = google_service_account.ci.email
  }
  dynamic "access" {
    for_each = var.readers
    content {
      role          = access.value.role
      special_group = try(access.value.special_group, null)
      domain        = try(access.value.domain, null)
    }
  }
}

resource "google_bigquery_dataset" "argument" {
  project    = "shop"
  dataset_id = "sales"
  access     = [for one in var.readers : one]
}
"""


def test_dynamic_blocks_and_blocks_as_an_argument(tmp_path: Path) -> None:
    found = from_text(tmp_path, SOURCE)
    readers = [
        ("allAuthenticatedUsers", "roles/bigquery.dataViewer"),
        ("domain:example.com", "roles/bigquery.dataEditor"),
    ]
    owner = ("serviceAccount:${google_service_account.ci.email}", "roles/bigquery.dataOwner")
    assert told([one for one in found if one.declared.address == "google_bigquery_dataset.blocks"]) == [owner, *readers]
    assert told([one for one in found if one.declared.address == "google_bigquery_dataset.argument"]) == readers


def test_a_plan_names_what_is_not_set_too(tmp_path: Path) -> None:
    unset = {"domain": "", "group_by_email": "", "iam_member": "", "user_by_email": "", "special_group": ""}
    empty: dict[str, Any] = {"view": [], "routine": [], "dataset": [], "condition": []}
    view = [{"project_id": "shop", "dataset_id": "x", "table_id": "y"}]
    access = [
        {**unset, **empty, "role": "READER", "special_group": "allAuthenticatedUsers"},
        {**unset, **empty, "role": "", "view": view},
    ]
    dataset = {"project": "shop", "dataset_id": "sales", "access": access}
    acl = {"bucket": "reports", "role_entity": ["READER:allUsers"], "predefined_acl": None, "default_acl": None}
    resources = [
        {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "values": values}
        for kind, values in (("google_bigquery_dataset", dataset), ("google_storage_bucket_acl", acl))
    ]
    state = {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}
    found = from_text(tmp_path, json.dumps(state, indent=1), "state.json")
    assert told(found) == [
        ("allAuthenticatedUsers", "roles/bigquery.dataViewer"),
        ("allUsers", "roles/storage.legacyBucketReader"),
    ]


def test_access_that_google_fills_in_is_told_by_the_source_beside_a_plan(tmp_path: Path) -> None:
    address = "google_bigquery_dataset.x"
    change = {"actions": ["create"], "after": {"dataset_id": "sales"}, "after_unknown": {"access": True}}
    entry = {"address": address, "mode": "managed", "type": "google_bigquery_dataset", "name": "x", "change": change}
    block = {"address": address, "expressions": {"dataset_id": {"constant_value": "sales"}}}
    configuration = {"root_module": {"resources": [block]}}
    plan = {"format_version": "1.2", "resource_changes": [entry], "configuration": configuration}
    (grant,) = from_text(tmp_path, json.dumps(plan), "plan.json")
    assert (grant.principal.kind, grant.principal.unknown) == ("unknown", Unknown("known after apply"))
    assert from_text(tmp_path, 'resource "google_bigquery_dataset" "x" {\n  dataset_id = "sales"\n}\n') == []
    written = (
        'variable "who" {}\nresource "google_bigquery_dataset" "x" {\n  dataset_id = "sales"\n  access = var.who\n}\n'
    )
    found = from_text(tmp_path, written)
    assert {grant.principal.kind for grant in found} == {"unknown"}


def test_a_reference_does_not_tell_an_account_that_a_plan_does_not_know_yet(tmp_path: Path) -> None:
    account, dataset = "google_service_account.ci", "google_bigquery_dataset.x"
    entry = {"role": "READER"}
    changes = {
        account: {"after": {"account_id": "ci"}, "after_unknown": {"email": True, "project": True}},
        dataset: {
            "after": {"project": "shop", "dataset_id": "sales", "access": [entry]},
            "after_unknown": {"access": [{"user_by_email": True}]},
        },
    }
    reference = {"references": [f"{account}.email", account]}
    expressions = {
        account: {"account_id": {"constant_value": "ci"}},
        dataset: {"access": [{"role": {"constant_value": "READER"}, "user_by_email": reference}]},
    }
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            {
                "address": address,
                "mode": "managed",
                "type": address.partition(".")[0],
                "name": address.partition(".")[2],
                "change": {"actions": ["create"], **change},
            }
            for address, change in changes.items()
        ],
        "configuration": {
            "root_module": {
                "resources": [{"address": address, "expressions": found} for address, found in expressions.items()]
            }
        },
    }
    (grant,) = from_text(tmp_path, json.dumps(plan), "plan.json")
    assert grant.principal.unknown is not None
    assert f"{dataset}.access[0].user_by_email" in grant.principal.text


ENTRIES = """
  access {
    role   = "READER"
    domain = "example.com"
  }
"""


@pytest.mark.parametrize(
    ("more", "origin"),
    [
        ("", "policy"),
        ("lifecycle {\n ignore_changes = [labels]\n }", "policy"),
        ("lifecycle {\n ignore_changes = [access]\n }", "member"),
        ("lifecycle {\n ignore_changes = [access[0].role]\n }", "member"),
        ('lifecycle {\n ignore_changes = ["access"]\n }', "member"),
        ("lifecycle {\n ignore_changes = [access[*].role]\n }", "member"),
        ("lifecycle {\n ignore_changes = all\n }", "member"),
    ],
)
def test_a_dataset_owns_its_access_where_terraform_keeps_it(tmp_path: Path, more: str, origin: str) -> None:
    text = f'resource "google_bigquery_dataset" "d" {{\n dataset_id = "sales"\n{ENTRIES}\n{more}\n}}\n'
    (grant,) = from_text(tmp_path, text)
    assert grant.origin == origin


def test_a_dataset_owns_its_access_in_json_too(tmp_path: Path) -> None:
    dataset = {"dataset_id": "sales", "access": [{"role": "READER", "domain": "example.com"}]}
    found = []
    for lifecycle in ({}, {"lifecycle": {"ignore_changes": ["access"]}}):
        document = {"resource": {"google_bigquery_dataset": {"d": {**dataset, **lifecycle}}}}
        found += [grant.origin for grant in from_text(tmp_path, json.dumps(document), "main.tf.json")]
    assert found == ["policy", "member"]


@pytest.mark.parametrize(("written", "origin"), [(ENTRIES, "policy"), ("", "member")])
def test_in_a_plan_the_source_beside_it_tells_who_owns_the_access(tmp_path: Path, written: str, origin: str) -> None:
    """The provider fills in the dataset's existing list, so a plan alone does not show who wrote it."""
    values = {"dataset_id": "sales", "project": "shop", "access": [{"role": "READER", "domain": "example.com"}]}
    address = "google_bigquery_dataset.d"
    entry = {"address": address, "mode": "managed", "type": "google_bigquery_dataset", "name": "d"}
    change = {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}}
    plan = {"format_version": "1.2", "resource_changes": [{**entry, "change": change}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    alone = [fact for fact in read([tmp_path], Options()).facts if isinstance(fact, Grant)]
    (tmp_path / "main.tf").write_text(
        f'resource "google_bigquery_dataset" "d" {{\n dataset_id = "sales"\n{written}}}\n'
    )
    reading = read([tmp_path / "plan.json"], Options(source_root=tmp_path))
    beside = [fact for fact in reading.facts if isinstance(fact, Grant)]
    assert ([one.origin for one in alone], [one.origin for one in beside]) == (["member"], [origin])


# -- Cloud Storage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "principal", "kind"),
    [
        ("allUsers", "allUsers", "public"),
        ("allAuthenticatedUsers", "allAuthenticatedUsers", "public"),
        ("user-ana@example.com", "user:ana@example.com", "user"),
        ("user-ci@shop.iam.gserviceaccount.com", "serviceAccount:ci@shop.iam.gserviceaccount.com", "service_account"),
        ("group-team@example.com", "group:team@example.com", "group"),
        ("domain-example.com", "domain:example.com", "domain"),
        ("project-owners-123", "projectOwner:123", "convenience"),
        ("project-editors-123", "projectEditor:123", "convenience"),
        ("project-viewers-123", "projectViewer:123", "convenience"),
        ("user-00b4903a97", "user:${00b4903a97}", "user"),
        ("group-mygroup", "group:${mygroup}", "group"),
        ("user-", "user:${?}", "user"),
        ("everybody", "everybody", "malformed"),
    ],
)
def test_who_an_entity_is(build: Build, entity: str, principal: str, kind: str) -> None:
    arguments = {"bucket": "reports", "role": "OWNER", "entity": entity}
    (grant,) = grants(build("google_storage_bucket_access_control.a", **arguments))
    assert (grant.principal.text, grant.principal.kind) == (principal, kind)
    assert [place.at.line for place in (grant.resource_place, grant.role_place, grant.principal_place)] == [2, 3, 4]
    pair = build("google_storage_bucket_acl.a", bucket="reports", role_entity=["READER:allUsers", f"OWNER:{entity}"])
    assert told(grants(pair)) == [
        ("allUsers", "roles/storage.legacyBucketReader"),
        (principal, "roles/storage.legacyBucketOwner"),
    ]


def test_the_resources_and_roles_of_each_list(build: Build) -> None:
    target = {"bucket": "reports", "object": "2026/q1.csv"}
    entry = {"entity": "allUsers", "role": "READER"}
    lists: dict[str, dict[str, Any]] = {
        "google_storage_bucket_access_control": {"bucket": "reports", **entry},
        "google_storage_bucket_acl": {"bucket": "reports", "role_entity": ["READER:allUsers"]},
        "google_storage_default_object_access_control": {"bucket": "reports", **entry},
        "google_storage_default_object_acl": {"bucket": "reports", "role_entity": ["READER:allUsers"]},
        "google_storage_object_access_control": {**target, **entry},
        "google_storage_object_acl": {**target, "role_entity": ["READER:allUsers"]},
    }
    found = {kind: grants(build(f"{kind}.a", **arguments)) for kind, arguments in lists.items()}
    assert [(g.resource.kind, g.resource.name, g.role) for (g,) in found.values()] == [
        *[("storage_bucket", "reports", "roles/storage.legacyBucketReader")] * 2,
        *[("storage_default_object", "reports", "roles/storage.legacyObjectReader")] * 2,
        *[("storage_object", "reports/2026/q1.csv", "roles/storage.legacyObjectReader")] * 2,
    ]


@pytest.mark.parametrize(
    ("acl", "expected"),
    [
        ("publicRead", [("allUsers", "Reader")]),
        ("publicReadWrite", [("allUsers", "Writer")]),
        ("authenticatedRead", [("allAuthenticatedUsers", "Reader")]),
        ("public-read", [("allUsers", "Reader")]),
        ("projectPrivate", []),
        ("private", []),
    ],
)
def test_predefined_acls(build: Build, acl: str, expected: list[tuple[str, str]]) -> None:
    found = grants(build("google_storage_bucket_acl.a", bucket="reports", predefined_acl=acl))
    assert told(found) == [(who, f"roles/storage.legacyBucket{role}") for who, role in expected]
    assert all(grant.role_place.at.line == 3 for grant in found)


def test_the_default_acl_of_a_bucket_is_that_of_its_new_objects(build: Build) -> None:
    arguments = {"bucket": "reports", "predefined_acl": "private", "default_acl": "publicRead"}
    (grant,) = grants(build("google_storage_bucket_acl.a", **arguments))
    assert (grant.resource.kind, grant.role) == ("storage_default_object", "roles/storage.legacyObjectReader")


def test_what_is_not_known_of_an_acl(build: Build, unknown_part: UnknownPartOf) -> None:
    why = Unknown("var.acl has no default and is not set")
    pairs = [
        unknown_part("READER:user-", "google_service_account.ci.email"),
        Unknown("var.role", (unknown_part("var.role").parts[0], ":allUsers")),
        unknown_part("READER:", "var.who"),
        why,
        "allUsers",
        ":allUsers",
        "READER:",
    ]
    found = grants(build("google_storage_object_acl.a", bucket="b", object="o", role_entity=pairs))
    assert [grant.principal.kind for grant in found] == ["service_account", "public", *["unknown"] * 5]
    assert [isinstance(grant.role, str) for grant in found] == [True, False, True, *[False] * 4]
    assert found[0].principal.text == "serviceAccount:${google_service_account.ci.email}"
    for arguments in ({"role_entity": why}, {"predefined_acl": why}, {"predefined_acl": "everything"}):
        (grant,) = grants(build("google_storage_bucket_acl.a", bucket="b", **arguments))
        assert grant.principal.unknown is not None
        assert isinstance(grant.role, Unknown)
    (control,) = grants(
        build("google_storage_bucket_access_control.a", bucket="b", entity=unknown_part("group-", "var.team"))
    )
    assert (control.principal.text, control.principal.kind) == ("group:${var.team}", "group")
    assert isinstance(control.role, Unknown)


def test_an_acl_without_entries_grants_nothing(build: Build) -> None:
    assert grants(build("google_storage_bucket_acl.a", bucket="reports")) == []
    assert grants(build("google_storage_default_object_acl.a", bucket="reports", role_entity=[])) == []


# -- grantees ------------------------------------------------------------------------------------------------------


def test_grantees_of_a_row_access_policy_get_the_role_that_bigquery_gives_them(build: Build) -> None:
    named = {"project": "shop", "dataset_id": "sales", "table_id": "orders", "policy_id": "eu"}
    kind = "google_bigquery_row_access_policy"
    grantees = ["domain:example.com", "user:ana@example.com", "domain:example.com"]
    found = grants(build(f"{kind}.r", **named, filter_predicate="true", grantees=grantees))
    role = "roles/bigquery.filteredDataViewer"
    assert told(found) == [("domain:example.com", role), ("user:ana@example.com", role)]
    assert str(found[0].resource) == "bigquery row access policy shop/sales/orders/eu"
    assert grants(build(f"{kind}.r", **named)) == []
    (unknown,) = grants(build(f"{kind}.r", **named, grantees=Unknown("var.who has no default")))
    assert unknown.principal.unknown is not None


def test_the_role_of_a_grantee_of_a_data_policy_is_not_known(build: Build) -> None:
    named = {"project": "shop", "location": "eu", "data_policy_id": "d"}
    (found,) = grants(build("google_bigquery_datapolicyv2_data_policy.d", **named, grantees=["allUsers"]))
    assert (found.principal.kind, found.resource.name) == ("public", "shop/eu/d")
    assert isinstance(found.role, Unknown)


@pytest.mark.parametrize(
    ("roles", "unread"), [(["roles/viewer"], 1), (Unknown("var.roles has no default"), 1), ([], 0), (None, 0)]
)
def test_access_groups_of_a_data_product_are_not_followed(build: Build, roles: Any, unread: int) -> None:
    blocks = {"access_group_configs": {"access_group": "g", "iam_roles": roles}} if roles is not None else {}
    facts = list(facts_of(build("google_dataplex_data_product_data_asset.a", resource="//x", **blocks)))
    assert len([fact for fact in facts if isinstance(fact, UnreadPart)]) == len(facts) == unread
