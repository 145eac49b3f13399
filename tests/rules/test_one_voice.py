"""One cause gives one finding: one rule reports each grant, and its severity says how bad it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

Check = Callable[..., Any]

FAMILIES = ("impersonation", "default-accounts", "exposure", "federation", "custom-roles")
AGENT = "serviceAccount:service-123456@compute-system.iam.gserviceaccount.com"
DEFAULT = "serviceAccount:123456-compute@developer.gserviceaccount.com"
ACCOUNT = "serviceAccount:ci@shop.iam.gserviceaccount.com"
POOL = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci"
TARGETS = {
    "project": ("google_project_iam_member", "project", "shop"),
    "folder": ("google_folder_iam_member", "folder", "folders/789"),
    "account": (
        "google_service_account_iam_member",
        "service_account_id",
        "projects/shop/serviceAccounts/deploy@shop.iam.gserviceaccount.com",
    ),
}


def grant(member: str, role: str, on: str) -> str:
    kind, argument, name = TARGETS[on]
    return f'resource "{kind}" "r" {{\n  {argument} = "{name}"\n  role = "{role}"\n  member = "{member}"\n}}\n'


@pytest.mark.parametrize(
    ("member", "role", "on", "expected"),
    [
        ("user:ana@example.com", "roles/iam.serviceAccountTokenCreator", "project", "high broad-token-creator"),
        ("user:ana@example.com", "roles/iam.workloadIdentityUser", "folder", "high broad-token-creator"),
        ("user:ana@example.com", "roles/iam.serviceAccountUser", "project", "medium broad-service-account-user"),
        ("user:ana@example.com", "roles/iam.serviceAccountKeyAdmin", "project", "high broad-key-creator"),
        ("user:ana@example.com", "roles/iam.serviceAccountAdmin", "project", "medium service-account-policy-admin"),
        ("user:ana@example.com", "roles/iam.serviceAccountOpenIdTokenCreator", "project", "low broad-id-token-creator"),
        (
            "user:ana@example.com",
            "roles/iam.serviceAccountOpenIdTokenCreator",
            "folder",
            "medium broad-id-token-creator",
        ),
        ("user:ana@example.com", "roles/owner", "project", "low basic-role-impersonation"),
        (ACCOUNT, "roles/owner", "project", "medium basic-role-impersonation"),
        (f"{POOL}/attribute.repository/a/b", "roles/editor", "project", "high basic-role-impersonation"),
        # Roles with several of these permissions.
        ("user:ana@example.com", "roles/iam.devOps", "project", "medium service-account-policy-admin"),
        ("group:ops@example.com", "roles/iam.devOps", "project", "medium broad-service-account-user"),
        ("user:ana@example.com", "roles/iam.admin", "project", "medium service-account-policy-admin"),
        ("group:ops@example.com", "roles/iam.admin", "project", "high broad-key-creator"),
        ("group:ops@example.com", "roles/iam.serviceAccountAdmin", "project", None),
        # Everybody.
        ("allUsers", "roles/iam.serviceAccountTokenCreator", "project", "critical public-impersonation"),
        ("allAuthenticatedUsers", "roles/iam.serviceAccountUser", "account", "critical public-impersonation"),
        ("domain:example.com", "roles/iam.serviceAccountTokenCreator", "project", "medium public-impersonation"),
        ("domain:example.com", "roles/editor", "project", "medium public-impersonation"),
        (
            "principalSet://cloudresourcemanager.googleapis.com/projects/1/type/ServiceAccount",
            "roles/iam.serviceAccountUser",
            "project",
            "high public-impersonation",
        ),
        # Agents and their roles.
        (AGENT, "roles/compute.serviceAgent", "project", None),
        (ACCOUNT, "roles/compute.serviceAgent", "project", "high service-agent-role-misused"),
        ("user:ana@example.com", "roles/cloudbuild.serviceAgent", "account", "high service-agent-role-misused"),
        (DEFAULT, "roles/cloudbuild.serviceAgent", "project", "high service-agent-role-misused"),
        (AGENT, "roles/iam.serviceAccountTokenCreator", "project", "high broad-token-creator"),
        (
            "serviceAccount:service-123456@gcp-sa-pubsub.iam.gserviceaccount.com",
            "roles/iam.serviceAccountTokenCreator",
            "project",
            None,
        ),
        # Default accounts.
        (DEFAULT, "roles/editor", "project", "medium privileged-default-account"),
        (DEFAULT, "roles/iam.serviceAccountTokenCreator", "project", "high broad-token-creator"),
        (DEFAULT, "roles/iam.serviceAccountKeyAdmin", "project", "medium privileged-default-account"),
        (DEFAULT, "roles/iam.serviceAccountTokenCreator", "account", "medium default-account-impersonates"),
        # Federation.
        (f"{POOL}/*", "roles/iam.workloadIdentityUser", "account", "medium whole-pool-impersonates"),
        (f"{POOL}/*", "roles/iam.workloadIdentityUser", "project", "high broad-token-creator"),
        (
            f"{POOL}/attribute.repository/a/b",
            "roles/resourcemanager.projectIamAdmin",
            "project",
            "high service-account-policy-admin",
        ),
        # On one account it takes a reason to complain.
        ("user:ana@example.com", "roles/iam.serviceAccountTokenCreator", "account", None),
        ("user:ana@example.com", "roles/iam.serviceAccountKeyAdmin", "account", None),
        (
            "serviceAccount:deploy@shop.iam.gserviceaccount.com",
            "roles/iam.serviceAccountTokenCreator",
            "account",
            "low self-impersonation",
        ),
        # Nobody.
        ("deleted:user:ana@example.com?uid=1", "roles/iam.serviceAccountTokenCreator", "project", None),
    ],
)
def test_of_each_grant_one_rule_speaks(check: Check, member: str, role: str, on: str, expected: str | None) -> None:
    report = check({"main.tf": grant(member, role, on)}, select=FAMILIES)
    assert [f"{finding.severity} {finding.rule}" for finding in report.findings] == ([expected] if expected else [])


OWNER = """
resource "google_project_iam_member" "owner" {
  project = "shop"
  role    = "roles/owner"
  member  = "serviceAccount:admin@shop.iam.gserviceaccount.com"
}
"""


@pytest.mark.parametrize(
    ("role", "rule", "severity"),
    [
        ("roles/iam.serviceAccountTokenCreator", "broad-token-creator", "critical"),
        ("roles/iam.serviceAccountUser", "broad-service-account-user", "high"),
        ("roles/iam.serviceAccountKeyAdmin", "broad-key-creator", "critical"),
    ],
)
def test_a_privileged_account_below_is_a_step_worse(check: Check, role: str, rule: str, severity: str) -> None:
    report = check({"main.tf": grant("group:g@example.com", role, "project") + OWNER}, select=(rule,))
    (finding,) = report.findings
    assert finding.severity == severity
    assert "serviceAccount:admin@shop.iam.gserviceaccount.com has roles/owner on project shop" in [
        related.message for related in finding.related
    ]


@pytest.mark.parametrize(
    ("member", "severity"),
    [
        ("serviceAccount:shop.svc.id.goog[web/deploy]", "medium"),
        ("serviceAccount:ci@shop.iam.gserviceaccount.com", "high"),
    ],
)
def test_the_workload_that_an_account_was_made_for_is_a_step_milder(check: Check, member: str, severity: str) -> None:
    deploy = OWNER.replace("admin@", "deploy@")
    text = grant(member, "roles/iam.workloadIdentityUser", "account") + deploy
    report = check({"main.tf": text}, select=("privileged-account-impersonation",))
    assert [finding.severity for finding in report.findings] == [severity]


@pytest.mark.parametrize(
    ("role", "severity"),
    [
        ("roles/iam.serviceAccountTokenCreator", "low"),
        ("roles/iam.serviceAccountKeyAdmin", "medium"),
        ("roles/iam.serviceAccountAdmin", "medium"),
    ],
)
def test_what_an_account_can_do_to_itself_for_good_is_a_step_worse(check: Check, role: str, severity: str) -> None:
    itself = "serviceAccount:deploy@shop.iam.gserviceaccount.com"
    report = check({"main.tf": grant(itself, role, "account")}, select=("self-impersonation",))
    assert [finding.severity for finding in report.findings] == [severity]


@pytest.mark.parametrize(
    ("expression", "severity"),
    [
        ("request.time < timestamp('2027-01-01T00:00:00Z')", "medium"),
        ("request.time > timestamp('2020-01-01T00:00:00Z')", "high"),
        ("request.time < timestamp('2020-01-01T00:00:00Z')", None),
        ("resource.type == 'iam.googleapis.com/ServiceAccount'", None),
    ],
)
def test_a_grant_that_ends_by_itself_is_a_step_milder(check: Check, expression: str, severity: str | None) -> None:
    condition = f'  condition {{\n    title = "c"\n    expression = "{expression}"\n  }}\n}}\n'
    text = grant("group:breakglass@example.com", "roles/iam.serviceAccountTokenCreator", "project")
    report = check(
        {"main.tf": text.removesuffix("}\n") + condition}, select=("broad-token-creator",), as_of=date(2026, 1, 1)
    )
    assert [finding.severity for finding in report.findings] == ([severity] if severity else [])
