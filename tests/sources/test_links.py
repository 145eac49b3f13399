"""Files that symbolic links lead to, by which path they are shown, and how they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import Grant
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

MEMBER = """variable "who" {}
resource "google_project_iam_member" "m" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:${var.who}@example.com"
}
"""
POLICY = '{"bindings": [{"role": "roles/owner", "members": ["user:ana@example.com"]}], "etag": "BwX="}'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c"):
        Path(name).mkdir()


def grants(found: Reading) -> list[tuple[str, str, str]]:
    facts = [fact for fact in found.facts if isinstance(fact, Grant)]
    return [(str(fact.resource.name), fact.principal.text, fact.declared.at.path) for fact in facts]


@pytest.mark.parametrize("order", [("a", "b", "c"), ("c", "b", "a")])
def test_a_file_of_several_modules_is_shown_by_its_own_path(order: tuple[str, ...]) -> None:
    Path("b/main.tf").write_text(MEMBER, encoding="utf-8")
    for name in "abc":
        Path(name, "terraform.tfvars").write_text(f'who = "{name}"\n', encoding="utf-8")
    for name in "ac":
        Path(name, "main.tf").symlink_to("../b/main.tf")
    found = grants(read([Path(name) for name in order], Options()))
    assert sorted(found) == [("shop", f"user:{name}@example.com", "b/main.tf") for name in "abc"]


def test_a_file_is_read_as_the_name_of_each_link_says() -> None:
    Path("a/main.tf").write_text('locals {\n  json = jsondecode(file("who.json"))\n}\n', encoding="utf-8")
    Path("a/who.json").symlink_to("../b/terraform.tfvars")
    Path("b/main.tf").write_text(MEMBER, encoding="utf-8")
    Path("b/terraform.tfvars").write_text('who = "ana"\n', encoding="utf-8")
    found = read([Path()], Options())
    assert ("shop", "user:ana@example.com", "b/main.tf") in grants(found)


def test_an_export_is_that_of_the_resource_which_a_link_names() -> None:
    Path("a/policy.json").write_text(POLICY, encoding="utf-8")
    Path("c/project-shop.json").symlink_to("../a/policy.json")
    found = read([Path("c/project-shop.json")], Options())
    assert grants(found) == [("shop", "user:ana@example.com", "c/project-shop.json")]
