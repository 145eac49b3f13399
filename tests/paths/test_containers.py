"""Grants on folders and organizations: for accounts in them, for accounts that may be in them, and for folders only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from iamlint.cli.program import program

RELAY = "relay@shop.iam.gserviceaccount.com"
OTHER = "other@shop.iam.gserviceaccount.com"
ACCOUNTS = """
resource "google_service_account" "a" {
  for_each   = toset(["relay", "other"])
  project    = "shop"
  account_id = each.key
}
"""
MINTS = "roles/iam.serviceAccountTokenCreator"
ON_ORGANIZATION = f"""
resource "google_organization_iam_member" "devs" {{
  org_id = "42"
  role   = "{MINTS}"
  member = "group:devs@example.com"
}}
"""
ON_FOLDER = f"""
resource "google_folder_iam_member" "devs" {{
  folder = "folders/7"
  role   = "{MINTS}"
  member = "group:devs@example.com"
}}
"""
BOSS = """
resource "google_project_iam_member" "boss" {
  project = "shop"
  role    = "roles/owner"
  member  = "serviceAccount:relay@shop.iam.gserviceaccount.com"
}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def project(parent: str) -> str:
    return f"""
resource "google_project" "shop" {{
  name       = "shop"
  project_id = "shop"
  {parent}
}}
resource "google_folder" "seven" {{
  display_name = "seven"
  parent       = "organizations/42"
}}
"""


def run(text: str, *arguments: str) -> Result:
    Path("main.tf").write_text(ACCOUNTS + text, encoding="utf-8")
    return CliRunner().invoke(program, arguments)


def states(text: str, *arguments: str) -> list[str]:
    done = run(text, "paths", *arguments, "--format", "json")
    return [path["state"] for path in json.loads(done.stdout)["paths"]]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (ON_ORGANIZATION, ["conditional"]),
        (ON_FOLDER, ["conditional"]),
        (ON_ORGANIZATION + project('org_id = "42"'), ["open"]),
        (ON_ORGANIZATION + project("folder_id = google_folder.seven.name"), ["open"]),
        (ON_ORGANIZATION + project('org_id = "43"'), []),
        (ON_FOLDER + project('folder_id = "folders/7"'), ["open"]),
        (ON_FOLDER + project('org_id = "42"'), []),
        (ON_ORGANIZATION + project('folder_id = "folders/8"'), ["conditional"]),
    ],
)
def test_a_grant_above_a_project_counts_where_the_project_is(text: str, state: list[str]) -> None:
    """Forwards from one principal to two accounts, and backwards from one account."""
    assert states(text, "--from", "group:devs@example.com", "--to", RELAY) == state
    assert states(text, "--from", "group:devs@example.com", "--to", "*@shop.iam.gserviceaccount.com") == state * 2


@pytest.mark.parametrize(
    ("folder", "state"),
    [
        ("google_folder.seven.name", ["open"]),
        ("google_folder.other.name", []),
        ('google_folder.each["x"].name', []),
        ("var.folder", ["conditional"]),
        ('"folders/8"', []),
    ],
)
def test_two_folders_that_terraform_creates_are_two(folder: str, state: list[str]) -> None:
    others = """
variable "folder" {}
resource "google_folder" "other" {
  display_name = "other"
  parent       = "organizations/42"
}
resource "google_folder" "each" {
  for_each     = toset(["x", "y"])
  display_name = each.key
  parent       = "organizations/42"
}
"""
    text = ON_FOLDER.replace('"folders/7"', folder) + others + project("folder_id = google_folder.seven.name")
    assert states(text, "--from", "group:devs@example.com", "--to", RELAY) == state


def test_a_conditional_hop_names_the_project_and_what_may_contain_it() -> None:
    done = run(ON_ORGANIZATION, "paths", "--from", "group:devs@example.com", "--to", RELAY)
    assert "not certain: the input does not show whether project shop is in organization 42" in done.stdout
    assert done.exit_code == 0


def test_a_path_goes_on_from_an_account_that_may_be_in_the_organization() -> None:
    chain = f"""
resource "google_service_account_iam_member" "relay" {{
  service_account_id = "projects/shop/serviceAccounts/{OTHER}"
  role               = "{MINTS}"
  member             = "serviceAccount:{RELAY}"
}}
"""
    narrow = ON_ORGANIZATION.replace(MINTS, "roles/iam.serviceAccountKeyAdmin")
    assert states(narrow + chain, "--from", f"serviceAccount:{RELAY}", "--to", OTHER) == ["open"]
    assert states(narrow + chain, "--from", "group:devs@example.com", "--to", OTHER) == ["conditional"]


