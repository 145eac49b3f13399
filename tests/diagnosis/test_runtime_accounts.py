"""Errors of running code that name no account: the account that the code of the input runs as is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import PROJECTS, account, ask, outcome, project_grant, projects

FUNCTION = """
resource "google_cloudfunctions2_function" "f" {
  project  = "shop"
  name     = "f"
  location = "eu"
  build_config {
    runtime = "nodejs20"
  }
  service_config {
    available_memory = "256M"
  }
}
"""
DEFAULT = "1234567890-compute@developer.gserviceaccount.com"
SECRET = (
    'Could not fetch secret "projects/shop/secrets/key/versions/1" for environment variable "KEY". Instance startup '
    "will now abort: Permission 'secretmanager.versions.access' denied for resource "
    "'projects/shop/secrets/key/versions/1' (or it may not exist)."
)
TOKENS = (
    "FirebaseAuthError: The caller does not have permission; Please refer to "
    "https://firebase.google.com/docs/auth/admin/create-custom-tokens for more details."
)
ACCESSOR = "roles/secretmanager.secretAccessor"
DEPLOYER = account("deployer") + project_grant("google_service_account.deployer.member", ACCESSOR)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ("fails", "target-rights")),
        (DEPLOYER, ("fails", "target-rights")),
        (project_grant(f'"serviceAccount:{DEFAULT}"', ACCESSOR), ("unknown", "missing-input")),
    ],
)
def test_a_secret_is_read_as_the_runtime_account(tmp_path: Path, more: str, expected: tuple[str, str]) -> None:
    """The account that deploys does not count, nor the one that builds."""
    files = {"main.tf": FUNCTION + more, "projects.json": projects(*PROJECTS)}
    assert outcome(ask(tmp_path, files, None, None, error=SECRET)) == expected


def test_code_signs_as_the_account_that_it_runs_as(tmp_path: Path) -> None:
    files = {"main.tf": FUNCTION, "projects.json": projects(*PROJECTS)}
    answer = ask(tmp_path, files, None, None, error=TOKENS)
    assert outcome(answer) == ("fails", "grant")
    assert answer.asked == f"{DEFAULT} calls signBlob for {DEFAULT}"


def test_a_masked_account_of_an_error_is_no_bad_question(tmp_path: Path) -> None:
    error = "User service-b-XXXX@gcp-sa-logging.iam.gserviceaccount.com is not in permitted organization."
    assert outcome(ask(tmp_path, FUNCTION, None, None, error=error)) == ("fails", "org-policy")


def test_an_account_deploys_code_as_itself(tmp_path: Path) -> None:
    packer = "packer@shop.iam.gserviceaccount.com"
    error = f"The user does not have access to service account '{packer}'. User: '{packer}'. Ask a project owner."
    answer = ask(tmp_path, account("packer"), None, None, error=error)
    assert outcome(answer) == ("fails", "grant")
    assert answer.asked == f"{packer} calls actAs for {packer}"
