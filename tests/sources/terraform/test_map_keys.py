"""A value from the key of a map has the place of that key."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import Grant
from iamlint.sources import read
from iamlint.sources.reading import Options

FOR_EACH = """
resource "google_project_iam_member" "m" {
  for_each = HERE
  project  = "shop"
  role     = each.key
  member   = "user:ana@example.com"
}
"""
FLAT = """
locals {
  all = { "roles/owner" = ["user:ana@example.com"] }
  pairs = flatten([for role, members in local.all : [for member in members : { role = role, member = member }]])
}
""" + FOR_EACH.replace("HERE", '{ for pair in local.pairs : "${pair.role}/${pair.member}" => pair }').replace(
    "each.key", "each.value.role"
).replace('"user:ana@example.com"', "each.value.member")
WRITTEN = {
    "a literal": FOR_EACH.replace("HERE", '{ "roles/owner" = [1] }'),
    "a local": 'locals {\n  all = { "roles/owner" = 1 }\n}\n' + FOR_EACH.replace("HERE", "local.all"),
    "a variable of a type": 'variable "all" {\n  type = map(list(string))\n  default = { "roles/owner" = ["x"] }\n}\n'
    + FOR_EACH.replace("HERE", "var.all"),
    "an optional attribute": 'variable "all" {\n  type = map(object({ a = optional(string) }))\n'
    '  default = { "roles/owner" = {} }\n}\n' + FOR_EACH.replace("HERE", "var.all"),
    "merge": FOR_EACH.replace("HERE", 'merge({}, { "roles/owner" = 1 })'),
    "keys": FOR_EACH.replace("HERE", 'toset(keys({ "roles/owner" = 1 }))'),
    "zipmap": FOR_EACH.replace("HERE", 'zipmap(["roles/owner"], [1])'),
    "for": FOR_EACH.replace("HERE", '{ for role, it in { "roles/owner" = 1 } : role => it }'),
    "for with groups": FOR_EACH.replace("HERE", '{ for role, it in { "roles/owner" = 1 } : role => it... }'),
    "a matrix": FLAT,
}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_role_comes_from_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    text = WRITTEN[name]
    Path("main.tf").write_text(text)
    (grant,) = (fact for fact in read([Path()], Options()).facts if isinstance(fact, Grant))
    assert grant.role == "roles/owner"
    assert type(grant.role) is str
    origin = grant.role_place.origin
    assert origin is not None
    lines = text.splitlines()
    assert lines[origin.line - 1][origin.column - 1 : origin.end_column - 1] == '"roles/owner"'


def test_a_key_of_a_yaml_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("iam.yaml").write_text("iam:\n  roles/owner: 1\n")
    Path("main.tf").write_text(FOR_EACH.replace("HERE", 'yamldecode(file("iam.yaml")).iam'))
    (grant,) = (fact for fact in read([Path()], Options()).facts if isinstance(fact, Grant))
    origin = grant.role_place.origin
    assert origin is not None
    assert (origin.path, origin.line, origin.column, origin.end_column) == ("iam.yaml", 2, 3, 14)


def test_a_part_of_a_text_has_the_place_of_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listed = 'locals {\n  all = [\n    "shop=>roles/viewer",\n    "shop=>roles/owner",\n  ]\n}\n'
    text = listed + FOR_EACH.replace("HERE", "toset(local.all)").replace("each.key", 'split("=>", each.value)[1]')
    Path("main.tf").write_text(text)
    grants = [fact for fact in read([Path()], Options()).facts if isinstance(fact, Grant)]
    places = {grant.role: grant.role_place for grant in grants}
    assert {role: place.origin and place.origin.line for role, place in places.items()} == {
        "roles/viewer": 3,
        "roles/owner": 4,
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('file("roles.txt")', [("roles.txt", 1), ("roles.txt", 2)]),
        ("local.text", [("main.tf", 3), ("main.tf", 4)]),
        ('"roles/viewer\\nroles/owner"', [("main.tf", 8), ("main.tf", 8)]),
    ],
)
def test_a_line_of_a_text_has_its_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, expected: list[tuple[str, int]]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("roles.txt").write_text("roles/viewer\nroles/owner\n")
    text = "locals {\n  text = <<E\nroles/viewer\nroles/owner\nE\n}\n"
    Path("main.tf").write_text(text + FOR_EACH.lstrip().replace("HERE", f'toset(compact(split("\\n", {lines})))'))
    grants = sorted(
        (fact for fact in read([Path()], Options()).facts if isinstance(fact, Grant)), key=lambda one: str(one.role)
    )
    places = {str(grant.role): grant.role_place.origin or grant.role_place.at for grant in grants}
    found = [(places[role].path, places[role].line) for role in ("roles/viewer", "roles/owner")]
    assert found == expected
