"""Chains as configurations ask for them: what is certainly broken, and why something else is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

ACCOUNTS = """
resource "google_service_account" "one" {
  project    = "seed"
  account_id = "one"
}

resource "google_service_account" "two" {
  project    = "shop"
  account_id = "two"
}
"""
CHAIN = """
provider "google" {
  impersonate_service_account           = "two@shop.iam.gserviceaccount.com"
  impersonate_service_account_delegates = ["one@seed.iam.gserviceaccount.com"]
}
"""


def hop(role: str, member: str = "serviceAccount:one@seed.iam.gserviceaccount.com", more: str = "") -> str:
    return f"""
resource "google_service_account_iam_member" "hop" {{
  service_account_id = google_service_account.two.name
  role               = "{role}"
  member             = "{member}"
  {more}
}}
"""


def said(check: Check, *parts: str) -> tuple[list[str], list[str]]:
    report = check({"main.tf": "".join(parts)}, select=("broken-delegation-chain",))
    unknown_answers = [
        unknown_answer.reason
        for unknown_answer in report.unknown_answers
        if unknown_answer.rule == "broken-delegation-chain"
    ]
    return [finding.message for finding in report.findings], unknown_answers


BROKEN = (
    "one@seed.iam.gserviceaccount.com has no iam.serviceAccounts.getAccessToken on two@shop.iam.gserviceaccount.com: "
    "the call for a token of two@shop.iam.gserviceaccount.com will be refused with 403."
)


PROJECT = """
resource "google_project_iam_member" "viewer" {
  project = "shop"
  role    = "roles/viewer"
  member  = "user:ana@example.com"
}
"""


def test_a_chain_without_a_grant_is_broken(check: Check) -> None:
    assert said(check, ACCOUNTS, CHAIN, PROJECT) == ([BROKEN], [])


def test_the_project_s_grants_may_be_elsewhere(check: Check) -> None:
    unknown_answer = "no grant on the project of two@shop.iam.gserviceaccount.com is in the input, where it may be"
    assert said(check, ACCOUNTS, CHAIN) == ([], [unknown_answer])


def test_a_grant_in_the_other_direction_breaks_it(check: Check) -> None:
    other = """
resource "google_service_account_iam_member" "other" {
  service_account_id = google_service_account.one.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.two.member
}
"""
    assert said(check, ACCOUNTS, CHAIN, other) == ([BROKEN], [])


def test_a_role_without_the_permission_breaks_it(check: Check) -> None:
    assert said(check, ACCOUNTS, CHAIN, hop("roles/iam.serviceAccountUser")) == ([BROKEN], [])


def test_a_chain_that_holds(check: Check) -> None:
    assert said(check, ACCOUNTS, CHAIN, hop("roles/iam.serviceAccountTokenCreator")) == ([], [])


@pytest.mark.parametrize(
    ("member", "unknown_answer"),
    [
        ("group:pipelines@example.com", "group:pipelines@example.com may include it"),
        ("serviceAccount:${var.caller}", "a principal is not known: var.caller has no default and is not set"),
        ("user:ana@example.com", None),
    ],
)
def test_a_grant_to_what_may_be_the_delegate(check: Check, member: str, unknown_answer: str | None) -> None:
    given = 'variable "caller" {}\n'
    found = said(check, given, ACCOUNTS, CHAIN, PROJECT, hop("roles/iam.serviceAccountTokenCreator", member))
    assert found == (([], [unknown_answer]) if unknown_answer else ([BROKEN], []))


def test_a_role_that_is_not_known_may_hold(check: Check) -> None:
    findings, unknown_answers = said(check, 'variable "role" {}\n', ACCOUNTS, CHAIN, PROJECT, hop("${var.role}"))
    assert findings == []
    assert unknown_answers == ["the role is not known: var.role has no default and is not set"]


def test_a_policy_that_is_not_in_the_input_may_let_it_through(check: Check) -> None:
    findings, unknown_answers = said(check, CHAIN)
    assert findings == []
    assert unknown_answers == ["the policy of two@shop.iam.gserviceaccount.com is not in the input"]


def test_a_module_that_is_not_there_may_let_it_through(check: Check) -> None:
    findings, unknown_answers = said(
        check, ACCOUNTS, CHAIN, PROJECT, 'module "grants" {\n  source = "./elsewhere"\n}\n'
    )
    assert findings == []
    assert any("module.grants" in unknown_answer for unknown_answer in unknown_answers)


def test_an_export_of_both_policies_is_certain(check: Check) -> None:
    files = {
        "main.tf": CHAIN,
        "two@shop.iam.gserviceaccount.com.yaml": (
            "bindings:\n- members:\n  - user:ana@example.com\n  role: roles/iam.serviceAccountUser\n"
            "etag: BwX\nversion: 1\n"
        ),
        "project-shop.yaml": (
            "bindings:\n- members:\n  - user:ana@example.com\n  role: roles/viewer\netag: BwX\nversion: 1\n"
        ),
    }
    report = check(files, select=("broken-delegation-chain",))
    assert [(finding.message, finding.confidence) for finding in report.findings] == [(BROKEN, "high")]


def test_the_first_hop_that_is_broken_is_told(check: Check) -> None:
    findings, _ = said(
        check,
        ACCOUNTS,
        PROJECT,
        """
