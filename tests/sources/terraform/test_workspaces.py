"""``terraform.workspace`` is the stated value; without one it is unknown, and its instances are reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from clean_reading import reading

from iamlint.facts import Grant, UnreadPart
from iamlint.sources.reading import Reading

GATED = """
resource "google_project_iam_member" "it" {
  count   = terraform.workspace == "prod" ? 1 : 0
  project = "shop"
  role    = "roles/owner"
  member  = "user:ana@example.com"
}
"""


def addresses(found: Reading) -> list[str]:
    return [fact.declared.address or "" for fact in found.facts if isinstance(fact, Grant)]


def terraform(body: str) -> str:
    return f"terraform {{\n{body}}}\n"


CLOUD = '  cloud {\n    organization = "o"\n    workspaces {\n      name = "NAME"\n    }\n  }\n'
REMOTE = '  backend "remote" {\n    workspaces {\n      name = "NAME"\n    }\n  }\n'
NAMED = [
    {"x.tf": terraform(CLOUD)},
    {"x.tf": terraform(REMOTE)},
    {"x.tf.json": '{"terraform": {"cloud": {"workspaces": {"name": "NAME"}}}}'},
    {"x.tf.json": '{"terraform": {"backend": {"remote": [{"workspaces": [{"name": "NAME"}]}]}}}'},
    {"x.tf": terraform('  backend "gcs" {}\n'), "override.tf": terraform(CLOUD)},
]


@pytest.mark.parametrize("files", NAMED)
def test_a_block_that_names_one_workspace_states_it(tmp_path: Path, files: dict[str, str]) -> None:
    there = {name: text.replace("NAME", "prod") for name, text in files.items()}
    assert addresses(reading(tmp_path / "a", {"main.tf": GATED, **there})) == ["google_project_iam_member.it[0]"]
    other = {name: text.replace("NAME", "dev") for name, text in files.items()}
    assert reading(tmp_path / "b", {"main.tf": GATED, **other}).facts == []


def workspaces(block: str, inner: str) -> str:
    return terraform(f"  {block} {{\n    workspaces {{\n      {inner}\n    }}\n  }}\n")


GCS = terraform('  backend "gcs" {}\n')
SELECTED = ".terraform/environment says which workspace somebody selected, not which one is applied"
UNNAMED = "does not name one workspace"
SEVERAL = "may have several workspaces, and none is stated"
OPEN = [
    ({}, f"the state {SEVERAL}"),
    ({"x.tf": GCS}, f'the backend "gcs" {SEVERAL}'),
    ({"x.tf": terraform('  backend "s3" {}\n')}, f'the backend "s3" {SEVERAL}'),
    ({"x.tf": workspaces("cloud", 'tags = ["x"]')}, f"the cloud block {UNNAMED}"),
    ({"x.tf": workspaces("cloud", 'project = "x"')}, f"the cloud block {UNNAMED}"),
    ({"x.tf": terraform("  cloud {}\n")}, f"the cloud block {UNNAMED}"),
    ({"x.tf": workspaces('backend "remote"', 'prefix = "x-"')}, f'the backend "remote" {UNNAMED}'),
    ({".terraform/environment": "dev"}, SELECTED),
    ({"x.tf": GCS, ".terraform/environment": "dev"}, SELECTED),
    ({"x.tf": terraform(CLOUD), "override.tf": GCS}, f'the backend "gcs" {SEVERAL}'),
]


@pytest.mark.parametrize(("files", "why"), OPEN)
def test_instances_of_a_workspace_that_is_not_stated_are_told(tmp_path: Path, files: dict[str, str], why: str) -> None:
    found = reading(tmp_path, {"main.tf": GATED, **files})
    assert addresses(found) == ["google_project_iam_member.it[*]"]
    (unread_part,) = (fact for fact in found.facts if isinstance(fact, UnreadPart))
    assert why in unread_part.reason
    assert unread_part.declared.address == "google_project_iam_member.it[*]"
    assert addresses(reading(tmp_path, {}, workspace="prod")) == ["google_project_iam_member.it[0]"]
    assert reading(tmp_path, {}, workspace="dev").facts == []


def test_a_backend_without_workspaces_has_the_default_one(tmp_path: Path) -> None:
    files = {"main.tf": GATED, "x.tf": terraform('  backend "http" {}\n')}
    assert reading(tmp_path, files).facts == []
    default = {"main.tf": GATED.replace('"prod"', '"default"')}
    assert addresses(reading(tmp_path, default)) == ["google_project_iam_member.it[0]"]


@pytest.mark.parametrize(
    "role",
    [
        'terraform.workspace == "default" ? "roles/owner" : "roles/viewer"',
        '{ default = "roles/owner" }[terraform.workspace]',
        'lookup({ prod = "roles/viewer" }, terraform.workspace, "roles/owner")',
    ],
)
def test_what_the_default_workspace_grants_is_told_beside_what_is_not_known(tmp_path: Path, role: str) -> None:
    text = GATED.replace('"roles/owner"', role).replace('  count   = terraform.workspace == "prod" ? 1 : 0\n', "")
    roles = [fact.role for fact in reading(tmp_path, {"main.tf": text}).facts if isinstance(fact, Grant)]
    assert "roles/owner" in roles
    assert len(roles) == 2


@pytest.mark.parametrize(
    "text",
    [
        GATED.replace('"shop"', '"shop-${terraform.workspace}"').replace('terraform.workspace == "prod" ? 1 : 0', "1"),
        GATED.replace("user:ana", "user:${terraform.workspace}").replace('terraform.workspace == "prod" ? 1 : 0', "1"),
        GATED.replace("user:ana", "user:${terraform.workspace}"),
    ],
)
def test_a_grant_that_only_bears_the_name_is_told_once(tmp_path: Path, text: str) -> None:
    assert len(addresses(reading(tmp_path, {"main.tf": text}))) == 1


def test_a_named_remote_workspace_is_the_default_one_in_local_runs(tmp_path: Path) -> None:
    remote = terraform(REMOTE.replace("NAME", "dev"))
    files = {"main.tf": GATED.replace('"prod"', '"default"'), "x.tf": remote}
    assert addresses(reading(tmp_path, files)) == ["google_project_iam_member.it[0]"]
