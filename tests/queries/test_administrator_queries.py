"""Principals that may widen access: one finding for each principal and resource, for any number of roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

FAMILIES = ("impersonation", "custom-roles", "default-accounts", "exposure")
ANA, OPS = "user:ana@example.com", "group:ops@example.com"
CI = "serviceAccount:ci@shop.iam.gserviceaccount.com"
POOL = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/attribute.repository/a/b"
TARGETS = {"project": 'project = "shop"', "folder": 'folder = "folders/7"', "organization": 'org_id = "456"'}


def found(check: Check, *grants: tuple[str, str, str]) -> list[str]:
    text = "".join(
        f'resource "google_{on}_iam_member" "r{at}" {{\n  {TARGETS[on]}\n  role = "{role}"\n  member = "{who}"\n}}\n'
        for at, (who, role, on) in enumerate(grants)
    )
    report = check({"main.tf": text}, select=FAMILIES)
    return [f"{finding.severity} {finding.rule}" for finding in report.findings]


@pytest.mark.parametrize(
    ("who", "role", "on", "expected"),
    [
        (CI, "roles/iam.roleAdmin", "project", "medium role-or-pool-admin"),
        (CI, "roles/iam.workloadIdentityPoolAdmin", "project", "medium role-or-pool-admin"),
        (CI, "roles/iam.organizationRoleAdmin", "organization", "high role-or-pool-admin"),
        (CI, "roles/iam.workforcePoolAdmin", "organization", "high role-or-pool-admin"),
        (POOL, "roles/iam.roleAdmin", "project", "high role-or-pool-admin"),
        (OPS, "roles/iam.roleAdmin", "project", "low role-or-pool-admin"),
        (OPS, "roles/iam.organizationRoleAdmin", "organization", "medium role-or-pool-admin"),
        (CI, "roles/iam.roleViewer", "project", None),
        (CI, "roles/iam.organizationRoleViewer", "organization", None),
        (CI, "roles/iam.workloadIdentityPoolViewer", "project", None),
        (CI, "roles/iam.serviceAccountViewer", "project", None),
        (CI, "roles/resourcemanager.projectIamAdmin", "project", "medium service-account-policy-admin"),
        (CI, "roles/resourcemanager.folderIamAdmin", "folder", "high service-account-policy-admin"),
        (ANA, "roles/resourcemanager.organizationAdmin", "organization", "high service-account-policy-admin"),
        (ANA, "roles/iam.securityAdmin", "organization", "high service-account-policy-admin"),
        (ANA, "roles/iam.securityReviewer", "organization", None),
        ("allUsers", "roles/iam.roleAdmin", "project", "critical public-grant"),
    ],
)
def test_severity_follows_power(check: Check, who: str, role: str, on: str, expected: str | None) -> None:
    assert found(check, (who, role, on)) == ([expected] if expected else [])


def test_several_roles_of_one_principal_on_one_resource_are_one_finding(check: Check) -> None:
    roles = ("resourcemanager.projectIamAdmin", "iam.securityAdmin", "iam.serviceAccountAdmin", "iam.roleAdmin")
    assert found(check, *((CI, f"roles/{role}", "project") for role in roles)) == [
        "medium service-account-policy-admin"
    ]
    pools = ("iam.roleAdmin", "iam.workloadIdentityPoolAdmin")
    assert found(check, *((CI, f"roles/{role}", "project") for role in pools)) == ["medium role-or-pool-admin"]
    owner = ("owner", "iam.roleAdmin")
    assert found(check, *((CI, f"roles/{role}", "project") for role in owner)) == ["medium basic-role-impersonation"]


def test_other_principals_and_resources_are_findings_of_their_own(check: Check) -> None:
    role = "roles/iam.roleAdmin"
    assert len(found(check, (CI, role, "project"), (ANA, role, "project"))) == 2
    assert len(found(check, (CI, role, "project"), (CI, role, "organization"))) == 2


@pytest.mark.parametrize(
    ("role", "severity"),
    [
        ("roles/storage.objectViewer", "high"),
        ("roles/bigquery.dataViewer", "high"),
        ("roles/viewer", "high"),
        ("roles/storage.objectCreator", "critical"),
        ("roles/storage.admin", "critical"),
        ("roles/pubsub.publisher", "critical"),
    ],
)
def test_who_writes_as_anybody_is_worse_than_who_reads(check: Check, role: str, severity: str) -> None:
    assert found(check, ("allAuthenticatedUsers", role, "folder")) == [f"{severity} public-grant"]