@pytest.mark.parametrize("arguments", [("who", RELAY), ("paths",), ("reach", "group:devs@example.com")])
def test_the_other_questions_say_that_further_grants_may_count(arguments: tuple[str, ...]) -> None:
    told = "the input does not show whether project shop is in organization 42, whose grants then count, too"
    assert f"unknown: {told}" in run(ON_ORGANIZATION + BOSS, *arguments).stdout
    assert "whose grants then count" not in run(ON_ORGANIZATION + BOSS + project('org_id = "42"'), *arguments).stdout


def test_who_holds_nothing_above_a_project_is_told_nothing_of_it() -> None:
    done = run(ON_ORGANIZATION + BOSS, "reach", f"serviceAccount:{RELAY}")
    assert "whose grants then count" not in done.stdout


FOLDERS_ONLY = """
resource "google_organization_iam_custom_role" "folders" {
  org_id      = "42"
  role_id     = "folders"
  title       = "Folders"
  permissions = ["resourcemanager.folders.setIamPolicy"]
}
resource "google_organization_iam_member" "folders" {
  org_id = "42"
  role   = google_organization_iam_custom_role.folders.id
  member = "group:devs@example.com"
}
"""


@pytest.mark.parametrize(
    ("parent", "state"), [('org_id = "42"', []), ("folder_id = google_folder.seven.name", ["open"])]
)
def test_the_right_to_set_policies_of_folders_needs_a_folder_above_the_project(parent: str, state: list[str]) -> None:
    text = FOLDERS_ONLY + project(parent)
    assert states(text, "--from", "group:devs@example.com", "--to", RELAY) == state
    assert states(text, "--to", RELAY) == state


def test_the_policy_nearest_to_the_account_is_the_one_that_is_changed() -> None:
    text = ON_ORGANIZATION.replace(MINTS, "roles/resourcemanager.organizationAdmin") + project('org_id = "42"')
    done = run(text, "paths", "--from", "group:devs@example.com", "--to", RELAY, "--format", "json")
    (path,) = json.loads(done.stdout)["paths"]
    assert [hop["method"] for hop in path["hops"]] == ["project-set-iam-policy"]


DEVS_MINT = f"""
resource "google_service_account_iam_member" "devs" {{
  service_account_id = "projects/shop/serviceAccounts/{RELAY}"
  role               = "{MINTS}"
  member             = "group:devs@example.com"
}}
"""
DEVS_OWN = """
resource "google_project_iam_member" "devs" {
  project = "shop"
  role    = "roles/owner"
  member  = "group:devs@example.com"
  CONDITION
}
"""
UNTIL = 'condition {{\n    title = "until"\n    expression = "request.time < timestamp(\'{}-01-01T00:00:00Z\')"\n  }}'
DENY = """
resource "google_iam_deny_policy" "devs" {
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/shop")
  name   = "devs"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/group/devs@example.com"]
      denied_permissions = ["cloudresourcemanager.googleapis.com/projects.setIamPolicy"]
    }
  }
}
"""


@pytest.mark.parametrize(
    ("own", "reported"),
    [
        (DEVS_OWN.replace("CONDITION", ""), False),
        (DEVS_OWN.replace("CONDITION", UNTIL.format(2999)), False),
        (DEVS_OWN.replace("CONDITION", UNTIL.format(2020)), True),
        (DEVS_OWN.replace("CONDITION", "") + DENY, True),
    ],
)
def test_only_own_access_that_certainly_counts_makes_an_account_no_gain(own: str, *, reported: bool) -> None:
    assert bool(states(BOSS + DEVS_MINT + own)) is reported
    assert ("privileged-account-impersonation" in run(BOSS + DEVS_MINT + own, "check").stdout) is reported


def test_an_owner_gains_nothing_by_a_role_that_it_may_grant_itself() -> None:
    agent = BOSS.replace("roles/owner", "roles/iam.serviceAccountTokenCreator")
    assert states(agent + DEVS_MINT) == ["open"]
    assert states(agent + DEVS_MINT + DEVS_OWN.replace("CONDITION", "")) == []
