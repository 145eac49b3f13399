"""Errors that settle a step, rights of the target, quota projects, service agents, attached accounts and modules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    ANA_TF,
    CI,
    CREATOR,
    DENIED,
    PROJECTS,
    TARGET,
    USER,
    WORKLOAD,
    Case,
    account,
    case,
    check,
    exports,
    grant,
    member_of,
    policy,
    project_grant,
    projects,
    under,
)

AG = "serviceAccount:service-1234567890@serverless-robot-prod.iam.gserviceaccount.com"
PROJECT_LIST = projects(*PROJECTS)
AGERR = f"Error 403: Google Cloud Run Service Agent does not have permission to get access tokens for the service account {TARGET}. Please give service-1234567890@serverless-robot-prod.iam.gserviceaccount.com permission iam.serviceAccounts.getAccessToken on the service account."
PB = 'resource "google_project_iam_binding" "b" {\n project="shop"\n role="%s"\n members=[%s]\n}\n'
BK = 'resource "google_storage_bucket" "b" {\n name="data"\n project="shop"\n location="EU"\n}\n'
BM = 'resource "google_storage_bucket_iam_member" "m" {\n bucket="data"\n role="%s"\n member=google_service_account.batch.member\n}\n'
RERR = f"googleapi: Error 403: {TARGET} does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist)., forbidden"
PV = (
    'provider "google" {\n project="shop"\n user_project_override=true\n billing_project="tools"\n impersonate_service_account="'
    + TARGET
    + '"\n}\n'
)
QERR = "Caller does not have required permission to use project tools. Grant the caller the roles/serviceusage.serviceUsageConsumer role"
FN = 'resource "google_cloud_run_v2_service" "s" {\n project="shop"\n name="svc"\n location="eu"\n template {\n %s\n containers {\n image="x"\n}\n}\n}\n'
DEF = "1234567890-compute@developer.gserviceaccount.com"

CASES = [
    case(
        "agent policy evicts",
        {
            "main.tf": ACCOUNT
            + 'data "google_iam_policy" "p" {\n binding {\n role="roles/owner"\n members=["user:bob@example.com"]\n}\n}\nresource "google_project_iam_policy" "p" {\n project="shop"\n policy_data=data.google_iam_policy.p.policy_data\n}\nresource "google_project_service" "r" {\n project="shop"\n service="run.googleapis.com"\n}\n',
            "projects.json": PROJECT_LIST,
        },
        AG,
        "fails service-agent-evicted",
        error=AGERR,
    ),
    case("agent nothing said", {"main.tf": ACCOUNT, "projects.json": PROJECT_LIST}, AG, "unknown missing-input"),
    case("agent export has", exports(policy(), policy(("roles/run.serviceAgent", AG))), AG, "works"),
    case(
        "agent export lacks",
        exports(policy(), policy(("roles/owner", "user:bob@example.com"))),
        AG,
        "fails",
        error=AGERR,
    ),
    case(
        "agent other project",
        {"main.tf": ACCOUNT, "projects.json": PROJECT_LIST},
        "serviceAccount:service-2345678901@serverless-robot-prod.iam.gserviceaccount.com",
        "fails",
        error=AGERR.replace("1234567890", "2345678901"),
    ),
    case(
        "evict error no caller",
        {"main.tf": ACCOUNT + PB % ("roles/run.serviceAgent", '"user:bob@example.com"'), "projects.json": PROJECT_LIST},
        ANA,
        "fails service-agent-evicted",
        error=AGERR,
    ),
    case("rights missing", ACCOUNT + BK + grant(ANA_TF), ANA, "fails target-rights", error=RERR),
    case(
        "rights wrong role",
        ACCOUNT + BK + grant(ANA_TF) + BM % "roles/storage.objectCreator",
        ANA,
        "fails target-rights",
        error=RERR,
    ),
    case(
        "rights ask ok",
        ACCOUNT + BK + grant(ANA_TF) + BM % "roles/storage.objectViewer",
        ANA,
        "works",
        permission="storage.objects.get",
        on="data",
    ),
    case(
        "rights ask url",
        ACCOUNT + BK + grant(ANA_TF) + BM % "roles/storage.objectViewer",
        ANA,
        "works",
        permission="storage.objects.get",
        on="gs://data",
    ),
    case(
        "rights ask project role",
        ACCOUNT + BK + grant(ANA_TF) + project_grant(member_of("batch"), "roles/storage.objectViewer"),
        ANA,
        "works",
        permission="storage.objects.get",
        on="projects/shop",
    ),
    case(
        "rights ask no",
        ACCOUNT + BK + grant(ANA_TF) + BM % "roles/storage.objectCreator",
        ANA,
        "fails target-rights",
        permission="storage.objects.get",
        on="data",
    ),
    case(
        "rights caller only",
        ACCOUNT + BK + BM % "roles/storage.objectViewer",
        "serviceAccount:" + TARGET,
        "works",
        target=None,
        permission="storage.objects.get",
        on="data",
    ),
    case(
        "rights names caller",
        ACCOUNT + BK + grant(ANA_TF),
        ANA,
        "fails wrong-mode",
        error=RERR.replace(TARGET, "ana@example.com"),
    ),
    case(
        "rights has by tf",
        ACCOUNT + BK + grant(ANA_TF) + BM % "roles/storage.objectViewer",
        ANA,
        "unknown missing-input",
        error=RERR,
    ),
    case(
        "bq",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "fails target-rights",
        error="403 Access Denied: Project shop: User does not have bigquery.jobs.create permission in project shop. Permission 'bigquery.jobs.create' denied on project shop",
    ),
    case(
        "secret",
        ACCOUNT
        + grant(ANA_TF)
        + 'resource "google_secret_manager_secret_iam_member" "m" {\n secret_id="projects/shop/secrets/s"\n role="roles/secretmanager.viewer"\n member=google_service_account.batch.member\n}\n',
        ANA,
        "fails target-rights",
        error="PERMISSION_DENIED: Permission 'secretmanager.versions.access' denied for resource 'projects/shop/secrets/s/versions/latest' (or it may not exist).",
    ),
    case(
        "run invoke",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "fails target-rights",
        method="generateIdToken",
        error="Your client does not have permission to get URL / from this server.",
    ),
    case("quota tf error", ACCOUNT + grant(ANA_TF) + PV, ANA, "fails quota-project", error=QERR),
    case("quota tf noerror", ACCOUNT + grant(ANA_TF) + PV, ANA, "works"),
    case(
        "quota export ok editor",
        {"main.tf": ACCOUNT + grant(ANA_TF) + PV, "project-tools.json": policy(("roles/editor", ANA))},
        ANA,
        "works",
    ),
    case(
        "quota export no",
        {"main.tf": ACCOUNT + grant(ANA_TF) + PV, "project-tools.json": policy(("roles/viewer", ANA))},
        ANA,
        "fails quota-project",
    ),
    case(
        "quota unset err",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "fails quota-project",
        error="Your application is authenticating by using local Application Default Credentials. The securitycenter.googleapis.com API requires a quota project, which is not set by default.",
    ),
    case(
        "consumer invalid",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "fails quota-project",
        error='{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"CONSUMER_INVALID","domain":"googleapis.com","metadata":{"consumer":"projects/foo","service":"iam.googleapis.com"}}]}}',
    ),
    case(
        "key sig",
        ACCOUNT + grant('"serviceAccount:' + CI + '"'),
        CI,
        "not-iam",
        error='{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',
    ),
    case(
        "robot disabled",
        ACCOUNT + account("ci", "tools", "disabled=true") + grant(member_of("ci")),
        CI,
        "fails disabled",
        error="Robot is disabled",
    ),
    case(
        "acct not found",
        ACCOUNT + grant('"serviceAccount:' + CI + '"'),
        CI,
        "fails",
        error='{"error":"invalid_grant","error_description":"Invalid grant: account not found"}',
    ),
    case(
        "unauth",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "unknown missing-input",
        error="Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
    ),
    case(
        "member domain",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "fails org-policy",
        error="Error 400: One or more users named in the policy do not belong to a permitted customer.",
    ),
    case("denied but granted", ACCOUNT + grant(ANA_TF), ANA, "unknown missing-input", error=DENIED),
    case("unknown text granted", ACCOUNT + grant(ANA_TF), ANA, "unknown missing-input", error="something odd happened"),
    case(
        "actas run ok",
        ACCOUNT + FN % "service_account=google_service_account.batch.email" + grant(ANA_TF, USER),
        ANA,
        "works",
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "actas CREATOR",
        ACCOUNT + FN % "service_account=google_service_account.batch.email" + grant(ANA_TF, CREATOR),
        ANA,
        "fails grant",
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "actas default",
        {"main.tf": ACCOUNT + FN % "" + grant(ANA_TF, USER), "projects.json": PROJECT_LIST},
        ANA,
        "fails grant",
        target=DEF,
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "actas default infer",
        {"main.tf": ACCOUNT + FN % "" + grant(ANA_TF, USER), "projects.json": PROJECT_LIST},
        ANA,
        "fails grant",
        target=None,
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "actas default on project",
        {"main.tf": ACCOUNT + FN % "" + project_grant(ANA_TF, USER), "projects.json": PROJECT_LIST},
        ANA,
        "works",
        target=DEF,
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "actas default granted by tf",
        {
            "main.tf": ACCOUNT
            + FN % ""
            + 'resource "google_service_account_iam_member" "d" {\n service_account_id="projects/shop/serviceAccounts/'
            + DEF
            + '"\n role="roles/iam.serviceAccountUser"\n member="user:ana@example.com"\n}\n',
            "projects.json": PROJECT_LIST,
        },
        ANA,
        "works",
        target=DEF,
        method="actAs",
    ),
    case(
        "actas wrong target asked",
        {"main.tf": ACCOUNT + FN % "" + grant(ANA_TF, USER), "projects.json": PROJECT_LIST},
        ANA,
        "works",
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "cond on editor err",
        ACCOUNT + project_grant(ANA_TF, "roles/owner", more=under("true")),
        ANA,
        "fails condition",
        method="actAs",
        error="Error 400: Conditions can't be set on primitive roles., badRequest",
    ),
    case("public", exports(policy((CREATOR, "allAuthenticatedUsers"))), ANA, "works"),
    case(
        "container set",
        exports(
            policy(
                (CREATOR, "principalSet://cloudresourcemanager.googleapis.com/projects/2345678901/type/ServiceAccount")
            )
        ),
        CI,
        "works",
    ),
    case("idtoken wiu", exports(policy((WORKLOAD, ANA))), ANA, "works", method="generateIdToken"),
    case(
        "idtoken err infers",
        exports(policy(("roles/iam.serviceAccountOpenIdTokenCreator", ANA))),
        ANA,
        "fails grant",
        error="Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
    ),
    case(
        "module",
        {
            "main.tf": 'module "m" {\n source="./m"\n who="user:ana@example.com"\n}\n',
            "m/main.tf": 'variable "who" {}\n' + ACCOUNT + grant("var.who"),
        },
        ANA,
        "works",
    ),
    case(
        "module nested count0",
        {
            "main.tf": 'module "m" {\n source="./m"\n count=0\n who="user:ana@example.com"\n}\n' + ACCOUNT,
            "m/main.tf": 'variable "who" {}\n'
            + grant("var.who").replace(
                "google_service_account.batch.name", '"projects/shop/serviceAccounts/' + TARGET + '"'
            ),
        },
        ANA,
        "fails grant",
    ),
    case(
        "module missing",
        {"main.tf": 'module "m" {\n source="git::https://x.example/y"\n who="user:ana@example.com"\n}\n' + ACCOUNT},
        ANA,
        "unknown missing-input",
    ),
    case(
        "ancestors",
        {
            "ancestors.json": json.dumps(
                [
                    {"id": "shop", "type": "project", "policy": {"bindings": [], "etag": "x"}},
                    {
                        "id": "111",
                        "type": "folder",
                        "policy": {"bindings": [{"role": CREATOR, "members": ["user:ana@example.com"]}], "etag": "x"},
                    },
                    {"id": "99", "type": "organization", "policy": {"etag": "x", "bindings": []}},
                ]
            ),
            f"service-accounts/{TARGET}.json": policy(),
        },
        ANA,
        "works",
    ),
    case(
        "ancestors none",
        {
            "ancestors.json": json.dumps(
                [
                    {"id": "shop", "type": "project", "policy": {"bindings": [], "etag": "x"}},
                    {
                        "id": "111",
                        "type": "folder",
                        "policy": {"bindings": [{"role": CREATOR, "members": ["user:bob@example.com"]}], "etag": "x"},
                    },
                    {"id": "99", "type": "organization", "policy": {"etag": "x", "bindings": []}},
                ]
            ),
            f"service-accounts/{TARGET}.json": policy(),
        },
        ANA,
        "fails grant",
    ),
    case(
        "notiam0",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "not-iam",
        error="Error: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc",
    ),
    case("notiam1", ACCOUNT + grant(ANA_TF), ANA, "not-iam", error="could not find default credentials"),
    case("notiam2", ACCOUNT + grant(ANA_TF), ANA, "not-iam", error="ID Token issued at 1700000000 is stale to sign-in"),
    case(
        "notiam3",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "not-iam",
        error="Invalid JWT: Token must be a short-lived token (60 minutes)",
    ),
    case("notiam4", ACCOUNT + grant(ANA_TF), ANA, "not-iam", error="Permission denied while getting Drive credentials"),
    case("notiam5", ACCOUNT + grant(ANA_TF), ANA, "not-iam", error="Error connecting to the given credential's issuer"),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)
