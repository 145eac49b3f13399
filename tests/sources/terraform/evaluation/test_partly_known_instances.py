"""Instances of a ``for_each`` that is known in part: those that certainly exist, those that may, and all others."""

from __future__ import annotations

from pathlib import Path

import pytest
from checking import checker

from iamlint.facts import CustomRole, Grant, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown, shown

HEAD = """
variable "more" {}
variable "on" {}
variable "project" {}
"""
MEMBER = """
resource "google_project_iam_member" "one" {
  for_each = %s
  project  = "shop"
  role     = "roles/viewer"
  member   = "user:${each.value}@example.com"
}
"""
ROLE = """
resource "google_project_iam_member" "one" {
  for_each = %s
  project  = "shop"
  role     = each.key
  member   = "user:ana@example.com"
}
"""
CALLED = """
variable "roles" {}
resource "google_project_iam_member" "one" {
  for_each = var.roles
  project  = "shop"
  role     = each.key
  member   = "user:ana@example.com"
}
"""


def facts(folder: Path, text: str) -> tuple[list[Grant], list[UnreadPart]]:
    (folder / "main.tf").write_text(HEAD + text, encoding="utf-8")
    found = read([folder], Options()).facts
    return [fact for fact in found if isinstance(fact, Grant)], [one for one in found if isinstance(one, UnreadPart)]


def held(grant: Grant) -> str:
    """A grant as a text: the key of its instance, its role and principal."""
    key = (grant.declared.address or "").partition(".one")[2]
    role = "?" if not isinstance(grant.role, str) else grant.role.removeprefix("roles/")
    return f"{key} {role} {grant.principal.text.partition('@')[0]}"


@pytest.mark.parametrize(
    ("for_each", "instances"),
    [
        ('toset(concat(["a", "b"], var.more))', ['["a"] viewer user:a', '["b"] viewer user:b', "[*]"]),
        ('setunion(["a"], var.more)', ['["a"] viewer user:a', "[*]"]),
        ('merge({ k = "a" }, var.more)', ["[*] viewer user:a", "[*]"]),
        ('merge(var.more, { k = "a" })', ['["k"] viewer user:a', "[*]"]),
        ('{ for one in concat(["a"], var.more) : "x-${one}" => one }', ['["x-a"] viewer user:a', "[*]"]),
        ('{ for one in ["a", "b"] : one => one if one != var.more }', ["[*] viewer user:a", "[*] viewer user:b"]),
        ('var.on ? toset(["a"]) : []', ["[*] viewer user:a"]),
        ('var.on ? { k = "a" } : {}', ["[*] viewer user:a"]),
        ('var.on ? toset(["a", "b"]) : toset(["b"])', ['["b"] viewer user:b', "[*] viewer user:a"]),
        ('{ (var.project) = "a" }', ['["${var.project}"] viewer user:a']),
        ("concat([], var.more)", ["[*]"]),
        ('concat(["a"], var.more)', ["[*]"]),  # a list, which Terraform refuses
        ("toset(flatten([var.more]))", ["[*]"]),
        ('toset(compact([var.project, "a"]))', ['["a"] viewer user:a', "[*]"]),
    ],
)
def test_instances(tmp_path: Path, for_each: str, instances: list[str]) -> None:
    grants, unread = facts(tmp_path, MEMBER % for_each)
    found = [held(grant) for grant in grants]
    shown = [one if "user:${" not in one else "[*]" for one in found]
    assert shown == instances
    assert bool(unread) is any(one.startswith("[*]") for one in instances)


def test_a_possible_instance_has_its_role(tmp_path: Path) -> None:
    grants, _ = facts(tmp_path, ROLE % 'var.on ? toset(["roles/owner", "roles/viewer"]) : []')
    assert [held(grant) for grant in grants] == ["[*] owner user:ana", "[*] viewer user:ana"]


@pytest.mark.parametrize("repeated", ["", 'for_each = toset(concat(["x"], var.more))', "count = var.on ? 1 : 0"])
def test_in_a_module(tmp_path: Path, repeated: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "main.tf").write_text(CALLED, encoding="utf-8")
    text = f'module "m" {{\n  source = "./one"\n  roles = toset(concat(["roles/owner"], var.more))\n  {repeated}\n}}\n'
    grants, _ = facts(tmp_path, text)
    addresses = [grant.declared.address for grant in grants if grant.role == "roles/owner"]
    modules = {"": ["module.m"], "f": ['module.m["x"]', "module.m[*]"], "c": ["module.m[*]"]}[repeated[:1]]
    assert addresses == [f'{module}.google_project_iam_member.one["roles/owner"]' for module in modules]


