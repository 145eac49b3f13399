"""A change to a block must be right for each of its instances: calls of the module, root modules, and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import run

CALLS = """module "a" {
  source = "./mod"
  %s
}

module "b" {
  source = "./mod"
  %s
}
"""
CONFLICT = """variable "role" {}

resource "google_project_iam_binding" "all" {
  project = "shop"
  role    = var.role
  members = ["group:a@example.com"]
}

resource "google_project_iam_member" "one" {
  project = "shop"
  role    = "roles/viewer"
  member  = "group:b@example.com"
}
"""
BROAD = """variable "project" {}

resource "google_project_iam_member" "deployers" {
  project = var.project
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "group:a@example.com"
}
"""
USED = """
resource "google_service_account" "deploy" {
  project    = "shop"
  account_id = "deploy"
}

provider "google" {
  impersonate_service_account = google_service_account.deploy.email
}
"""
PROVIDER = """variable "repository" {}

variable "pool" {}

resource "google_iam_workload_identity_pool_provider" "ci" {
  project                            = "shop"
  workload_identity_pool_id          = var.pool
  workload_identity_pool_provider_id = "ci"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  oidc { issuer_uri = "https://token.actions.githubusercontent.com" }
}

resource "google_service_account_iam_member" "ci" {
  service_account_id = "projects/shop/serviceAccounts/${var.pool}@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/${var.pool}/subject/repo:${var.repository}:ref:refs/heads/main"
}
"""
KEYS = """resource "google_service_account_iam_binding" "tokens" {
  for_each           = toset(["web", "ci"])
  service_account_id = "projects/shop/serviceAccounts/${each.value}@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountKeyAdmin"
  members            = ["serviceAccount:web@shop.iam.gserviceaccount.com", "group:a@example.com"]
}
"""
MISSPELT = """variable "project" {}

resource "google_project_iam_member" "a" {
  project = var.project
  role    = "roles/run.devloper"
  member  = "group:a@example.com"
}
"""


def written(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("rule", "root", "module"),
    [
        ("conflicting-bindings", CALLS % ('role   = "roles/viewer"', 'role   = "roles/owner"'), CONFLICT),
        ("broad-token-creator", CALLS % ('project = "shop"', 'project = "web"') + USED, BROAD),
        (
            "unconditioned-provider",
            CALLS % ('pool       = "a"\n  repository = "example/a"', 'pool       = "b"\n  repository = "other/b"'),
            PROVIDER,
        ),
    ],
)
def test_a_change_for_one_call_only_is_not_made(rule: str, root: str, module: str, tmp_path: Path) -> None:
    written(tmp_path, {"main.tf": root, "mod/main.tf": module})
    done = run("check", "--fix", "--unsafe-fixes", "--select", rule, cwd=tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "mod" / "main.tf").read_text(encoding="utf-8") == module
    assert "is made of the same block, and the change is not right for it" in done.stderr
    shown = run("check", "--select", rule, cwd=tmp_path).stdout
    assert "fix:" not in shown


def test_a_change_for_one_root_module_only_is_not_made(tmp_path: Path) -> None:
    call = CALLS[: CALLS.index('module "b"')].replace("./mod", "../mod")
    dev, prod = call % 'role   = "roles/viewer"', call % 'role   = "roles/owner"'
    written(tmp_path, {"dev/main.tf": dev, "prod/main.tf": prod, "mod/main.tf": CONFLICT})
    run("check", "--fix", "--unsafe-fixes", "--select", "conflicting-bindings", cwd=tmp_path)
    assert (tmp_path / "mod" / "main.tf").read_text(encoding="utf-8") == CONFLICT


def test_a_change_for_one_key_only_is_not_made(tmp_path: Path) -> None:
    written(tmp_path, {"main.tf": KEYS})
    run("check", "--fix", "--unsafe-fixes", "--select", "self-impersonation", cwd=tmp_path)
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == KEYS


LIFETIMES = """locals {
  longest = "7200s"
}

data "google_service_account_access_token" "t" {
  for_each               = toset(["a@shop.iam.gserviceaccount.com", "b@shop.iam.gserviceaccount.com"])
  target_service_account = each.value
  scopes                 = ["cloud-platform"]
  lifetime               = local.longest
}

