"""What Terraform refuses at the top of a file is an error, and the rest of the file is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iamlint.facts import Grant, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options

GRANT = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:ana@example.com"
}
"""


def errors(tmp_path: Path, text: str, name: str = "main.tf") -> list[tuple[int | None, str]]:
    (tmp_path / name).write_text(text)
    (tmp_path / "grant.tf").write_text(GRANT)
    found = read([tmp_path], Options())
    assert any(isinstance(fact, Grant) for fact in found.facts)
    return [(error.at.line, error.reason) for error in found.errors]


@pytest.mark.parametrize("text", ["count = 1\n", "locals {}\n\nfor_each = local.all\n", 'role = "roles/owner"\n'])
def test_an_argument_outside_of_any_block(tmp_path: Path, text: str) -> None:
    ((_, reason),) = errors(tmp_path, text)
    assert "is outside of any block" in reason


@pytest.mark.parametrize(
    "header",
    [
        'resource "google_project_iam_member"',
        'resource "google_project_iam_member" "a" "b"',
        "module",
        'data "google_iam_policy"',
        'variable "a" "b"',
        'terraform "x"',
    ],
)
def test_a_block_with_another_number_of_labels(tmp_path: Path, header: str) -> None:
    ((line, reason),) = errors(tmp_path, f"locals {{}}\n{header} {{\n}}\n")
    assert line == 2
    assert "labels" in reason


@pytest.mark.parametrize(
    "header", ['resource " google_project" "a"', 'resource "google_project" "1a"', 'variable "a b"']
)
def test_a_label_that_is_no_name(tmp_path: Path, header: str) -> None:
    ((_, reason),) = errors(tmp_path, f"{header} {{\n}}\n")
    assert "is not a valid name" in reason


@pytest.mark.parametrize("text", ['{"count": 1}', '{"resourse": {"a": {"b": {}}}}', '{"a": {}, "//": "b"}'])
def test_a_property_that_is_no_block_of_the_json_syntax(tmp_path: Path, text: str) -> None:
    assert len(errors(tmp_path, text, "a.tf.json")) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tf", 'resource google_folder a-b {\n}\nresource "google_folder" "über" {\n}\nlocals {\n  a = 1\n}\n'),
        ("a.tf.json", '{"//": {"a": 1}, "locals": {"a": 1}, "output": {"a": {"value": 1}}}'),
        ("terraform.tfvars", "count = 1\n"),
        ("a.tf", 'check "c" {\n}\nmoved {\n  from = a.b\n  to = a.c\n}\n'),
    ],
)
def test_what_it_takes_is_none(tmp_path: Path, name: str, text: str) -> None:
    assert errors(tmp_path, text, name) == []


@pytest.mark.parametrize(
    "text",
    [
        'resource "google_folder" "f" {\n  resource "google_project_iam_member" "ci" {\n  }\n}\n',
        'module "m" {\n  x = 1\n  module "n" {\n  }\n}\n',
        'locals {\n  data "google_iam_policy" "p" {\n  }\n}\n',
        'resource "google_folder" "f" {\n  timeouts {\n    variable "v" {\n    }\n  }\n}\n',
    ],
)
def test_a_block_that_another_one_swallows(tmp_path: Path, text: str) -> None:
    ((_, reason),) = errors(tmp_path, text)
    assert "can hold" in reason


@pytest.mark.parametrize(
    "text",
    [
        'check "c" {\n  data "google_project" "p" {\n  }\n}\n',
        'terraform {\n  backend "gcs" {\n  }\n  provider_meta "google" {\n  }\n}\n',
        'resource "google_folder" "f" {\n  dynamic "timeouts" {\n    for_each = [1]\n    content {}\n  }\n}\n',
        'resource "terraform_data" "f" {\n  provisioner "file" {\n    connection {}\n  }\n}\n',
    ],
)
def test_blocks_within_others_that_may_have_labels(tmp_path: Path, text: str) -> None:
    assert errors(tmp_path, text) == []


TWICE = {
    "the local value": 'locals {\n  a = "x"\n}\n',
    "the variable": 'variable "a" {\n  default = "x"\n}\n',
    "the output": 'output "a" {\n  value = "x"\n}\n',
    "the module": 'module "a" {\n  source = "example/a"\n}\n',
    "the provider": 'provider "google" {\n  alias = "a"\n}\n',
    "the backend": 'terraform {\n  backend "gcs" {\n  }\n}\n',
    "data": 'data "google_project" "a" {\n}\n',
    'data "google_project" "a" is': 'check "a" {\n  data "google_project" "a" {\n  }\n}\n',
}


@pytest.mark.parametrize("what", TWICE)
def test_what_is_declared_twice(tmp_path: Path, what: str) -> None:
    ((line, reason),) = errors(tmp_path, f"# first\n{TWICE[what]}{TWICE[what]}")
    assert reason.startswith(what)
    assert line is not None
    assert line > 3
    assert "is declared twice: already at" in reason
    assert re.search(r"main\.tf:[234]\Z", reason)
    (tmp_path / "b.tf").write_text(TWICE[what])
    assert len(errors(tmp_path, TWICE[what])) == 1
    (tmp_path / "b.tf").unlink()
    (tmp_path / "b_override.tf").write_text(TWICE[what])
    assert errors(tmp_path, TWICE[what]) == []
    (tmp_path / "c.tofu").write_text(TWICE[what])  # Terraform does not read it
    assert errors(tmp_path, TWICE[what]) == []


def test_providers_of_two_names_are_no_twins(tmp_path: Path) -> None:
    assert errors(tmp_path, 'provider "google" {\n}\nprovider "google" {\n  alias = "a"\n}\nprovider "b" {\n}\n') == []


def test_a_twin_of_a_type_without_facts_is_not_noted(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(GRANT + 'resource "aws_s3_bucket" "b" {}\n' * 2)
    assert not [fact for fact in read([tmp_path], Options()).facts if isinstance(fact, UnreadPart)]


def test_a_resource_that_is_declared_twice_counts_twice(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(GRANT)
    (tmp_path / "twin.tf").write_text(GRANT.replace("ana", "eve"))
    found = read([tmp_path], Options())
    assert not found.errors
    assert {fact.principal.text for fact in found.facts if isinstance(fact, Grant)} == {
        "user:ana@example.com",
        "user:eve@example.com",
    }
    (part,) = (fact for fact in found.facts if isinstance(fact, UnreadPart))
    assert "google_project_iam_member.ci is declared twice, first at" in part.reason
