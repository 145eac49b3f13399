"""What people report: roles on the account itself, missing mappings, token data sources, default accounts, workforce pools."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    ANA_TF,
    CI,
    CREATOR,
    DENIED,
    GITHUB_CLAIMS,
    POOL,
    PROJECTS,
    TARGET,
    USER,
    WORKLOAD,
    Case,
    case,
    check,
    grant,
    member_of,
    pool_member,
    project_grant,
    projects,
    provider,
)

G = "github:acme/app"
CLAIMS = {"repository": "acme/app", "repository_owner": "acme", **GITHUB_CLAIMS}
BASE = ACCOUNT + POOL
PROJECT_LIST = projects(*PROJECTS)
RUNERR = "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'run.services.get' denied on resource 'namespaces/shop/services/web' (or resource may not exist)."
DS = (
    'data "google_service_account_access_token" "t" {\n target_service_account="'
    + TARGET
    + '"\n scopes=["cloud-platform"]\n lifetime="1200s"\n}\n'
)


CASES = [
    case(
        "self roles",
        BASE
        + provider()
        + project_grant(member_of("batch"), CREATOR)
        + project_grant(member_of("batch"), WORKLOAD, name="q"),
        G,
        "fails grant",
        claims=CLAIMS,
        error=DENIED,
    ),
    case(
        "unmapped",
        BASE
        + provider(mapping='"google.subject"="assertion.sub"')
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails member",
        claims=CLAIMS,
        error='{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}',
    ),
    case(
        "data token",
        DS + ACCOUNT + project_grant(ANA_TF, "roles/owner"),
        ANA,
        "fails grant",
        target=None,
        error='Error: googleapi: Error 403: The caller does not have permission, forbidden\n  on providers.tf line 30, in data "google_service_account_access_token" "default":',
    ),
    case(
        "data token long", DS.replace("1200s", "7200s") + ACCOUNT + grant(ANA_TF), ANA, "fails org-policy", target=None
    ),
    case(
        "run.services.get",
        ACCOUNT + grant(ANA_TF) + project_grant(member_of("batch"), USER),
        ANA,
        "fails target-rights",
        error=RUNERR,
    ),
    case(
        "run admin there",
        ACCOUNT + grant(ANA_TF) + project_grant(member_of("batch"), "roles/run.admin"),
        ANA,
        "unknown missing-input",
        error=RUNERR,
    ),
    case(
        "default acct err",
        {
            "main.tf": ACCOUNT
            + 'resource "google_cloudfunctions2_function" "f" {\n project="shop"\n name="f"\n location="eu"\n service_config {\n available_memory="1G"\n}\n}\n'
            + project_grant('"serviceAccount:' + CI + '"', "roles/run.admin"),
            "projects.json": PROJECT_LIST,
        },
        CI,
        "fails grant",
        target=None,
        error="Permission 'iam.serviceaccounts.actAs' denied on service account 1234567890-compute@developer.gserviceaccount.com (or it may not exist).",
    ),
    case(
        "gke ns default",
        ACCOUNT + grant('"serviceAccount:shop.svc.id.goog[default/app]"', WORKLOAD),
        "ksa:shop/web/app",
        "fails member",
        error="Unable to generate access token; IAM returned 403 Forbidden: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
    ),
    case(
        "gke no wiu",
        ACCOUNT + project_grant(member_of("batch"), "roles/dns.admin"),
        "ksa:shop/web/app",
        "fails grant",
        error="Unable to generate access token; IAM returned 403 Forbidden: The caller does not have permission",
    ),
    case(
        "actas tc",
        ACCOUNT + project_grant('"serviceAccount:' + CI + '"', CREATOR),
        CI,
        "fails grant",
        method="actAs",
        error=f"Permission 'iam.serviceaccounts.actAs' denied on service account {TARGET} (or it may not exist).",
    ),
    case(
        "sign self",
        ACCOUNT + project_grant(member_of("batch"), "roles/storage.admin"),
        TARGET,
        "fails grant",
        target=None,
        error=f"Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist). projects/-/serviceAccounts/{TARGET}",
    ),
    case(
        "gcloud wrap",
        ACCOUNT + project_grant(ANA_TF, "roles/owner"),
        ANA,
        "fails grant",
        target=None,
        error=f"ERROR: (gcloud.storage.ls) PERMISSION_DENIED: Failed to impersonate [{TARGET}]. Make sure the account that's trying to impersonate it has access to the service account itself and the \"roles/iam.serviceAccountTokenCreator\" role. Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
    ),
    case(
        "workforce",
        ACCOUNT + grant('"principalSet://iam.googleapis.com/locations/global/workforcePools/wf/group/eng"'),
        "principal://iam.googleapis.com/locations/global/workforcePools/wf/subject/ana",
        "unknown missing-input",
    ),
    case(
        "workforce subject",
        ACCOUNT + grant('"principal://iam.googleapis.com/locations/global/workforcePools/wf/subject/ana"'),
        "principal://iam.googleapis.com/locations/global/workforcePools/wf/subject/ana",
        "works",
    ),
    case(
        "workforce all",
        ACCOUNT + grant('"principalSet://iam.googleapis.com/locations/global/workforcePools/wf/*"'),
        "principal://iam.googleapis.com/locations/global/workforcePools/wf/subject/ana",
        "works",
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)
