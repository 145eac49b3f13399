"""A role or a principal that is one of several texts: what holds for each of them is certain."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.results.report import Report

Check = Callable[..., Report]
HEAD = """
variable "on" {
  type = bool
}
variable "env" {
  type = string
}
variable "found" {}
locals {
  roles = { prod = "roles/owner", dev = "roles/editor" }
  harmless = ["roles/browser", "roles/viewer", "roles/iam.roleViewer"]
  mixed = ["roles/viewer", "roles/owner"]
}
resource "google_service_account" "ci" {
  account_id = "ci"
  project    = "shop"
}
"""
GRANT = """
resource "google_project_iam_member" "one" {
  project = "shop"
  role    = %s
  member  = %s
}
"""
ANA = '"user:ana@example.com"'


def answers(check: Check, role: str, member: str, rule: str) -> str | None:
    """The message of the finding, or the reason of the unknown answer; None without either."""
    report = check({"main.tf": HEAD + GRANT % (role, member)}, select=(rule,))
    found = [finding.message for finding in report.findings] or [one.reason for one in report.unknown_answers]
    assert len(found) < 2
    return next(iter(found), None)


@pytest.mark.parametrize(
    ("role", "named"),
    [
        ('var.on ? "roles/owner" : "roles/editor"', "roles/owner or roles/editor"),
        ('"roles/${var.on ? "owner" : "editor"}"', "roles/owner or roles/editor"),
        ('"roles/%{ if var.on }owner%{ else }editor%{ endif }"', "roles/owner or roles/editor"),
        ("local.roles[var.env]", "roles/editor or roles/owner"),
        ('lookup(local.roles, var.env, "roles/owner")', "roles/editor or roles/owner"),
        ('format("roles/%s", var.on ? "owner" : "editor")', "roles/owner or roles/editor"),
        ('jsondecode(jsonencode({ a = var.on ? "roles/owner" : "roles/editor" })).a', "roles/owner or roles/editor"),
    ],
)
def test_basic_roles(check: Check, role: str, named: str) -> None:
    found = answers(check, role, ANA, "basic-role-impersonation")
    assert found == (
        f"user:ana@example.com holds {named} on project shop and can act as every service account there: "
        "create their keys, or deploy workloads as them."
    )
    assert f"holds the basic role {named} on" in (answers(check, role, ANA, "basic-role") or "")


@pytest.mark.parametrize(
    ("role", "named"),
    [
        ('var.on ? "roles/browser" : "roles/editor"', "roles/browser or roles/editor"),
        ('coalesce(var.env, "roles/owner")', "${var.env} or roles/owner"),
        ('var.on ? "" : "roles/owner"', '"" or roles/owner'),
        ('try(var.found["a"], "roles/owner")', '${var.found["a"]} or roles/owner'),
        ("local.mixed[length(var.found)]", "roles/viewer or roles/owner"),
        ('"roles/${element(["a", "b", "c", "d", "editor", "e"], length(var.found))}"', "roles/d or one of 2 others"),
    ],
)
def test_roles_of_which_some_are_harmless(check: Check, role: str, named: str) -> None:
    found = answers(check, role, ANA, "basic-role-impersonation")
    assert found
    assert found.startswith("the role is not known: it is ")
    assert f"{named}: var." in found


@pytest.mark.parametrize(
    "role", ['var.on ? "roles/browser" : "roles/iam.roleViewer"', "local.mixed[0]", "local.harmless[length(var.found)]"]
)
def test_roles_of_which_all_are_harmless(check: Check, role: str) -> None:
    assert answers(check, role, ANA, "broad-token-creator") is None


@pytest.mark.parametrize(
    ("member", "rule", "start"),
    [
        ('var.on ? "allUsers" : "allAuthenticatedUsers"', "public-impersonation", "allUsers or allAuthenticatedUsers "),
        (
            'var.on ? "allUsers" : "user:ana@example.com"',
            "public-impersonation",
            "the principal is not known: it is allUsers or",
        ),
        ('var.on ? "user:ana@example.com" : "user:eve@example.com"', "public-impersonation", None),
        ('var.on ? "user:ana@example.com" : "group:eve@example.com"', "public-impersonation", None),
        ('var.on ? google_service_account.ci.member : "group:ops@example.com"', "public-impersonation", None),
        (
            'var.on ? google_service_account.ci.member : "group:ops@example.com"',
            "basic-role",
            "serviceAccount:ci@shop.iam.gserviceaccount.com or group:ops@example.com holds",
        ),
    ],
)
def test_principals(check: Check, member: str, rule: str, start: str | None) -> None:
    found = answers(check, '"roles/owner"', member, rule)
    assert found.startswith(start) if start and found else found is start


def test_two_bindings_with_such_a_role_do_not_fight(check: Check) -> None:
    binding = """
resource "google_project_iam_binding" "%s" {
  project = "shop"
  role    = var.%s ? "roles/owner" : "roles/editor"
  members = ["user:ana@example.com"]
}
"""
    report = check({"main.tf": HEAD + binding % ("a", "on") + binding % ("b", "env")}, select=("hygiene",))
    assert not report.findings
