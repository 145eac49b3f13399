"""Deny rules that leave a way round, alone and together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

EVERYBODY, ANA = "principalSet://goog/public:all", "principal://goog/subject/ana@example.com"
PLATFORM = "principalSet://goog/group/platform@example.com"
TOKEN, REST = ["serviceAccounts.getAccessToken"], ["serviceAccounts.*", "serviceAccountKeys.create"]


def rule(permissions: list[str], denied: str = EVERYBODY, *, excepted: str = "", spared: str = "") -> dict[str, Any]:
    return {
        "denyRule": {
            "deniedPrincipals": [denied],
            "deniedPermissions": [f"iam.googleapis.com/{one}" for one in permissions],
            "exceptionPrincipals": [excepted] if excepted else [],
            "exceptionPermissions": [f"iam.googleapis.com/{spared}"] if spared else [],
        }
    }


def policy(*rules: dict[str, Any], on: str = "projects/shop") -> str:
    attachment = f"cloudresourcemanager.googleapis.com/{on}".replace("/", "%2F")
    return json.dumps({"kind": "DenyPolicy", "name": f"policies/{attachment}/denypolicies/p", "rules": rules})


def incomplete(check: Check, *policies: str) -> int:
    files = {f"policy-{n}.json": text for n, text in enumerate(policies)}
    files["projects.json"] = json.dumps(
        [{"projectId": "shop", "projectNumber": "12345", "parent": {"type": "folder", "id": "1"}}]
    )
    report = check(files, select=("incomplete-deny",))
    assert report.errors == ()
    assert report.unknown_answers == ()
    return len(report.findings)


@pytest.mark.parametrize(
    "policies",
    [
        [policy(rule(TOKEN), rule(REST))],
        [policy(rule(TOKEN)), policy(rule(REST), on="folders/1")],
        [policy(rule(TOKEN)), policy(rule(REST), on="projects/12345")],
        [policy(rule(TOKEN, ANA), rule(REST))],
        [policy(rule(TOKEN, excepted=PLATFORM), rule(REST, excepted=PLATFORM))],
        [policy(rule(TOKEN, excepted=PLATFORM), rule(REST))],
        [policy(rule([*TOKEN, *REST]))],
        [policy(rule(["serviceAccounts.actAs"]))],
        [policy(rule(REST, spared="serviceAccounts.getAccessToken"))],
    ],
    ids=[
        "two rules",
        "one above",
        "by its number",
        "one for everybody",
        "the same exceptions",
        "fewer exceptions",
        "one rule",
        "another permission",
        "the token is excepted",
    ],
)
def test_what_is_closed_together(check: Check, policies: list[str]) -> None:
    assert incomplete(check, *policies) == 0


@pytest.mark.parametrize(
    "policies",
    [
        [policy(rule(TOKEN))],
        [policy(rule(TOKEN)), policy(rule(REST), on="projects/other")],
        [policy(rule(TOKEN), rule(REST, ANA))],
        [policy(rule(TOKEN), rule(REST, excepted=PLATFORM))],
        [policy(rule(["serviceAccounts.*"], spared="serviceAccounts.signBlob"), rule(["serviceAccountKeys.*"]))],
    ],
    ids=["nothing else", "elsewhere", "for others", "with exceptions", "a way is excepted"],
)
def test_what_leaves_a_way_round(check: Check, policies: list[str]) -> None:
    assert incomplete(check, *policies) == 1


def test_permissions_that_are_not_known_may_close_the_rest(check: Check) -> None:
    text = """
variable "more" {}
resource "google_iam_deny_policy" "d" {
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/shop")
  name   = "d"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/serviceAccounts.getAccessToken", var.more]
    }
  }
}
"""
    report = check({"main.tf": text}, select=("incomplete-deny",))
    assert report.findings == ()
    assert any("var.more" in unknown_answer.reason for unknown_answer in report.unknown_answers)


def test_a_boundary_s_binding_may_have_a_condition_that_nobody_can_evaluate(check: Check) -> None:
    text = """
resource "google_iam_projects_policy_binding" "b" {{
  project           = "shop"
  location          = "global"
  policy_binding_id = "b"
  policy_kind       = "PRINCIPAL_ACCESS_BOUNDARY"
  policy            = "organizations/42/locations/global/principalAccessBoundaryPolicies/inside"
  target {{
    principal_set = "//cloudresourcemanager.googleapis.com/projects/shop"
  }}
  condition {{
    expression = "{expression}"
  }}
}}
"""
    for expression, findings in (
        ("principal.type ==", 1),
        ("principal.type == 'iam.googleapis.com/ServiceAccount'", 0),
    ):
        report = check({"main.tf": text.format(expression=expression)}, select=("malformed-condition",))
        assert report.errors == ()
        assert [finding.message.partition(" cannot")[0] for finding in report.findings] == [
            "The condition that binds inside"
        ] * findings
        assert [finding.at.line for finding in report.findings] == [12] * findings


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("denied_permissions", "iam.serviceAccounts.getAccessToken"),
        ("exception_principals", "user:ana@example.com"),
        ("denied_principals", "user:ana@example.com"),
    ],
)
def test_a_value_of_a_variable_is_where_it_is_written(check: Check, argument: str, value: str) -> None:
    arguments = {
        "denied_permissions": '["iam.googleapis.com/serviceAccounts.getAccessToken"]',
        "denied_principals": '["principalSet://goog/public:all"]',
        argument: "var.some",
    }
    written = "\n".join(f"      {name} = {text}" for name, text in arguments.items())
    main = f"""
variable "some" {{}}
resource "google_iam_deny_policy" "d" {{
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
  name   = "d"
  rules {{
    deny_rule {{
{written}
    }}
  }}
}}
"""
    values = f'some = [\n  "principal://goog/subject/eve@example.com",\n  "{value}",\n]\n'
    if argument == "denied_permissions":
        values = values.replace("principal://goog/subject/eve@example.com", "run.googleapis.com/services.get")
    (found,) = check({"main.tf": main, "terraform.tfvars": values}, select=["ineffective-deny"]).findings
    assert (found.origin.path, found.origin.line) == ("terraform.tfvars", 3)
