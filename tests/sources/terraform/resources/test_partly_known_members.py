"""Members of a list whose rest is not known: each known one has its grant, and one unknown principal is the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import Grant
from iamlint.sources import read
from iamlint.sources.reading import Options

HEAD = """
variable "more" {
  type = list(string)
}
locals {
  all = concat(["allUsers"], var.more)
}
"""
BINDING = """
resource "google_storage_bucket_iam_binding" "one" {
  bucket  = "reports"
  role    = "roles/storage.objectViewer"
  members = %s
}
"""
POLICY = """
data "google_iam_policy" "one" {
  binding {
    role    = "roles/storage.objectViewer"
    members = %s
  }
}
resource "google_storage_bucket_iam_policy" "one" {
  bucket      = "reports"
  policy_data = data.google_iam_policy.one.policy_data
}
"""
MODULE = """
module "one" {
  source  = "./one"
  members = %s
}
"""
CALLED = """
variable "members" {
  type = set(string)
}
resource "google_storage_bucket_iam_binding" "one" {
  bucket  = "reports"
  role    = "roles/storage.objectViewer"
  members = var.members
}
"""


def principals(folder: Path, text: str) -> list[str | None]:
    """The principals of the grants that certainly exist; None is an unknown one."""
    (folder / "main.tf").write_text(HEAD + text, encoding="utf-8")
    if "./one" in text:
        (folder / "one").mkdir(exist_ok=True)
        (folder / "one" / "main.tf").write_text(CALLED, encoding="utf-8")
    grants = [fact for fact in read([folder], Options()).facts if isinstance(fact, Grant)]
    grants = [grant for grant in grants if not grant.declared.uncertain]
    return [None if grant.principal.unknown else grant.principal.text for grant in grants]


@pytest.mark.parametrize("form", [BINDING, POLICY, MODULE])
@pytest.mark.parametrize(
    ("members", "known"),
    [
        ('concat(["allUsers"], var.more)', ["allUsers"]),
        ('concat(var.more, ["allUsers", "user:a@example.com"])', ["allUsers", "user:a@example.com"]),
        ("local.all", ["allUsers"]),
        ("toset(local.all)", ["allUsers"]),
        ('distinct(concat(local.all, ["allUsers", "user:a@example.com"]))', ["allUsers", "user:a@example.com"]),
        ('sort(compact(concat(["allUsers", ""], var.more)))', ["allUsers"]),
        ('flatten([["allUsers"], [["user:a@example.com"]], var.more])', ["allUsers", "user:a@example.com"]),
        ('setunion(["allUsers"], var.more)', ["allUsers"]),
        ("concat([], var.more)", []),
        ("var.more", []),
        ('setsubtract(["allUsers"], var.more)', []),  # it may have none of them
        ('reverse(slice(concat(["allUsers"], var.more), 1, 2))', []),
        ('length(local.all) > 1 ? ["allUsers"] : []', []),
    ],
)
def test_what_a_list_certainly_has(form: str, members: str, known: list[str], tmp_path: Path) -> None:
    found = principals(tmp_path, form % members)
    assert sorted(one for one in found if one is not None) == sorted(known)
    assert found.count(None) == 1


def test_a_list_that_terraform_refuses_has_nothing(tmp_path: Path) -> None:
    assert principals(tmp_path, BINDING % 'concat(["allUsers"], local.absent, var.more)') == [None]


def test_a_known_list_has_no_unknown_rest(tmp_path: Path) -> None:
    assert principals(tmp_path, BINDING % 'concat(["allUsers"], ["user:a@example.com"])') == [
        "allUsers",
        "user:a@example.com",
    ]


@pytest.mark.parametrize("name", ["id", "name"])
@pytest.mark.parametrize("found", ["reverse(%s)[0]", "element(%s, length(%s) - 1)", "%s[3]"])
def test_the_email_in_the_name_of_an_account_is_that_of_the_account(tmp_path: Path, name: str, found: str) -> None:
    account = (
        'resource "google_service_account" "ci" {\n  project    = var.project\n  account_id = random_id.it.hex\n}\n'
    )
    pieces = f'split("/", google_service_account.ci.{name})'
    member = f'"serviceAccount:${{{found.replace("%s", pieces)}}}"'
    grant = f'resource "google_project_iam_member" "it" {{\n  role   = "roles/owner"\n  member = {member}\n}}\n'
    (tmp_path / "main.tf").write_text(f'variable "project" {{}}\n{account}{grant}', encoding="utf-8")
    (principal,) = [fact.principal for fact in read([tmp_path], Options()).facts if isinstance(fact, Grant)]
    assert (principal.kind, principal.text) == ("service_account", "serviceAccount:${google_service_account.ci.email}")
