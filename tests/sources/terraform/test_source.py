"""Terraform source: roots, calls, references, unknown values, and files that must not be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkout import write

from iamlint.facts import Fact, Grant, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.unknown import Unknown

PROJECT_GRANT = """
resource "google_project_iam_member" "one" {
  project = "shop"
  role    = "roles/viewer"
  member  = %s
}
"""


def reading(root: Path, files: dict[str, str], *variables: str) -> Reading:
    return read([write(root, files)], Options(variables=variables))


def grants(found: Reading) -> list[Grant]:
    return [fact for fact in found.facts if isinstance(fact, Grant)]


def unread_parts(facts: list[Fact]) -> list[str]:
    return [fact.reason for fact in facts if isinstance(fact, UnreadPart)]


def test_a_module_that_another_calls_is_no_root(tmp_path: Path) -> None:
    files = {
        "prod/main.tf": 'module "grant" {\n  source = "../grant"\n  member = "user:ana@example.com"\n}\n',
        "grant/main.tf": 'variable "member" {}\n' + PROJECT_GRANT % "var.member",
    }
    (grant,) = grants(reading(tmp_path, files))
    assert grant.declared.address == "module.grant.google_project_iam_member.one"
    assert grant.principal.text == "user:ana@example.com"
    assert [place.path.rpartition("/")[2] for place in grant.declared.via] == ["main.tf"]


def test_a_variable_without_a_value_is_unknown_with_its_reason(tmp_path: Path) -> None:
    (grant,) = grants(reading(tmp_path, {"main.tf": 'variable "who" {}\n' + PROJECT_GRANT % '"group:${var.who}"'}))
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == "var.who has no default and is not set"
    assert grant.principal.text == "group:${var.who}"
    assert grant.principal.kind == "group"


def test_var_and_var_file_set_variables(tmp_path: Path) -> None:
    files = {"main.tf": 'variable "who" { type = string }\n' + PROJECT_GRANT % "var.who"}
    (grant,) = grants(reading(tmp_path, files, "who=user:ana@example.com"))
    assert grant.principal.text == "user:ana@example.com"
    given = tmp_path / "more" / "x.tfvars"
    given.parent.mkdir()
    given.write_text('who = "user:ben@example.com"\n')
    (grant,) = grants(read([tmp_path / "main.tf"], Options(var_files=(given,))))
    assert grant.principal.text == "user:ben@example.com"
    assert grant.principal_place.at.line == 6
    assert grant.principal_place.origin is not None
    assert grant.principal_place.origin.path.endswith("x.tfvars")


def test_a_var_of_another_type_is_an_expression(tmp_path: Path) -> None:
    files = {
        "main.tf": 'variable "all" { type = list(string) }\n'
        'resource "google_project_iam_binding" "b" {\n'
        '  project = "p"\n  role = "roles/viewer"\n  members = var.all\n}\n'
    }
    found = grants(reading(tmp_path, files, 'all=["user:a@example.com", "user:b@example.com"]'))
    assert [grant.principal.text for grant in found] == ["user:a@example.com", "user:b@example.com"]


def test_an_account_without_a_literal_email_is_one_identity(tmp_path: Path) -> None:
    account = 'variable "p" {}\nresource "google_service_account" "ci" {\n  project = var.p\n  account_id = "ci"\n}\n'
    for member in ("google_service_account.ci.member", '"serviceAccount:${google_service_account.ci.email}"'):
        (grant,) = grants(reading(tmp_path, {"main.tf": account + PROJECT_GRANT % member}))
        assert grant.principal.text == "serviceAccount:${google_service_account.ci.email}"
        assert grant.principal.unknown is None


def test_an_unknown_for_each_gives_one_symbolic_instance(tmp_path: Path) -> None:
    text = """
