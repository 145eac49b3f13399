"""Errors that refuse a service agent of Google, not the caller: with the mistake in the input, and with it in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import ANA, ask, outcome, project_grant

RIGHTS, OPEN = ("fails", "target-rights"), ("unknown", "missing-input")
EVICTED = ("fails", "service-agent-evicted")
HOST = "service-730000000099@container-engine-robot.iam.gserviceaccount.com"
GKE = (
    "googleapi: Error 403: Kubernetes Engine Service Agent is missing required permissions on this project. See "
    "https://cloud.google.com/kubernetes-engine/docs/troubleshooting#gke_service_account_deleted for more info: "
    'required "container.hostServiceAgent.use" permission(s) for "projects/shop"., forbidden'
)
NETWORK = (
    "Error waiting for creating GKE cluster: Google Compute Engine: Required 'compute.subnetworks.get' permission for "
    "'projects/shop/regions/eu/subnetworks/gke'"
)
BUILD = "service-730000000011@gcp-sa-cloudbuild.iam.gserviceaccount.com"
SECRET = (
    'googleapi: Error 400: could not access secret "projects/shop/secrets/pat/versions/latest" with service account '
    f'"{BUILD}": generic::permission_denied'
)
SQL = "p730000000011-x1@gcp-sa-cloud-sql.iam.gserviceaccount.com"
EXPORT = (
    f"gs://shop-backup/db/: Access denied for service account {SQL}, permissions missing are: [storage.objects.delete]"
)
TRANSFER = "service-730000000011@gcp-sa-bigquerydatatransfer.iam.gserviceaccount.com"
TOKENS = (
    "400 P4 service account needs iam.serviceAccounts.getAccessToken permission. Running the following command may "
    f"resolve this error: gcloud projects add-iam-policy-binding shop --member='serviceAccount:{TRANSFER}'"
)
APIS = "730000000011@cloudservices.gserviceaccount.com"
EDITOR = f"Operation failed: Google APIs Service Agent ({APIS}) needs editor role in the project."
SINK = "Cloud Logging sink configuration error in shop, sink audit: bucket_permission_denied ()"
COMPOSER = "service-730000000011@cloudcomposer-accounts.iam.gserviceaccount.com"
LOST = (
    f"Composer API Service Agent service account ({COMPOSER}) does not have required permissions set. Cloud Composer API "
    f"Service Agent role is missing. Please bind roles/composer.serviceAgent back on {COMPOSER}., failedPrecondition"
)
BUILDER = "Could not build the function due to a missing permission on the build service account."


def agent(email: str, role: str) -> str:
    return project_grant(f'"serviceAccount:{email}"', role)


def bucket(role: str, member: str) -> str:
    return f"""
resource "google_storage_bucket_iam_member" "m" {{
  bucket = "shop-backup"
  role   = "{role}"
  member = {member}
}}
"""


def binding(role: str) -> str:
    return f"""
