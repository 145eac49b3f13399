"""Well-known modules that are not installed: their arguments give the same facts as the module itself."""

from __future__ import annotations

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from iamlint.facts import Grant, ServiceAccount, UnreadPart
from iamlint.reporters.listings.facts import facts_json
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.configuration.module import Module
from iamlint.sources.terraform.configuration.module_stubs import Address, address_of, holds, module_stub
from iamlint.unknown import Unknown, UnknownPart

CALL = re.compile(r'^module "(.*)" \{\n +source += "(.*)"(?:\n +version += "~> (.*)")?', re.MULTILINE)
CASES = Path(__file__).parents[4] / "testdata" / "modules"
DOCUMENTS = {
    entry.name: yaml.load(entry.read_text(encoding="utf-8"), yaml.CSafeLoader)
    for entry in (files("iamlint.sources.terraform.configuration") / "modules").iterdir()
    if entry.name.endswith(".yaml")
}
EVERY = [(name, path) for name, document in DOCUMENTS.items() for path in document["modules"]]
IAM = "github.com/terraform-google-modules/terraform-google-iam"
FABRIC = "github.com/googlecloudplatform/cloud-foundation-fabric"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("terraform-google-modules/iam/google", Address(IAM, "", None)),
        ("terraform-google-modules/iam/google//modules/projects_iam", Address(IAM, "modules/projects_iam", None)),
        ("registry.terraform.io/terraform-google-modules/iam/google//x/", Address(IAM, "x", None)),
        (f"{IAM}//modules/projects_iam?ref=v7.0.0", Address(IAM, "modules/projects_iam", "v7.0.0")),
        (
            f"git::https://{FABRIC}.git//modules/project?ref=v40.1.0&depth=1",
            Address(FABRIC, "modules/project", "v40.1.0"),
        ),
        ("git::ssh://git@github.com/GoogleCloudPlatform/cloud-foundation-fabric.git", Address(FABRIC, "", None)),
        (
            "git@github.com:GoogleCloudPlatform/cloud-foundation-fabric.git//modules/gcs",
            Address(FABRIC, "modules/gcs", None),
        ),
        ("https://example.com/modules.zip", None),
        ("s3::https://s3.amazonaws.com/modules/vpc.zip", None),
        ("gcs::https://www.googleapis.com/storage/v1/modules/foo.zip", None),
        ("git::https://example.com/network.git//modules/vpc", None),
        ("", None),
    ],
)
def test_sources_are_taken_apart(source: str, expected: Address | None) -> None:
    assert address_of(source) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, True),
        ("main", True),
        ("11c1d24", True),
        ("~> 8.0", True),
        (">= 7.0, < 9.0", True),
        ("< 9, >= 4.1", True),
        ("v7.4.1", True),
        ("v8.0.0-rc1", True),
        ("~> 3.0", False),
        ("9.0.0", False),
        ("v12.0.0", False),
    ],
)
def test_versions(wanted: str | None, expected: bool) -> None:
    assert holds(">= 4, < 9", wanted) is expected


def test_a_version_that_nobody_has_described_is_a_unread_part(tmp_path: Path) -> None:
    found = reading(tmp_path, "google-iam", version="~> 99.0")
    assert {fact.reason for fact in found.facts if isinstance(fact, UnreadPart)} == {
        f'module.{name} is not read: the module "terraform-google-modules/iam/google//modules/projects_iam" is not'
        " installed (terraform init would fetch it)"
        for name in ("additive", "authoritative")
    }


