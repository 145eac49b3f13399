"""Placeholders in principals: one finding for each value that somebody must fill in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

ACCOUNT = """
variable "project" {{
  default = "{project}"
}}

resource "google_service_account" "{name}" {{
  project    = var.project
  account_id = "{name}"
}}
"""


def grants(name: str, *roles: str) -> str:
    return "".join(
        f"""
resource "google_project_iam_member" "{name}_{number}" {{
  project = "shop"
  role    = "{role}"
  member  = google_service_account.{name}.member
}}
"""
        for number, role in enumerate(roles)
    )


def literal(name: str, member: str) -> str:
    return f"""
resource "google_project_iam_member" "{name}" {{
  project = "shop"
  role    = "roles/viewer"
  member  = "{member}"
}}
"""


@pytest.mark.parametrize("project", ["<your-project>", "YOUR_PROJECT_ID", "Project_ID"])
def test_the_grants_of_an_account_whose_project_is_a_placeholder_are_one(check: Check, project: str) -> None:
    main = ACCOUNT.format(project=project, name="ci") + grants("ci", "roles/viewer", "roles/browser", "roles/editor")
    found = check({"main.tf": main}, select=("placeholder-principal",)).findings
    assert [finding.address for finding in found] == ["google_project_iam_member.ci_0"]
    assert "(and 2 more grants here)" in found[0].message


def test_each_root_module_has_its_own(check: Check) -> None:
    main = ACCOUNT.format(project="<your-project>", name="ci") + grants("ci", "roles/viewer", "roles/browser")
    found = check({"dev/main.tf": main, "prod/main.tf": main}, select=("placeholder-principal",)).findings
    assert [finding.at.path for finding in found] == ["dev/main.tf", "prod/main.tf"]


def test_what_is_written_in_each_grant_is_reported_at_each(check: Check) -> None:
    member = "serviceAccount:ci@YOUR_PROJECT.iam.gserviceaccount.com"
    main = literal("one", member) + literal("two", member)
    found = check({"main.tf": main}, select=("placeholder-principal",)).findings
    assert [finding.address for finding in found] == ["google_project_iam_member.one", "google_project_iam_member.two"]
    assert not any("more grant" in finding.message for finding in found)


INSTANCES = """
variable "project" {
  default = "<your-project>"
}

data "google_service_account" "ci" {
  project    = var.project
  account_id = "ci"
}

module "roles" {
  source = "./roles"
  email  = data.google_service_account.ci.email
  roles  = ["roles/viewer", "roles/browser", "roles/editor"]
}
"""
ROLES = """
variable "email" {}
variable "roles" {}

resource "google_project_iam_member" "one" {
  for_each = toset(var.roles)
  project  = "shop"
  role     = each.value
  member   = "serviceAccount:${var.email}"
}
"""


def test_the_instances_of_a_resource_are_one(check: Check) -> None:
    found = check({"main.tf": INSTANCES, "roles/main.tf": ROLES}, select=("placeholder-principal",)).findings
    assert [finding.address for finding in found] == ['module.roles.google_project_iam_member.one["roles/browser"]']
    assert "(and 2 more grants here)" in found[0].message


def test_the_users_of_a_variable_are_one(check: Check) -> None:
    variable = 'variable "admin" {\n  default = "user:REPLACE_ME"\n}\n'
    main = variable + literal("one", "${var.admin}") + literal("two", "${var.admin}") + literal("three", "user:TODO")
    found = check({"main.tf": main}, select=("placeholder-principal",)).findings
    assert [one.address for one in found] == [f"google_project_iam_member.{name}" for name in ("one", "three")]
    assert ["one more grant" in one.message for one in found] == [True, False]


def test_two_placeholders_in_the_instances_of_a_resource_are_two(check: Check) -> None:
    main = """
resource "google_project_iam_member" "one" {
  for_each = toset(["user:REPLACE_ME", "group:REPLACE_ME@example.com"])
  project  = "shop"
  role     = "roles/viewer"
  member   = each.value
}
"""
    assert len(check({"main.tf": main}, select=("placeholder-principal",)).findings) == 2


def test_an_account_of_a_real_project_has_none(check: Check) -> None:
    main = ACCOUNT.format(project="shop", name="ci") + grants("ci", "roles/viewer")
    assert check({"main.tf": main}, select=("placeholder-principal",)).findings == ()


ON_REQUEST = """
  condition {
    title      = "some"
    expression = "resource.name.startsWith('a')"
  }
}
"""


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        ("placeholder-principal", "user:REPLACE_ME"),
        ("malformed-principal", "usr:ana@example.com"),
        ("deleted-principal", "deleted:user:ana@example.com?uid=123"),
    ],
)
def test_a_condition_does_not_make_a_principal_right(check: Check, rule: str, member: str) -> None:
    main = literal("one", member).rstrip().removesuffix("}") + ON_REQUEST
    report = check({"main.tf": main}, select=(rule,))
    assert [finding.rule for finding in report.findings] == [rule]
    assert report.unknown_answers == ()


KSA = """
resource "google_service_account_iam_member" "a" {
  service_account_id = "projects/shop/serviceAccounts/api@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:shop.svc.id.goog[web/api-xxxxxxxxxx]"
}
"""
DECLARED = """
resource "kubernetes_service_account" "a" {
  metadata {
    namespace   = "web"
    name        = "api-xxxxxxxxxx"
    annotations = { "iam.gke.io/gcp-service-account" = "api@shop.iam.gserviceaccount.com" }
  }
}
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (KSA, 1),
        (KSA + DECLARED, 0),
        (KSA + DECLARED.replace('"web"', '"shop"'), 1),
        (KSA.replace("serviceAccount:shop", "serviceAccount:your-project") + DECLARED, 1),
    ],
)
def test_a_service_account_of_kubernetes_that_is_declared_has_its_name(check: Check, text: str, number: int) -> None:
    assert len(check({"main.tf": text}, select=("placeholder-principal",)).findings) == number
