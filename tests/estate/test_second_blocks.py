"""A second block of an account, bucket, policy or project: Terraform fails to create it, and it closes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

TOKENS = json.dumps(
    [
        f"iam.googleapis.com/serviceAccounts.{verb}"
        for verb in ("getAccessToken", "getOpenIdToken", "implicitDelegation", "signBlob", "signJwt")
    ]
)
IN_STATE = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "outputs": {}}


def block(address: str, arguments: str) -> str:
    kind, name = address.split(".")
    return f'resource "{kind}" "{name}" {{\n{arguments}\n}}\n'


def account(name: str, disabled: str, more: str = "", home: str = 'project = "shop"') -> str:
    return block(f"google_service_account.{name}", f'account_id = "ci-account"\n{home}\ndisabled = {disabled}\n{more}')


def bucket(name: str, setting: str = "", more: str = "") -> str:
    return block(
        f"google_storage_bucket.{name}", f'name = "shop-files"\nproject = "shop"\nlocation = "EU"\n{setting}\n{more}'
    )


def deny(name: str, who: str, policy: str = "no-tokens", parent: str = 'urlencode("PARENT/projects/shop")') -> str:
    principals = f'denied_principals = ["principal://goog/subject/{who}"]\ndenied_permissions = {TOKENS}'
    rules = f"rules {{\n deny_rule {{\n{principals}\n}}\n}}"
    where = parent.replace("PARENT", "cloudresourcemanager.googleapis.com")
    return block(f"google_iam_deny_policy.{name}", f'parent = {where}\nname = "{policy}"\n{rules}')


def boundary(name: str, project: str, version: str = "3", effect: str = "ALLOW") -> str:
    allowed = f'effect = "{effect}"\nresources = ["//cloudresourcemanager.googleapis.com/projects/{project}"]'
    ids = 'organization = "42"\nlocation = "global"\nprincipal_access_boundary_policy_id = "b"'
    details = f'details {{\nenforcement_version = "{version}"\nrules {{\n{allowed}\n}}\n}}'
    return block(f"google_iam_principal_access_boundary_policy.{name}", f"{ids}\n{details}")


def bound(kind: str = "PRINCIPAL_ACCESS_BOUNDARY") -> str:
    policy = "organizations/42/locations/global/principalAccessBoundaryPolicies/b"
    target = 'target {\nprincipal_set = "//cloudresourcemanager.googleapis.com/projects/shop"\n}'
    ids = 'project = "shop"\nlocation = "global"\npolicy_binding_id = "b"'
    return block(
        "google_iam_projects_policy_binding.b", f'{ids}\npolicy_kind = "{kind}"\npolicy = "{policy}"\n{target}'
    )


def project(name: str, folder: str) -> str:
    return block(f"google_project.{name}", f'project_id = "shop"\nname = "shop"\nfolder_id = "{folder}"')


def creator(member: str) -> str:
    return block(
        "google_project_iam_member.x",
        f'project = "shop"\nrole = "roles/iam.serviceAccountTokenCreator"\nmember = "{member}"',
    )


def state(address: str, **attributes: object) -> str:
    kind, name = address.split(".")
    instances = [{"schema_version": 0, "attributes": attributes}]
    provider = 'provider["registry.terraform.io/hashicorp/google"]'
    one = {"mode": "managed", "type": kind, "name": name, "provider": provider, "instances": instances}
    return json.dumps({**IN_STATE, "resources": [one]})


EMAIL = "ci-account@shop.iam.gserviceaccount.com"
ANYBODY = block(
    "google_service_account_iam_member.x",
    f'service_account_id = "projects/shop/serviceAccounts/{EMAIL}"\n'
    'role = "roles/iam.serviceAccountTokenCreator"\nmember = "allUsers"',
)
UNKNOWN = 'variable "x" {}\n'
ON = account("ci", "false") + ANYBODY
PUBLIC = block(
    "google_storage_bucket_iam_member.x",
    'bucket = "shop-files"\nrole = "roles/storage.objectAdmin"\nmember = "allUsers"',
)
LISTED = block("google_storage_bucket_acl.x", 'bucket = "shop-files"\nrole_entity = ["OWNER:allUsers"]')
ENFORCED, UNIFORM = 'public_access_prevention = "enforced"', "uniform_bucket_level_access = true"
EVE, CI = creator("user:eve@example.com"), creator(f"serviceAccount:{EMAIL}")
ABOVE = deny("d", "eve@example.com", parent='urlencode("PARENT/folders/1")')


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # -- accounts
        (account("ci", "true") + ANYBODY, "blocked by the account"),
        (ON + account("off", "true"), ""),
        (ON + account("off", "true", home=""), ""),
        (ON + account("off", "var.x") + UNKNOWN, ""),
        (ON + account("off", "true", "count = var.x") + UNKNOWN, ""),
        (ON + account("off", "true") + account("off_too", "true"), ""),
        (account("ci", "true") + ANYBODY + account("off", "true"), "blocked by the account"),
        (account("ci", "true") + ANYBODY + account("on", "false", "count = var.x") + UNKNOWN, "enables it"),
        # -- buckets
        (bucket("b", ENFORCED) + PUBLIC, "blocked by public access prevention"),
        (bucket("b") + PUBLIC + bucket("off", ENFORCED), ""),
        (bucket("b") + PUBLIC + bucket("off", ENFORCED, "count = var.x") + UNKNOWN, ""),
        (bucket("b", ENFORCED) + PUBLIC + bucket("off", ENFORCED), "blocked by public access prevention"),
        (bucket("b", UNIFORM) + PUBLIC + bucket("off", f"{UNIFORM}\n{ENFORCED}"), ""),
        (bucket("b", UNIFORM) + LISTED, "blocked by uniform bucket-level access"),
        (bucket("b", ENFORCED) + LISTED + bucket("off", f"{UNIFORM}\n{ENFORCED}"), "public access prevention"),
        (bucket("b") + LISTED + bucket("off", UNIFORM), ""),
        # -- deny policies
        (EVE + deny("d", "eve@example.com"), "blocked by the deny policy"),
        (EVE + deny("d", "bo@example.com") + deny("off", "eve@example.com"), ""),
        (EVE + deny("d", "bo@example.com") + deny("off", "eve@example.com", "other"), "blocked by the deny policy"),
        (EVE + deny("d", "eve@example.com") + deny("off", "eve@example.com"), "blocked by the deny policy"),
        (EVE + deny("d", "eve@example.com", parent='"PARENT/projects/shop"'), "not a URL-encoded text"),
        # -- boundaries
        (CI + boundary("b", "elsewhere") + bound(), "blocked by the boundary policy"),
        (CI + boundary("b", "elsewhere") + boundary("c", "shop") + bound(), ""),
        (CI + boundary("b", "shop") + boundary("c", "elsewhere") + bound(), ""),
        (CI + boundary("b", "elsewhere") + boundary("c", "other") + bound(), "blocked by the boundary policy"),
        (
            CI + boundary("b", "elsewhere") + boundary("c", "other", "2") + bound(),
            "several blocks declare the policy and disagree",
        ),
        (CI + boundary("b", "elsewhere", effect="DENY") + bound(), "DENY is not an effect"),
        (CI + boundary("b", "elsewhere") + bound("ACCESS"), ""),
        # -- the folder of a project
        (EVE + project("p", "1") + ABOVE, "blocked by the deny policy"),
        (EVE + project("p", "2") + ABOVE, "may block it"),
        (EVE + project("p", "2") + project("q", "1") + ABOVE, "may block it"),
        (EVE + project("p", "1") + project("q", "2") + ABOVE, "may block it"),
    ],
)
def test_what_a_second_block_closes(check: Check, text: str, found: str) -> None:
    provider = 'provider "google" {\n  project = "shop"\n}\n'
    report = check({"main.tf": provider + text}, select=("public-impersonation", "public-grant", "broad-token-creator"))
    reasons = "; ".join(one.reason for one in report.unknown_answers if one.rule)
    assert bool(report.findings) is not bool(found)
    assert found in reasons


@pytest.mark.parametrize(
    ("text", "planted", "found"),
    [
        (ON, state("google_service_account.ci", account_id="ci-account", project="shop", disabled=True), ""),
        (
            account("ci", "true") + ANYBODY,
            state("google_service_account.ci", account_id="ci-account", project="shop", disabled=False),
            "enables it",
        ),
        (
            bucket("b") + PUBLIC,
            state("google_storage_bucket.b", name="shop-files", project="shop", public_access_prevention="enforced"),
            "",
        ),
        (
            EVE + deny("d", "bo@example.com"),
            state(
                "google_iam_deny_policy.d",
                name="no-tokens",
                parent="cloudresourcemanager.googleapis.com%2Fprojects%2Fshop",
                rules=[
                    {
                        "deny_rule": [
                            {
                                "denied_principals": ["principal://goog/subject/eve@example.com"],
                                "denied_permissions": json.loads(TOKENS),
                            }
                        ]
                    }
                ],
            ),
            "",
        ),
    ],
)
def test_a_state_beside_the_source_closes_nothing_that_the_source_opens(
    check: Check, text: str, planted: str, found: str
) -> None:
    files = {"main.tf": text, "terraform.tfstate": planted}
    report = check(files, select=("public-impersonation", "public-grant", "broad-token-creator"))
    assert bool(report.findings) is not bool(found)
    assert found in "; ".join(one.reason for one in report.unknown_answers if one.rule)


def test_a_setting_that_only_opentofu_reads_closes_nothing(check: Check) -> None:
    files = {"main.tf": bucket("b") + PUBLIC, "main.tofu": bucket("b", ENFORCED) + PUBLIC}
    assert len(check(files, select=("public-grant",)).findings) == 1
