"""What keeps the public out despite a grant: settings of buckets, and organization policies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from iamlint.cli.program import program

BUCKET = """
resource "google_storage_bucket" "site" {
  name     = "shop-site"
  location = "EU"
  SETTING
}
"""
MEMBER = """
resource "google_storage_bucket_iam_member" "all" {
  bucket = google_storage_bucket.site.name
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}
"""
ACL = """
resource "google_storage_bucket_acl" "site" {
  bucket      = google_storage_bucket.site.name
  role_entity = ["READER:allUsers"]
}
"""
OBJECT = """
resource "google_storage_object_access_control" "site" {
  bucket = google_storage_bucket.site.name
  object = "a/b.html"
  role   = "READER"
  entity = "allUsers"
}
"""
SERVICE = """
resource "google_cloud_run_v2_service_iam_member" "all" {
  project = "shop"
  name    = "web"
  role    = "roles/run.invoker"
  member  = "MEMBER"
}
"""
PROJECT = """
resource "google_project_iam_member" "all" {
  project = "shop"
  role    = "roles/viewer"
  member  = "allUsers"
}
"""
PREVENTED, UNIFORM = 'public_access_prevention = "enforced"', "uniform_bucket_level_access = true"


def answer(directory: Path, text: str, **exports: str) -> tuple[list[str], list[str]]:
    """The rules with findings, and the reasons of what is unknown."""
    (directory / "main.tf").write_text(text, encoding="utf-8")
    paths = [str(directory / "main.tf")]
    for name, content in exports.items():
        path = directory / f"{name}.json"
        path.write_text(content, encoding="utf-8")
        paths.append(str(path))
    select = ["--select", "public-grant", "--select", "public-service"]
    found = json.loads(CliRunner().invoke(program, ["check", *paths, "--format", "json", *select]).stdout)
    assert found["errors"] == [], found["errors"]
    return [one["rule"] for one in found["findings"]], [one["reason"] for one in found["unknowns"]]


@pytest.mark.parametrize("grant", [MEMBER, ACL, OBJECT])
def test_public_access_prevention_keeps_the_public_out(tmp_path: Path, grant: str) -> None:
    found, reasons = answer(tmp_path, BUCKET.replace("SETTING", PREVENTED) + grant)
    assert (found, len(reasons)) == ([], 1)
    assert "blocked by public access prevention" in reasons[0]


@pytest.mark.parametrize("setting", ["", 'public_access_prevention = "inherited"', UNIFORM])
def test_other_settings_do_not(tmp_path: Path, setting: str) -> None:
    assert answer(tmp_path, BUCKET.replace("SETTING", setting) + MEMBER) == (["public-grant"], [])


def test_a_setting_of_another_bucket_does_not(tmp_path: Path) -> None:
    text = BUCKET.replace("SETTING", PREVENTED) + MEMBER.replace("google_storage_bucket.site.name", '"other"')
    assert answer(tmp_path, text) == (["public-grant"], [])


def test_a_setting_that_is_not_known_leaves_it_open(tmp_path: Path) -> None:
    text = 'variable "pap" {}\n' + BUCKET.replace("SETTING", "public_access_prevention = var.pap") + MEMBER
    found, reasons = answer(tmp_path, text)
    assert (found, len(reasons)) == ([], 1)
    assert "var.pap" in reasons[0]


@pytest.mark.parametrize(("grant", "wanted"), [(ACL, []), (OBJECT, []), (MEMBER, ["public-grant"])])
def test_uniform_access_switches_off_access_lists_only(tmp_path: Path, grant: str, wanted: list[str]) -> None:
    assert answer(tmp_path, BUCKET.replace("SETTING", UNIFORM) + grant)[0] == wanted


def test_settings_of_exports_count(tmp_path: Path) -> None:
    buckets = json.dumps(
        [{"name": "shop-site", "storage_url": "gs://shop-site/", "public_access_prevention": "enforced"}]
    )
    text = MEMBER.replace("google_storage_bucket.site.name", '"shop-site"')
    found, reasons = answer(tmp_path, text, buckets=buckets)
    assert (found, len(reasons)) == ([], 1)


# -- organization policies -------------------------------------------------------------------------------------------


def policy(constraint: str, rules: str, parent: str = "projects/shop") -> str:
    return f"""
resource "google_org_policy_policy" "p" {{
  name   = "{parent}/policies/{constraint}"
  parent = "{parent}"
  spec {{
    rules {{
      {rules}
    }}
  }}
}}
"""


DOMAINS = policy("iam.allowedPolicyMemberDomains", 'values {\n allowed_values = ["C0abc"]\n }')
MANAGED = policy(
    "iam.managed.allowedPolicyMembers",
    'enforce = "TRUE"\n parameters = jsonencode({ allowedPrincipalSets = ["//example"] })',
)


@pytest.mark.parametrize("rules", [DOMAINS, MANAGED])
def test_domain_restriction_may_refuse_a_grant_to_the_public(tmp_path: Path, rules: str) -> None:
    found, reasons = answer(
        tmp_path,
        rules + SERVICE.replace("MEMBER", "allUsers").replace('"web"', '"projects/shop/locations/l/services/web"'),
    )
    assert (found, len(reasons)) == ([], 1)
    assert "refuses new grants to the public, but leaves those that exist" in reasons[0]


@pytest.mark.parametrize(
    "rules",
    [
        policy("iam.allowedPolicyMemberDomains", 'allow_all = "TRUE"'),
        policy("iam.managed.allowedPolicyMembers", 'enforce = "FALSE"'),
        policy(
            "iam.managed.allowedPolicyMembers",
            'enforce = "TRUE"\n parameters = jsonencode({ allowedMemberSubjects = ["allUsers"] })',
        ),
        policy("iam.allowedPolicyMemberDomains", 'values {\n allowed_values = ["C0abc"]\n }', "projects/other"),
    ],
)
def test_policies_that_allow_the_public_or_are_elsewhere_do_not(tmp_path: Path, rules: str) -> None:
    assert answer(tmp_path, rules + PROJECT) == (["public-grant"], [])


def test_an_export_shows_that_the_grant_exists(tmp_path: Path) -> None:
    allow = json.dumps({"bindings": [{"role": "roles/viewer", "members": ["allUsers"]}], "etag": "BwX"})
    found, _ = answer(tmp_path, DOMAINS, **{"project-shop": allow})
    assert found == ["public-grant"]


def test_prevention_by_policy_is_about_storage_only(tmp_path: Path) -> None:
    enforced = policy("storage.publicAccessPrevention", 'enforce = "TRUE"')
    text = enforced + BUCKET.replace("SETTING", 'project = "shop"') + MEMBER
    assert answer(tmp_path, text)[0] == []
    assert answer(tmp_path, enforced + PROJECT)[0] == ["public-grant"]
