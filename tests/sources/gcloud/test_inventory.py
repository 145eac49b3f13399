"""Roles, service accounts, services, projects: facts of gcloud's lists and descriptions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamlint.facts import (
    Boundary,
    BoundaryBinding,
    CustomRole,
    Denial,
    Folder,
    Grant,
    Pool,
    Project,
    Provider,
    Service,
    ServiceAccount,
    ServiceAccountKey,
)
from iamlint.location import Location
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown

ROLE = {
    "description": "Mints tokens",
    "etag": "BwXhqDVJWOs=",
    "includedPermissions": ["iam.serviceAccounts.signBlob", "iam.serviceAccounts.get"],
    "name": "projects/shop/roles/signer",
    "stage": "GA",
    "title": "Signer",
}
LISTED = {key: value for key, value in ROLE.items() if key != "includedPermissions"}


def test_a_described_role_has_its_permissions_where_they_are_written(export):
    (role,) = export("role.json", ROLE).facts
    assert isinstance(role, CustomRole)
    assert (role.name, role.title, role.stage, role.deleted) == ("projects/shop/roles/signer", "Signer", "GA", False)
    assert isinstance(role.permissions, tuple)
    assert [name for name, _ in role.permissions] == ["iam.serviceAccounts.signBlob", "iam.serviceAccounts.get"]
    assert role.permissions[0][1].at == Location("role.json", 5, 5, 5, 35)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("roles.json", [LISTED]),
        ("roles.yaml", f"---\n{json.dumps(LISTED)}\n"),
        ("role.json", {key: value for key, value in LISTED.items() if key != "etag"}),  # of --format with fields
        ("roles.jsonl", f"{json.dumps(LISTED)}\n{json.dumps({**LISTED, 'name': 'projects/shop/roles/other'})}\n"),
    ],
)
def test_a_list_of_roles_does_not_say_that_they_have_no_permissions(export, name, content):
    assert {role.permissions for role in export(name, content).facts} == {None}


def test_a_described_role_without_permissions_has_none(export):
    (role,) = export("role.json", LISTED).facts
    assert role.permissions == ()


def test_a_deleted_role_is_known_as_deleted(export):
    (role,) = export("roles.json", [{**LISTED, "deleted": True}]).facts
    assert role.deleted


@pytest.mark.parametrize(
    ("name", "shown"),
    [({}, "${?}"), ({"name": "signer"}, "${the project or organization}/roles/signer")],
)
def test_a_file_that_a_role_is_made_from_does_not_say_whose_it_will_be(export, name, shown):
    written = {"title": "Signer", "description": None, "stage": "GA", "includedPermissions": ["iam.roles.get"], **name}
    (role,) = export("role.json", written).facts
    assert isinstance(role.name, Unknown)
    assert (role.name.text, role.accepted) == (shown, False)
    assert "which project or organization" in role.name.reason


ACCOUNT = {
    "disabled": False,
    "displayName": "CI",
    "email": "ci@shop.iam.gserviceaccount.com",
    "etag": "MDEwMjE5MjA=",
    "name": "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com",
    "oauth2ClientId": "100000000000000000001",
    "projectId": "shop",
    "uniqueId": "100000000000000000001",
}


@pytest.mark.parametrize("content", [[ACCOUNT, {**ACCOUNT, "disabled": True}], [ACCOUNT], ACCOUNT])
def test_service_accounts(export, content):
    accounts = export("accounts.json", content).facts
    first = accounts[0]
    assert isinstance(first, ServiceAccount)
    assert first.email == "ci@shop.iam.gserviceaccount.com"
    assert (first.project, first.unique_id) == ("shop", "100000000000000000001")
    assert [account.disabled for account in accounts] == [False, True][: len(accounts)]


SERVICES = [
    {
        "config": {"name": "iam.googleapis.com", "title": "IAM API"},
        "name": "projects/123456/services/iam.googleapis.com",
        "parent": "projects/123456",
        "state": "ENABLED",
    },
    {
        "config": {"name": "run.googleapis.com"},
        "name": "projects/123456/services/run.googleapis.com",
        "parent": "projects/123456",
        "state": "DISABLED",
    },
]
TABLE = """\
NAME                      TITLE
iam.googleapis.com        Identity and Access Management (IAM) API
compute.googleapis.com    Compute Engine API
"""


@pytest.mark.parametrize(("name", "project"), [("services.json", "123456"), ("project-shop-services.json", "shop")])
def test_services_as_json(export, name, project):
    reading = export(name, SERVICES)
    assert [(fact.name, fact.project, fact.complete) for fact in reading.facts] == [
        ("iam.googleapis.com", project, True)
    ]


@pytest.mark.parametrize("name", ["projects/shop/services/enabled.txt", "project-shop-services.txt"])
def test_services_as_a_table(export, name):
    reading = export(name, TABLE)
    assert reading.errors == []
    assert all(isinstance(fact, Service) for fact in reading.facts)
    assert [(fact.name, fact.project, fact.complete) for fact in reading.facts] == [
        ("iam.googleapis.com", "shop", True),
        ("compute.googleapis.com", "shop", True),
    ]
    assert reading.facts[1].place.at == Location(name, 3, 1, 3, 23)


def test_a_table_with_carriage_returns_reads_the_same(export):
    reading = export("project-shop-services.txt", TABLE.replace("\n", "\r\n"))
    assert [fact.name for fact in reading.facts] == ["iam.googleapis.com", "compute.googleapis.com"]
    assert [fact.place.at.line for fact in reading.facts] == [2, 3]


def test_a_table_of_no_project_is_an_error(export):
    reading = export("services.txt", TABLE)
    assert reading.facts == []
    assert "in which project" in reading.errors[0].reason


PROJECT: dict[str, Any] = {
    "createTime": "2024-01-01T00:00:00.000Z",
    "lifecycleState": "ACTIVE",
    "name": "Shop",
    "parent": {"id": "42", "type": "folder"},
    "projectId": "shop",
    "projectNumber": "123456",
}


@pytest.mark.parametrize("content", [[PROJECT], PROJECT])
def test_projects_tell_number_and_parent(export, content):
    (project,) = export("projects.json", content).facts
    assert isinstance(project, Project)
    assert (project.project_id, project.number, project.parent) == ("shop", "123456", "folders/42")


@pytest.mark.parametrize("names", [{"name": "Shop"}, {"name": "projects/123456", "displayName": "Shop"}])
def test_projects_tell_what_people_call_them(export, names):
    (project,) = export("projects.json", [{**PROJECT, **names}]).facts
    assert (project.display_name, project.number) == ("Shop", "123456")


ORGANIZATION = {"name": "organizations/7", "displayName": "example.com", "lifecycleState": "ACTIVE"}
CUSTOMER = {"directoryCustomerId": "C0example"}


@pytest.mark.parametrize(
    "content",
    [
        [ORGANIZATION | {"owner": CUSTOMER}],
        ORGANIZATION | CUSTOMER,
        [
            {
                "name": "//cloudresourcemanager.googleapis.com/organizations/7",
                "assetType": "cloudresourcemanager.googleapis.com/Organization",
                "resource": {"data": ORGANIZATION | {"owner": CUSTOMER}, "version": "v1"},
            }
        ],
    ],
    ids=["v1", "v3", "asset"],
)
def test_organizations_tell_their_domain_and_customer(export, content):
    (organization,) = export("organizations.json", content).facts
    assert (organization.name, organization.domain) == ("organizations/7", "example.com")
    assert organization.customer_id == "C0example"


def test_an_export_of_organizations_is_found_in_a_folder(tmp_path):
    (tmp_path / "all.json").write_text(json.dumps([ORGANIZATION | {"owner": CUSTOMER}]))
    assert [fact.name for fact in read([tmp_path], Options()).facts] == ["organizations/7"]


def test_a_number_in_yaml_is_a_text_all_the_same(export):
    (project,) = export("projects.yaml", "projectId: shop\nprojectNumber: 123456\n").facts
    assert project.number == "123456"


ANCESTORS = [
    {
        "id": "shop",
        "policy": {"bindings": [{"members": ["user:a@example.com"], "role": "roles/owner"}]},
        "type": "project",
    },
    {"id": "42", "policy": {"etag": "ACAB"}, "type": "folder"},
    {
        "id": "7",
        "policy": {"bindings": [{"members": ["group:g@example.com"], "role": "roles/viewer"}]},
        "type": "organization",
    },
]


def as_list_in_yaml(*items):
    return "".join(f"---\n{json.dumps(item)}\n" for item in items)


@pytest.mark.parametrize(
    ("name", "content"), [("ancestors.json", ANCESTORS), ("ancestors.yaml", as_list_in_yaml(*ANCESTORS))]
)
def test_ancestors_tell_the_policies_and_the_hierarchy(export, name, content):
    facts = export(name, content).facts
    assert [(fact.principal.text, str(fact.resource)) for fact in facts if hasattr(fact, "principal")] == [
        ("user:a@example.com", "project shop"),
        ("group:g@example.com", "organization 7"),
    ]
    assert [(fact.project_id, fact.parent) for fact in facts if isinstance(fact, Project)] == [("shop", "folders/42")]


def test_ancestors_of_several_projects_in_one_file(export):
    """The output of several commands is one text: the first entry of the next one is not a parent."""
    chains = [*ANCESTORS, {**ANCESTORS[0], "id": "till"}, {**ANCESTORS[0], "id": "seed"}, *ANCESTORS[1:]]
    facts = export("ancestors.yaml", as_list_in_yaml(*chains)).facts
    assert [(fact.project_id, fact.parent) for fact in facts if isinstance(fact, Project)] == [
        ("shop", "folders/42"),
        ("till", None),
        ("seed", "folders/42"),
    ]


@pytest.mark.parametrize(
    ("field", "name", "kind"),
    [
        ("workloadIdentityPools", "projects/1/locations/global/workloadIdentityPools/ci", Pool),
        ("workforcePools", "locations/global/workforcePools/staff", Pool),
        ("workforcePoolProviders", "locations/global/workforcePools/staff/providers/entra", Provider),
    ],
)
def test_the_answer_of_an_api_is_a_list(export, field, name, kind):
    assert list(map(type, export("answer.json", {field: [{"name": name, "state": "ACTIVE"}]}).facts)) == [kind]


@pytest.mark.parametrize(
    ("name", "content", "path"),
    [
        ("role.json", {**ROLE, "includedPermissions": "iam.roles.get"}, "$.includedPermissions"),
        ("roles.json", [{**LISTED, "title": 7}], "$[0].title"),
        ("accounts.json", [{**ACCOUNT, "disabled": "no"}], "$[0].disabled"),
        ("account.json", {**ACCOUNT, "disabled": "no"}, "$.disabled"),
        ("services.json", [{**SERVICES[0], "state": "MAYBE"}], "$[0].state"),
        ("projects.json", [{**PROJECT, "projectId": 7}], "$[0].projectId"),
        ("ancestors.json", [*ANCESTORS[:2], {**ANCESTORS[2], "type": "galaxy"}], "$[2].type"),
    ],
)
def test_a_broken_one_is_told_with_its_path(export, name, content, path):
    reading = export(name, content)
    assert reading.facts == []
    (error,) = reading.errors
    assert error.reason.startswith(path + ": ")
    text = json.dumps(content, indent=2).splitlines()[error.at.line - 1]
    assert path.rpartition(".")[2] in text


def test_the_others_of_a_list_are_read(export):
    reading = export("roles.json", [{**LISTED, "title": 7}, LISTED])
    assert [role.title for role in reading.facts] == ["Signer"]
    assert [error.reason[:11] for error in reading.errors] == ["$[0].title:"]


def asset(kind: str, name: str, data: dict[str, Any]) -> list[dict[str, Any]]:
    """An export of one asset whose data have no name, as assets that are made from a plan."""
    return [{"name": f"//{name}", "asset_type": kind, "resource": {"version": "v1", "data": data}}]


ACCOUNT = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
POOL = "projects/shop/locations/global/workloadIdentityPools/ci"


def test_the_key_of_an_asset_without_a_name_of_its_own(export):
    written = asset("iam.googleapis.com/ServiceAccountKey", f"iam.googleapis.com/{ACCOUNT}/keys/1", {})
    (key,) = export("assets.json", written).facts
    assert isinstance(key, ServiceAccountKey)
    assert key.account == "ci@shop.iam.gserviceaccount.com"
    assert (key.place.at.path, key.place.at.line) == ("assets.json", 3)


def test_the_key_of_an_asset_with_a_name_of_its_own(export):
    other = ACCOUNT.replace("ci@", "other@")
    written = asset("iam.googleapis.com/ServiceAccountKey", f"iam.googleapis.com/{ACCOUNT}/keys/1", {"name": other})
    (key,) = export("assets.json", written).facts
    assert key.account == "other@shop.iam.gserviceaccount.com"


def test_the_role_of_an_asset_without_a_name_of_its_own(export):
    data = {key: value for key, value in ROLE.items() if key != "name"}
    (role,) = export("assets.json", asset("iam.googleapis.com/Role", f"iam.googleapis.com/{ROLE['name']}", data)).facts
    assert isinstance(role, CustomRole)
    assert (role.name, role.accepted) == (ROLE["name"], True)


@pytest.mark.parametrize(("data", "permissions"), [({}, ()), ({"includedPermissions": None}, None)])
def test_the_role_of_an_asset_has_no_permissions_only_if_they_are_omitted(export, data, permissions):
    made = asset("iam.googleapis.com/Role", f"iam.googleapis.com/{ROLE['name']}", {**LISTED, **data})
    (role,) = export("assets.json", made).facts
    assert role.permissions == permissions


DENIES = {"rules": [{"denyRule": {"deniedPrincipals": ["principalSet://goog/public:all"]}}]}
ALLOWS = {"details": {"rules": [{"resources": ["//cloudresourcemanager.googleapis.com/projects/1"]}]}}
BINDS = {
    "policy": "organizations/1/locations/global/principalAccessBoundaryPolicies/x",
    "target": {"principalSet": "s"},
}


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("name", "data", "fact"),
    [
        ("policies/cloudresourcemanager.googleapis.com%2Fprojects%2F1/denypolicies/x", DENIES, Denial),
        ("organizations/1/locations/global/principalAccessBoundaryPolicies/x", ALLOWS, Boundary),
        ("organizations/1/locations/global/policyBindings/x", BINDS, BoundaryBinding),
    ],
)
@pytest.mark.parametrize("lines", [True, False])
def test_assets_that_restrict_access_are_assets_like_those_after_them(export, name, data, fact, whole, lines):
    first = {"name": f"//iam.googleapis.com/{name}", "assetType": "iam.googleapis.com/X"}
    first |= {"resource": {"data": data}} if whole else {}
    policy = {"bindings": [{"role": "roles/viewer", "members": ["user:ana@example.com"]}]}
    second = {"name": "//cloudresourcemanager.googleapis.com/projects/1", "assetType": "x", "iamPolicy": policy}
    content = f"{json.dumps(first)}\n{json.dumps(second)}\n" if lines else [first, second]
    found = export("assets.json", content)
    assert found.errors == []
    assert [type(one) for one in found.facts if isinstance(one, fact | Grant)] == [fact, Grant]
    if isinstance(made := found.facts[0], Denial):
        assert made.parent == "cloudresourcemanager.googleapis.com/projects/1"
        assert isinstance(made.denied_principals, Unknown) is not whole
    elif isinstance(made, Boundary):
        assert made.name == name
        assert isinstance(made.resources, Unknown) is not whole


def test_the_provider_of_an_asset_without_a_name_of_its_own(export):
    name = f"iam.googleapis.com/{POOL}/providers/aws"
    (provider,) = export(
        "assets.json", asset("iam.googleapis.com/WorkloadIdentityPoolProvider", name, {"aws": {"accountId": "1"}})
    ).facts
    assert isinstance(provider, Provider)
    assert (provider.pool, provider.name) == (POOL, f"{POOL}/providers/aws")


def test_the_folder_of_an_asset_without_a_name_of_its_own(export):
    name = "cloudresourcemanager.googleapis.com/folders/12"
    (folder,) = export("assets.json", asset("cloudresourcemanager.googleapis.com/Folder", name, {})).facts
    assert isinstance(folder, Folder)
    assert folder.name == "folders/12"
