"""The identity of a finding across runs, and the effect of changes in the input."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from iamlint.finding import Finding
from iamlint.linter import lint
from iamlint.location import Location
from iamlint.results.fingerprint import fingerprints, identity
from iamlint.results.report import Report
from iamlint.roles import Definition, catalog
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

Check = Callable[..., Report]

RULE = ("broad-token-creator",)
GRANT = """resource "google_project_iam_member" "it" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
FOUND = Finding("r", "f", "high", "high", "m", Location("a/main.tf"), "x.y", "user:a", "roles/b", ("p.q.r",))


def names(report: Report) -> list[str]:
    return [one.v2 for one in report.fingerprints]


def in_folder(folder: str, *, select: tuple[str, ...] = RULE) -> Report:
    rules, _ = select_rules(load_rules()[0], select)
    return lint(read([Path(folder)], Options()), rules)


def test_neither_lines_nor_files_nor_folders_matter(check: Check) -> None:
    before = names(check({"a/main.tf": GRANT}, select=RULE))
    Path("a/main.tf").rename("a/iam.tf")
    assert names(in_folder("a")) == before
    Path("a/iam.tf").write_text("\n\n# moved\n" + GRANT, encoding="utf-8")
    assert names(in_folder("a")) == before
    Path("a").rename("b")
    assert names(in_folder(".")) == before
    assert len(before) == 1


def test_the_working_directory_does_not_matter(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"m/main.tf": GRANT.replace('"shop"', "var.project") + 'variable "project" {}\n'}
    files["prod/main.tf"] = 'module "a" {\n  source  = "../m"\n  project = "shop"\n}\n'
    before = names(check(files, select=RULE))
    Path(".git").mkdir()
    monkeypatch.chdir("prod")
    assert names(in_folder(".")) == before != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("user:ana@example.com", "user:bob@example.com"),
        ('"shop"', '"till"'),
        ("roles/iam.serviceAccountTokenCreator", "roles/owner"),
        ('"it"', '"other"'),
    ],
)
def test_another_principal_role_resource_or_address_is_another_finding(check: Check, old: str, new: str) -> None:
    before = names(check({"main.tf": GRANT}, select=RULE))
    after = names(check({"main.tf": GRANT.replace(old, new)}, select=RULE))
    assert set(before).isdisjoint(after)


def test_a_newer_catalogue_changes_nothing(check: Check) -> None:
    (found,) = check({"main.tf": GRANT}, select=RULE).findings
    role = "roles/iam.serviceAccountTokenCreator"
    fewer = catalog().with_newer(
        [Definition(role, "", "GA", frozenset({"iam.serviceAccounts.getAccessToken"}))], "newer.json"
    )
    (again,) = check({"main.tf": GRANT}, select=RULE, roles=fewer).findings
    assert again.permissions != found.permissions
    assert identity(again, again.address) == identity(found, found.address)


def test_findings_that_are_alike_are_numbered(check: Check) -> None:
    files = {f"{name}/main.tf": GRANT.replace('"shop"', "var.project") for name in ("dev", "prod")}
    report = check({path: text + 'variable "project" {}\n' for path, text in files.items()}, select=RULE)
    first, second = names(report)
    assert second == f"{first}-2"


def moved(old: str, new: str) -> str:
    return f"moved {{\n  from = {old}\n  to   = {new}\n}}\n"


MODULE = 'variable "project" {}\n' + GRANT.replace('"shop"', "var.project")


def call(name: str, more: str = "") -> str:
    return f'module "{name}" {{\n  source  = "./m"\n  project = "shop"\n{more}}}\n'


