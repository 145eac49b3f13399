"""The cause of an error in a small estate, and its twin where the cause is mended: the answer has the place of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    ANA_TF,
    CI,
    CREATOR,
    DENIED,
    POOL,
    TARGET,
    WORKLOAD,
    account,
    accounts,
    ask,
    exports,
    grant,
    member_of,
    policy,
    pool_member,
    project_grant,
    provider,
)

NOT_YET = "the change is not applied, it is minutes old, or another one is meant"
WORKS = "by the input this call works, and the error says that it does not"
CI_TF = account("ci", "tools")
WORKFLOW = """
on: push
jobs:
  deploy:
    permissions: {contents: read, id-token: write}
    steps:
      - uses: google-github-actions/auth@v2
        with:
          workload_identity_provider: projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p
          service_account: batch@shop.iam.gserviceaccount.com
"""
NO_PROVIDER = (
    "failed to generate Google Cloud federated token for //iam.googleapis.com/projects/{project}/locations/global/"
    'workloadIdentityPools/gh/providers/{name}: {{"error":"invalid_target","error_description":"The target service '
    'indicated by the \\"audience\\" parameters is invalid."}}'
)
AUDIENCE = (
    '{"error":"invalid_grant","error_description":"The audience in ID Token [https://shop.example] does not match the '
    'expected audience https://other.example."}'
)
ISSUER = (
    '{"error":"invalid_grant","error_description":"The issuer in ID Token '
    "https://token.actions.githubusercontent.com/acme does not match the expected ones: "
    'https://token.actions.githubusercontent.com"}'
)
VM = """
resource "google_compute_instance" "w" {{
  project = "tools"
  name    = "w"
  zone    = "europe-west1-b"
  service_account {{
    email  = google_service_account.ci.email
    scopes = ["{scope}"]
  }}
}}
"""
SCOPES = "googleapi: Error 403: Request had insufficient authentication scopes."
API_OFF = "IAM Service Account Credentials API has not been used in project 2345678901 before or it is disabled."
API_ON = (
    'resource "google_project_service" "i" {\n  project = "tools"\n  service = "iamcredentials.googleapis.com"\n}\n'
)
AGENT = "serviceAccount:service-1234567890@serverless-robot-prod.iam.gserviceaccount.com"
AGENT_TF = project_grant(f'"{AGENT}"', "roles/run.serviceAgent")
AGENT_DENIED = (
    "Google Cloud Run Service Agent does not have permission to get access tokens for the service account "
    f"{TARGET}. Please give {AGENT.partition(':')[2]} permission iam.serviceAccounts.getAccessToken on it."
)
QUOTA = "Caller does not have required permission to use project shop."
USE_SHOP = project_grant(member_of("ci"), "roles/serviceusage.serviceUsageConsumer")
STATE = (
    "Error: Failed to get existing workspaces: querying Cloud Storage failed: googleapi: Error 403: ana@example.com "
    "does not have storage.objects.list access to the Google Cloud Storage bucket., forbidden"
)
IMPERSONATING = 'provider "google" {\n  impersonate_service_account = google_service_account.batch.email\n}\n'
BACKEND = 'terraform {{\n  backend "gcs" {{\n    bucket = "shop-state"\n{more}  }}\n}}\n'
MANIFEST = """
apiVersion: v1
kind: ServiceAccount
metadata:
  name: api
  namespace: web
  annotations:
    iam.gke.io/gcp-service-account: batch@shop.iam.gserviceaccount.com
