"""Terraform and OpenTofu read different files: what either applies is checked, and reported once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clean_reading import reading

from iamlint.facts import CustomRole, Denial, Grant, OrgPolicy, ServiceAccount, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.unknown import Unknown


def member(role: str = "roles/owner", name: str = "it", who: str = "user:ana@example.com") -> str:
    return (
        f'resource "google_project_iam_member" "{name}" {{\n  project = "shop"\n  role    = "{role}"\n'
        f'  member  = "{who}"\n}}\n'
    )


def roles(found: Reading) -> list[str]:
    return sorted(str(fact.role) for fact in found.facts if isinstance(fact, Grant))


def notes(found: Reading) -> list[str]:
    return [fact.reason for fact in found.facts if isinstance(fact, UnreadPart)]


OVERRIDE = 'resource "google_project_iam_member" "it" {\n  role = "roles/viewer"\n}\n'
ENDED = json.dumps({"resource": {"google_project_iam_member": {"it": {"count": 0}}}})
ARGUMENTS = {"project": "shop", "role": "roles/owner", "member": "user:ana@example.com"}
IN_JSON = json.dumps({"resource": {"google_project_iam_member": {"it": ARGUMENTS}}})
CALL = 'module "m" {\n  source = "./m"\n}\n'
VERSIONS = 'terraform {\n  required_version = ">= 1.8"\n}\n'
BOTH = [
    {"main.tf": member(), "main.tofu": "# nothing\n"},
    {"main.tf": member(), "main.tofu": member("roles/viewer")},
    {"main.tf": member("roles/viewer"), "main.tofu": member()},
    {"main.tf": member(), "override.tofu": OVERRIDE},
    {"main.tf": member(), "x_override.tofu.json": ENDED},
    {"iam.tf.json": IN_JSON, "iam.tofu.json": "{}"},
    {
        "a.tofu": 'locals {\n  r = "roles/viewer"\n}\n',
        "b.tf": 'locals {\n  r = "roles/owner"\n}\n' + member("${local.r}"),
    },
    {"main.tf": CALL, "m/main.tf": member(), "m/main.tofu": "# nothing\n"},
    {"main.tf": "# nothing\n", "more.tofu": member()},
    {"main.tf": CALL, "m/main.tofu": member()},
]


@pytest.mark.parametrize("files", BOTH, ids=" ".join)
def test_what_either_applies_is_there_and_the_difference_is_noted(tmp_path: Path, files: dict[str, str]) -> None:
    found = reading(tmp_path, files)
    assert roles(found).count("roles/owner") == 1
    (note,) = notes(found)
    assert note.startswith("Terraform and OpenTofu read different configurations here: ")
    assert "google_project_iam_member.it" in note


@pytest.mark.parametrize(
    "files",
    [
        {"main.tofu": member()},
        {"main.tf": member(), "versions.tf": "terraform {}\n", "versions.tofu": VERSIONS},
        {"main.tf": member(), "main.tofu": "\n\n" + member()},
        {"main.tofu": CALL, "m/main.tofu": member()},
        {"main.tf": member(), ".main.tofu": "# nothing\n", ".x_override.tofu": OVERRIDE},
    ],
    ids=" ".join,
)  # fmt: skip
def test_one_reading_or_two_that_say_the_same_are_told_once(tmp_path: Path, files: dict[str, str]) -> None:
    found = reading(tmp_path, files)
    assert (roles(found), notes(found)) == (["roles/owner"], [])


def test_a_file_that_both_read_counts_once_and_a_syntax_error_counts_in_either(tmp_path: Path) -> None:
    files = {"main.tf": member(), "versions.tofu": "terraform {}\n", "more.tofu": 'locals {\n  x = "y"\n}\n'}
    assert reading(tmp_path, files).files == 3
    (tmp_path / "versions.tofu").write_text("terraform {\n")
    (tmp_path / "more.tofu").write_text("locals {\n")
    errors = read([tmp_path], Options()).errors
    assert sorted(Path(error.at.path).name for error in errors) == ["more.tofu", "versions.tofu"]


# -- restrictions of only one of them
# -----------------------------------------------------------------------------------

DENY = """
resource "google_iam_deny_policy" "it" {
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
  name   = "it"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/serviceAccounts.getAccessToken"]
    }
  }
}
"""
POLICY = """
resource "google_project_organization_policy" "it" {
  project    = "shop"
  constraint = "iam.disableServiceAccountKeyCreation"
  boolean_policy {
    enforced = true
  }
}
"""


def account(disabled: str) -> str:
    arguments = f'  account_id = "ci"\n  project = "shop"\n  disabled = {disabled}\n'
    return f'resource "google_service_account" "ci" {{\n{arguments}}}\n'


def role(permission: str) -> str:
    return (
        'resource "google_project_iam_custom_role" "it" {\n  role_id = "it"\n  title = "it"\n  project = "shop"\n'
        f'  permissions = ["{permission}"]\n}}\n'
    )


def test_a_deny_policy_of_one_reading_closes_nothing_and_one_of_both_does(tmp_path: Path) -> None:
    files = {"main.tf": member(), "deny.tofu": DENY}
    assert not [fact for fact in reading(tmp_path, files).facts if isinstance(fact, Denial)]
    assert [fact for fact in reading(tmp_path, {"deny.tf": DENY}).facts if isinstance(fact, Denial)]


def test_an_organization_policy_of_one_reading_is_not_known(tmp_path: Path) -> None:
    (policy,) = (
        one for one in reading(tmp_path, {"main.tf": "", "p.tofu": POLICY}).facts if isinstance(one, OrgPolicy)
    )
    assert isinstance(policy.enforced, Unknown)


@pytest.mark.parametrize(("terraform", "opentofu"), [("true", "false"), ("false", "true")])
def test_an_account_that_one_reading_disables_is_not_disabled(tmp_path: Path, terraform: str, opentofu: str) -> None:
    found = reading(tmp_path, {"main.tf": account(terraform), "main.tofu": account(opentofu)})
    assert [fact.disabled for fact in found.facts if isinstance(fact, ServiceAccount)] == [False]


def test_a_custom_role_has_the_permissions_of_either(tmp_path: Path) -> None:
    files = {"b.tf": role("iam.serviceAccounts.actAs"), "b_override.tofu": role("iam.roles.get"), "a.tf": member()}
    held: set[str] = set()
    for fact in reading(tmp_path, files).facts:
        if isinstance(fact, CustomRole) and isinstance(fact.permissions, tuple):
            held |= {str(text) for text, _ in fact.permissions}
    assert held == {"iam.serviceAccounts.actAs", "iam.roles.get"}


# -- files that neither reads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".x_override.tf", OVERRIDE),
        (".override.tf.json", json.dumps({"resource": {"google_project_iam_member": {"it": {"count": 0}}}})),
        (".a.tf", "this is no Terraform {"),
        (".x_override.tofu", OVERRIDE),
    ],
)
def test_files_that_begin_with_a_dot_are_ignored(tmp_path: Path, name: str, text: str) -> None:
    found = reading(tmp_path, {"main.tf": member(), name: text})
    assert (roles(found), notes(found)) == (["roles/owner"], [])


def test_tfvars_that_begin_with_a_dot_are_read_as_terraform_reads_them(tmp_path: Path) -> None:
    files = {"main.tf": 'variable "r" {}\n' + member("${var.r}"), ".x.auto.tfvars": 'r = "roles/editor"\n'}
    assert roles(reading(tmp_path, files)) == ["roles/editor"]


def test_a_file_that_terraform_ignores_is_an_error_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / ".a.tf").write_text(member())
    (error,) = read([tmp_path / ".a.tf"], Options()).errors
    assert error.reason == "Terraform ignores files whose name begins with a dot"
    (error,) = read([tmp_path], Options()).errors
    assert error.reason == "nothing in this directory can be checked"