resource "google_project_organization_policy" "a_only" {
  project    = "shop"
  constraint = "constraints/iam.allowServiceAccountCredentialLifetimeExtension"
  list_policy {
    allow {
      values = ["a@shop.iam.gserviceaccount.com"]
    }
  }
}
"""


def test_a_value_elsewhere_is_not_changed_for_one_key_only(tmp_path: Path) -> None:
    written(tmp_path, {"main.tf": LIFETIMES})
    done = run("check", "--fix", cwd=tmp_path)
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == LIFETIMES
    assert 'token.t["a@shop.iam.gserviceaccount.com"] is made of the same block' in done.stderr


def test_a_change_that_is_right_for_all_is_made(tmp_path: Path) -> None:
    root = CALLS % ('project = "shop"', 'project = "web"')
    written(tmp_path, {"main.tf": root, "mod/main.tf": MISSPELT})
    run("check", "--fix", "--select", "unknown-role", cwd=tmp_path)
    assert (tmp_path / "mod" / "main.tf").read_text(encoding="utf-8") == MISSPELT.replace("devloper", "developer")


def test_an_item_of_for_each_is_changed(tmp_path: Path) -> None:
    text = MISSPELT.replace(
        "project = var", 'for_each = toset(["roles/run.devloper", "roles/viewer"])\n  project = var'
    )
    text = text.replace('= "roles/run.devloper"', "= each.value")
    written(tmp_path, {"main.tf": text})
    run("check", "--fix", "--select", "unknown-role", cwd=tmp_path)
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == text.replace("devloper", "developer")


def test_a_grant_moves_to_the_account_that_the_called_module_declares(tmp_path: Path) -> None:
    written(tmp_path, {"main.tf": 'module "m" {\n  source = "./mod"\n}\n', "mod/main.tf": USED + BROAD})
    text = (tmp_path / "mod" / "main.tf").read_text(encoding="utf-8").replace("var.project", '"shop"')
    (tmp_path / "mod" / "main.tf").write_text(text, encoding="utf-8")
    run("check", "--fix", "--unsafe-fixes", "--select", "broad-token-creator", cwd=tmp_path)
    made = (tmp_path / "mod" / "main.tf").read_text(encoding="utf-8")
    assert "  service_account_id = google_service_account.deploy.name\n" in made
    assert "for_each" not in made


def test_a_grant_that_an_override_changes_does_not_move(tmp_path: Path) -> None:
    text = USED + BROAD[BROAD.index("resource") :].replace("var.project", '"shop"')
    role = 'role = "roles/iam.serviceAccountTokenCreator"'
    more = f'resource "google_project_iam_member" "deployers" {{\n  {role}\n  member = "group:a@example.com"\n}}\n'
    written(tmp_path, {"main.tf": text, "main_override.tf": more})
    run("check", "--fix", "--unsafe-fixes", "--select", "broad-token-creator", cwd=tmp_path)
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == text


GRANTS = """locals {
  grants = {
    a = { role = "roles/run.devloper", who = "group:a@example.com" }
    b = { role = "roles/viewer", who = "group:b@example.com" }
  }
}

resource "google_project_iam_member" "all" {
  for_each = local.grants
  project  = "shop"
  role     = each.value.role
  member   = each.value.who
}
"""


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        ("", True),
        ('\noutput "who" {\n  value = local.grants\n}\n', False),
        ('\nresource "google_folder_iam_member" "x" {\n  for_each = local.grants\n}\n', False),
    ],
)
def test_an_attribute_of_a_map_of_objects_is_changed_where_only_one_argument_reads_it(
    more: str, changes: bool, tmp_path: Path
) -> None:
    written(tmp_path, {"main.tf": GRANTS + more})
    run("check", "--fix", "--select", "unknown-role", cwd=tmp_path)
    expected = GRANTS.replace("devloper", "developer") if changes else GRANTS
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == expected + more


def test_an_attribute_of_a_map_within_the_block_is_changed(tmp_path: Path) -> None:
    items = GRANTS[GRANTS.index("{\n    a") : GRANTS.index("\n}\n\nresource")]
    text = GRANTS[GRANTS.index("resource") :].replace("local.grants", items)
    written(tmp_path, {"main.tf": text})
    run("check", "--fix", "--select", "unknown-role", cwd=tmp_path)
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == text.replace("devloper", "developer")


@pytest.mark.parametrize(
    "second", ['"${each.value.role}-x"', "each.value", 'each.value["role"]', "each.value[var.key]"]
)
def test_an_attribute_that_may_be_read_twice_is_not_changed(second: str, tmp_path: Path) -> None:
    text = GRANTS.replace("each.value.who", f"each.value.who\n  x = {second}")
    written(tmp_path, {"main.tf": text})
    run("check", "--fix", "--select", "unknown-role", cwd=tmp_path)
    assert (tmp_path / "main.tf").read_text(encoding="utf-8") == text
