"""The role that a fix proposes for a permission has few others."""

from __future__ import annotations

import pytest

from iamlint.diagnosis.fixes.smallest_role import smallest_role


@pytest.mark.parametrize(
    ("permission", "role"),
    [
        ("storage.objects.get", "roles/storage.objectViewer"),  # as Google's documentation names it
        ("compute.networks.get", "roles/compute.networkViewer"),  # roles/compute.securityAdmin has fewer, and changes
        ("iam.serviceAccounts.get", "roles/iam.serviceAccountViewer"),  # roles/iam.workloadIdentityUser makes tokens
        ("iam.serviceAccounts.create", "roles/iam.serviceAccountCreator"),
        ("iam.serviceAccounts.getAccessToken", "roles/iam.workloadIdentityUser"),
        ("no.such.permission", None),
    ],
)
def test_the_role_changes_little(permission: str, role: str | None) -> None:
    assert smallest_role(permission) == role
