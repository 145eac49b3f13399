"""Resources that undo each other: who owns what, however its resource is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

NOBODY = """
data "google_iam_policy" "nobody" {}

resource "google_pubsub_topic_iam_policy" "all" {
  project     = "shop"
  topic       = "orders"
  policy_data = data.google_iam_policy.nobody.policy_data
}
"""


def member(topic: str, project: str = "shop") -> str:
    return f"""
resource "google_pubsub_topic_iam_member" "one" {{
  project = "{project}"
  topic   = "{topic}"
  role    = "roles/pubsub.publisher"
  member  = "user:ana@example.com"
}}
"""


@pytest.mark.parametrize(
    ("other", "fights"),
    [
        (member("orders"), True),
        (member("projects/shop/topics/orders"), True),
        (member("returns"), False),
        (member("orders", "seed"), False),
        (NOBODY.replace('"all"', '"again"').partition("\n\n")[2], False),
    ],
    ids=["the same", "by its full name", "another topic", "another project", "nobody as well"],
)
def test_a_policy_that_has_nobody_fights_with_who_grants(check: Check, other: str, fights: bool) -> None:
    found = check({"main.tf": NOBODY + other}, select=("conflicting-bindings",)).findings
    assert [finding.address for finding in found] == (["google_pubsub_topic_iam_member.one"] if fights else [])


def binding(name: str, *members: str, role: str = "roles/viewer") -> str:
    listed = ", ".join(f'"{member}"' for member in members)
    return f"""
resource "google_project_iam_binding" "{name}" {{
  project = "shop"
  role    = "{role}"
  members = [{listed}]
}}
"""


def single(name: str, member: str, role: str = "roles/viewer") -> str:
    return f"""
resource "google_project_iam_member" "{name}" {{
  project = "shop"
  role    = "{role}"
  member  = "{member}"
}}
"""


ANA, BOB = "user:ana@example.com", "user:bob@example.com"
CI, OTHER = "serviceAccount:ci@${var.p}.iam.gserviceaccount.com", "serviceAccount:ci@${var.q}.iam.gserviceaccount.com"
BY_ADDRESS = "serviceAccount:${google_service_account.ci.email}"
ACCOUNTS = """
variable "p" {}
variable "q" {}
resource "google_service_account" "ci" {
  account_id = "ci"
  project    = var.p
}
resource "google_service_account" "cd" {
  account_id = "cd"
  project    = var.p
}
"""


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (binding("a", ANA, BOB) + single("m", BOB), []),
        (binding("a", ANA, BOB) + single("m", "user:BOB@example.com"), []),
        (binding("a", ANA, BOB) + binding("b", BOB, ANA), []),
        (binding("a", ANA) + single("m", BOB), ["google_project_iam_member.m"]),
        (binding("a", ANA, BOB) + binding("b", ANA), ["google_project_iam_binding.a"]),
        (binding("a", ANA) + binding("b", ANA, BOB), ["google_project_iam_binding.b"]),
        (binding("a") + binding("b", BOB), ["google_project_iam_binding.b"]),
        (binding("a", ANA) + single("m", ANA) + single("n", BOB), ["google_project_iam_member.n"]),
        (binding("a", ANA) + single("m", BOB, "roles/browser"), []),
        (ACCOUNTS + binding("a", CI) + single("m", BY_ADDRESS), []),
        (ACCOUNTS + binding("a", BY_ADDRESS) + single("m", CI), []),
        (ACCOUNTS + binding("a", CI.replace("ci@", "cx@")) + single("m", BY_ADDRESS), ["google_project_iam_member.m"]),
        (ACCOUNTS + binding("a", BY_ADDRESS.replace("ci", "cd")) + single("m", CI), ["google_project_iam_member.m"]),
    ],
    ids=[
        *("within", "other case", "the same", "beside", "fewer", "more", "empty", "one of two", "another role"),
        *("by its e-mail", "by its address", "another e-mail", "another address"),
    ],
)
def test_two_that_say_the_same_do_not_fight(check: Check, text: str, addresses: list[str]) -> None:
    found = check({"main.tf": text}, select=("conflicting-bindings",)).findings
    assert [finding.address for finding in found] == addresses


@pytest.mark.parametrize(
    "text",
    [
        'variable "who" {}\n' + binding("a", "${var.who}") + single("m", BOB),
        'variable "n" {}\n' + single("m", BOB) + binding("a", ANA).replace("{\n", "{\n  count = var.n\n", 1),
        'variable "all" {}\n' + binding("a", ANA).replace(f'["{ANA}"]', "var.all") + single("m", BOB),
        ACCOUNTS + binding("a", OTHER) + single("m", BY_ADDRESS),
        ACCOUNTS + binding("a", BY_ADDRESS) + single("m", OTHER),
        ACCOUNTS + binding("a", CI.replace("${var.p}", "shop")) + single("m", BY_ADDRESS),
    ],
    ids=["a member", "the number", "all members", "an e-mail", "an address", "a literal e-mail"],
)
def test_what_may_fight_is_unknown(check: Check, text: str) -> None:
    report = check({"main.tf": text}, select=("conflicting-bindings",))
    assert report.findings == ()
    assert "conflicting-bindings" in {unknown_answer.rule for unknown_answer in report.unknown_answers}


def test_a_bucket_has_one_name(check: Check) -> None:
    text = """