def test_other_blocks_name_an_instance_that_exists(tmp_path: Path) -> None:
    grants, _ = facts(
        tmp_path,
        """
        resource "google_service_account" "sa" {
          for_each   = toset(concat(["build"], var.more))
          account_id = each.key
          project    = "shop"
        }
        resource "google_project_iam_member" "one" {
          project = "shop"
          role    = "roles/viewer"
          member  = google_service_account.sa["build"].member
        }
        resource "google_project_iam_binding" "all" {
          project = "shop"
          role    = "roles/editor"
          members = [for key, one in google_service_account.sa : one.member]
        }
        """,
    )
    build = "serviceAccount:build@shop.iam.gserviceaccount.com"
    assert [(grant.role, grant.principal.text) for grant in grants if not grant.principal.unknown] == [
        ("roles/viewer", build),
        ("roles/editor", build),
    ]


HOSTILE = """
resource "google_storage_bucket_iam_binding" "one" {
  bucket  = "reports"
  role    = "roles/storage.admin"
  members = %s
}
"""


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ('concat(var.more, ["allUsers"])', True),
        ('setunion(var.more, [for one in ["Users"] : "all${one}"])', True),
        ('values(merge(var.more, { "${var.project}" = "allUsers" }))', True),
        ('var.on ? ["allUsers"] : ["allUsers", "user:ana@example.com"]', True),
        ('[for one in concat(var.more, ["allUsers"]) : one]', True),
        ('flatten([var.more, [["allUsers"]]])', True),
        ('var.on ? ["allUsers"] : ["user:ana@example.com"]', False),
        ('[for one in ["allUsers"] : one if var.on]', False),
        ('values(merge({ a = "allUsers" }, var.more))', False),
    ],
)
def test_a_public_member_is_found_if_it_is_certain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: str, found: bool
) -> None:
    report = checker(tmp_path, monkeypatch)({"main.tf": HEAD + HOSTILE % members})
    assert ("public-grant" in {one.rule for one in report.findings}) is found
    assert found or any("allUsers is in the list" in one.reason for one in report.unknown_answers)


POLICY = """
data "google_iam_policy" "all" {
  binding {
    role    = "roles/owner"
    members = ["allUsers"]
  }
  dynamic "binding" {
    for_each = %s
    content {
      role    = "roles/editor"
      members = [binding.value]
    }
  }
}
resource "google_project_iam_policy" "one" {
  project     = "shop"
  policy_data = data.google_iam_policy.all.policy_data
}
"""
DATASET = """
resource "google_bigquery_dataset" "one" {
  project    = "shop"
  dataset_id = "numbers"
  access {
    role          = "roles/owner"
    special_group = "allUsers"
  }
  dynamic "access" {
    for_each = %s
    content {
      role       = "roles/editor"
      iam_member = access.value
    }
  }
}
"""


@pytest.mark.parametrize("form", [POLICY, DATASET])
@pytest.mark.parametrize(
    ("for_each", "certain"),
    [
        ("var.more", []),
        ('toset(concat(["user:ana@example.com"], var.more))', ["user:ana@example.com"]),
        ('merge(var.more, { a = "user:ana@example.com" })', ["user:ana@example.com"]),
        ('[for one in concat(var.more, ["user:ana@example.com"]) : one]', ["user:ana@example.com"]),
        ('var.on ? ["user:ana@example.com"] : []', []),
    ],
)
def test_a_dynamic_block_hides_no_other(tmp_path: Path, form: str, for_each: str, certain: list[str]) -> None:
    grants, _ = facts(tmp_path, form % for_each)
    known = [grant.principal.text for grant in grants if not grant.principal.unknown]
    assert sorted(known) == ["allUsers", *certain]
    assert len(grants) == len(known) + 1


COUNT = """
locals {
  roles = ["roles/owner", "roles/editor"]
}
resource "google_project_iam_member" "one" {
  count   = %s
  project = "shop"
  role    = local.roles[count.index]
  member  = "user:ana@example.com"
}
"""


@pytest.mark.parametrize(
    ("count", "instances"),
    [
        ("var.on ? 1 : 0", ["[*] owner user:ana"]),
        ("var.on ? length(local.roles) : 0", ["[*] owner user:ana", "[*] editor user:ana"]),
        ("var.on ? 2 : 1", ["[0] owner user:ana", "[*] editor user:ana"]),
        ("var.on ? 0 : var.project ? 1 : 0", ["[*] owner user:ana"]),
        ("var.on ? 1 : var.more", ["[*] ? user:ana"]),
        ("var.more", ["[*] ? user:ana"]),
        ("var.on ? 0 : 0", []),
        ("true", ["[0] owner user:ana"]),  # of Terraform 0.11
        ("false", []),
    ],
)
def test_count(tmp_path: Path, count: str, instances: list[str]) -> None:
    grants, unread = facts(tmp_path, COUNT % count)
    assert sorted(map(held, grants)) == sorted(instances)
    assert bool(unread) is any(one.startswith("[*]") for one in instances)


