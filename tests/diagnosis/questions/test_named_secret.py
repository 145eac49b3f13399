"""A secret by its id and by its name, whose project's number only the API knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import ACCOUNT, TARGET, ask, outcome

SECRET = """
provider "google" {
  project = "shop"
}
resource "google_secret_manager_secret" "s" {
  secret_id = "%s"
}
resource "google_secret_manager_secret_iam_member" "m" {
  secret_id = google_secret_manager_secret.s.%s
  role      = "roles/secretmanager.%s"
  member    = "serviceAccount:batch@shop.iam.gserviceaccount.com"
}
"""
ERROR = (
    "Permission 'secretmanager.versions.access' denied for resource 'projects/%s/secrets/db/versions/latest' "
    "(or it may not exist)."
)


@pytest.mark.parametrize(
    ("secret", "attribute", "role", "project", "right"),
    [
        ("db", "id", "viewer", "shop", ("fails", "target-rights")),
        ("db", "secret_id", "viewer", "shop", ("fails", "target-rights")),
        (
            "db",
            "id",
            "secretAccessor",
            "shop",
            ("unknown", "missing-input"),
        ),  # works by the input, and the error says no
        ("db", "name", "secretAccessor", "shop", ("unknown", "missing-input")),  # projects/NUMBER/secrets/db may be it
        ("other", "name", "secretAccessor", "shop", ("fails", "target-rights")),
        ("other", "id", "secretAccessor", "shop", ("fails", "target-rights")),
        ("db", "id", "secretAccessor", "1234567890", ("unknown", "missing-input")),  # it may be the number of shop
        ("db", "id", "viewer", "1234567890", ("fails", "target-rights")),
        ("other", "id", "secretAccessor", "1234567890", ("fails", "target-rights")),
        (
            "db",
            "id",
            'secretAccessor"\n  condition {\n    title = "c"\n    expression = "false"\n  } #',
            "1234567890",
            ("fails", "target-rights"),
        ),
    ],
)
def test_the_secret_of_a_grant(
    tmp_path: Path, secret: str, attribute: str, role: str, project: str, right: tuple[str, str]
) -> None:
    files = ACCOUNT + SECRET % (secret, attribute, role)
    answer = ask(tmp_path, files, f"serviceAccount:{TARGET}", None, error=ERROR % project)
    assert outcome(answer) == right
    if right[0] == "fails":
        assert 'resource "google_secret_manager_secret_iam_member"' in answer.fix.terraform
        assert "google_storage_bucket" not in answer.fix.terraform
