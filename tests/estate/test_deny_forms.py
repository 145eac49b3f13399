"""Permissions and principals in the forms of deny policies and of allow policies, each way."""

from __future__ import annotations

import pytest

from iamlint.estate.deny_forms import allowed_permission, denied_permission, denied_principal, is_denied_form

PERMISSIONS = [
    ("iam.serviceAccounts.getAccessToken", "iam.googleapis.com/serviceAccounts.getAccessToken"),
    ("iam.serviceAccountKeys.create", "iam.googleapis.com/serviceAccountKeys.create"),
    ("iam.workloadIdentityPoolProviders.update", "iam.googleapis.com/workloadIdentityPoolProviders.update"),
    ("resourcemanager.projects.setIamPolicy", "cloudresourcemanager.googleapis.com/projects.setIamPolicy"),
    ("run.services.create", "run.googleapis.com/services.create"),
]
GROUPS = [
    ("iam.googleapis.com/serviceAccounts.*", "iam.serviceAccounts.*"),
    ("iam.googleapis.com/*.*", "iam.*.*"),
    ("iam.googleapis.com/*.setIamPolicy", "iam.*.setIamPolicy"),
    ("cloudresourcemanager.googleapis.com/projects.*", "resourcemanager.projects.*"),
]


@pytest.mark.parametrize(("allowed", "denied"), PERMISSIONS)
def test_permissions_each_way(allowed: str, denied: str) -> None:
    assert denied_permission(allowed) == denied
    assert allowed_permission(denied) == allowed


@pytest.mark.parametrize(("denied", "glob"), GROUPS)
def test_groups_of_permissions_are_globs(denied: str, glob: str) -> None:
    assert allowed_permission(denied) == glob


@pytest.mark.parametrize(
    "text",
    [
        "iam.serviceAccounts.getAccessToken",
        "resourcemanager.googleapis.com/projects.setIamPolicy",
        "iam.googleapis.com/serviceAccounts",
        "iam.googleapis.com/serviceAccounts.get*",
        "iam.googleapis.com/*",
        "https://iam.googleapis.com/serviceAccounts.actAs",
        "iam.googleapis.com/serviceAccounts.actAs\n",
        "*",
        "",
    ],
)
def test_what_deny_policies_do_not_take_as_a_permission(text: str) -> None:
    assert allowed_permission(text) is None


@pytest.mark.parametrize("text", ["iam.googleapis.com/serviceAccounts.actAs", "iam.serviceAccounts", "actAs", ""])
def test_what_is_no_permission_of_a_role(text: str) -> None:
    assert denied_permission(text) is None


POOL = "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci"
CI = "ci@shop.iam.gserviceaccount.com"
PRINCIPALS = [
    ("user:ana@example.com", "principal://goog/subject/ana@example.com"),
    ("group:ops@example.com", "principalSet://goog/group/ops@example.com"),
    (f"serviceAccount:{CI}", f"principal://iam.googleapis.com/projects/-/serviceAccounts/{CI}"),
    ("allUsers", "principalSet://goog/public:all"),
    (f"principal:{POOL}/subject/x", f"principal:{POOL}/subject/x"),
    (f"principalSet:{POOL}/*", f"principalSet:{POOL}/*"),
]


@pytest.mark.parametrize(("allowed", "denied"), PRINCIPALS)
def test_principals_in_the_form_of_deny_policies(allowed: str, denied: str) -> None:
    assert denied_principal(allowed) == denied


@pytest.mark.parametrize(
    "text", ["domain:example.com", "projectOwner:shop", "serviceAccount:shop.svc.id.goog[ns/name]", "user:", "ana"]
)
def test_principals_that_deny_policies_cannot_name(text: str) -> None:
    assert denied_principal(text) is None


GOOD = [
    "principalSet://goog/public:all",
    "principalSet://goog/cloudIdentityCustomerId/C0garden1",
    "principal://iam.googleapis.com/projects/-/serviceAccounts/123456789012345678901",
    "principal://goog/subject/${var.who}",
    "deleted:principal://goog/subject/ana@example.com?uid=1",
    "principalSet://cloudresourcemanager.googleapis.com/projects/123/type/ServiceAccount",
]


@pytest.mark.parametrize("text", [*GOOD, *(denied for _, denied in PRINCIPALS)])
def test_deny_policies_name_principals_so(text: str) -> None:
    assert is_denied_form(text)
    assert denied_principal(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("principal://goog/group/ops@example.com", "principalSet://goog/group/ops@example.com"),
        ("principalSet://goog/subject/ana@example.com", "principal://goog/subject/ana@example.com"),
        ("deleted:principal://goog/group/a@b.c?uid=1", "deleted:principalSet://goog/group/a@b.c?uid=1"),
        ("principal://goog/public:all", "principalSet://goog/public:all"),
        ("principalSet://goog/public:allUsers", "principalSet://goog/public:all"),
        ("principalSet://goog/public:allAuthenticatedUsers", None),
        ("principal://goog/subject/*", None),
        ("principal://goog/subject/ana", None),
        ("principalSet://goog/group/", None),
        ("principalSet://goog/cloudIdentityCustomerId/", None),
        ("principalSet://goog/domain/example.com", None),
        ("principal://iam.googleapis.com/projects/-/serviceAccounts/*", None),
    ],
)
def test_deny_policies_do_not_name_principals_so(text: str, meant: str | None) -> None:
    assert not is_denied_form(text)
    assert denied_principal(text) == meant