RENAMED = {
    "a resource": (
        {"main.tf": GRANT},
        {
            "main.tf": GRANT.replace('"it"', '"b"')
            + moved("google_project_iam_member.it", "google_project_iam_member.b")
        },
    ),
    "a resource twice": (
        {"main.tf": GRANT},
        {
            "main.tf": GRANT.replace('"it"', '"c"')
            + moved("google_project_iam_member.it", "google_project_iam_member.b")
            + moved("google_project_iam_member.b", "google_project_iam_member.c")
        },
    ),
    "to an instance": (
        {"main.tf": GRANT},
        {
            "main.tf": GRANT.replace("{\n", '{\n  for_each = toset(["a"])\n', 1)
            + moved("google_project_iam_member.it", 'google_project_iam_member.it["a"]')
        },
    ),
    "a module": (
        {"main.tf": call("a"), "m/main.tf": MODULE},
        {"main.tf": call("b") + moved("module.a", "module.b"), "m/main.tf": MODULE},
    ),
    "into a module": (
        {"main.tf": GRANT},
        {
            "main.tf": call("b") + moved("google_project_iam_member.it", "module.b.google_project_iam_member.it"),
            "m/main.tf": MODULE,
        },
    ),
    "within a renamed module": (
        {"main.tf": call("a", "  count = 1\n"), "m/main.tf": MODULE},
        {
            "main.tf": call("b", "  count = 1\n") + moved("module.a", "module.b"),
            "m/main.tf": MODULE.replace('"it"', '"that"')
            + moved("google_project_iam_member.it", "google_project_iam_member.that"),
        },
    ),
    "in JSON": (
        {"main.tf": GRANT},
        {
            "main.tf": GRANT.replace('"it"', '"b"'),
            "moved.tf.json": json.dumps(
                {"moved": [{"from": "google_project_iam_member.it", "to": "google_project_iam_member.b"}]}
            ),
        },
    ),
}


@pytest.mark.parametrize("kind", RENAMED)
def test_a_rename_that_is_stated(check: Check, kind: str) -> None:
    before, after = RENAMED[kind]
    first = names(check(before, select=RULE))
    for path in before:
        os.unlink(path)
    second = check(after, select=RULE)
    assert names(second) == first
    assert len(first) == 1


def test_a_rename_that_is_not_stated_is_another_finding(check: Check) -> None:
    circle = moved("google_project_iam_member.b", "google_project_iam_member.b")
    before = names(check({"main.tf": GRANT}, select=RULE))
    assert names(check({"main.tf": GRANT.replace('"it"', '"b"') + circle}, select=RULE)) != before


def test_moved_blocks_in_a_circle_end(check: Check) -> None:
    circle = moved("google_project_iam_member.it", "google_project_iam_member.b")
    circle += moved("google_project_iam_member.b", "google_project_iam_member.it")
    assert len(names(check({"main.tf": GRANT + circle}, select=RULE))) == 1


def planned(address: str, member: str | None, **change: object) -> str:
    values = {"project": "shop", "role": "roles/iam.serviceAccountTokenCreator"}
    after = values if member is None else {**values, "member": member}
    kind, _, name = address.partition(".")
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "resource_changes": [
                {
                    "address": address,
                    "mode": "managed",
                    "type": kind,
                    "name": name,
                    "change": {
                        "actions": ["create"],
                        "before": None,
                        "after": after,
                        "after_unknown": {"member": True} if member is None else {},
                    },
                    **change,
                }
            ],
            "configuration": {
                "root_module": {
                    "resources": [
                        {
                            "address": address,
                            "mode": "managed",
                            "type": kind,
                            "name": name,
                            "expressions": {"project": {}, "role": {}, "member": {}},
                        }
                    ]
                }
            },
        }
    )


def test_source_and_plan_share_it(check: Check) -> None:
    source = names(check({"main.tf": GRANT}, select=RULE))
    os.unlink("main.tf")
    plan = check({"plan.json": planned("google_project_iam_member.it", "user:ana@example.com")}, select=RULE)
    assert names(plan) == source
    again = planned(
        "google_project_iam_member.b", "user:ana@example.com", previous_address="google_project_iam_member.it"
    )
    assert names(check({"plan.json": again}, select=RULE)) == source


def test_a_plan_alone_does_not_know_what_the_source_refers_to() -> None:
    address = "google_project_iam_member.it"
    source = replace(FOUND, address=address, principal="serviceAccount:${google_service_account.ci.email}")
    other = replace(source, principal="serviceAccount:${google_service_account.cd.email}")
    plan = identity(replace(source, principal=f"${{{address}.member}}"), address)
    assert len({identity(one, address).name for one in (source, other)} | {plan.name}) == 3
    assert plan.name in identity(source, address).further
    assert identity(source, address).name not in (*identity(other, address).further, *plan.further)


def test_version_1_has_the_folder_and_the_permissions() -> None:
    elsewhere = replace(FOUND, at=Location("b/main.tf"))
    with_more = replace(FOUND, permissions=("p.q.r", "p.q.s"))
    found = list(fingerprints([FOUND, elsewhere, with_more]))
    assert len({each.v1 for each in found}) == 3
    assert found[0].v1 == "cc037b856d4777b6b98981f3dafb68cc"
    assert [each.v2 for each in found[1:]] == [f"{found[0].v2}-2", f"{found[0].v2}-3"]