ACCOUNT = """
resource "google_service_account" "sa" {
  %s
  account_id = "build"
  project    = "shop"
}
module "m" {
  source = "./m"
  %s
}
resource "google_project_iam_member" "one" {
  project = "shop"
  role    = "roles/viewer"
  member  = %s
}
"""
INNER = """
resource "google_service_account" "sa" {
  account_id = "inner"
  project    = "shop"
}
output "member" {
  value = google_service_account.sa.member
}
"""
BUILD = "serviceAccount:build@shop.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("repeated", "member", "principal"),
    [
        ("count = var.on ? 1 : 0", "google_service_account.sa[0].member", BUILD),
        ("count = var.more", "google_service_account.sa[0].member", BUILD),
        ("count = var.on ? 1 : 0", "(google_service_account.sa[*].member)[0]", BUILD),
        ("count = var.on ? 1 : 0", "one(google_service_account.sa[*].member)", None),
        ("count = var.on ? 1 : 0", 'try(google_service_account.sa[0].member, "user:ana@example.com")', None),
        ("count = var.on ? 1 : 0", 'var.on ? google_service_account.sa[0].member : "user:ana@example.com"', None),
        ('for_each = var.on ? toset(["a"]) : []', 'google_service_account.sa["a"].member', BUILD),
        ('for_each = toset(concat(["a"], var.more))', 'google_service_account.sa["a"].member', BUILD),
        ('for_each = toset(concat(["a"], var.more))', 'google_service_account.sa["b"].member', None),
        ("for_each = toset([var.project])", "google_service_account.sa[var.project].member", BUILD),
        ("count = var.on ? 1 : 0", "module.m[0].member", BUILD.replace("build", "inner")),
        ("count = var.on ? 2 : 0", "module.m[0].member", None),
        ("count = var.on ? 1 : 0", "one(module.m[*].member)", None),
    ],
)
def test_a_reference_to_an_instance_that_must_exist(
    tmp_path: Path, repeated: str, member: str, principal: str | None
) -> None:
    (tmp_path / "m").mkdir(exist_ok=True)
    (tmp_path / "m" / "main.tf").write_text(INNER, encoding="utf-8")
    (grant,), _ = facts(tmp_path, ACCOUNT % (repeated, repeated, member))
    named = grant.principal.text if "${" not in grant.principal.text else None
    assert named == principal


SA = "google_service_account.sa"


@pytest.mark.parametrize(
    ("member", "options"),
    [
        (f'try({SA}[0].member, "allUsers")', [BUILD, "allUsers"]),
        (
            f'"serviceAccount:${{try({SA}[0].email, "other@shop.iam.gserviceaccount.com")}}"',
            [BUILD, BUILD.replace("build", "other")],
        ),
        (f"try({SA}[0].member, var.project)", [BUILD, "${var.project}"]),
        (f'try({SA}[1].member, {SA}[0].member, "allUsers")', [f"${{{SA}[1].member}}", BUILD, "allUsers"]),
        (f'"serviceAccount:${{try({SA}[0].email, "")}}"', f"serviceAccount:${{{SA}[0].email}}"),
        (f"try({SA}[0].member, null)", f"serviceAccount:${{{SA}[0].email}}"),
    ],
)
def test_what_an_instance_in_a_try_may_be(tmp_path: Path, member: str, options: list[str] | str) -> None:
    (tmp_path / "m").mkdir(exist_ok=True)
    (tmp_path / "m" / "main.tf").write_text(INNER, encoding="utf-8")
    (grant,), _ = facts(tmp_path, ACCOUNT % ("count = var.on ? 1 : 0", "count = 0", member))
    unknown = grant.principal.unknown
    assert (list(map(shown, unknown.options)) if unknown else grant.principal.text) == options


@pytest.mark.parametrize(
    ("permissions", "known"),
    [
        ('concat(["iam.roles.update"], var.more)', ["iam.roles.update"]),
        ('flatten([["iam.roles.update"], var.more])', ["iam.roles.update"]),
        ('[for one in concat(var.more, ["iam.roles.update"]) : one]', ["iam.roles.update"]),
        ('var.on ? ["iam.roles.update"] : []', []),
        ("var.more", []),
    ],
)
def test_permissions_of_a_custom_role(tmp_path: Path, permissions: str, known: list[str]) -> None:
    text = (
        'resource "google_project_iam_custom_role" "one" {\n'
        f'  project = "shop"\n  role_id = "one"\n  permissions = {permissions}\n}}\n'
    )
    (tmp_path / "main.tf").write_text(HEAD + text, encoding="utf-8")
    (role,) = [fact for fact in read([tmp_path], Options()).facts if isinstance(fact, CustomRole)]
    found = () if isinstance(role.permissions, Unknown) else role.permissions or ()
    assert [one for one, _ in found if isinstance(one, str)] == known
    assert isinstance(role.permissions, Unknown) or any(isinstance(one, Unknown) for one, _ in found)
