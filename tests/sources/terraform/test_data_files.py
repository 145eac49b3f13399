"""Grants in data files: values read from YAML and JSON keep their places."""

from __future__ import annotations

from pathlib import Path

import pytest
from clean_reading import reading

from iamlint.facts import Grant, Place
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

EACH = """
resource "google_project_iam_binding" "b" {
  for_each = local.grants
  project  = "shop"
  role     = each.key
  members  = each.value
}
"""


def written(found: Reading, place: Place) -> tuple[str, int, str]:
    """Return the file, line and text of a value's place."""
    at = place.origin or place.at
    line = found.texts[at.path].line(at.line)
    return Path(at.path).name, at.line, line[at.column - 1 : at.end_column - 1]


def places(found: Reading) -> list[tuple[tuple[str, int, str], tuple[str, int, str]]]:
    grants = (fact for fact in found.facts if isinstance(fact, Grant))
    return sorted((written(found, grant.principal_place), written(found, grant.role_place)) for grant in grants)


def test_yaml(tmp_path: Path) -> None:
    files = {
        "main.tf": 'locals {\n  grants = yamldecode(file("${path.module}/grants.yaml"))\n}\n' + EACH,
        "grants.yaml": "# über wen\nroles/viewer:\n  - user:ana@example.com\n  - 'group:dev@example.com'\n",
    }
    role = ("grants.yaml", 2, "roles/viewer")
    assert places(reading(tmp_path, files)) == [
        (("grants.yaml", 3, "user:ana@example.com"), role),
        (("grants.yaml", 4, "'group:dev@example.com'"), role),
    ]


def test_json(tmp_path: Path) -> None:
    files = {
        "main.tf": 'locals {\n  grants = { for g in jsondecode(file("who.json")) : g.role => g.members }\n}\n' + EACH,
        "who.json": '[{"role": "roles/viewer",\n  "members": ["user:ana@example.com"]}]\n',
    }
    ((principal, _),) = places(reading(tmp_path, files))
    assert principal == ("who.json", 2, '"user:ana@example.com"')


@pytest.mark.parametrize(
    ("decoded", "line", "shown"),
    [
        ('jsondecode(<<EOT\n{"roles/viewer":\n  ["user:ana@example.com"]}\nEOT\n)', 4, '"user:ana@example.com"'),
        (
            "yamldecode(<<-EOT\n  # who\n  roles/viewer:\n    - user:ana@example.com\n  EOT\n)",
            5,
            "user:ana@example.com",
        ),
        ('jsondecode("{\\"roles/viewer\\": [\\"user:ana@example.com\\"]}")', 9, "each.value"),
    ],
)
def test_a_document_in_the_source(tmp_path: Path, decoded: str, line: int, shown: str) -> None:
    """Escapes move the characters of a text, so that its parts have no places."""
    ((principal, _),) = places(reading(tmp_path, {"main.tf": f"locals {{\n  grants = {decoded}\n}}\n{EACH}"}))
    assert principal == ("main.tf", line, shown)


def test_a_policy_in_a_file(tmp_path: Path) -> None:
    policy = '{"bindings": [\n  {"role": "roles/viewer",\n   "members": ["user:ana@example.com"]}\n]}\n'
    resource = (
        'resource "google_project_iam_policy" "p" {\n  project = "shop"\n  policy_data = file("policy.json")\n}\n'
    )
    assert places(reading(tmp_path, {"main.tf": resource, "policy.json": policy})) == [
        (("policy.json", 3, '"user:ana@example.com"'), ("policy.json", 2, '"roles/viewer"'))
    ]


def test_a_text_that_a_file_is(tmp_path: Path) -> None:
    member = (
        'resource "google_project_iam_member" "m" {\n  project = "shop"\n  role = "roles/viewer"\n  member = %s\n}\n'
    )
    files = {"main.tf": member % 'file("who.txt")', "who.txt": "user:ana@example.com"}
    ((principal, _),) = places(reading(tmp_path, files))
    assert principal == ("who.txt", 1, "user:ana@example.com")
    files = {"main.tf": member % 'trimspace(file("who.txt"))', "who.txt": "user:ana@example.com\n"}
    ((principal, _),) = places(reading(tmp_path, files))
    assert principal == ("main.tf", 4, 'trimspace(file("who.txt"))')


def test_a_text_that_no_place_can_point_into(tmp_path: Path) -> None:
    """Letters that Terraform composes, and bytes before the text: what is read is not what is written."""
    decomposed = "roles/viewer: ['user:jose\u0301@example.com']\n"
    main = 'locals {\n  grants = yamldecode(file("grants.yaml"))\n}\n' + EACH
    ((principal, _),) = places(reading(tmp_path, {"main.tf": main, "grants.yaml": decomposed}))
    assert principal[0] == "main.tf"


def test_what_terraform_reads_is_no_export(tmp_path: Path) -> None:
    """By itself it would be a policy without a resource; here the configuration names the resource."""
    policy = '{"bindings": [{"role": "roles/viewer", "members": ["user:ana@example.com"]}], "etag": "x", "version": 1}'
    resource = 'resource "google_project_iam_policy" "p" {\n  project = "p"\n  policy_data = file("policy.json")\n}\n'
    found = reading(tmp_path, {"main.tf": resource, "policy.json": policy})
    assert [fact.declared.address for fact in found.facts] == ["google_project_iam_policy.p"]
    named = read([tmp_path, tmp_path / "policy.json"], Options())
    assert [error.at.path.rpartition("/")[2] for error in named.errors] == ["policy.json"]
