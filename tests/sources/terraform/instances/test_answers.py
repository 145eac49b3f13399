"""Data that Terraform would ask an API for is known if an export, a plan or a state of the same run has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import CustomRole, Folder, Grant, Organization, Project, ProjectReference
from iamlint.roles import Catalog, catalog
from iamlint.roles.newer import with_newer
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown


def named() -> Options:
    """Return options that count given folders as named; new for each run, since each has its own time."""
    return Options(folders_are_named=True)


"""The given folder, with everything in it, is the user's choice."""
SHOP = {"projectId": "shop", "projectNumber": "123", "name": "The Shop", "parent": {"id": "42", "type": "folder"}}
TILL = {"projectId": "till", "projectNumber": "456", "name": "Till", "parent": {"id": "7", "type": "organization"}}
RETAIL = {"name": "folders/42", "displayName": "Retail", "parent": "folders/41"}
STORES = {"name": "folders/41", "displayName": "Stores", "parent": "organizations/7"}
EXAMPLE = {"name": "organizations/7", "displayName": "example.com", "owner": {"directoryCustomerId": "C0example"}}
EVERYTHING: dict[str, Any] = {
    "projects.json": [SHOP, TILL],
    "folders.json": [RETAIL, STORES],
    "organizations.json": [EXAMPLE],
}


def principal(root: Path, declared: str, value: str, documents: dict[str, Any]) -> str | Unknown:
    """Return the member of a grant made of a value, in a configuration with these documents."""
    arguments = f'  project = "x"\n  role = "roles/viewer"\n  member = "user:value-${{{value}}}"\n'
    (root / "main.tf").write_text(f'{declared}\nresource "google_project_iam_member" "m" {{\n{arguments}}}\n')
    for name, content in documents.items():
        (root / name).write_text(json.dumps(content))
    found = read([root], named())
    assert found.errors == []
    (grant,) = (fact for fact in found.facts if isinstance(fact, Grant) and fact.origin == "member")
    return grant.principal.unknown or grant.principal.text.removeprefix("user:value-")


def data(kind: str, **arguments: str) -> str:
    return f'data "{kind}" "d" {{\n' + "".join(f'  {name} = "{value}"\n' for name, value in arguments.items()) + "}\n"


PROJECT = data("google_project", project_id="shop")
DOMAIN = data("google_organization", domain="Example.com")
PROVIDER = """resource "google_iam_workload_identity_pool_provider" "p" {
  project                            = "shop"
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "gh"
}"""
CASES = [
    (PROJECT, "data.google_project.d.number", "123"),
    (PROJECT, "data.google_project.d.name", "The Shop"),
    (PROJECT, "data.google_project.d.folder_id", "42"),
    (PROJECT, "data.google_project.d.org_id", ""),
    (data("google_project", project_id="till"), "data.google_project.d.org_id", "7"),
    ('provider "google" {\n  project = "shop"\n}\n' + data("google_project"), "data.google_project.d.number", "123"),
    (
        'resource "google_project" "p" {\n  project_id = "shop"\n  name = "x"\n}',
        "google_project.p.number",
        "123",
    ),
    (
        data("google_compute_default_service_account", project="shop"),
        "data.google_compute_default_service_account.d.email",
        "123-compute@developer.gserviceaccount.com",
    ),
    (
        'resource "google_iam_workload_identity_pool" "p" {\n  project = "shop"\n  workload_identity_pool_id = "ci"\n}',
        "google_iam_workload_identity_pool.p.name",
        "projects/123/locations/global/workloadIdentityPools/ci",
    ),
    (
        PROVIDER,
        "google_iam_workload_identity_pool_provider.p.name",
        "projects/123/locations/global/workloadIdentityPools/ci/providers/gh",
    ),
    (DOMAIN, "data.google_organization.d.org_id", "7"),
    (DOMAIN, "data.google_organization.d.directory_customer_id", "C0example"),
    (data("google_organization", organization="7"), "data.google_organization.d.domain", "example.com"),
    (data("google_folder", folder="folders/42"), "data.google_folder.d.display_name", "Retail"),
    (data("google_folder", folder="folders/42"), "data.google_folder.d.parent", "folders/41"),
    (
        data("google_folder", folder="42", lookup_organization="true"),
        "data.google_folder.d.organization",
        "organizations/7",
    ),
    (
        data("google_active_folder", display_name="Retail", parent="folders/41"),
        "data.google_active_folder.d.name",
        "folders/42",
    ),
]


