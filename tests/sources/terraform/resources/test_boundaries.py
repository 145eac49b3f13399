"""Principal access boundaries, what binds them, and the folders that hold principals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import AuditConfig, Boundary, BoundaryBinding, Condition, Folder, Grant, OrgPolicy
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
POLICY = "google_iam_principal_access_boundary_policy.b"
NAME = "organizations/34/locations/global/principalAccessBoundaryPolicies/b"
IDS = {"organization": "34", "location": "global", "principal_access_boundary_policy_id": "b"}
SHOP = "//cloudresourcemanager.googleapis.com/projects/shop"
WHY = Unknown("var.rules has no default and is not set")


def boundary(instance: Instance) -> Boundary:
    (found,) = facts_of(instance)
    assert isinstance(found, Boundary)
    return found


def test_a_boundary(build: Build) -> None:
    rules = ({"effect": "ALLOW", "resources": [SHOP]}, {"effect": "ALLOW", "resources": [f"{SHOP}2"]})
    found = boundary(build(POLICY, **IDS, details={"enforcement_version": "3", "rules": rules}))
    assert (found.name, found.resources, found.enforcement_version) == (NAME, (SHOP, f"{SHOP}2"), "3")
    assert found.place.at.line == 6
    found = boundary(build(POLICY, **IDS, details={"enforcement_version": 4}))
    assert found.enforcement_version == "4"


def test_what_is_not_known_of_a_boundary(build: Build, unknown_part: UnknownPartOf) -> None:
    found = boundary(build(POLICY, **IDS, unknown_block_details=WHY))
    assert (found.resources, found.enforcement_version) == (WHY, WHY)
    found = boundary(build(POLICY, **IDS, details={"unknown_block_rules": WHY}))
    assert (found.resources, found.enforcement_version) == (WHY, None)
    found = boundary(build(POLICY, **IDS, details={"rules": {"resources": WHY}}))
    assert found.resources == WHY
    found = boundary(build(POLICY, **{**IDS, "organization": unknown_part("var.organization")}))
    assert isinstance(found.name, Unknown)
    assert found.name.text == NAME.replace("34", "${var.organization}")
    assert found.resources == ()


@pytest.mark.parametrize("home", ["projects", "folders", "organizations"])
def test_a_binding(build: Build, home: str) -> None:
    condition = {"expression": "principal.type == 'iam.googleapis.com/ServiceAccount'"}
    target = {"principal_set": "//cloudresourcemanager.googleapis.com/folders/12"}
    kind = f"google_iam_{home}_policy_binding.b"
    (found,) = facts_of(build(kind, policy=NAME, target=target, condition=condition))
    assert isinstance(found, BoundaryBinding)
    assert (found.policy, found.principal_set) == (NAME, "//cloudresourcemanager.googleapis.com/folders/12")
    assert isinstance(found.condition, Condition)
    (found,) = facts_of(build(kind, policy=NAME, target=target))
    assert isinstance(found, BoundaryBinding)
    assert found.condition is None


def test_what_is_not_known_of_a_binding(build: Build) -> None:
    kind = "google_iam_projects_policy_binding.b"
    for arguments in ({"unknown_block_target": WHY}, {"target": {"principal_set": WHY}}, {"target": {}}, {}):
        (found,) = facts_of(build(kind, **arguments))
        assert isinstance(found, BoundaryBinding)
        assert isinstance(found.policy, Unknown)
        assert found.policy.text == "${google_iam_projects_policy_binding.b.policy}"
        assert isinstance(found.principal_set, Unknown)


@pytest.mark.parametrize(
    ("arguments", "name", "parent"),
    [
        ({"parent": "organizations/34"}, "folders/${google_folder.f.folder_id}", "organizations/34"),
        ({"parent": "folders/5", "name": "folders/12"}, "folders/12", "folders/5"),
        ({"parent": "folders/5", "folder_id": "12"}, "folders/12", "folders/5"),
        ({}, "folders/${google_folder.f.folder_id}", "${google_folder.f.parent}"),
    ],
)
def test_a_folder(build: Build, arguments: dict[str, Any], name: str, parent: str) -> None:
    (folder,) = facts_of(build("google_folder.f", display_name="f", **arguments))
    assert isinstance(folder, Folder)
    shown = [text.text if isinstance(text, Unknown) else text for text in (folder.name, folder.parent)]
    assert shown == [name, parent]


def planned(kind: str, after: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    change = {"actions": ["create"], "after": after, "after_unknown": unknown}
    return {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change}


def configured(kind: str, argument: str) -> dict[str, Any]:
    named = {"references": ["google_folder.x.name", "google_folder.x"]}
    expressions = {"parent": {"constant_value": "organizations/34"}} if kind == "google_folder" else {argument: named}
    return {"address": f"{kind}.x", "provider_config_key": "google", "expressions": expressions}


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        ("google_org_policy_policy", "parent"),
        ("google_folder_iam_member", "folder"),
        ("google_folder_organization_policy", "folder"),
        ("google_folder_iam_audit_config", "folder"),
    ],
)
def test_a_plan_alone_does_not_say_which_folder(tmp_path: Path, kind: str, argument: str) -> None:
    changes = [
        planned(
            "google_folder", {"display_name": "x", "parent": "organizations/34"}, {"name": True, "folder_id": True}
        ),
        planned(kind, {"role": "roles/viewer", "member": "allUsers", "spec": [{}]}, {argument: True}),
    ]
    root = {"resources": [configured("google_folder", ""), configured(kind, argument)]}
    plan = {"format_version": "1.2", "resource_changes": changes, "configuration": {"root_module": root}}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    folder, other = read([tmp_path / "plan.json"], Options()).facts
    assert isinstance(folder, Folder)
    assert isinstance(folder.name, Unknown)
    assert isinstance(other, Grant | OrgPolicy | AuditConfig)
    assert isinstance(other.resource.name, Unknown)
    assert other.resource.kind in ("folder", "unknown")
    assert f"{kind}.x.{argument}" in other.resource.name.text


SOURCE = """
resource "google_folder" "top" {
  display_name = "top"
  parent       = "organizations/34"
}
resource "google_folder" "below" {
  display_name = "below"
  parent       = google_folder.top.name
}
resource "google_iam_principal_access_boundary_policy" "b" {
  organization                        = "34"
  location                            = "global"
  principal_access_boundary_policy_id = "b"
}
resource "google_iam_folders_policy_binding" "b" {
  folder            = google_folder.below.folder_id
  location          = "global"
  policy_binding_id = "b"
  policy            = google_iam_principal_access_boundary_policy.b.name
  target {
    principal_set = "//cloudresourcemanager.googleapis.com/${google_folder.below.name}"
  }
}
"""


def test_what_refers_to_another_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCE)
    facts = read([tmp_path], Options()).facts
    top, below = sorted((f for f in facts if isinstance(f, Folder)), key=lambda folder: folder.declared.at)
    assert top.name == below.parent
    (policy,) = (fact for fact in facts if isinstance(fact, Boundary))
    (binding,) = (fact for fact in facts if isinstance(fact, BoundaryBinding))
    assert policy.name == binding.policy == NAME
    assert isinstance(binding.principal_set, Unknown)
    assert binding.principal_set.text.endswith("/folders/${google_folder.below.folder_id}")
