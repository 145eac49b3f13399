"""An error and a folder, where nobody says who calls: what the error settles is answered, what it names is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import ACCOUNT, TARGET, ask, grant, outcome

from iamlint.diagnosis.asking import BadQuestionError

SIGNING = "Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist)."
RUN = """
resource "google_cloud_run_v2_service" "s" {
  project  = "shop"
  name     = "s"
  location = "europe-west1"
  template {
    service_account = google_service_account.batch.email
    containers {
      image = "example/s"
    }
  }
}
"""
STATE = """
terraform {
  backend "gcs" {
    bucket = "shop-state"
  }
}
provider "google" {
  impersonate_service_account = google_service_account.batch.email
}
"""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            "Cloud SQL Admin API has not been used in project 112233445566 before or it is disabled.",
            ("fails", "api"),
        ),
        ("Client is unauthorized to retrieve access tokens using this method", ("not-iam", "not-iam")),
        ("Error 403: Request had insufficient authentication scopes.", ("fails", "oauth-scopes")),
    ],
)
def test_what_the_error_settles_needs_no_caller(tmp_path: Path, error: str, expected: tuple[str, str]) -> None:
    answer = ask(tmp_path, "", None, target=None, error=error)
    assert outcome(answer) == expected
    assert answer.asked.startswith("the error alone: ")


def test_the_api_is_enabled_in_the_project_of_the_error(tmp_path: Path) -> None:
    error = (
        "Cloud SQL Admin API has not been used in project 112233445566 before or it is disabled. "
        "https://console.developers.google.com/apis/api/sqladmin.googleapis.com/overview?project=112233445566"
    )
    answer = ask(tmp_path, ACCOUNT, None, target=None, error=error)
    assert answer.fix.gcloud == "gcloud services enable sqladmin.googleapis.com --project=112233445566"


def test_an_error_that_depends_on_the_caller_is_unknown(tmp_path: Path) -> None:
    error = "googleapi: Error 403: Permission 'iam.serviceAccounts.getAccessToken' denied on resource"
    answer = ask(tmp_path, ACCOUNT, None, error=error)
    assert outcome(answer) == ("unknown", "missing-input")
    assert "who calls (--caller)" in answer.not_in_input
    assert TARGET in answer.fix.gcloud


def test_a_text_of_no_known_kind_is_said_to_be_unknown(tmp_path: Path) -> None:
    """Nothing of the call is guessed then, such as the only account of the input as its target."""
    answer = ask(tmp_path, ACCOUNT, None, target=None, error="it does not work for kim@example.com")
    assert outcome(answer) == ("unknown", "missing-input")
    assert answer.headline.startswith("the text of the error is of no kind that iamlint knows; it names")
    assert answer.asked == "the error alone: it does not work for kim@example.com"
    assert "who calls (--caller)" in answer.not_in_input


def test_a_question_without_an_error_needs_a_caller(tmp_path: Path) -> None:
    with pytest.raises(BadQuestionError, match="who calls is not given"):
        ask(tmp_path, ACCOUNT, None)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [("", "fails"), (grant("google_service_account.batch.member"), "unknown")],
)
def test_who_signs_is_the_account_that_runs(tmp_path: Path, more: str, verdict: str) -> None:
    answer = ask(tmp_path, ACCOUNT + RUN + more, None, target=None, error=SIGNING)
    assert answer.verdict == verdict
    assert answer.asked == f"{TARGET} calls signBlob for {TARGET}"


def test_an_account_that_nothing_runs_as_does_not_sign_for_itself(tmp_path: Path) -> None:
    answer = ask(tmp_path, ACCOUNT, None, target=None, error=SIGNING)
    assert outcome(answer) == ("unknown", "missing-input")


def test_the_account_of_the_error_lacks_the_right(tmp_path: Path) -> None:
    error = f"googleapi: Error 403: {TARGET} does not have storage.objects.list access to shop-state., forbidden"
    answer = ask(tmp_path, ACCOUNT, None, target=None, error=error)
    assert outcome(answer) == ("fails", "target-rights")
    assert "gs://shop-state" in answer.fix.gcloud


def test_the_backend_uses_another_identity(tmp_path: Path) -> None:
    """Whether that identity could become the account does not matter: nobody asked."""
    error = (
        "Failed to get existing workspaces: querying Cloud Storage failed: googleapi: Error 403: ana@example.com does "
        "not have storage.objects.list access to the Google Cloud Storage bucket., forbidden"
    )
    for more in ("", grant('"user:ana@example.com"')):
        answer = ask(tmp_path, ACCOUNT + STATE + more, None, target=None, error=error)
        assert outcome(answer) == ("fails", "wrong-mode")
        assert "impersonate_service_account" in answer.fix.terraform


def test_an_unknown_answer_has_the_grant_that_is_probably_missing(tmp_path: Path) -> None:
    runtime = "1234567890-compute@developer.gserviceaccount.com"
    error = f"Permission 'iam.serviceaccounts.actAs' denied on service account {runtime} (or it may not exist)."
    answer = ask(tmp_path, ACCOUNT, "ana@example.com", target=None, error=error)
    assert outcome(answer) == ("unknown", "missing-input")
    assert answer.fix.gcloud == f"gcloud iam service-accounts get-iam-policy {runtime} --format=json"
    assert f"add-iam-policy-binding {runtime} --member=user:ana@example.com" in answer.fix.note


KSA = """
apiVersion: v1
kind: ServiceAccount
metadata:
  name: solver
  namespace: dns
  annotations:
    iam.gke.io/gcp-service-account: batch@shop.iam.gserviceaccount.com
