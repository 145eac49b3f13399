"""The role that a fix proposes for a permission has few others."""

from __future__ import annotations

import pytest

from iamlint.diagnosis.fixes.smallest_role import smallest_role, smallest_roles


@pytest.mark.parametrize(
    ("permission", "role"),
    [
        ("storage.objects.get", "roles/storage.objectViewer"),  # as Google's documentation names it
        ("compute.networks.get", "roles/compute.networkViewer"),  # roles/compute.securityAdmin has fewer, and changes
        ("iam.serviceAccounts.get", "roles/iam.serviceAccountViewer"),  # roles/iam.workloadIdentityUser makes tokens
        ("iam.serviceAccounts.create", "roles/iam.serviceAccountCreator"),
        ("iam.serviceAccounts.getAccessToken", "roles/iam.workloadIdentityUser"),
        ("iam.workloadIdentityPools.create", "roles/iam.workloadIdentityPoolAdmin"),  # the catalogue writes the host
        (
            "resourcemanager.projects.getIamPolicy",
            "roles/browser",
        ),  # roles/resourcemanager.projectIamAdmin sets policies
        ("secretmanager.secrets.getIamPolicy", "roles/secretmanager.viewer"),
        ("aiplatform.endpoints.predict", "roles/aiplatform.user"),  # roles/aiplatform.expressUser is of express mode
        ("no.such.permission", None),
    ],
)
def test_the_role_changes_little(permission: str, role: str | None) -> None:
    assert smallest_role(permission) == role


@pytest.mark.parametrize(
    ("permissions", "roles"),
    [
        ("storage.objects.get storage.objects.list", "storage.objectViewer"),
        ("storage.objects.get storage.objects.create", "storage.objectUser"),
        ("storage.buckets.get storage.objects.get", "storage.bucketViewer storage.objectViewer"),  # not storage.admin
        ("storage.buckets.create storage.buckets.setIamPolicy", "storage.admin"),
        ("bigquery.jobs.create bigquery.tables.getData", "bigquery.dataViewer bigquery.jobUser"),
        ("compute.networks.get compute.networks.addPeering", "compute.networkAdmin"),
        ("run.services.create iam.serviceAccounts.actAs", "iam.serviceAccountUser run.developer"),
        ("iam.workloadIdentityPools.get iam.workloadIdentityPools.create", "iam.workloadIdentityPoolAdmin"),
        ("storage.objects.get no.such.permission", None),
        (  # more than are weighed together
            (
                "compute.instances.create compute.instances.setMetadata compute.instances.setTags compute.disks.create "
                "compute.instances.setLabels compute.disks.use compute.images.useReadOnly compute.networks.use "
                "compute.addresses.use compute.subnetworks.use compute.instances.get compute.firewalls.create"
            ),
            "compute.instanceAdmin compute.securityAdmin",
        ),
    ],
)
def test_few_roles_have_all(permissions: str, roles: str | None) -> None:
    found = smallest_roles(permissions.split())
    assert (found and sorted(found)) == (roles and [f"roles/{one}" for one in roles.split()])
    if found:
        assert sorted(one for its in found.values() for one in its) == sorted(permissions.split())
