"""Ids that the provider makes from arguments: a grant by `….id` is on the resource of that name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from clean_reading import reading

from iamlint.facts import Grant
from iamlint.sources.terraform.instances.resource_ids import FORMATS
from iamlint.unknown import shown

SECRET = 'google_secret_manager_secret" "db" {\n  secret_id = "db"\n}\n'
TOPIC = 'google_pubsub_topic" "t" {\n  project = "orchard-data"\n  name = "orders"\n}\n'
KEY = """google_kms_key_ring" "r" {
  name     = "main"
  location = "eu"
}
resource "google_kms_crypto_key" "k" {
  name     = "disk"
  key_ring = google_kms_key_ring.r.id
}
"""
BUCKET = 'google_storage_bucket" "b" {\n  name = "orchard-runs"\n  location = "EU"\n}\n'
SUBNETWORK = 'google_compute_subnetwork" "s" {\n  name = "web"\n}\n'
GRANT = """
provider "google" {
  project = "orchard-prod"
}
resource "google_%s_iam_member" "m" {
  %s
  role   = "roles/viewer"
  member = "user:ana@example.com"
}
"""


@pytest.mark.parametrize(
    ("declared", "family", "argument", "name"),
    [
        (
            f'resource "{SECRET}',
            "secret_manager_secret",
            "secret_id = google_secret_manager_secret.db.id",
            "projects/orchard-prod/secrets/db",
        ),
        (
            f'data "{SECRET}',
            "secret_manager_secret",
            "secret_id = data.google_secret_manager_secret.db.id",
            "projects/orchard-prod/secrets/db",
        ),
        (  # the API names the project by its number
            f'resource "{SECRET}',
            "secret_manager_secret",
            "secret_id = google_secret_manager_secret.db.name",
            "projects/${google_secret_manager_secret.db.project_number}/secrets/db",
        ),
        (
            f'resource "{TOPIC}',
            "pubsub_topic",
            "topic = google_pubsub_topic.t.id",
            "projects/orchard-data/topics/orders",
        ),
        (
            f'resource "{KEY}',
            "kms_crypto_key",
            "crypto_key_id = google_kms_crypto_key.k.id",
            "projects/orchard-prod/locations/eu/keyRings/main/cryptoKeys/disk",
        ),
        (f'resource "{BUCKET}', "storage_bucket", "bucket = google_storage_bucket.b.id", "orchard-runs"),
        (  # the region is the provider's
            f'resource "{SUBNETWORK}',
            "compute_subnetwork",
            "subnetwork = google_compute_subnetwork.s.id",
            "projects/orchard-prod/regions/${google_compute_subnetwork.s.region}/subnetworks/web",
        ),
    ],
)
def test_the_grant_is_on_the_named_resource(
    tmp_path: Path, declared: str, family: str, argument: str, name: str
) -> None:
    found = reading(tmp_path, {"main.tf": declared + GRANT % (family, argument)})
    (grant,) = (fact for fact in found.facts if isinstance(fact, Grant))
    assert shown(grant.resource.name) == name


def test_each_format_is_of_a_type_and_names_arguments() -> None:
    part = r"(?:[A-Za-z0-9_]+|\{[a-z_]+\})"
    for kind, form in FORMATS.items():
        assert re.fullmatch(r"google_[a-z0-9_]+", kind)
        assert re.fullmatch(f"{part}(?:/{part})*", form), kind
        assert "{" in form