resource "google_project_iam_binding" "b" {{
  project = "shop"
  role    = "{role}"
  members = ["user:ana@example.com"]
}}
"""


ON_TRANSFER = f"""
resource "google_service_account" "transfer" {{
  project    = "shop"
  account_id = "transfer"
}}
resource "google_service_account_iam_member" "m" {{
  service_account_id = google_service_account.transfer.name
  role               = "ROLE"
  member             = "serviceAccount:{TRANSFER}"
}}
"""
SINKS = """
resource "google_logging_project_sink" "audit" {
  project                = "shop"
  name                   = "audit"
  destination            = "storage.googleapis.com/shop-backup"
  unique_writer_identity = true
}
"""


@pytest.mark.parametrize(
    ("error", "terraform", "expected"),
    [
        (GKE, agent(HOST, "roles/compute.networkUser"), RIGHTS),
        (GKE, agent(HOST, "roles/container.hostServiceAgentUser"), OPEN),
        (NETWORK, project_grant('"user:ana@example.com"', "roles/compute.viewer"), RIGHTS),
        (NETWORK, agent("730000000099@cloudservices.gserviceaccount.com", "roles/compute.networkUser"), OPEN),
        (SECRET, agent("730000000011@cloudbuild.gserviceaccount.com", "roles/secretmanager.secretAccessor"), RIGHTS),
        (SECRET, agent(BUILD, "roles/secretmanager.secretAccessor"), OPEN),
        (EXPORT, bucket("roles/storage.objectCreator", f'"serviceAccount:{SQL}"'), RIGHTS),
        (EXPORT, bucket("roles/storage.objectUser", f'"serviceAccount:{SQL}"'), OPEN),
        (TOKENS, ON_TRANSFER.replace("ROLE", "roles/iam.serviceAccountUser"), ("fails", "grant")),
        (TOKENS, ON_TRANSFER.replace("ROLE", "roles/iam.serviceAccountTokenCreator"), OPEN),
        (EDITOR, binding("roles/editor"), EVICTED),
        (EDITOR, agent(APIS, "roles/editor"), OPEN),
        (LOST, binding("roles/composer.serviceAgent"), EVICTED),
        (LOST, agent(COMPOSER, "roles/composer.serviceAgent"), OPEN),
        (SINK, SINKS, RIGHTS),
        (BUILDER, agent("1234567890-compute@developer.gserviceaccount.com", "roles/run.viewer"), RIGHTS),
        (BUILDER, agent("1234567890-compute@developer.gserviceaccount.com", "roles/cloudbuild.builds.builder"), OPEN),
        (BUILDER, agent("build@shop.iam.gserviceaccount.com", "roles/cloudbuild.builds.builder"), OPEN),
        (BUILDER, project_grant('"user:bob@example.com"', "roles/cloudbuild.builds.builder"), RIGHTS),
        (
            SINK,
            SINKS + bucket("roles/storage.objectCreator", "google_logging_project_sink.audit.writer_identity"),
            OPEN,
        ),
    ],
)
@pytest.mark.parametrize("caller", [None, ANA])
def test_the_agent_is_asked_about(
    tmp_path: Path, error: str, terraform: str, expected: tuple[str, str], caller: str | None
) -> None:
    answer = ask(tmp_path, terraform, caller, None, error=error)
    assert outcome(answer) == expected
    assert "ana@example.com" not in answer.asked + answer.headline + answer.fix.gcloud


def test_a_binding_that_takes_the_role_is_shown(tmp_path: Path) -> None:
    answer = ask(tmp_path, binding("roles/editor"), None, None, error=EDITOR)
    assert answer.headline == (
        f"google_project_iam_binding.b owns all members of roles/editor on project shop and leaves out {APIS}"
    )
    assert answer.evidence[0].at.line == 4


@pytest.mark.parametrize(
    ("error", "member", "role"),
    [
        (EDITOR, APIS, "roles/editor"),
        (LOST, COMPOSER, "roles/composer.serviceAgent"),
        (SECRET, BUILD, "roles/secretmanager.secretAccessor"),
        (EXPORT, SQL, "roles/storage.objectUser"),
        (TOKENS, TRANSFER, "roles/iam.serviceAccountTokenCreator"),
        (BUILDER, "NUMBER-compute@developer.gserviceaccount.com", "roles/cloudbuild.builds.builder"),
        (
            "Permission denied while using the Eventarc Service Agent.",
            "service-NUMBER@gcp-sa-eventarc.iam.gserviceaccount.com",
            "roles/eventarc.serviceAgent",
        ),
        (
            GKE,
            "service-SERVICE_PROJECT_NUMBER@container-engine-robot.iam.gserviceaccount.com",
            "roles/container.hostServiceAgentUser",
        ),
    ],
)
def test_the_agent_gets_its_own_role(tmp_path: Path, error: str, member: str, role: str) -> None:
    """Not that of Cloud Run's agent, and not for the caller."""
    answer = ask(tmp_path, "", ANA, None, error=error)
    assert f"--member=serviceAccount:{member}" in answer.fix.gcloud
    assert f"--role={role}" in answer.fix.gcloud
    assert role in answer.fix.terraform


def test_a_role_that_no_project_takes_is_proposed_above_it(tmp_path: Path) -> None:
    error = (
        "googleapi: Error 403: Required 'compute.organizations.enableXpnHost' permission for 'projects/shop', forbidden"
    )
    answer = ask(tmp_path, project_grant('"user:bob@example.com"', "roles/viewer"), ANA, None, error=error)
    assert outcome(answer) == RIGHTS
    assert answer.fix.gcloud == (
        "gcloud resource-manager folders add-iam-policy-binding FOLDER --member=user:ana@example.com "
        "--role=roles/compute.xpnAdmin"
    )
    assert answer.fix.note.startswith("Google does not allow roles/compute.xpnAdmin on a project")


def test_a_role_that_is_there_is_not_proposed(tmp_path: Path) -> None:
    assert ask(tmp_path, agent(APIS, "roles/editor"), None, None, error=EDITOR).fix.gcloud == ""


def test_a_grant_that_is_there_is_not_proposed(tmp_path: Path) -> None:
    """By the input the call works: then the grant of the error's document does not fix it."""
    error = "PERMISSION_DENIED: You do not have permission to act as 'shop@appspot.gserviceaccount.com'"
    granted = project_grant('"user:ana@example.com"', "roles/iam.serviceAccountUser")
    answer = ask(tmp_path, granted, ANA, None, error=error)
    assert outcome(answer) == OPEN
    assert answer.fix.gcloud == answer.fix.terraform == ""