# -- the documents -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "unread_parts"),
    [
        ("terraform-google-modules/network/google", []),
        ("terraform-google-modules/network/google//modules/subnets/", []),
        ("terraform-google-modules/container-vm/google", []),
        ("terraform-google-modules/container-vm/google//modules/cos-mysql", ["module.m is not read"]),
        ("git::https://github.com/cloudposse/terraform-null-label.git?ref=0.25.0", []),
        ("cloudposse/label/null", []),
        ("github.com/terraform-google-modules/terraform-google-vpn//modules/vpn_ha?ref=v4.0.0", []),
        ("terraform-google-modules/network/google//modules/fabric-net-svpc-access", ["module.m is not read"]),
    ],
)
def test_a_module_without_iam_is_no_unread_part_but_its_outputs_are_not_known(
    tmp_path: Path, source: str, unread_parts: list[str]
) -> None:
    member = 'resource "google_project_iam_member" "x" {\n  role = "r"\n  project = "p"\n  member = module.m.who\n}\n'
    (tmp_path / "main.tf").write_text(f'module "m" {{\n  source = "{source}"\n  name = "x"\n}}\n{member}')
    facts = read([tmp_path], Options()).facts
    assert [fact.reason.partition(":")[0] for fact in facts if isinstance(fact, UnreadPart)] == unread_parts
    (grant,) = [fact for fact in facts if isinstance(fact, Grant)]
    assert grant.principal.unknown is not None
    assert "not installed" in grant.principal.unknown.reason


def test_how_many_there_are_of_a_module_without_iam_does_not_matter(tmp_path: Path) -> None:
    for name in ("network", "bootstrap"):
        call = f'module "{name}" {{\n  source = "terraform-google-modules/{name}/google"\n  count = var.many\n}}\n'
        (tmp_path / f"{name}.tf").write_text(call)
    (tmp_path / "variables.tf").write_text('variable "many" {}\n')
    found = [fact.reason for fact in read([tmp_path], Options()).facts if isinstance(fact, UnreadPart)]
    assert found == [
        (
            'module.bootstrap is not read: the module "terraform-google-modules/bootstrap/google" is not installed '
            "(terraform init would fetch it)"
        )
    ]


@pytest.mark.parametrize(("name", "path"), EVERY)
def test_every_document_makes_modules(name: str, path: str) -> None:
    module = module_of(name, path)
    assert module.errors == []
    assert module.resources
    assert module.variables


@pytest.mark.parametrize(("name", "path"), EVERY)
def test_no_document_names_what_it_does_not_declare(tmp_path: Path, name: str, path: str) -> None:
    """Called with lists and maps of one known element each, nothing in it is refused or left to be filled in."""
    module = module_of(name, path)
    text = module.files[0].source.text
    assert "<" not in text.replace("=>", "").replace("<<", "").split("timestamp")[0]
    repository = DOCUMENTS[name]["repository"]
    arguments = "".join(f"  {variable} = var.{variable}\n" for variable in module.variables)
    declared = "".join(f'variable "{variable}" {{}}\n' for variable in module.variables)
    source = f"{repository}//{path}".rstrip("/")
    (tmp_path / "main.tf").write_text(f'{declared}module "m" {{\n  source = "{source}"\n{arguments}}}\n')
    found = read([tmp_path], Options())
    assert found.errors == []
    lines = facts_json(found.facts)
    assert "is not declared" not in lines
    assert "nothing here is named" not in lines
    assert "does not evaluate" not in lines


def module_of(name: str, path: str) -> Module:
    found = module_stub(f"{DOCUMENTS[name]['repository']}//{path}".rstrip("/"), None)
    assert found is not None
    return found


# -- pairs -------------------------------------------------------------------------------------------------------------


def reading(tmp_path: Path, case: str, *, installed: bool = False, version: str | None = None) -> Reading:
    """Return the case with its modules missing, or with the stand-in where ``terraform init`` would install them."""
    (tmp_path / "main.tf").write_text(text := (CASES / case / "main.tf").read_text())
    if version:
        (tmp_path / "main.tf").write_text(text.replace("~> 8.0", version))
    if installed:
        shutil.copytree(CASES / case / "stand-in", tmp_path / ".terraform" / "modules" / "it")
        entries = [
            {"Key": name, "Source": source, "Version": f"{asked or '0.0'}.0", "Dir": ".terraform/modules/it"}
            for name, source, asked in CALL.findall((tmp_path / "main.tf").read_text())
        ]
        (tmp_path / ".terraform" / "modules" / "modules.json").write_text(json.dumps({"Modules": entries}))
    found = read([tmp_path], Options())
    assert found.errors == []
    return found