resource "google_service_account" "three" {
  project    = "shop"
  account_id = "three"
}

data "google_service_account_access_token" "three" {
  target_service_account = google_service_account.three.email
  scopes                 = ["cloud-platform"]
  delegates              = [google_service_account.one.email, google_service_account.two.email]
}
""",
    )
    assert len(findings) == 1
    assert findings[0].startswith(
        "one@seed.iam.gserviceaccount.com has no iam.serviceAccounts.implicitDelegation on two@"
    )


ON_FOLDER = """
resource "google_project" "shop" {
  project_id = "shop"
  name       = "shop"
  folder_id  = "1"
}

resource "google_folder_iam_member" "hop" {
  folder = "folders/1"
  role   = "roles/iam.serviceAccountTokenCreator"
  member = "serviceAccount:one@seed.iam.gserviceaccount.com"
}
"""


def denied(project: str) -> str:
    return f"""
resource "google_iam_deny_policy" "d" {{
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/{project}")
  name   = "no-tokens"
  rules {{
    deny_rule {{
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/serviceAccounts.getAccessToken"]
    }}
  }}
}}
"""


def test_a_grant_from_above_counts_as_far_as_nothing_below_denies_it(check: Check) -> None:
    assert said(check, ACCOUNTS, CHAIN, ON_FOLDER) == ([], [])
    assert said(check, ACCOUNTS, CHAIN, ON_FOLDER, denied("other")) == ([], [])
    # The deny policy is on the project of the account, below the folder that has the grant.
    assert said(check, ACCOUNTS, CHAIN, PROJECT, ON_FOLDER, denied("shop")) == ([BROKEN], [])


def test_a_permission_that_only_the_other_way_to_sign_has_breaks_it(check: Check) -> None:
    role = """
resource "google_project_iam_custom_role" "signer" {
  project     = "shop"
  role_id     = "signer"
  title       = "signer"
  permissions = ["iam.serviceAccounts.signBlob"]
}
"""
    assert said(check, ACCOUNTS, CHAIN, PROJECT, role, hop("projects/shop/roles/signer")) == ([BROKEN], [])


@pytest.mark.parametrize(
    ("target", "delegates", "reasons"),
    [
        ("t@shop.iam.gserviceaccount.com", ["a@shop.iam.gserviceaccount.com"], []),
        ("t@shop.iam.gserviceaccount.com", ["projects/-/serviceAccounts/a@shop.iam.gserviceaccount.com"], []),
        (
            "t@shop.iam.gserviceaccount.com",
            ["projects/shop/serviceAccounts/a@shop.iam.gserviceaccount.com"],
            ["its project must be `-`"],
        ),
        (
            "t@shop.iam.gserviceaccount.com",
            ["t@shop.iam.gserviceaccount.com"],
            ["it is the target, which is always last"],
        ),
        (
            "t@shop.iam.gserviceaccount.com",
            ["a@shop.iam.gserviceaccount.com", "projects/-/serviceAccounts/a@shop.iam.gserviceaccount.com"],
            ["it is named twice"],
        ),
        ("projects/shop/serviceAccounts/t@shop.iam.gserviceaccount.com", [], ["its project must be `-`"]),
    ],
)
def test_how_delegates_are_written(check: Check, target: str, delegates: list[str], reasons: list[str]) -> None:
    listed = ", ".join(f'"{one}"' for one in delegates)
    text = f"""
provider "google" {{
  impersonate_service_account           = "{target}"
  impersonate_service_account_delegates = [{listed}]
}}
"""
    report = check({"main.tf": text}, select=("malformed-delegate",))
    assert [finding.message.partition(": ")[2].rstrip(".") for finding in report.findings] == reasons
