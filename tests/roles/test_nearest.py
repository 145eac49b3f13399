"""The role that a misspelt name means."""

from __future__ import annotations

import pytest

from iamlint.roles import catalog


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("roles/run.devloper", "roles/run.developer"),
        ("roles/strage.admin", "roles/storage.admin"),
        ("roles/sotrage.admin", "roles/storage.admin"),
        ("roles/urn.admin", "roles/run.admin"),
        ("roles/secretmanger.secretAccessor", "roles/secretmanager.secretAccessor"),
        ("roles/onwer", "roles/owner"),
        ("roles/role.invoker", "roles/run.invoker"),  # of another service, but no other role is similar
        ("roles/role.admin", None),  # not roles/file.admin
        ("roles/kms.admin", None),  # not roles/ml.admin
        ("roles/cloudrun.admin", None),  # not roles/cloud.admin
        ("roles/resourcemanager.projectViewer", None),  # not projectDeleter
        ("roles/storage.objectReader", "roles/storage.objectViewer"),
        ("roles/run.developerAdmin", "roles/run.developer"),
        ("roles/iam.serviceAccountUsers", "roles/iam.serviceAccountUser"),
        ("roles/iam.serviceAccountActor", "roles/iam.serviceAccountUser"),  # withdrawn: the letters say Creator
    ],
)
def test_the_nearest_role_is_of_the_same_service(name: str, nearest: str | None) -> None:
    assert catalog().nearest(name) == nearest


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("iam.serviceAccount.actAs", "iam.serviceAccounts.actAs"),
        ("pubsub.topics.undelete", None),  # a newer permission: other services have this verb
        ("stroage.objects.gett", None),
        ("stroage.objects.get", "storage.objects.get"),
        ("runx.operations.get", None),  # many services have operations
        ("runx.routes.invoke", "run.routes.invoke"),
    ],
)
def test_a_slip_is_no_name_of_a_newer_catalogue(name: str, meant: str | None) -> None:
    assert catalog().slip(name) == meant
