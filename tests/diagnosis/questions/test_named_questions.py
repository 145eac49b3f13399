"""Errors that deny an account a right on a resource: the resource is found in every form of its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import ANA, ANA_TF, USER, Case, account, ask, case, check, grant, outcome, project_grant

APP = "app@shop.iam.gserviceaccount.com"
MEMBER = "google_service_account.app.member"
BASE = account("app")
FORBIDDEN = "Error 403: Permission '{p}' denied on resource '{r}' (or it may not exist)."
REQUIRED = "googleapi: Error 403: Required '{p}' permission for '{r}', forbidden"
TABLE = "Access Denied: Table {r}: Permission {p} denied on table {r} (or it may not exist)."
QUERY = "Access Denied: Project shop: User does not have {p} permission in project {r}."
OBJECT = f"{APP} does not have {{p}} access to the Google Cloud Storage {{r}}. Permission '{{p}}' denied on resource."
MISSING, OPEN = ("fails", "target-rights"), ("unknown", "missing-input")

REPOSITORY = "projects/images/locations/eu/repositories/app"
UPLOAD = "artifactregistry.repositories.uploadArtifacts"
SECRET, ACCESS = "projects/shop/secrets/db/versions/latest", "secretmanager.versions.access"
SUBNET, USE = "projects/host/regions/eu/subnetworks/s", "compute.subnetworks.use"
KEY, ENCRYPT = "projects/sec/locations/global/keyRings/r/cryptoKeys/k", "cloudkms.cryptoKeyVersions.useToEncrypt"
MODEL = "//aiplatform.googleapis.com/projects/shop/locations/us/publishers/google/models/g"


def on(family: str, role: str, **arguments: str) -> str:
    """Terraform that grants a role on a resource of a family to the account."""
    named = "\n".join(f'  {name} = "{value}"' for name, value in arguments.items())
    return f'resource "google_{family}_iam_member" "m" {{\n{named}\n  role = "{role}"\n  member = {MEMBER}\n}}\n'


def above(role: str, project: str = "shop") -> str:
    """Terraform that grants a role on a project to the account."""
    return project_grant(MEMBER, role, project=project)


def repository(role: str, name: str = "app") -> str:
    """Terraform that grants a role on a repository to the account."""
    return on("artifact_registry_repository", role, project="images", location="eu", repository=name)


def secret(name: str) -> str:
    """Terraform that grants access to a secret to the account."""
    return on("secret_manager_secret", "roles/secretmanager.secretAccessor", project="shop", secret_id=name)


BY_REFERENCE = f"""
resource "google_secret_manager_secret" "db" {{
  project   = "shop"
  secret_id = "db"
}}
resource "google_secret_manager_secret_iam_member" "m" {{
  secret_id = google_secret_manager_secret.db.id
  role      = "roles/secretmanager.secretAccessor"
  member    = {MEMBER}
}}
"""


ASKED = [
    (UPLOAD, REPOSITORY, repository("roles/artifactregistry.writer"), FORBIDDEN, OPEN),
    (UPLOAD, REPOSITORY, repository("roles/artifactregistry.reader"), FORBIDDEN, MISSING),
    (UPLOAD, REPOSITORY, repository("roles/artifactregistry.writer", "other"), FORBIDDEN, MISSING),
    (UPLOAD, REPOSITORY, above("roles/artifactregistry.writer", "images"), FORBIDDEN, OPEN),
    (UPLOAD, REPOSITORY, above("roles/artifactregistry.writer"), FORBIDDEN, MISSING),
    (ACCESS, SECRET, secret("db"), FORBIDDEN, OPEN),
    (ACCESS, SECRET, BY_REFERENCE, FORBIDDEN, OPEN),
    (ACCESS, SECRET, secret("api"), FORBIDDEN, MISSING),
    (ACCESS, SECRET, above("roles/secretmanager.viewer"), FORBIDDEN, MISSING),
    (ACCESS, SECRET, above("roles/secretmanager.secretAccessor"), FORBIDDEN, OPEN),
    ("aiplatform.endpoints.predict", MODEL, above("roles/aiplatform.user"), FORBIDDEN, OPEN),
    ("aiplatform.endpoints.predict", MODEL, above("roles/aiplatform.user", "lake"), FORBIDDEN, MISSING),
    (USE, SUBNET, above("roles/compute.admin"), REQUIRED, MISSING),
    (USE, SUBNET, above("roles/compute.networkUser", "host"), REQUIRED, OPEN),
    (
        USE,
        SUBNET,
        on("compute_subnetwork", "roles/compute.networkUser", project="host", region="eu", subnetwork="s"),
        REQUIRED,
        OPEN,
    ),
    (ENCRYPT, KEY, above("roles/cloudkms.admin", "sec"), FORBIDDEN, MISSING),
    (
        ENCRYPT,
        KEY,
        on("kms_crypto_key", "roles/cloudkms.cryptoKeyEncrypterDecrypter", crypto_key_id=KEY),
        FORBIDDEN,
        OPEN,
    ),
    (
        "bigquery.tables.getData",
        "shop:d.t",
        on("bigquery_dataset", "roles/bigquery.dataViewer", project="shop", dataset_id="d"),
        TABLE,
        OPEN,
    ),
    (
        "bigquery.tables.getData",
        "shop:d.t",
        on("bigquery_dataset", "roles/bigquery.dataViewer", project="shop", dataset_id="e"),
        TABLE,
        MISSING,
    ),
    ("bigquery.jobs.create", "shop", above("roles/bigquery.jobUser"), QUERY, OPEN),
    ("bigquery.jobs.create", "shop", above("roles/bigquery.jobUser", "lake"), QUERY, MISSING),
    ("storage.objects.get", "object", on("storage_bucket", "roles/storage.objectViewer", bucket="b"), OBJECT, OPEN),
    (
        "storage.buckets.get",
        "bucket",
        on("storage_bucket", "roles/storage.objectUser", bucket="b"),
        OBJECT,
        MISSING,
    ),
    ("run.services.get", "namespaces/shop/services/web", above("roles/run.invoker"), FORBIDDEN, MISSING),
    ("run.services.get", "namespaces/shop/services/web", above("roles/run.developer"), FORBIDDEN, OPEN),
    ("iam.serviceAccountKeys.create", f"projects/shop/serviceAccounts/{APP}", above(USER), FORBIDDEN, MISSING),
    (
        "resourcemanager.projects.create",
        "//cloudresourcemanager.googleapis.com/folders/12",
        above("roles/owner"),
        FORBIDDEN,
        MISSING,
    ),
]
CASES = [
    case(
        f"{permission} {index}",
        BASE + granted,
        APP,
        " ".join(expected),
        target=None,
        error=text.format(p=permission, r=resource),
    )
    for index, (permission, resource, granted, text, expected) in enumerate(ASKED)
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)


PULL = (
    'Failed to pull image "europe-docker.pkg.dev/images/shop/web:1": failed to authorize: '
    "failed to fetch oauth token: unexpected status: 403 Forbidden"
)
NODES = """
resource "google_container_node_pool" "np" {
  project = "shop"
  cluster = "c"
  node_config {
    service_account = google_service_account.app.email
  }
}
"""


@pytest.mark.parametrize(
    ("granted", "verdict"),
    [
        ("", "fails"),
        (above("roles/artifactregistry.reader"), "fails"),
        (above("roles/artifactregistry.reader", "images"), "unknown"),
    ],
)
def test_nodes_pull_images_as_their_own_account(tmp_path: Path, granted: str, verdict: str) -> None:
    assert ask(tmp_path, BASE + NODES + granted, None, None, error=PULL).verdict == verdict


def test_a_caller_that_is_named_needs_the_right_itself(tmp_path: Path) -> None:
    """The only account of the input is not taken as a target if nothing impersonates it."""
    error = 'User "ana@example.com" cannot list pods: requires one of ["container.pods.list"] permission(s).'
    assert outcome(ask(tmp_path, BASE, ANA, None, error=error)) == MISSING
    configured = BASE + grant(ANA_TF, on="app") + f'provider "google" {{\n  impersonate_service_account = "{APP}"\n}}\n'
    assert outcome(ask(tmp_path, configured, ANA, None, error=error)) == ("fails", "wrong-mode")


def test_an_account_is_not_its_own_target(tmp_path: Path) -> None:
    error = FORBIDDEN.format(p="pubsub.topics.publish", r="projects/shop/topics/t")
    answer = ask(tmp_path, BASE + above("roles/pubsub.publisher"), APP, None, error=error)
    assert outcome(answer) == OPEN
    signing = "Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist)."
    assert outcome(ask(tmp_path, BASE, APP, None, error=signing)) == ("fails", "grant")


ENCRYPTING = f"Cloud KMS error when using key {KEY}: Permission '{ENCRYPT}' denied on resource '{KEY}'."
AGENT = '"serviceAccount:service-1234567890@compute-system.iam.gserviceaccount.com"'


@pytest.mark.parametrize(("member", "verdict"), [(MEMBER, "fails"), (AGENT, "unknown")])
def test_a_service_agent_that_the_error_does_not_name(tmp_path: Path, member: str, verdict: str) -> None:
    """The rights of an account of the input are not those of the agent that encrypts."""
    granted = on("kms_crypto_key", "roles/cloudkms.cryptoKeyEncrypterDecrypter", crypto_key_id=KEY)
    answer = ask(tmp_path, BASE + granted.replace(MEMBER, member), None, None, error=ENCRYPTING)
    assert answer.verdict == verdict


def test_a_workload_is_the_caller_if_nothing_else_calls(tmp_path: Path) -> None:
    manifest = f"""
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
  annotations:
    iam.gke.io/gcp-service-account: {APP}
"""
    error = "unable to fetch token: Permission 'iam.serviceAccounts.getAccessToken' denied on resource"
    files = {"main.tf": BASE + NODES, "web.yaml": manifest}
    answer = ask(tmp_path, files, None, None, error=error)
    assert outcome(answer) == ("fails", "grant")
    assert answer.asked.startswith("ksa:shop/shop/web")
    service = """
resource "google_cloud_run_v2_service" "s" {
  project  = "shop"
  name     = "s"
  location = "eu"
  template {
    service_account = "run@shop.iam.gserviceaccount.com"
  }
}
"""
    assert "shop/shop/web" not in ask(tmp_path, {**files, "run.tf": service}, None, None, error=error).asked