"""
POD_DENIED = f"Unable to generate access token; IAM returned 403 Forbidden: {DENIED}"


def pod(number: str) -> dict[str, str]:
    """A manifest, and a grant to its workload in a pool."""
    return {
        "main.tf": ACCOUNT + grant(f'"serviceAccount:{number}.svc.id.goog[web/api]"', WORKLOAD),
        "k8s/sa.yaml": MANIFEST,
    }


def pipeline(terraform: str, workflow: str = WORKFLOW) -> dict[str, str]:
    """Terraform and a workflow."""
    return {"main.tf": terraform, ".github/workflows/deploy.yml": workflow}


UNTYPED = "Error 400: The member {} is of an unknown type. Please set a valid type prefix for the member., badRequest"
WRONG_PREFIX = (
    'Error 400: Principal team@example.org is of type "{0}". The principal should appear as "{0}:team@example.org".'
)
REFUSED = """\
resource "google_project_iam_member" "untyped" {
  project = "shop"
  role    = "roles/viewer"
  member  = "kim@example.org"
}
resource "google_project_iam_member" "exchanged" {
  project = "shop"
  role    = "user:kim@example.org"
  member  = "roles/viewer"
}
resource "google_project_iam_member" "condition" {
  project = "shop"
  role    = "roles/editor"
  member  = "user:team@example.org"
  condition {
    title      = "until"
    expression = "request.time < timestamp('2030-01-01T00:00:00Z')"
  }
}
resource "google_service_account_iam_member" "pod" {
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:shop.svc.id.goog[default/ci]"
}
"""


@dataclass(frozen=True)
class Row:
    """An estate with an error, and the right answer: the verdict, pieces of its headline and fix, and its place."""

    name: str
    files: Mapping[str, str] | str
    error: str
    verdict: str
    headline: str
    place: str = ""
    fix: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


UNNAMED = {"caller": None, "target": None}
ACME = {"caller": "github:acme/app", "target": None}
BY_CI = {"caller": CI, "target": None}
FEDERATED = ACCOUNT + POOL + provider()
ROWS = [
    Row("the grant that is there has its place", ACCOUNT + grant(ANA_TF), DENIED, "unknown", WORKS, "main.tf:11"),
    Row(
        "no id-token",
        pipeline(FEDERATED, WORKFLOW.replace("id-token: write", "issues: read")),
        "Error: Action failed with error: Error: $ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set",
        "not-iam",
        "the job has no `permissions: id-token: write`",
        "deploy.yml:7",
        more=UNNAMED,
    ),
    Row(
        "no such provider",
        pipeline(FEDERATED, WORKFLOW.replace("providers/p", "providers/hub")),
        NO_PROVIDER.format(project="2345678901", name="hub"),
        "fails",
        "the input has no provider projects/2345678901/",
        "deploy.yml:7",
        "The input has projects/tools/locations/global/workloadIdentityPools/gh/providers/p.",
        UNNAMED,
    ),
    Row(
        "a masked project is no other project",
        pipeline(FEDERATED, ""),
        NO_PROVIDER.format(project="***", name="p"),
        "fails",
        "The pool or provider does not exist, or is disabled or deleted",
        more=UNNAMED,
    ),
    Row(
        "the provider of the error counts, not that of a workflow",
        pipeline(FEDERATED),
        NO_PROVIDER.format(project="2345678901", name="hub"),
        "fails",
        "the input has no provider projects/2345678901/",
        more=UNNAMED,
    ),
    Row(
        "a disabled pool",
        ACCOUNT + POOL.replace('= "gh"\n', '= "gh"\n  disabled = true\n') + provider(),
        NO_PROVIDER.format(project="2345678901", name="p"),
        "fails",
        "the pool projects/tools/locations/global/workloadIdentityPools/gh is disabled",
        "main.tf:8",
        "workload-identity-pools update gh",
        UNNAMED,
    ),
    Row(
        "the audience of the error",
        ACCOUNT + POOL + provider(more='allowed_audiences = ["https://other.example"]'),
        AUDIENCE,
        "fails",
        "the token's audience is https://shop.example",
        "main.tf:23",
        "update-oidc p",
        ACME,
    ),
    Row("the issuer of the error", FEDERATED, ISSUER, "fails", "/acme", "", "update-oidc p", ACME),
    Row(
        "a grant to another repository",
        FEDERATED + grant(pool_member("attribute.repository/acme/other"), WORKLOAD),
        DENIED,
        "fails",
        "nothing grants iam.serviceAccounts.getAccessToken on batch@shop.iam.gserviceaccount.com to github:acme/app",
        "main.tf:31",
        "projects/$(gcloud projects describe tools --format='value(projectNumber)')/",
        {"caller": "github:acme/app"},
    ),
    Row(
        "the number of the workflow's provider",
        pipeline(FEDERATED),
        DENIED,
        "fails",
        "to github:acme/app",
        "",
        "--member=principalSet://iam.googleapis.com/projects/2345678901/locations",
        ACME,
    ),
    Row(
        "scopes",
        ACCOUNT + CI_TF + VM.format(scope="storage-ro"),
        SCOPES,
        "fails",
        "google_compute_instance.w",
        "main.tf:20",
        "",
        BY_CI,
    ),
    Row(
        "wide scopes",
        ACCOUNT + CI_TF + VM.format(scope="cloud-platform"),
        SCOPES,
        "unknown",
        NOT_YET,
        "main.tf:19",
        "",
        BY_CI,
    ),
    Row(
        "the API is on",
        ACCOUNT + CI_TF + API_ON,
        API_OFF,
        "unknown",
        "by the input tools enables",
        "main.tf:15",
        "",
        {"caller": CI},
    ),
    Row("the agent has its role", ACCOUNT + AGENT_TF, AGENT_DENIED, "unknown", NOT_YET, "main.tf:11", "", UNNAMED),
    Row(
        "no right on the quota project",
        ACCOUNT + CI_TF,
        QUOTA,
        "fails",
        "The caller may not bill",
        "",
        "serviceUsageConsumer",
        BY_CI,
    ),
    Row("a right on the quota project", ACCOUNT + CI_TF + USE_SHOP, QUOTA, "unknown", WORKS, "main.tf:17", "", BY_CI),
    Row(
        "the backend does not impersonate",
        ACCOUNT + IMPERSONATING + BACKEND.format(more=""),
        STATE,
        "fails",
        "the provider impersonates batch@shop.iam.gserviceaccount.com, and the state backend does not",
        "main.tf:8",
        "impersonate_service_account",
        UNNAMED,
    ),
    Row(
        "the backend impersonates",
        ACCOUNT + IMPERSONATING + BACKEND.format(more=f'    impersonate_service_account = "{TARGET}"\n'),
        STATE,
        "unknown",
        "and the error names ana@example.com: the backend is not initialised with this configuration",
        "main.tf:13",
        "terraform init -reconfigure",
        UNNAMED,
    ),
    Row(
        "a pool has no number",
        pod("1234567890"),
        POD_DENIED,
        "fails",
        "to serviceAccount:shop.svc.id.goog[web/api]",
        "main.tf:11",
        "shop.svc",
        UNNAMED,
    ),
    Row(
        "a misspelt account",
        {
            **exports(policy()),
            "accounts.json": accounts("other@shop.iam.gserviceaccount.com", "batsh@shop.iam.gserviceaccount.com"),
        },
        f"Not found; Gaia id not found for email {TARGET}",
        "fails",
        "batsh@shop.iam.gserviceaccount.com is. Is the target misspelt?",
        "accounts.json:1",
        "Write batsh@shop.iam.gserviceaccount.com where",
    ),
    Row(
        "the account is there",
        {**exports(policy((CREATOR, ANA))), "accounts.json": accounts(TARGET)},
        f"Not found; Gaia id not found for email {TARGET}",
        "unknown",
        f"{TARGET} is in the input, and the error says otherwise: {NOT_YET}",
        "accounts.json:1",
    ),
    Row(
        "a federated token that an API does not take",
        FEDERATED,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie",
        "fails",
        "The API does not accept this token",
        more=ACME,
    ),
    Row(
        "a grant on an account that is not there helps nobody",
        "",
        f"Not found; Gaia id not found for email {TARGET}",
        "fails",
        "The service account does not exist under that name",
        fix="gcloud iam service-accounts list",
    ),
    *(
        Row(f"refused grant: {error}", REFUSED, error, verdict, headline, place, fix)
        for error, verdict, headline, place, fix in (
            (
                UNTYPED.format("kim@example.org"),
                "fails",
                "A grant names a principal in a form",
                "main.tf:4",
                "Write user:kim@example.org for a person",
            ),
            (UNTYPED.format("roles/viewer"), "fails", "A grant names", "main.tf:9", "Exchange role and member"),
            (
                UNTYPED.format("ci@tools.iam.gserviceaccount.com"),
                "fails",
                "A grant names",
                "",
                'member = "serviceAccount:ci@tools.iam.gserviceaccount.com"',
            ),
            (UNTYPED.format("team@example.org"), "unknown", f"says otherwise: {NOT_YET}", "main.tf:14", ""),
            (
                'Policy members must be of the form "<type>:<value>".',
                "fails",
                "A grant names",
                "main.tf:4",
                "Write each",
            ),
            (WRONG_PREFIX.format("group"), "fails", "under the wrong prefix", "main.tf:14", '"group:team@example.org"'),
            (WRONG_PREFIX.format("user"), "unknown", f"says otherwise: {NOT_YET}", "main.tf:14", ""),
            (
                "Error 400: User team@example.org does not exist., badRequest",
                "fails",
                "does not exist",
                "main.tf:14",
                "Correct team@example.org",
            ),
            ("Conditions can't be set on primitive roles., badRequest", "fails", "A condition", "main.tf:13", ""),
            (
                "Role roles/editor is not supported for this resource.",
                "fails",
                "A grant names a role",
                "main.tf:13",
                "",
            ),
            ("Identity Pool does not exist (shop.svc.id.goog).", "fails", "does not exist yet", "main.tf:23", ""),
        )
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_cause_or_its_mend_has_its_place(tmp_path: Path, row: Row) -> None:
    given = {"caller": ANA, "target": TARGET, **row.more}
    answer = ask(tmp_path, row.files, given["caller"], given["target"], error=row.error)
    assert (answer.verdict, row.headline in answer.headline) == (row.verdict, True), answer.headline
    fix = "\n".join((answer.fix.terraform, answer.fix.gcloud, answer.fix.note))
    assert row.fix in fix, fix
    places = [f"{one.at.path.rpartition('/')[2]}:{one.at.line}" for one in answer.evidence]
    assert not row.place or places[:1] == [row.place], places
