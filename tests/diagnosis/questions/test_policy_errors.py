"""Errors of Terraform's provider about a policy: they name the resource, and not the right that is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import run

MAIN = """
resource "google_project_iam_member" "tf" {
  project = "shop"
  role    = "%s"
  member  = "serviceAccount:tf@shop.iam.gserviceaccount.com"
}
"""
WRITING = "Error applying IAM policy for {0}: Error setting IAM policy for {0}: googleapi: Error 403: {1}, forbidden"
READING = "Error: Error retrieving IAM policy for {0}: googleapi: Error 403: {1}, forbidden"
DENIED, CALLER = "Policy update access denied.", "The caller does not have permission"


def diagnosed(folder: Path, role: str, error: str) -> dict[str, object]:
    (folder / "main.tf").write_text(MAIN % role, encoding="utf-8")
    caller = "serviceAccount:tf@shop.iam.gserviceaccount.com"
    done = run("diagnose", ".", "--caller", caller, "--error", error, "--format", "json", cwd=folder)
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("form", "resource", "words", "permission", "name", "fix"),
    [
        (WRITING, 'project "shop"', DENIED, "projects.setIamPolicy", "projects/shop", "google_project_iam_member"),
        (WRITING, 'project "shop"', CALLER, "projects.setIamPolicy", "projects/shop", "google_project_iam_member"),
        (READING, 'project "shop"', CALLER, "projects.getIamPolicy", "projects/shop", "google_project_iam_member"),
        (WRITING, 'folder "folders/12"', CALLER, "folders.setIamPolicy", "folders/12", "google_folder_iam_member"),
        (READING, 'folder "folders/12"', CALLER, "folders.getIamPolicy", "folders/12", "google_folder_iam_member"),
        (
            WRITING,
            'organization "34"',
            CALLER,
            "organizations.setIamPolicy",
            "organizations/34",
            "google_organization_iam_member",
        ),
        (
            READING,
            'organization "34"',
            CALLER,
            "organizations.getIamPolicy",
            "organizations/34",
            "google_organization_iam_member",
        ),
    ],
)
def test_the_right_and_the_resource(
    form: str, resource: str, words: str, permission: str, name: str, fix: str, tmp_path: Path
) -> None:
    found = json.dumps(diagnosed(tmp_path, "roles/compute.viewer", form.format(resource, words)))
    assert f"has no grant of resourcemanager.{permission} on {name}" in found
    assert fix in found
    assert "serviceAccountTokenCreator" not in found


def test_a_role_without_the_right_is_shown_once(tmp_path: Path) -> None:
    found = diagnosed(tmp_path, "roles/editor", WRITING.format('project "shop"', DENIED))
    evidence = found["evidence"]
    assert isinstance(evidence, list)
    assert len(evidence) == 1
    assert "which does not contain resourcemanager.projects.setIamPolicy" in json.dumps(evidence)


def test_a_role_with_the_right_works(tmp_path: Path) -> None:
    found = diagnosed(tmp_path, "roles/owner", WRITING.format('project "shop"', DENIED))
    assert "has no grant" not in json.dumps(found)


ACTAS = "googleapi: Error 403: Permission 'iam.serviceaccounts.actAs' denied on service account {}, forbidden"
POD = (
    "Unable to generate access token; IAM returned 403 Forbidden: Permission 'iam.serviceAccounts.getAccessToken' "
    "denied on resource (or it may not exist)."
)


@pytest.mark.parametrize(
    ("caller", "error", "member"),
    [
        ("serviceAccount:ci@shop.iam.gserviceaccount.com", ACTAS.format("web@other.iam.gserviceaccount.com"), None),
        ("ksa:shop/web/app", POD, "serviceAccount:shop.svc.id.goog[web/app]"),
    ],
)
def test_a_suggestion_names_the_caller(caller: str, error: str, member: str | None, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "more" {}\n' + MAIN % "roles/viewer", encoding="utf-8")
    done = run("diagnose", ".", "--caller", caller, "--error", error, "--format", "json", cwd=tmp_path)
    fix = json.dumps(json.loads(done.stdout)["fix"])
    assert (member or caller) in fix
    assert "CALLER" not in fix
    assert "NAMESPACE" not in fix
