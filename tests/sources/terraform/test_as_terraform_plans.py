"""Grants of small configurations, as ``terraform plan`` and ``apply`` of version 1.11 show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import Attachment, Grant, Resource, ServiceAccount, Text
from iamlint.sources import read
from iamlint.sources.reading import Options

BINDING = """
resource "google_project_iam_binding" "b" {
  project = "shop"
  role    = "roles/viewer"
  members = HERE
}
"""
FOR_EACH = """
resource "google_project_iam_member" "m" {
  for_each = HERE
  project  = "shop"
  role     = "roles/viewer"
  member   = each.key
}
"""
REGIONS = """
provider "google" {
  project = "shop"
  region  = "europe-west1"
  zone    = "europe-west1-b"
}

provider "google" {
  alias   = "us"
  project = "shop"
  region  = var.region
}

variable "region" {}

"""
SUBNET = (
    REGIONS
    + """
resource "google_compute_subnetwork_iam_member" "s" {
  HERE
  subnetwork = "inner"
  role       = "roles/compute.networkUser"
  member     = "user:ana@example.com"
}
"""
)
FULL_NAME = "projects/shop/regions/europe-west1/subnetworks/inner"
NETWORK = 'resource "google_compute_subnetwork" "n" {\n  name = "inner"\n}\ndata "google_client_config" "c" {\n}\n'
MACHINE = (
    REGIONS
    + """
resource "google_compute_instance" "m" {
  name = "m"
  service_account {
    email = "ci@shop.iam.gserviceaccount.com"
  }
}

resource "google_compute_instance_iam_member" "m" {
  instance_name = google_compute_instance.m.name
  role          = "roles/compute.viewer"
  member        = "user:ana@example.com"
}
"""
)
ACCOUNT = 'resource "google_service_account" "a" {\n  account_id = "a"\n  project = "shop"\n  disabled = HERE\n}\n'


def shown(text: Text | Resource | bool | None) -> str:
    """Return a text, a resource's name or a flag."""
    if isinstance(text, Resource):
        return shown(text.name)
    return text if isinstance(text, str) else str(getattr(text, "text", text))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (BINDING.replace("HERE", "[1.50, 1e3, 0.0000001]"), ["0.0000001", "1.5", "1000"]),
        (FOR_EACH.replace("HERE", 'toset(["$${a", "%%{b", "c$"])'), ['["$${a"]', '["%%{b"]', '["c$"]']),
        (FOR_EACH.replace("HERE", r'toset(["\u0001\t"])'), [r'["\u0001\t"]']),
        (FOR_EACH.replace("HERE", "toset([random_id.x.hex])"), ['["${random_id.x.hex}"]']),
        (FOR_EACH.replace("for_each = HERE", 'count = "2.0"').replace("each.key", '"x"'), ["[0]", "[1]"]),
        (SUBNET.replace("HERE", ""), ["shop/europe-west1/inner"]),
        (SUBNET.replace("HERE", 'region = "asia-east1"'), ["shop/asia-east1/inner"]),
        (SUBNET.replace("HERE", "provider = google.us"), ["shop/${var.region}/inner"]),
        (SUBNET.replace("HERE", "").replace("inner", FULL_NAME), [FULL_NAME]),
        (SUBNET.replace("HERE", "region = google_compute_subnetwork.n.region") + NETWORK, ["shop/europe-west1/inner"]),
        (SUBNET.replace("HERE", "region = data.google_client_config.c.region") + NETWORK, ["shop/europe-west1/inner"]),
        (SUBNET.replace("HERE", "").replace('"inner"', "google_compute_subnetwork.n.id") + NETWORK, [FULL_NAME]),
        (MACHINE, ["shop/europe-west1-b/m"] * 2),
        (ACCOUNT.replace("HERE", '"0"'), ["False"]),
        (ACCOUNT.replace("HERE", '"1"'), ["True"]),
        (ACCOUNT.replace("HERE", '"yes"'), ["${?}"]),
    ],
)  # fmt: skip
def test_facts(tmp_path: Path, text: str, parts: list[str]) -> None:
    """The parts are those that the row is about: principals, keys of instances, resources, flags."""
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    found = list[str]()
    for fact in read([tmp_path], Options()).facts:
        match fact:
            case Grant() if "_iam_binding" in text:
                found.append(shown(fact.principal))
            case Grant() if "project_iam_member" in text:
                found.append(fact.declared.address.removeprefix("google_project_iam_member.m"))
            case Grant() | Attachment():
                found.append(shown(fact.resource))
            case ServiceAccount():
                found.append(shown(fact.disabled))
            case _:
                pass
    assert sorted(found) == parts


def test_a_module_is_an_object_of_its_outputs(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text('output "b" {\n  value = [1]\n}\noutput "a" {\n  value = null\n}\n')
    binding = BINDING.replace("HERE", "[jsonencode(module.m)]")
    (tmp_path / "main.tf").write_text('module "m" {\n  source = "./m"\n}\n' + binding)
    (grant,) = (fact for fact in read([tmp_path], Options()).facts if isinstance(fact, Grant))
    assert grant.principal.text == '{"a":null,"b":[1]}'