@pytest.mark.parametrize(("declared", "value", "expected"), CASES, ids=[value for _, value, _ in CASES])
def test_exports_of_the_same_run_answer(tmp_path: Path, declared: str, value: str, expected: str) -> None:
    without = principal(tmp_path, declared, value, {})
    assert isinstance(without, Unknown)
    assert principal(tmp_path, declared, value, EVERYTHING) == expected


@pytest.mark.parametrize(
    ("declared", "value", "command"),
    [
        (PROJECT, "data.google_project.d.number", "gcloud projects list"),
        (DOMAIN, "data.google_organization.d.org_id", "gcloud organizations list"),
        (
            data("google_active_folder", display_name="Retail", parent="folders/41"),
            "data.google_active_folder.d.name",
            "gcloud resource-manager folders list --organization=NUMBER",
        ),
    ],
)
def test_what_is_not_known_says_which_export_would_tell_it(
    tmp_path: Path, declared: str, value: str, command: str
) -> None:
    found = principal(tmp_path, declared, value, {"other.json": [{"projectId": "other", "projectNumber": "9"}]})
    assert isinstance(found, Unknown)
    assert found.reason == (
        f"only Google's API knows {value}; `{command} --format=json` beside the configuration does so, too"
    )


AGAIN = {
    "projects.json": [SHOP],
    "again.json": [SHOP | {"projectNumber": "124", "parent": {"id": "43", "type": "folder"}}],
}
DISPUTED: list[tuple[str, str, dict[str, Any]]] = [
    (PROJECT, "data.google_project.d.number", AGAIN),
    (PROJECT, "data.google_project.d.folder_id", AGAIN),
    (PROJECT, "data.google_project.d.number", {"projects.json": [SHOP, TILL | {"projectNumber": "123"}]}),
    (DOMAIN, "data.google_organization.d.org_id", {"all.json": [EXAMPLE, EXAMPLE | {"name": "organizations/8"}]}),
    (
        data("google_active_folder", display_name="Retail", parent="folders/41"),
        "data.google_active_folder.d.name",
        {"folders.json": [RETAIL, RETAIL | {"name": "folders/43"}]},
    ),
    (
        data("google_folder", folder="42", lookup_organization="true"),
        "data.google_folder.d.organization",
        {"folders.json": [RETAIL, STORES | {"parent": "folders/42"}]},
    ),
]


@pytest.mark.parametrize(("declared", "value", "documents"), DISPUTED)
def test_what_documents_disagree_about_stays_unknown(
    tmp_path: Path, declared: str, value: str, documents: dict[str, Any]
) -> None:
    assert isinstance(principal(tmp_path, declared, value, documents), Unknown)


def test_of_a_project_that_is_not_known_the_api_is_not_what_is_missing(tmp_path: Path) -> None:
    declared = 'variable "p" {}\n' + 'data "google_project" "d" {\n  project_id = var.p\n}\n'
    found = principal(tmp_path, declared, "data.google_project.d.number", EVERYTHING)
    assert isinstance(found, Unknown)
    assert (found.reason, found.text) == (
        "var.p has no default and is not set",
        "user:value-${data.google_project.d.number}",
    )


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"format_version": "1.0", "values": {"root_module": {"resources": list(resources)}}}


def found_by(kind: str, **values: str) -> dict[str, Any]:
    return {"address": f"data.{kind}.other", "mode": "data", "type": kind, "name": "other", "values": values}


def test_what_the_state_of_another_configuration_found_answers(tmp_path: Path) -> None:
    other = found_by("google_project", project_id="shop", number="123", name="Shop", org_id="", folder_id="42")
    documents = {"state.json": state(other)}
    assert principal(tmp_path, PROJECT, "data.google_project.d.number", documents) == "123"


def test_what_a_plan_found_before_it_planned_answers(tmp_path: Path) -> None:
    folder = found_by("google_active_folder", display_name="Retail", parent="folders/41", name="folders/42")
    plan = {"format_version": "1.2", "resource_changes": [], "prior_state": state(folder)}
    active = data("google_active_folder", display_name="Retail", parent="folders/41")
    assert principal(tmp_path, active, "data.google_active_folder.d.name", {"plan.json": plan}) == "folders/42"