resource "google_storage_bucket_iam_binding" "a" {
  bucket  = "b/reports"
  role    = "roles/storage.objectViewer"
  members = ["group:a@example.com"]
}

resource "google_storage_bucket_acl" "b" {
  bucket      = "reports"
  role_entity = ["READER:group-b@example.com"]
}

resource "google_storage_bucket_iam_binding" "c" {
  bucket  = "reports"
  role    = "roles/storage.legacyBucketReader"
  members = ["group:b@example.com"]
}
"""
    assert check({"main.tf": text}, select=("conflicting-bindings",)).findings == ()
    other = text.replace("READER:group-b", "READER:group-x")
    assert len(check({"main.tf": other}, select=("conflicting-bindings",)).findings) == 1


@pytest.mark.parametrize(
    "link", ["https://www.googleapis.com/compute/v1/", "https://compute.googleapis.com/compute/beta/", ""]
)
def test_the_link_of_a_subnetwork_is_its_name(check: Check, link: str) -> None:
    text = f"""
resource "google_compute_subnetwork_iam_binding" "a" {{
  project    = "shop"
  region     = "europe-west1"
  subnetwork = "nodes"
  role       = "roles/compute.networkUser"
  members    = ["group:a@example.com"]
}}

resource "google_compute_subnetwork_iam_member" "b" {{
  subnetwork = "{link}projects/shop/regions/europe-west1/subnetworks/nodes"
  role       = "roles/compute.networkUser"
  member     = "group:b@example.com"
}}
"""
    assert len(check({"main.tf": text}, select=("conflicting-bindings",)).findings) == 1


def service(family: str, name: str, *members: str) -> str:
    listed = ", ".join(f'"{member}"' for member in members)
    return f"""
resource "google_{family}_iam_binding" "{family}" {{
  project  = "shop"
  location = "europe-west1"
  {name}
  role     = "roles/run.invoker"
  members  = [{listed}]
}}
"""


@pytest.mark.parametrize(
    ("other", "fights"),
    [('name = "web"', True), ('name = "api"', False)],
    ids=["the same service", "another service"],
)
def test_both_versions_of_an_api_own_the_same_service(check: Check, other: str, fights: bool) -> None:
    first = service("cloud_run_service", 'service = "web"', "user:ana@example.com")
    second = service("cloud_run_v2_service", other, "user:bo@example.com")
    found = check({"main.tf": first + second}, select=("conflicting-bindings",)).findings
    assert bool(found) is fights


def test_two_sinks_may_write_as_one_agent(check: Check) -> None:
    sinks = "".join(
        f'resource "google_logging_organization_sink" "{name}" {{\n  name = "{name}"\n  org_id = "1234567890"\n}}\n'
        for name in "ab"
    )
    role = '  project = "logs"\n  role = "roles/logging.bucketWriter"\n'
    binding = f'resource "google_project_iam_binding" "a" {{\n{role}  members = [SINK.a.writer_identity]\n}}\n'
    member = f'resource "google_project_iam_member" "b" {{\n{role}  member = SINK.b.writer_identity\n}}\n'
    text = sinks + (binding + member).replace("SINK", "google_logging_organization_sink")
    report = check({"main.tf": text}, select=("conflicting-bindings", "public-grant", "malformed-principal"))
    assert report.findings == ()
    assert [one.rule for one in report.unknown_answers] == ["conflicting-bindings"]
