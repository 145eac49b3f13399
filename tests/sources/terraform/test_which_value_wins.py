"""Which of several values is in force: a reader that takes the other one misses a grant.

Terraform's behaviour was checked with its binary (1.11.4): ``terraform plan`` and ``terraform console``.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from iamlint.results.report import Report

Check = Callable[..., Report]
GRANT = '  project = "prod"\n  role = "roles/iam.serviceAccountTokenCreator"\n  member = "user:eve@example.com"\n'
RULE = ("broad-token-creator",)


def found(report: Report) -> list[str | None]:
    return [finding.address for finding in report.findings]


def unknown(report: Report, address: str) -> list[str]:
    return [
        unknown_answer.reason
        for unknown_answer in report.unknown_answers
        if unknown_answer.address and unknown_answer.address.startswith(address)
    ]


def member(arguments: str) -> str:
    return f'resource "google_project_iam_member" "x" {{\n{arguments}\n{GRANT}}}\n'


CALLED = 'variable "role" { type = string }\n' + member("").replace(
    '"roles/iam.serviceAccountTokenCreator"', "var.role"
)
"""A module that grants nothing by itself: only its calls give the role."""
CALL = 'module "m" {\n  source = "./m"\n  role = "roles/iam.serviceAccountTokenCreator"\n'


def override(arguments: str) -> str:
    return f'resource "google_project_iam_member" "x" {{\n{arguments}\n}}\n'


# -- count and for_each ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "over", "keys"),
    [
        ("for_each = {}", "count = 1", ["[0]"]),
        ("for_each = toset([])", "count = 2", ["[0]", "[1]"]),
        ("count = 1", "for_each = {}", ["[0]"]),
        ("count = 0", "for_each = { a = 1 }", []),
        ("for_each = { a = 1 }", "count = 0", []),
        ("for_each = {}", "for_each = { a = 1 }", ['["a"]']),
        ("count = 0", "count = 1", ["[0]"]),
        ("", "count = 0", []),
    ],
)
def test_count_before_for_each(check: Check, base: str, over: str, keys: list[str]) -> None:
    report = check({"main.tf": member(base), "z_override.tf": override(over)}, select=RULE)
    addresses = sorted(address or "" for one in report.findings for address in (one.address, *one.others))
    assert addresses == [f"google_project_iam_member.x{key}" for key in keys]
    assert not report.unknown_answers


def test_count_before_for_each_of_modules(check: Check) -> None:
    files = {
        "main.tf": CALL + "  for_each = {}\n}\n",
        "override.tf": 'module "m" {\n  count = 1\n}\n',
        "m/main.tf": CALLED,
    }
    assert found(check(files, select=RULE)) == ["module.m[0].google_project_iam_member.x"]
    files["override.tf"] = 'module "m" {\n  count = 0\n}\n'
    assert found(check(files, select=RULE)) == []


def test_both_in_one_block_is_unknown(check: Check) -> None:
    report = check({"main.tf": member("count = 0\n  for_each = {}")}, select=RULE)
    assert "both set" in unknown(report, "google_project_iam_member.x")[0]


# -- enabled -----------------------------------------------------------------------------------------------------------


def enabled(value: str) -> str:
    return member(f"  lifecycle {{\n    enabled = {value}\n  }}")


def test_enabled(check: Check) -> None:
    assert found(check({"main.tf": enabled("true")}, select=RULE)) == ["google_project_iam_member.x"]
    report = check({"main.tf": enabled("1 > 2")}, select=RULE)
    assert not report.findings
    assert not report.unknown_answers
    report = check({"main.tf": 'variable "u" {}\n' + enabled("var.u")}, select=RULE)
    assert not report.findings
    assert "var.u has no default" in unknown(report, "google_project_iam_member.x")[0]


def test_what_is_not_enabled_is_null(check: Check) -> None:
    account = (
        'resource "google_service_account" "s" {\n  account_id = "s"\n  lifecycle {\n    enabled = false\n  }\n}\n'
    )
    count = "count = google_service_account.s == null ? 0 : 1"
    assert found(check({"main.tf": account + member(count)}, select=RULE)) == []


def test_enabled_of_modules(check: Check) -> None:
    def files(value: str) -> dict[str, str]:
        call = f'variable "u" {{}}\n{CALL}  lifecycle {{\n    enabled = {value}\n  }}\n}}\n'
        return {"main.tf": call + 'output "o" {\n  value = module.m\n}\n', "m/main.tf": CALLED}

    assert found(check(files("true"), select=RULE)) == ["module.m.google_project_iam_member.x"]
    report = check(files("false"), select=RULE)
    assert not report.findings
    assert not report.unknown_answers
    report = check(files("var.u"), select=RULE)
    assert not report.findings
    assert "exists is not known" in unknown(report, "module.m.google_project_iam_member.x")[0]


# -- bodies in JSON ----------------------------------------------------------------------------------------------------

BINDING = {"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:eve@example.com"]}
HARMLESS = {"role": "roles/browser", "members": ["user:eve@example.com"]}


def document(**data: object) -> str:
    policy = {
        "google_project_iam_policy": {
            "p": {"project": "prod", "policy_data": "${data.google_iam_policy.d.policy_data}"}
        }
    }
    return json.dumps({"data": {"google_iam_policy": {"d": data}}, "resource": policy})


@pytest.mark.parametrize(
    "written",
    [
        {"binding": BINDING},
        {"binding": [BINDING]},
        {"binding": [[BINDING]]},
        {"binding": [HARMLESS, [{"role": BINDING["role"]}, {"members": BINDING["members"]}]]},
        {"binding": [[HARMLESS], BINDING, None]},
        {"binding": [[{"//": "a comment", **BINDING}]]},
        {"dynamic": {"binding": [[{"for_each": [1]}, {"content": [[BINDING]]}]]}},
        {"dynamic": [{"binding": {"for_each": [1], "content": BINDING}}]},
        {"dynamic": {"binding": [{"for_each": [1], "content": BINDING}]}},
    ],
)
def test_json_bodies(check: Check, written: dict[str, object]) -> None:
    report = check({"main.tf.json": document(**written)}, select=RULE)
    assert found(report) == ["google_project_iam_policy.p"]
    assert not report.errors


def test_json_body_of_a_resource_in_parts(check: Check) -> None:
    parts = [{"project": "prod", "//": {"member": "x"}}, {"role": BINDING["role"], "member": "user:eve@example.com"}]
    text = json.dumps({"resource": {"google_project_iam_member": {"x": [parts]}}})
    assert found(check({"main.tf.json": text}, select=RULE)) == ["google_project_iam_member.x"]


def test_json_properties_that_are_there_twice(check: Check) -> None:
    text = document(binding="@").replace(
        '"binding": "@"', f'"binding": {json.dumps(BINDING)}, "binding": [[{json.dumps(HARMLESS)}]]'
    )
    report = check({"main.tf.json": text}, select=RULE)
    assert found(report) == ["google_project_iam_policy.p"]
    assert not report.errors


def test_json_null_is_no_block(check: Check) -> None:
    report = check({"main.tf.json": document(binding=None)}, select=RULE)
    assert not report.findings
    assert not report.errors


def test_an_override_replaces_blocks_of_its_type_only(check: Check) -> None:
    """Also if one file is in JSON and the other is not."""
    base = document(dynamic={"binding": {"for_each": [1], "content": BINDING}})
    audit = {"for_each": [1], "content": {"service": "allServices", "audit_log_configs": {"log_type": "ADMIN_READ"}}}
    over = json.dumps({"data": {"google_iam_policy": {"d": {"dynamic": {"audit_config": audit}}}}})
    assert found(check({"main.tf.json": base, "override.tf.json": over}, select=RULE)) == [
        "google_project_iam_policy.p"
    ]
    binding = '  binding {\n    role = "roles/browser"\n    members = ["user:a@example.com"]\n  }\n'
    native = f'data "google_iam_policy" "d" {{\n{binding}}}\n'
    assert not check({"main.tf.json": base, "override.tf.json": "{}", "override.tf": native}, select=RULE).findings


# -- YAML --------------------------------------------------------------------------------------------------------------

YAML = """
locals {
  g = yamldecode(file("g.yaml"))
}
resource "google_project_iam_member" "x" {
  for_each = local.g.grants
  project  = "prod"
  role     = each.value.role
  member   = each.value.member
}
"""
ANCHOR = "e: &e {role: roles/iam.serviceAccountTokenCreator}\nh: &h {role: roles/browser}\ngrants:\n  a: "


@pytest.mark.parametrize(
    ("entry", "dangerous"),
    [
        ("{member: 'user:eve@example.com', role: roles/browser, <<: *e}", True),
        ("{<<: *h, member: 'user:eve@example.com', <<: *e}", True),
        ("{member: 'user:eve@example.com', role: roles/browser, \"<<\": *e}", True),
        ("{member: 'user:eve@example.com', role: roles/browser, role: roles/iam.serviceAccountTokenCreator}", True),
        ("{member: 'user:eve@example.com', role: roles/browser, <<: {x: 1, <<: *e}}", True),
        ("{member: 'user:eve@example.com', <<: *e, role: roles/browser}", False),
        ("{member: 'user:eve@example.com', <<: *e, <<: *h}", False),
    ],
)
def test_yaml_merges_in_order(check: Check, entry: str, dangerous: bool) -> None:
    report = check({"main.tf": YAML, "g.yaml": ANCHOR + entry + "\n"}, select=RULE)
    assert found(report) == (['google_project_iam_member.x["a"]'] if dangerous else [])
    assert not report.unknown_answers


# -- files that are not there ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argument",
    [
        'count = fileexists("${path.module}/.terraform.lock.hcl") ? 1 : 0',
        'count = length(fileset(path.module, ".terraform/**"))',
        'count = can(file("made-by-the-build.json")) ? 1 : 0',
        'for_each = try(jsondecode(file("made-by-the-build.json")), {})',
        'for_each = fileset("made-by-the-build", "*.yaml")',
        "for_each = toset([for name in local.names : name])",
    ],
)
def test_what_is_not_there_names_the_grant(check: Check, argument: str) -> None:
    names = 'locals {\n  names = fileset("made-by-the-build", "*")\n}\n'
    report = check({"main.tf": names + member(argument)}, select=RULE)
    assert unknown(report, "google_project_iam_member.x")


def test_what_is_not_there_in_arguments_names_the_grant(check: Check) -> None:
    binding = (
        'resource "google_project_iam_binding" "b" {\n  project = "prod"\n'
        '  role = "roles/iam.serviceAccountTokenCreator"\n'
        '  members = [for f in fileset("gone", "*") : "user:${f}"]\n}\n'
    )
    assert unknown(check({"main.tf": binding}, select=RULE), "google_project_iam_binding.b")


def test_what_is_not_there_names_the_module(check: Check) -> None:
    call = 'module "m" {\n  source = "./m"\n  for_each = fileset("gone", "*")\n}\n'
    assert unknown(check({"main.tf": call, "m/main.tf": member("")}, select=RULE), "module.m")


def test_what_is_there_is_known(check: Check) -> None:
    report = check({"main.tf": member('count = fileexists("main.tf") ? 0 : 1')}, select=RULE)
    assert not report.findings
    assert not report.unknown_answers
    report = check({"c/x.yaml": "", "main.tf": member('count = length(fileset("c", "*.yml"))')}, select=RULE)
    assert not report.findings
    assert not report.unknown_answers
