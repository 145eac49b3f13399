"""Conditions on attributes that service accounts do not provide: by mistake, or on purpose for other resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iamlint.queries.policies import conditions

Check = Callable[..., Any]

BUCKETS = "resource.type == 'storage.googleapis.com/Bucket'"
LIMIT = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/storage.objectAdmin'])"


@pytest.mark.parametrize(
    ("role", "condition", "found"),
    [
        ("editor", "resource.name.endsWith('/serviceAccounts/ci@shop.iam.gserviceaccount.com')", True),
        ("editor", "resource.name == 'ci@shop.iam.gserviceaccount.com'", True),
        ("editor", "resource.service == 'iam.googleapis.com'", True),
        ("editor", "resource.name.endsWith('-ci')", True),
        ("editor", f"{BUCKETS} || resource.type == 'iam.googleapis.com/ServiceAccount'", True),
        ("editor", BUCKETS, False),
        ("editor", "resource.service == 'compute.googleapis.com'", False),
        ("editor", "resource.name.startsWith('projects/_/buckets/reports')", False),
        ("editor", "resource.name.startsWith('projects/shop/zones/europe-west1-b/instances/ci')", False),
        ("iam.securityAdmin", f"{LIMIT} && {BUCKETS} && resource.name.endsWith('sessions')", False),
        ("iam.securityAdmin", f"{LIMIT} && resource.name.endsWith('sessions')", True),
        ("iam.serviceAccountTokenCreator", BUCKETS, True),  # a role for nothing but accounts
        ("editor", "resource.type != 'storage.googleapis.com/Bucket'", False),
    ],
)
def test_whether_a_condition_was_meant_for_accounts(check: Check, role: str, condition: str, found: bool) -> None:
    text = f"""
resource "google_project_iam_member" "one" {{
  project = "shop"
  role    = "roles/{role}"
  member  = "group:deployers@example.com"
  condition {{
    title      = "one"
    expression = "{condition}"
  }}
}}
"""
    report = check({"main.tf": text}, select=("never-matching-condition",))
    assert bool(report.findings) is found


def test_one_permission_for_which_a_condition_may_hold_is_enough(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    known = conditions._never
    monkeypatch.setattr(conditions, "_never", lambda *of: asked.append(of[2]) or known(*of))
    text = """
resource "google_project_iam_member" "one" {
  project = "shop"
  role    = "roles/editor"
  member  = "group:deployers@example.com"
  condition {
    title      = "hours"
    expression = "request.time.getHours() < 12"
  }
}
"""
    check({"main.tf": text}, select=("never-matching-condition",))
    assert len(asked) == 1


GRANT = """
resource "google_project_iam_member" "one" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
  condition {
    title      = "some"
    expression = var.condition
  }
}
"""
PROVIDER = """
resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = "shop"
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "github"
  attribute_condition                = var.condition
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
"""


@pytest.mark.parametrize(
    ("rule", "block", "condition"),
    [
        (
            "never-matching-condition",
            GRANT,
            "resource.name.endsWith('/serviceAccounts/ci@shop.iam.gserviceaccount.com')",
        ),
        ("malformed-condition", GRANT, "request.time < timestamp('tomorrow')"),
        ("malformed-condition", PROVIDER, "repository_owner == 'example'"),
        ("weak-provider-condition", PROVIDER, "assertion.ref == 'refs/heads/main'"),
    ],
)
def test_it_names_where_the_condition_is_written(check: Check, rule: str, block: str, condition: str) -> None:
    text = f'variable "condition" {{\n  default = "{condition}"\n}}\n{block}'
    (found,) = check({"main.tf": text}, select=(rule,)).findings
    assert text.splitlines()[found.at.line - 1].endswith("= var.condition")
    assert (found.origin.line, found.origin.column) == (2, 13)