variable "all" {}
resource "google_project_iam_member" "one" {
  for_each = var.all
  project  = "shop"
  role     = "roles/iam.serviceAccountTokenCreator"
  member   = each.value
}
"""
    found = reading(tmp_path, {"main.tf": text})
    (grant,) = grants(found)
    assert grant.declared.address == "google_project_iam_member.one[*]"
    assert grant.role == "roles/iam.serviceAccountTokenCreator"
    assert grant.principal.unknown is not None
    assert "var.all has no default" in grant.principal.unknown.reason
    assert any("var.all has no default" in reason for reason in unread_parts(found.facts))


def test_a_module_that_is_not_there_is_a_unread_part(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "iam" {\n  source = "example/iam/google"\n}\n' + PROJECT_GRANT % '"user:${module.iam.who}"'
    }
    found = reading(tmp_path, files)
    assert unread_parts(found.facts) == [
        'module.iam is not read: the module "example/iam/google" is not installed (terraform init would fetch it)'
    ]
    (grant,) = grants(found)
    assert grant.principal.unknown is not None
    assert "not installed" in grant.principal.unknown.reason


@pytest.mark.parametrize(
    ("source", "is_unread_part"),
    [
        ("terraform-aws-modules/vpc/aws", False),
        ("app.example.com/platform/network/azurerm//modules/peering", False),
        ("example/aws/google", True),
        ("git::https://example.com/aws.git", True),
        ("example/label/null", True),
    ],
)
def test_a_module_of_another_cloud_has_no_grant_of_this_one(tmp_path: Path, source: str, is_unread_part: bool) -> None:
    files = {"main.tf": f'module "m" {{\n  source = "{source}"\n}}\n' + PROJECT_GRANT % '"user:${module.m.who}"'}
    found = reading(tmp_path, files)
    assert bool(unread_parts(found.facts)) == is_unread_part
    (grant,) = grants(found)
    assert grant.principal.unknown is not None
    assert "not installed" in grant.principal.unknown.reason


def test_modules_that_call_themselves_end(tmp_path: Path) -> None:
    found = reading(
        tmp_path, {"main.tf": 'module "me" {\n  source = "./"\n}\n' + PROJECT_GRANT % '"user:a@example.com"'}
    )
    assert grants(found)
    assert any("calls itself" in reason for reason in unread_parts(found.facts))


def test_names_that_refer_to_each_other_end(tmp_path: Path) -> None:
    files = {"main.tf": "locals {\n  a = local.b\n  b = local.a\n}\n" + PROJECT_GRANT % "local.a"}
    (grant,) = grants(reading(tmp_path, files))
    assert grant.principal.unknown is not None
    assert "refers to itself" in grant.principal.unknown.reason


def test_a_long_chain_of_names_ends(tmp_path: Path) -> None:
    chain = "".join(f"  a{n} = local.a{n + 1}\n" for n in range(5000))
    files = {"main.tf": f'locals {{\n{chain}  a5000 = "user:a@example.com"\n}}\n' + PROJECT_GRANT % "local.a0"}
    (grant,) = grants(reading(tmp_path, files))
    assert grant.principal.unknown is not None
    assert "references" in grant.principal.unknown.reason


def test_nothing_outside_of_the_roots_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "outside"
    write(secret, {"main.tf": PROJECT_GRANT % '"user:secret@example.com"', "who.txt": "user:secret@example.com"})
    root = write(
        tmp_path / "root",
        {
            "main.tf": 'module "a" {\n  source = "../outside"\n}\nmodule "b" {\n  source = "./link"\n}\n'
            + PROJECT_GRANT % 'file("../outside/who.txt")'
        },
    )
    (root / "link").symlink_to(secret)
    monkeypatch.chdir(root)
    found = read([root], Options())
    assert "secret" not in " ".join(str(fact) for fact in found.facts)
    link, *calls = unread_parts(found.facts)
    assert link == "Terraform files here are not read: this directory is not searched, since it is a symbolic link"
    assert len(calls) == 2
    assert all("outside" in reason for reason in calls)


def test_a_broken_file_is_an_error_and_the_others_are_checked(tmp_path: Path) -> None:
    files = {"broken.tf": 'resource "x" "y" {\n  a = = 1\n}\n', "main.tf": PROJECT_GRANT % '"user:a@example.com"'}
    found = reading(tmp_path, files)
    assert len(grants(found)) == 1
    (error,) = found.errors
    assert (error.at.path.rpartition("/")[2], error.at.line) == ("broken.tf", 2)


def test_the_roles_place_is_the_argument_and_its_origin_the_local(tmp_path: Path) -> None:
    text = (
        'locals {\n  role = "roles/viewer"\n}\nresource "google_project_iam_member" "m" {\n'
        '  project = "p"\n  role = local.role\n  member = "user:a@example.com"\n}\n'
    )
    (grant,) = grants(reading(tmp_path, {"main.tf": text}))
    assert (grant.role_place.at.line, grant.role_place.at.column) == (6, 10)
    assert grant.role_place.origin is not None
    assert (grant.role_place.origin.line, grant.role_place.origin.column) == (2, 10)
    assert grant.principal_place.origin is None


def test_the_unknown_is_a_value_not_a_string(tmp_path: Path) -> None:
    (grant,) = grants(
        reading(
            tmp_path,
            {"main.tf": 'variable "r" {}\n' + (PROJECT_GRANT % '"user:a@b.c"').replace('"roles/viewer"', "var.r")},
        )
    )
    assert isinstance(grant.role, Unknown)
    assert grant.role.text == "${var.r}"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('Resource "google_project_iam_member" "x" {\n  role = "roles/owner"\n}\n', "Resource is a block"),
        ('action "local_command" "x" {\n  config {\n    command = "gcloud"\n  }\n}\n', "action is a block"),
        ('resource "google_project_iam_Member" "x" {\n  role = "roles/owner"\n}\n', "type google_project_iam_Member"),
        ('resource "google_new_thing_iam_binding_v2" "x" {}\n', "type google_new_thing_iam_binding_v2"),
        ('resource "google_iam_project_access_policy" "x" {}\n', "type google_iam_project_access_policy"),
        ('resource "google_iam_custom_grant" "x" {}\n', "type google_iam_custom_grant"),
        ('resource "google_project_iam_members" "x" {}\n', "type google_project_iam_members"),
        ('resource "google_iam_workload_identity_pool_namespace" "x" {}\n', ""),
        ('resource "google_iam_workload_identity_pool" "x" {}\n', ""),
        ('moved {\n  from = a.b\n  to = a.c\n}\nresource "google_iam_oauth_client" "x" {}\n', ""),
    ],
)
def test_what_may_grant_and_is_not_known_is_an_unread_part(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "main.tf").write_text(text)
    reasons = [fact.reason for fact in read([tmp_path], Options()).facts if isinstance(fact, UnreadPart)]
    assert [named in reason for reason in reasons] == ([True] if named else [])