"""
CLUSTER = """
resource "google_container_cluster" "main" {
  project  = "tools"
  name     = "main"
  location = "europe-west1"
}
"""
OF_GKE = (
    "Received 403 `Unable to generate access token; IAM returned 403 Forbidden: Permission "
    "'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
)


def test_the_workload_is_the_annotated_one_in_the_cluster_of_the_input(tmp_path: Path) -> None:
    files = {"main.tf": ACCOUNT + CLUSTER, "solver.yaml": KSA}
    answer = ask(tmp_path, files, None, target=None, error=OF_GKE)
    assert outcome(answer) == ("fails", "grant")
    assert "tools.svc.id.goog[dns/solver]" in answer.fix.gcloud
    assert "roles/iam.workloadIdentityUser" in answer.fix.gcloud


def test_of_two_annotated_workloads_none_is_taken(tmp_path: Path) -> None:
    files = {"main.tf": ACCOUNT, "solver.yaml": KSA, "other.yaml": KSA.replace("solver", "other")}
    answer = ask(tmp_path, files, None, error=OF_GKE)
    assert outcome(answer) == ("unknown", "missing-input")


POOL = """
resource "google_iam_workload_identity_pool" "ci" {
  project                   = "shop"
  workload_identity_pool_id = "ci"
}
resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = "shop"
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "github"
  attribute_mapping = {
    "google.subject" = "assertion.sub"
  }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
