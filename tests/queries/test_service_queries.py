"""The IAM Credentials API: one finding for each caller and project, with all that the caller calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

RUN = """
resource "google_project" "shop" {
  name       = "shop"
  project_id = "shop"
}
resource "google_project_service" "run" {
  project = "shop"
  service = "run.googleapis.com"
}
"""


def grant(label: str, target: str, member: str = "serviceAccount:ci@shop.iam.gserviceaccount.com") -> str:
    return f"""
resource "google_service_account_iam_member" "{label}" {{
  service_account_id = "projects/prod/serviceAccounts/{target}@prod.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "{member}"
}}
"""


def found(check: Check, *parts: str) -> list[tuple[str | None, int]]:
    report = check({"main.tf": "".join(parts)}, select=("missing-iamcredentials",))
    return [(finding.address, len(finding.related)) for finding in report.findings]


def test_a_caller_is_told_once(check: Check) -> None:
    ((address, related),) = found(check, RUN, grant("a", "a"), grant("b", "b"), grant("c", "c"))
    assert address == "google_service_account_iam_member.a"
    assert related == 3  # the services of the project, and the two other grants


def test_two_callers_are_told_twice(check: Check) -> None:
    other = grant("b", "b", "serviceAccount:other@shop.iam.gserviceaccount.com")
    assert [address for address, _ in found(check, RUN, grant("a", "a"), other)] == [
        "google_service_account_iam_member.a",
        "google_service_account_iam_member.b",
    ]


def test_a_call_on_itself_needs_nobody(check: Check) -> None:
    assert found(check, RUN, grant("a", "a", "serviceAccount:a@prod.iam.gserviceaccount.com")) == []


POOL = """
resource "google_iam_workload_identity_pool" "ci" {
  project                   = google_project.shop.project_id
  workload_identity_pool_id = "ci"
}
"""
API = """
resource "google_project_service" "credentials" {
  project = google_project.shop.project_id
  service = "iamcredentials.googleapis.com"
}
"""
OF_POOL = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ci.name}/attribute.repository/acme/"
BY_NUMBER = (
    "principal://iam.googleapis.com/projects/${google_project.shop.number}/locations/global"
    "/workloadIdentityPools/ci/subject/a"
)


@pytest.mark.parametrize("member", [f"{OF_POOL}shop", BY_NUMBER, "serviceAccount:shop.svc.id.goog[default/web]"])
def test_a_workload_calls_through_the_project_of_its_pool(check: Check, member: str) -> None:
    assert [address for address, _ in found(check, RUN, POOL, grant("a", "a", member))] == [
        "google_service_account_iam_member.a"
    ]
    assert found(check, RUN, POOL, API, grant("a", "a", member)) == []


def test_the_workloads_of_a_pool_are_one_caller(check: Check) -> None:
    parts = [grant("a", "a", f"{OF_POOL}shop"), grant("b", "b", f"{OF_POOL}site")]
    assert len(found(check, RUN, POOL, *parts)) == 1


@pytest.mark.parametrize(
    "member",
    [
        "principal://iam.googleapis.com/projects/123456/locations/global/workloadIdentityPools/other/subject/a",
        "principalSet://iam.googleapis.com/${var.pool}/attribute.repository/acme/shop",
        "serviceAccount:elsewhere.svc.id.goog[default/web]",
        "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/ana",
    ],
    ids=["another project", "a pool that is not known", "another cluster", "people"],
)
def test_what_calls_through_another_project_is_not_told(check: Check, member: str) -> None:
    assert found(check, RUN, POOL, 'variable "pool" {}', grant("a", "a", member)) == []


def test_people_are_billed_elsewhere(check: Check) -> None:
    assert found(check, RUN, grant("a", "a", "user:ana@example.com")) == []


def test_a_service_that_is_not_known_is_a_unknown_answer(check: Check) -> None:
    unknown = """
variable "service" {}

resource "google_project_service" "given" {
  project = "shop"
  service = var.service
}
"""
    report = check({"main.tf": RUN + unknown + grant("a", "a")}, select=("missing-iamcredentials",))
    assert report.findings == ()
    assert [unknown_answer.reason for unknown_answer in report.unknown_answers] == [
        "one of the services of shop is not known: var.service has no default and is not set"
    ]


@pytest.mark.parametrize(
    "made",
    [
        "",
        'data "google_project" "shop" {\n  project_id = "shop"\n}\n',
        'resource "google_project" "other" {\n  name = "other"\n  project_id = "other"\n}\n',
    ],
)
def test_what_is_made_elsewhere_may_have_more_enabled(check: Check, made: str) -> None:
    service = RUN[RUN.index('resource "google_project_service"') :]
    report = check({"main.tf": made + service + grant("a", "a")}, select=("missing-iamcredentials",))
    assert report.findings == ()
    (unknown_answer,) = report.unknown_answers
    assert unknown_answer.reason == (
        "iamcredentials.googleapis.com is not enabled here on shop, which something else makes"
    )


@pytest.mark.parametrize(("count", "told"), [(1, ""), (3, "; so may 2 more")])
def test_modules_that_are_not_read_are_one_unknown_answer(check: Check, count: int, told: str) -> None:
    calls = "".join(f'module "m{number}" {{\n  source = "example.com/o/m/google"\n}}\n' for number in range(count))
    report = check({"main.tf": RUN + calls + grant("a", "a")}, select=("missing-iamcredentials",))
    (reason,) = (one.reason for one in report.unknown_answers if one.rule)
    assert reason.startswith("iamcredentials.googleapis.com may be enabled by a module: module.m0 is not read")
    assert reason.endswith(f"(terraform init would fetch it){told}")
