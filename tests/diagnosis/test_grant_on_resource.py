"""The fix of a missing right: a grant on the very resource of the call, if it can have one."""

from __future__ import annotations

import pytest

from iamlint.diagnosis.fixes.fix_text import Member
from iamlint.diagnosis.fixes.on_resource import grant_on, grant_on_bucket

READER = Member("serviceAccount:app@orchard-prod.iam.gserviceaccount.com", "google_service_account.app.member")
BLOCK = """resource "{type}" "this" {{
{arguments}
}}"""


@pytest.mark.parametrize(
    ("resource", "permission", "kind", "arguments", "gcloud"),
    [
        (
            "projects/orchard-prod/secrets/db/versions/latest",
            "secretmanager.versions.access",
            "google_secret_manager_secret_iam_member",
            {"project": "orchard-prod", "secret_id": "db"},
            "gcloud secrets add-iam-policy-binding db --project=orchard-prod",
        ),
        (
            "//pubsub.googleapis.com/projects/orchard-prod/topics/orders",
            "pubsub.topics.publish",
            "google_pubsub_topic_iam_member",
            {"project": "orchard-prod", "topic": "orders"},
            "gcloud pubsub topics add-iam-policy-binding orders --project=orchard-prod",
        ),
        (
            "europe-west1-docker.pkg.dev/orchard-prod/web/shop",
            "artifactregistry.repositories.downloadArtifacts",
            "google_artifact_registry_repository_iam_member",
            {"project": "orchard-prod", "location": "europe-west1", "repository": "web"},
            "gcloud artifacts repositories add-iam-policy-binding web --location=europe-west1 --project=orchard-prod",
        ),
        (
            "orchard-prod:sales.orders",
            "bigquery.tables.getData",
            "google_bigquery_table_iam_member",
            {"project": "orchard-prod", "dataset_id": "sales", "table_id": "orders"},
            "bq add-iam-policy-binding orchard-prod:sales.orders",
        ),
        (
            "gs://orchard-runs/2026/11/a.csv",
            "storage.objects.get",
            "google_storage_bucket_iam_member",
            {"bucket": "orchard-runs"},
            "gcloud storage buckets add-iam-policy-binding gs://orchard-runs",
        ),
        (
            "projects/orchard-prod/locations/eu/keyRings/main/cryptoKeys/disk",
            "cloudkms.cryptoKeyVersions.useToEncrypt",
            "google_kms_crypto_key_iam_member",
            {"crypto_key_id": "projects/orchard-prod/locations/eu/keyRings/main/cryptoKeys/disk"},
            "gcloud kms keys add-iam-policy-binding disk --keyring=main --location=eu --project=orchard-prod",
        ),
    ],
)
def test_the_grant_is_on_the_resource(
    resource: str, permission: str, kind: str, arguments: dict[str, str], gcloud: str
) -> None:
    fix = grant_on(resource, permission, "roles/R", READER)
    assert fix is not None
    written = {
        **{name: f'"{value}"' for name, value in arguments.items()},
        "role": '"roles/R"',
        "member": READER.terraform,
    }
    width = max(map(len, written))
    lines = "\n".join(f"  {name:<{width}} = {value}" for name, value in written.items())
    assert fix.terraform == BLOCK.format(type=kind, arguments=lines)
    assert fix.gcloud == f"{gcloud} --member={READER.text} --role=roles/R"


def test_a_dataset_gets_a_statement_that_the_shell_does_not_expand() -> None:
    fix = grant_on("orchard-prod:sales", "bigquery.datasets.get", "roles/bigquery.metadataViewer", READER)
    assert fix is not None
    assert 'resource "google_bigquery_dataset_iam_member" "this"' in fix.terraform
    assert fix.gcloud == (
        "bq query --nouse_legacy_sql 'GRANT `roles/bigquery.metadataViewer` ON SCHEMA `orchard-prod.sales` "
        f'TO "{READER.text}"\''
    )


@pytest.mark.parametrize(
    ("resource", "permission"),
    [
        ("projects/orchard-prod/secrets/db", "secretmanager.secrets.create"),  # there is no secret yet
        ("projects/orchard-prod/locations/europe-west1/repositories/web", "artifactregistry.repositories.list"),
        ("projects/orchard-prod", "secretmanager.secrets.get"),  # the project itself
        ("gs://orchard-runs", "storage.buckets.create"),
        ("projects/orchard-prod/datasets/sales", "bigquery.jobs.create"),  # jobs are in the project
        ("namespaces/orchard-prod/services/shop", "run.services.get"),  # the region is not named
    ],
)
def test_a_right_on_what_contains_the_resource_gets_no_grant_on_it(resource: str, permission: str) -> None:
    assert grant_on(resource, permission, "roles/R", READER) is None


@pytest.mark.parametrize(
    ("permission", "is_of_bucket"),
    [("storage.objects.get", True), ("storage.buckets.create", False), ("pubsub.topics.publish", False)],
)
def test_a_bucket_that_nobody_named(permission: str, is_of_bucket: bool) -> None:
    fix = grant_on_bucket(permission, "roles/R", READER)
    assert (fix is not None and 'bucket = "BUCKET"' in fix.terraform) is is_of_bucket