"""


@pytest.mark.parametrize(("repository", "maps"), [("acme/shop", True), ("acme/other", False)])
def test_an_attribute_that_is_not_mapped_is_mapped(tmp_path: Path, repository: str, *, maps: bool) -> None:
    """Only where the grant then names the caller: another repository needs a grant."""
    scheme = '"principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ci.name}/attribute.repository'
    terraform = ACCOUNT + POOL + grant(f'{scheme}/{repository}"', "roles/iam.workloadIdentityUser")
    answer = ask(tmp_path, terraform, "github:acme/shop")
    assert answer.verdict == "fails"
    assert (answer.fix.terraform == '"attribute.repository" = "assertion.repository"') is maps


@pytest.mark.parametrize(
    ("error", "asked", "fix"),
    [
        (
            (
                'denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource '
                '"projects/shop/locations/europe/repositories/web" (or it may not exist)'
            ),
            "artifactregistry.repositories.uploadArtifacts on projects/shop/locations/europe/repositories/web",
            (
                "gcloud artifacts repositories add-iam-policy-binding web --location=europe --project=shop "
                "--member=CALLER --role=roles/artifactregistry.writer"
            ),
        ),
        (
            "Access Denied: User does not have bigquery.jobs.create permission in project shop-prod.",
            "bigquery.jobs.create on shop-prod",
            "gcloud projects add-iam-policy-binding shop-prod --member=CALLER --role=roles/bigquery.jobUser",
        ),
        (
            (
                "Permission 'resourcemanager.projects.setIamPolicy' denied on resource "
                "'//cloudresourcemanager.googleapis.com/projects/shop-prod' (or it may not exist)."
            ),
            "resourcemanager.projects.setIamPolicy on //cloudresourcemanager.googleapis.com/projects/shop-prod",
            (
                "gcloud projects add-iam-policy-binding shop-prod --member=CALLER "
                "--role=roles/resourcemanager.projectIamAdmin"
            ),
        ),
        (
            (
                "Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist). "
                'when reading Service Account "projects/shop/serviceAccounts/run@shop.iam.gserviceaccount.com"'
            ),
            "iam.serviceAccounts.get on run@shop.iam.gserviceaccount.com",
            (
                "gcloud iam service-accounts add-iam-policy-binding run@shop.iam.gserviceaccount.com --member=CALLER "
                "--role=roles/iam.serviceAccountViewer"
            ),
        ),
        (
            (
                "Permission 'resourcemanager.folders.create' denied on resource "
                "'//cloudresourcemanager.googleapis.com/folders/1234' (or it may not exist)."
            ),
            "resourcemanager.folders.create on //cloudresourcemanager.googleapis.com/folders/1234",
            (
                "gcloud resource-manager folders add-iam-policy-binding 1234 --member=CALLER "
                "--role=roles/resourcemanager.folderCreator"
            ),
        ),
        (
            "Required 'compute.networks.get' permission for 'projects/shop/global/networks/default'",
            "compute.networks.get on projects/shop/global/networks/default",
            "gcloud projects add-iam-policy-binding shop --member=CALLER --role=roles/compute.networkViewer",
        ),
    ],
)
def test_a_denial_without_a_caller_names_the_right_and_its_grant(
    tmp_path: Path, error: str, asked: str, fix: str
) -> None:
    answer = ask(tmp_path, "", None, target=None, error=error)
    assert outcome(answer) == ("unknown", "missing-input")
    assert answer.asked == f"somebody needs {asked}"
    assert answer.fix.gcloud == fix


@pytest.mark.parametrize(
    "error",
    [
        (
            "FAILED_PRECONDITION: Key creation is not allowed on this service account.\n  subject: "
            "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com\n"
            "  type: constraints/iam.disableServiceAccountKeyCreation"
        ),
        "Error 400: Service account service-112233445566@gcp-sa-pubsub.iam.gserviceaccount.com does not exist.",
    ],
)
def test_an_error_of_a_grant_or_key_is_no_call_for_a_token(tmp_path: Path, error: str) -> None:
    answer = ask(tmp_path, "", None, target=None, error=error)
    assert answer.verdict == "fails"
    assert answer.asked.startswith("the error alone: ")


def test_gcloud_names_the_identity_that_may_not_change_the_policy(tmp_path: Path) -> None:
    error = (
        "ERROR: (gcloud.projects.add-iam-policy-binding) [ci@shop.iam.gserviceaccount.com] does not have permission to "
        "access projects instance [shop:setIamPolicy] (or it may not exist): Policy update access denied."
    )
    answer = ask(tmp_path, "", None, target=None, error=error)
    assert outcome(answer) == ("fails", "target-rights")
    right = "resourcemanager.projects.setIamPolicy on projects/shop"
    assert answer.asked == f"serviceAccount:ci@shop.iam.gserviceaccount.com needs {right}"


def test_an_object_in_an_old_error_shows_the_bucket(tmp_path: Path) -> None:
    error = (
        "<Code>AccessDenied</Code><Message>Access denied.</Message><Details>ci@shop.iam.gserviceaccount.com does not "
        "have storage.objects.get access to shop_cloudbuild/source/1.tgz</Details>"
    )
    answer = ask(tmp_path, "", None, target=None, error=error)
    assert 'bucket = "shop_cloudbuild"' in answer.fix.terraform


def test_an_account_that_is_taken_from_the_input_is_told_as_assumed(tmp_path: Path) -> None:
    error = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
    answer = ask(tmp_path, ACCOUNT, None, target=None, error=error)
    told = f"the account that is used (--target), taken to be {TARGET}, the only one that the input declares"
    assert told in answer.not_in_input
    assert "google_service_account.batch.name" in answer.fix.terraform
    assert f"add-iam-policy-binding {TARGET} " in answer.fix.gcloud


def test_a_name_that_only_terraform_knows_is_no_argument_of_gcloud(tmp_path: Path) -> None:
    unknown = 'resource "google_service_account" "batch" {\n  account_id = "batch"\n}\n'
    error = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
    answer = ask(tmp_path, unknown, None, target=None, error=error)
    assert "add-iam-policy-binding TARGET " in answer.fix.gcloud
    assert "google_service_account.batch.name" in answer.fix.terraform


def test_a_refused_token_has_its_providers_names_and_a_next_step(tmp_path: Path) -> None:
    name = "projects/7/locations/global/workloadIdentityPools/forge/providers/hub"
    error = (
        f"failed to generate Google Cloud federated token for //iam.googleapis.com/{name}: "
        '{"error":"unauthorized_client","error_description":'
        '"The given credential is rejected by the attribute condition."}'
    )
    answer = ask(tmp_path, ACCOUNT, None, target=None, error=error)
    assert outcome(answer) == ("fails", "federation")
    assert " update-oidc hub --workload-identity-pool=forge --location=global " in answer.fix.gcloud
    assert any("with --caller github:OWNER/REPO" in stage.message for stage in answer.stages)
