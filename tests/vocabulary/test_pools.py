"""Which pool a text names."""

from __future__ import annotations

import pytest

from iamlint.pools import PoolName, is_federated, pool_in
from iamlint.principals import read_principal

IAM = "//iam.googleapis.com/"
GH = "projects/123/locations/global/workloadIdentityPools/gh"
STAFF = "locations/global/workforcePools/staff"
BY_REFERENCE = 'projects/${module.p["a/b"].number}/locations/global/workloadIdentityPools/${var.id}'


@pytest.mark.parametrize(
    ("text", "pool"),
    [
        (GH, PoolName(GH, "gh", "123", workforce=False)),
        (f"{IAM}{GH}/providers/p", PoolName(GH, "gh", "123", workforce=False, selector="providers/p")),
        (f"principal:{IAM}{GH}/subject/a/b", PoolName(GH, "gh", "123", workforce=False, selector="subject/a/b")),
        (f"principalSet:{IAM}{GH}/*", PoolName(GH, "gh", "123", workforce=False, selector="*")),
        (f"principalSet:{IAM}{GH}/", PoolName(GH, "gh", "123", workforce=False)),
        (
            f"principalSet:{IAM}{GH}/attribute.repository/acme/shop\n",
            PoolName(GH, "gh", "123", workforce=False, selector="attribute.repository/acme/shop\n"),
        ),
        (
            f"principal:{IAM}{GH}/subject/projects/9/locations/global/workloadIdentityPools/other/subject/x",
            PoolName(
                GH,
                "gh",
                "123",
                workforce=False,
                selector="subject/projects/9/locations/global/workloadIdentityPools/other/subject/x",
            ),
        ),
        (
            f"principal:{IAM}{BY_REFERENCE}/subject/x",
            PoolName(BY_REFERENCE, "${var.id}", '${module.p["a/b"].number}', workforce=False, selector="subject/x"),
        ),
        (STAFF, PoolName(STAFF, "staff", None, workforce=True)),
        (f"principalSet:{IAM}{STAFF}/group/ops", PoolName(STAFF, "staff", None, workforce=True, selector="group/ops")),
        # -- misspelt: the pool that was meant
        (
            f"principal:{IAM}projects/shop/workloadIdentityPools/gh/subject/x",
            PoolName("projects/shop/workloadIdentityPools/gh", "gh", "shop", workforce=False, selector="subject/x"),
        ),
        (
            f"principal:{IAM}workforcePools/staff/subject/x",
            PoolName("workforcePools/staff", "staff", None, True, "subject/x"),
        ),
        # -- the pool of a project's clusters
        (
            "serviceAccount:shop.svc.id.goog[prod/api]",
            PoolName("shop.svc.id.goog", "shop.svc.id.goog", "shop", workforce=False),
        ),
        # -- none
        (f"principal:{IAM}${{google_iam_workload_identity_pool.gh.name}}/subject/x", None),
        ("principalSet://cloudresourcemanager.googleapis.com/projects/1/type/ServiceAccount", None),
        ("serviceAccount:ci@shop.iam.gserviceaccount.com", None),
        ("shop.svc.id.goog", None),
        ("", None),
    ],
)
def test_the_pool_in_a_text(text: str, pool: PoolName | None) -> None:
    assert pool_in(text) == pool


@pytest.mark.parametrize(
    ("text", "federated"),
    [
        (f"principal:{IAM}{GH}/subject/x", True),
        (f"principalSet:{IAM}{STAFF}/*", True),
        ("serviceAccount:shop.svc.id.goog[prod/api]", True),
        ("serviceAccount:ci@shop.iam.gserviceaccount.com", False),
        ("user:ana@example.com", False),
        ("allUsers", False),
    ],
)
def test_who_is_federated(text: str, federated: bool) -> None:
    assert is_federated(read_principal(text)) is federated