def test_what_a_state_found_is_a_fact(tmp_path: Path) -> None:
    project = found_by("google_project", project_id="shop", number="123", name="Shop", org_id="", folder_id="42")
    folder = found_by("google_folder", name="folders/42", folder_id="42", display_name="Retail", parent="folders/41")
    organization = found_by("google_organization", name="organizations/7", domain="example.com", org_id="7")
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state(project, folder, organization)))
    first, second, third = read([path], named()).facts
    assert isinstance(first, Project)
    assert (first.project_id, first.number, first.parent, first.display_name) == ("shop", "123", "folders/42", "Shop")
    assert isinstance(second, Folder)
    assert (second.name, second.parent, second.display_name) == ("folders/42", "folders/41", "Retail")
    assert isinstance(third, Organization)
    assert (third.name, third.domain) == ("organizations/7", "example.com")


def test_of_what_a_configuration_asks_for_only_the_project_of_a_number_is_a_fact(tmp_path: Path) -> None:
    account = data("google_compute_default_service_account", project="till")
    (tmp_path / "main.tf").write_text(PROJECT + account + DOMAIN)
    facts = read([tmp_path], named()).facts
    assert [(fact.reference, fact.project) for fact in facts if isinstance(fact, ProjectReference)] == [
        ("${data.google_project.d.number}", "shop"),
        ("${data.google_compute_default_service_account.d.project_number}", "till"),
    ]
    assert len(facts) == 2


def test_the_data_of_a_configuration_answer_it_nothing(tmp_path: Path) -> None:
    declared = PROJECT + 'locals {\n  all = jsondecode(file("projects.json"))\n}\n'
    value = "local.all[1].projectId"
    assert principal(tmp_path, declared, value, {"projects.json": [SHOP, TILL]}) == "till"
    facts = read([tmp_path], Options()).facts
    assert {fact.declared.trust for fact in facts if isinstance(fact, Project)} == {"own"}


ROLE = """
data "google_iam_role" "d" {{
  name = "{name}"
}}

resource "google_project_iam_custom_role" "r" {{
  project     = "till"
  role_id     = "r"
  title       = "r"
  permissions = data.google_iam_role.d.included_permissions
}}
"""
OWN: dict[str, Any] = {
    "name": "projects/shop/roles/own",
    "title": "Own",
    "etag": "BwX",
    "includedPermissions": ["a.b.get", "a.b.list"],
}


def permissions(root: Path, role: str, documents: dict[str, Any], roles: Catalog | None = None) -> list[str] | None:
    """The permissions of a custom role that takes them from another role."""
    (root / "main.tf").write_text(ROLE.format(name=role))
    for name, content in documents.items():
        (root / name).write_text(json.dumps(content))
    facts = read([root], Options(roles=roles, folders_are_named=True)).facts
    (found,) = (fact for fact in facts if isinstance(fact, CustomRole) and fact.declared.address)
    return [str(name) for name, _ in found.permissions] if isinstance(found.permissions, tuple) else None


def test_the_permissions_of_a_role_are_those_of_the_newest_definition(tmp_path: Path) -> None:
    creator = "roles/iam.serviceAccountOpenIdTokenCreator"
    assert permissions(tmp_path, creator, {}) == ["iam.serviceAccounts.getOpenIdToken"]
    newer = tmp_path / "newer" / "roles.json"
    newer.parent.mkdir()
    newer.write_text(json.dumps({"name": creator, "title": "T", "stage": "GA", "includedPermissions": ["new.x.get"]}))
    roles, errors = with_newer(catalog(), newer, "roles.json")
    newer.unlink()
    assert errors == []
    assert permissions(tmp_path, creator, {}, roles) == ["new.x.get"]


def test_an_export_tells_the_permissions_of_a_custom_role(tmp_path: Path) -> None:
    assert permissions(tmp_path, OWN["name"], {}) is None
    assert permissions(tmp_path, OWN["name"], {"role.json": OWN}) == ["a.b.get", "a.b.list"]
    other = {**OWN, "includedPermissions": ["a.b.get"]}
    assert permissions(tmp_path, OWN["name"], {"role.json": OWN, "again.json": other}) is None
