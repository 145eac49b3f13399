"""Symbolic links to files: by which path they are shown, how they are read, and what they count for."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest

from iamlint.facts import Grant
from iamlint.sources import read, workspace
from iamlint.sources.reading import Options, Reading

MEMBER = """variable "who" {}
resource "google_project_iam_member" "m" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:${var.who}@example.com"
}
"""
ACCOUNT = 'resource "google_service_account" "ci" {\n  account_id = "ci-runner"\n}\n'
OWNER = """resource "google_project_iam_member" "m" {
  project = "shop"
  role    = "roles/owner"
  member  = google_service_account.ci.member
}
"""
KEY = """resource "google_service_account_key" "k" {
  service_account_id = google_service_account.ci.name
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
def test_a_file_belongs_to_the_module_of_each_link(order: tuple[str, ...]) -> None:
    Path("b/main.tf").write_text(MEMBER, encoding="utf-8")
    for name in "abc":
        Path(name, "terraform.tfvars").write_text(f'who = "{name}"\n', encoding="utf-8")
    for name in "ac":
        Path(name, "main.tf").symlink_to("../b/main.tf")
    found = grants(read([Path(name) for name in order], Options()))
    assert sorted(found) == [("shop", f"user:{name}@example.com", f"{name}/main.tf") for name in "abc"]


def test_a_file_is_read_as_the_name_of_each_link_says() -> None:
    Path("a/main.tf").write_text('locals {\n  json = jsondecode(file("who.json"))\n}\n', encoding="utf-8")
    Path("a/who.json").symlink_to("../b/terraform.tfvars")
    Path("b/main.tf").write_text(MEMBER, encoding="utf-8")
    Path("b/terraform.tfvars").write_text('who = "ana"\n', encoding="utf-8")
    found = read([Path()], Options())
    assert ("shop", "user:ana@example.com", "b/main.tf") in grants(found)


def test_an_excluded_file_that_a_checked_module_links_to_is_checked(tmp_path: Path) -> None:
    Path("b/main.tf").write_text(MEMBER.replace("${var.who}", "eve"), encoding="utf-8")
    Path("a/main.tf").symlink_to("../b/main.tf")
    Path(".iamlint.yaml").write_text("exclude: ['b/**']\n", encoding="utf-8")
    done = program.run("check", "--format", "json", "--select", "basic-role", cwd=tmp_path)
    assert [one["path"] for one in json.loads(done.stdout)["findings"]] == ["a/main.tf"]


OTHER = json.dumps({"resources": ["a"] * 100})
LINE = json.dumps(
    {
        "name": "//cloudresourcemanager.googleapis.com/projects/shop",
        "assetType": "cloudresourcemanager.googleapis.com/Project",
        "iamPolicy": json.loads(POLICY),
    }
)


@pytest.mark.parametrize(
    ("name", "text"),
    [("main.tf", MEMBER), ("other.json", OTHER), ("export.ndjson", f"{LINE}\n{LINE}\n"), ("project-shop.json", POLICY)],
)
def test_what_links_lead_to_again_is_bounded(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "MOST_LINKED", len(text))
    monkeypatch.setattr("iamlint.sources.documents.document._SMALL", 100)
    for module in ("m0", "m1", "m2", "m3", "z"):
        Path(module).mkdir()
        Path(module, "main.tf").write_text(MEMBER.replace("${var.who}", module), encoding="utf-8")
        Path(module, name).unlink(missing_ok=True)
        if module == "z":
            Path("z", name).write_text(text, encoding="utf-8")
        else:
            Path(module, name).symlink_to(f"../z/{name}")
    found = read([Path()], Options())
    assert [(error.at.path, error.reason) for error in found.errors] == [
        (f"m{number}/{name}", "more than 32 MB are read again through symbolic links") for number in (2, 3)
    ]
    assert name == "main.tf" or ("shop", "user:z@example.com", "z/main.tf") in grants(found)


@pytest.mark.parametrize("linked", ["account.tf", "owner.tf", "key.tf"])
def test_a_link_is_not_a_part_of_the_folder_of_its_file(linked: str, tmp_path: Path) -> None:
    for name, text in (("account.tf", ACCOUNT), ("owner.tf", OWNER), ("key.tf", KEY)):
        Path("a" if name == linked else "b", name).write_text(text, encoding="utf-8")
    Path("b", linked).symlink_to(f"../a/{linked}")
    Path(".iamlint.yaml").write_text("exclude: ['a/**']\n", encoding="utf-8")
    done = program.run("check", "--format", "json", ".", cwd=tmp_path)
    found = {one["rule"]: (one["severity"], one["path"]) for one in json.loads(done.stdout)["findings"]}
    assert found["user-managed-key"] == ("high", "b/key.tf"), "the account is an owner, in the same module"


def test_an_export_is_that_of_the_resource_which_a_link_names() -> None:
    Path("a/policy.json").write_text(POLICY, encoding="utf-8")
    Path("c/project-shop.json").symlink_to("../a/policy.json")
    found = read([Path("c/project-shop.json")], Options())
    assert grants(found) == [("shop", "user:ana@example.com", "c/project-shop.json")]
