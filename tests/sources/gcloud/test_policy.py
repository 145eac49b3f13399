"""Allow policies: their facts, places, and resources."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from iamlint.facts import Condition, ExportedPolicy, Grant, Resource
from iamlint.location import Location
from iamlint.sources.gcloud.recognition.resource_from_path import by_option, by_path
from iamlint.unknown import Unknown

POLICY: dict[str, Any] = {
    "bindings": [
        {"members": ["user:ana@example.com", "allUsers"], "role": "roles/iam.serviceAccountTokenCreator"},
        {
            "condition": {"expression": "request.time < timestamp('2030-01-01T00:00:00Z')", "title": "until 2030"},
            "members": ["group:ops@example.com"],
            "role": "roles/owner",
        },
    ],
    "etag": "BwXhqDVJWOs=",
    "version": 3,
}
YAML = """\
bindings:
- members:
  - user:ana@example.com
  - allUsers
  role: roles/iam.serviceAccountTokenCreator
- condition:
    expression: request.time < timestamp('2030-01-01T00:00:00Z')
    title: until 2030
  members:
  - group:ops@example.com
  role: roles/owner
etag: BwXhqDVJWOs=
version: 3
"""


def grants(facts: list[Any]) -> list[Grant]:
    return [fact for fact in facts if isinstance(fact, Grant)]


def said(facts: list[Any]) -> list[tuple[Any, ...]]:
    return [(grant.principal.text, grant.role, str(grant.resource)) for grant in grants(facts)]


@pytest.mark.parametrize(("name", "content"), [("project-shop.json", POLICY), ("project-shop.yaml", YAML)])
def test_each_member_of_each_binding_is_a_grant(export, name, content):
    reading = export(name, content)
    assert reading.errors == []
    assert reading.files == 1
    assert said(reading.facts) == [
        ("user:ana@example.com", "roles/iam.serviceAccountTokenCreator", "project shop"),
        ("allUsers", "roles/iam.serviceAccountTokenCreator", "project shop"),
        ("group:ops@example.com", "roles/owner", "project shop"),
    ]
    first, _, last = grants(reading.facts)
    assert first.origin == "export"
    assert first.condition is None
    assert isinstance(last.condition, Condition)
    assert last.condition.expression == "request.time < timestamp('2030-01-01T00:00:00Z')"
    assert last.condition.title == "until 2030"


def test_principals_and_roles_are_where_they_are_written(export):
    ana, public, _ = grants(export("project-shop.json", POLICY).facts)
    assert ana.principal_place.at == Location("project-shop.json", 5, 9, 5, 31)
    assert public.principal_place.at == Location("project-shop.json", 6, 9, 6, 19)
    assert ana.role_place.at == Location("project-shop.json", 8, 15, 8, 53)
    ana, _, ops = grants(export("project-shop.yaml", YAML).facts)
    assert ana.principal_place.at == Location("project-shop.yaml", 3, 5, 3, 25)
    assert ops.role_place.at == Location("project-shop.yaml", 11, 9, 11, 20)


@pytest.mark.parametrize(
    ("policy", "version"),
    [
        ({"etag": "ACAB"}, None),
        ({"etag": "ACAB", "version": 1}, 1),
        ({"bindings": []}, None),
        ({"version": 3}, 3),
        ({}, None),
    ],
)
def test_an_empty_policy_says_that_it_was_seen(export, policy, version):
    reading = export("ci@shop.iam.gserviceaccount.com/iam.json", policy)
    (fact,) = reading.facts
    assert isinstance(fact, ExportedPolicy)
    assert (str(fact.resource), fact.bindings, fact.version) == (
        "service account ci@shop.iam.gserviceaccount.com",
        0,
        version,
    )
    assert (reading.errors, reading.files) == ([], 1)


ASSET = {"name": "//cloudresourcemanager.googleapis.com/projects/shop", "asset_type": "x", "iam_policy": POLICY}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("project-shop.json", POLICY),
        ("assets.ndjson", json.dumps(ASSET)),
        ("assets.ndjson.gz", json.dumps(ASSET)),
        ("above.json", [{"id": "shop", "type": "project", "policy": POLICY}]),
    ],
)
def test_a_policy_with_bindings_was_seen_too(export, name, content):
    data = gzip.compress(content.encode()) if name.endswith(".gz") else content
    (fact,) = [one for one in export(name, data).facts if isinstance(one, ExportedPolicy)]
    assert (str(fact.resource), fact.bindings, fact.version) == ("project shop", 2, 3)


def test_a_search_shows_no_whole_policy(export):
    found = {"resource": ASSET["name"], "assetType": "x", "policy": POLICY}
    assert not [one for one in export("search.json", [found]).facts if isinstance(one, ExportedPolicy)]


def test_a_key_that_is_there_twice_with_one_value_loses_nothing(export):
    reading = export("project-shop.json", '{"etag": "x", "etag": "x", "bindings": []}')
    assert reading.errors == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("project-shop.json", '{"bindings": [{"role": "roles/owner", "members": ["user:a@b.c"]}], "bindings": []}'),
        ("project-shop.yaml", "bindings: [{role: roles/owner, members: ['user:a@b.c']}]\nbindings: []\n"),
        ("project-shop.json", '{"bindings": [{"role": "roles/owner", "members": ["user:a@b.c"], "members": []}]}'),
        ("a.ndjson.gz", json.dumps(ASSET)[:-1] + ', "iam_policy": {}}\n'),
        ("a.ndjson.gz", json.dumps(ASSET) + "\n" + json.dumps(ASSET).replace('"role"', '"members": [], "role"') + "\n"),
    ],
)
def test_a_key_that_is_there_twice_is_an_error(export, name, content):
    data = gzip.compress(content.encode()) if name.endswith(".gz") else content
    (error,) = export(name, data).errors
    assert "repeated" in error.reason


def test_a_policy_read_below_version_3_hides_its_conditions(export):
    role = "roles/iam.serviceAccountTokenCreator_withcond_6c22d4a4a4b4ea9b3d1b"
    (grant,) = grants(
        export("project-shop.json", {"bindings": [{"members": ["user:a@example.com"], "role": role}]}).facts
    )
    assert grant.role == "roles/iam.serviceAccountTokenCreator"
    assert isinstance(grant.condition, Unknown)
    assert "version 3" in grant.condition.reason


def test_several_yaml_documents_are_several_exports(export):
    text = "---\nbindings: [{members: ['user:a@example.com'], role: roles/viewer}]\n---\netag: ACAB\n"
    reading = export("export.yaml", text, resource="projects/shop")
    assert reading.errors == []
    assert said(reading.facts) == [("user:a@example.com", "roles/viewer", "project shop")]


# -- the resource of a policy ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("project-shop.json", Resource("project", "shop")),
        ("projects/shop.json", Resource("project", "shop")),
        ("projects/shop/iam.json", Resource("project", "shop")),
        ("export/projects/shop/iam-policy.yaml", Resource("project", "shop")),
        ("project-shop-iam-policy.json", Resource("project", "shop")),
        ("projects/example.com:shop/iam.json", Resource("project", "example.com:shop")),
        ("folder-123.json", Resource("folder", "123")),
        ("folders/123/iam.json", Resource("folder", "123")),
        ("organization-456.json", Resource("organization", "456")),
        ("org_456/iam.json", Resource("organization", "456")),
        ("ci@shop.iam.gserviceaccount.com.json", Resource("service_account", "ci@shop.iam.gserviceaccount.com")),
        (
            "projects/shop/service-accounts/ci@shop.iam.gserviceaccount.com/iam.json",
            Resource("service_account", "ci@shop.iam.gserviceaccount.com"),
        ),
        (
            "12345-compute@developer.gserviceaccount.com.yaml",
            Resource("service_account", "12345-compute@developer.gserviceaccount.com"),
        ),
        ("iam.json", None),
        ("shop/iam.json", None),
        ("folder-shop.json", None),
    ],
)
def test_the_name_of_the_file_tells_what_a_policy_belongs_to(path, expected):
    assert by_path(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("projects/shop", Resource("project", "shop")),
        ("folders/123", Resource("folder", "123")),
        ("organizations/456", Resource("organization", "456")),
        (
            "serviceAccounts/ci@shop.iam.gserviceaccount.com",
            Resource("service_account", "ci@shop.iam.gserviceaccount.com"),
        ),
        (
            "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com",
            Resource("service_account", "ci@shop.iam.gserviceaccount.com"),
        ),
        ("shop", None),
        ("folders/shop", None),
        ("projects/shop/zones/z", None),
    ],
)
def test_the_option_tells_what_a_policy_belongs_to(text, expected):
    assert by_option(text) == expected


def test_the_option_counts_before_the_name(export):
    assert {
        str(grant.resource) for grant in grants(export("project-shop.json", POLICY, resource="folders/9").facts)
    } == {"folder 9"}


def test_a_policy_of_nothing_is_an_error_that_says_what_to_do(export):
    reading = export("policy.json", POLICY)
    assert reading.facts == []
    (error,) = reading.errors
    assert error.at == Location("policy.json")
    assert "does not name its resource" in error.reason
    assert "--resource" in error.hint


def test_an_option_that_names_nothing_is_an_error(export):
    (error,) = export("policy.json", POLICY, resource="shop").errors
    assert "--resource shop names no resource" in error.reason


# -- broken ones ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "line", "said_of_it"),
    [
        ({"bindings": {}, "etag": "x"}, 2, "$.bindings: "),
        ({"bindings": [{"members": "user:a@example.com", "role": "roles/viewer"}]}, 4, "$.bindings[0].members: "),
        (
            {"bindings": [{"members": [7], "role": "roles/viewer"}]},
            5,
            "$.bindings[0].members[0]: 7 is not of type 'string'",
        ),
        (
            {"bindings": [{"members": [None], "role": "roles/viewer"}]},
            5,
            "$.bindings[0].members[0]: null is not of type 'string'",
        ),
        ({"bindings": [{"members": True, "role": "r"}]}, 4, "$.bindings[0].members: true is not of type 'array'"),
        ({"bindings": [{"members": []}]}, 3, "$.bindings[0]: 'role' is a required property"),
        ({"bindings": [{"members": [], "role": ["roles/viewer"]}]}, 5, "$.bindings[0].role: "),
        (
            {"bindings": [{"condition": {"title": "t"}, "members": [], "role": "roles/viewer"}]},
            4,
            "$.bindings[0].condition: 'expression' is a required property",
        ),
    ],
)
def test_a_wrong_shape_is_told_with_its_path_and_place(export, policy, line, said_of_it):
    reading = export("project-shop.json", policy)
    assert reading.facts == []
    (error,) = reading.errors
    assert error.reason.startswith(said_of_it)
    assert (error.at.path, error.at.line) == ("project-shop.json", line)
    assert "policy" in error.hint