def said(found: Reading) -> list[str]:
    """Return the content of the facts without their addresses and places, and without the titles of roles."""
    left_out = {"address", "path", "line", "title"}

    def entry(line: str) -> dict[str, Any]:
        return {name: value for name, value in json.loads(line).items() if name not in left_out}

    entries = [entry(line) for line in facts_json(found.facts).splitlines()]
    return sorted(json.dumps(one, sort_keys=True) for one in entries if one["kind"] != "gap")


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_the_call_tells_what_the_module_would(tmp_path: Path, case: str) -> None:
    missing, there = tmp_path / "missing", tmp_path / "there"
    missing.mkdir()
    there.mkdir()
    assert said(reading(missing, case)) == said(reading(there, case, installed=True))


def test_grants_stand_on_the_lines_of_the_call(tmp_path: Path) -> None:
    found = reading(tmp_path, "google-iam")
    lines = (tmp_path / "main.tf").read_text().splitlines()
    grants = [fact for fact in found.facts if isinstance(fact, Grant)]
    assert {grant.declared.address for grant in grants} == {"module.additive", "module.authoritative"}
    places = {grant.principal.text: grant.principal_place for grant in grants}
    for who in ("ana", "bob", "cat"):
        place = places[f"user:{who}@example.com"]
        assert place.origin is None
        assert f"user:{who}@" in lines[place.at.line - 1][place.at.column - 1 : place.at.end_column - 1]
    admins = places["group:admins@example.com"]
    assert admins.origin is not None
    assert lines[admins.origin.line - 1].startswith("  admins =")
    assert lines[admins.at.line - 1].startswith("  bindings =")
    assert all(lines[grant.declared.at.line - 1].startswith("module ") for grant in grants)


def test_a_role_after_a_project_without_a_value_is_known(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("""
variable "p" {}
module "accounts" {
  source        = "terraform-google-modules/service-accounts/google"
  project_id    = var.p
  names         = ["ci"]
  project_roles = ["${var.p}=>roles/viewer", "shop=>projects/shop/roles/x", "shop-${var.p}=>roles/${var.p}"]
}
""")
    grants = [fact for fact in read([tmp_path], Options()).facts if isinstance(fact, Grant)]
    found = {grant.role: grant.resource.name for grant in grants if isinstance(grant.role, str)}
    assert len(grants) == 3
    assert found.keys() == {"projects/shop/roles/x", "roles/viewer"}
    assert found["projects/shop/roles/x"] == "shop"
    project = found["roles/viewer"]
    assert isinstance(project, Unknown)
    assert project.parts == (UnknownPart("var.p"),)


def test_an_account_of_a_missing_module_is_one_identity(tmp_path: Path) -> None:
    """Whether its e-mail is known or not."""
    text = (CASES / "fabric-accounts" / "main.tf").read_text()
    (tmp_path / "main.tf").write_text('variable "p" {}\n' + text.replace('= "shop"\n', "= var.p\n", 1))
    found = read([tmp_path], Options())
    (account,) = (fact for fact in found.facts if isinstance(fact, ServiceAccount))
    assert isinstance(account.email, str)
    users = {fact.principal.text for fact in found.facts if isinstance(fact, Grant) and fact.resource.kind == "folder"}
    assert users == {f"serviceAccount:{account.email}"}


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    found = reading(tmp_path, "fabric-project")
    assert [fact.reason for fact in found.facts if isinstance(fact, UnreadPart)] == [
        "module.project is not installed, so that only what its arguments grant is known"
    ]


def test_nothing_points_into_a_description(tmp_path: Path) -> None:
    for case in CASES.iterdir():
        directory = tmp_path / case.name
        directory.mkdir()
        found = reading(directory, case.name)
        assert {Path(json.loads(line)["path"]).name for line in facts_json(found.facts).splitlines()} == {"main.tf"}
