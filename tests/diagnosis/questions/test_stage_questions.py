"""Each stage broken, whole and unknown, in Terraform and in what gcloud exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    ANA_TF,
    CI,
    CREATOR,
    EXPIRED,
    GITHUB,
    GITHUB_CLAIMS,
    HOLDS,
    POOL,
    TARGET,
    WORKLOAD,
    account,
    accounts,
    case,
    check,
    deny,
    exports,
    grant,
    member_of,
    policy,
    pool_member,
    provider,
    role_export,
    services,
    under,
)

CI_MEMBER, CI_TF = f"serviceAccount:{CI}", f'"serviceAccount:{CI}"'
RELAY = "relay@shop.iam.gserviceaccount.com"
GRANTED = exports(policy((CREATOR, ANA)))
TAGGED = 'resource.matchTag("7/env", "prod")'
ACME = "assertion.repository_owner == 'acme'"
BOOKS = "assertion.repository_owner == 'books'"
REPOSITORY = pool_member("attribute.repository/acme/app")
EVERY_SERVICE = ("iamcredentials.googleapis.com", "iam.googleapis.com", "sts.googleapis.com")


def conditioned(expression: str) -> dict[str, str]:
    """Exports with a grant under a condition."""
    condition = {"title": "limited", "expression": expression}
    return exports(policy({"role": CREATOR, "members": [ANA], "condition": condition}))


def denied(principal: str, **more: Any) -> dict[str, str]:
    """Exports with a grant, and a deny policy of the project."""
    rule = {
        "deniedPrincipals": [principal],
        "deniedPermissions": ["iam.googleapis.com/serviceAccounts.getAccessToken"],
        **more,
    }
    name = "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fshop/denypolicies/d"
    whole = {"name": name, "kind": "DenyPolicy", "etag": "x", "rules": [{"denyRule": rule}]}
    return GRANTED | {"deny-d.json": json.dumps(whole)}


def bounded(project: str) -> dict[str, str]:
    """Exports with a grant to an account, and a boundary of the accounts of its project."""
    name = "organizations/7/locations/global/principalAccessBoundaryPolicies/b"
    rules = [{"effect": "ALLOW", "resources": [f"//cloudresourcemanager.googleapis.com/projects/{project}"]}]
    boundary = {"name": name, "etag": "x", "details": {"enforcementVersion": "3", "rules": rules}}
    binding = {
        "name": "projects/2345678901/locations/global/policyBindings/b",
        "policy": name,
        "policyKind": "PRINCIPAL_ACCESS_BOUNDARY",
        "target": {"principalSet": "//cloudresourcemanager.googleapis.com/projects/2345678901"},
    }
    return exports(policy((CREATOR, CI_MEMBER))) | {
        "boundary.json": json.dumps(boundary),
        "bindings.json": json.dumps([binding]),
    }


def bounded_tf(project: str) -> str:
    """Terraform of the same."""
    return f"""
{ACCOUNT}{grant(CI_TF)}
resource "google_iam_principal_access_boundary_policy" "b" {{
  organization                       = "7"
  location                           = "global"
  principal_access_boundary_policy_id = "b"
  details {{
    enforcement_version = "3"
    rules {{
      effect    = "ALLOW"
      resources = ["//cloudresourcemanager.googleapis.com/projects/{project}"]
    }}
  }}
}}
resource "google_iam_projects_policy_binding" "b" {{
  project           = "tools"
  location          = "global"
  policy_binding_id = "b"
  policy_kind       = "PRINCIPAL_ACCESS_BOUNDARY"
  policy            = google_iam_principal_access_boundary_policy.b.name
  target {{
    principal_set = "//cloudresourcemanager.googleapis.com/projects/tools"
  }}
}}
"""


def relayed(own: str | None) -> dict[str, str]:
    """Exports in which an account between may mint for the target; ``own`` is the policy of the account between."""
    found = exports(policy((CREATOR, f"serviceAccount:{RELAY}")))
    return found | ({f"service-accounts/{RELAY}.json": own} if own else {})


def federated(condition: str | None, member: str = "attribute.repository/acme/app") -> dict[str, str]:
    """Exports of a pool, its provider (None: not exported) and a grant to identities of the pool."""
    pool = "projects/2345678901/locations/global/workloadIdentityPools/gh"
    found = exports(policy((WORKLOAD, f"principalSet://iam.googleapis.com/{pool}/{member}")))
    if condition is None:
        return found
    mapping = {"google.subject": "assertion.sub", "attribute.repository": "assertion.repository"}
    one = {"name": f"{pool}/providers/p", "state": "ACTIVE", "oidc": {"issuerUri": GITHUB}, "attributeMapping": mapping}
    return found | {
        "pools.json": json.dumps([{"name": pool, "state": "ACTIVE"}]),
        "providers.json": json.dumps([one | {"attributeCondition": condition}]),
    }


FEDERATED = ACCOUNT + POOL + grant(REPOSITORY, WORKLOAD)
MINTER = exports(policy(("projects/shop/roles/minter", ANA)))
MINTER_TF = """
resource "google_project_iam_custom_role" "r" {{
  project     = "shop"
  role_id     = "minter"
  title       = "m"
  permissions = [{0}]
}}
"""
CUSTOM = ACCOUNT + grant(ANA_TF, "projects/shop/roles/minter")
CHAIN = ACCOUNT + account("relay") + grant(member_of("relay"))
ONTO_RELAY = grant(ANA_TF, name="r", on="relay")
ENABLED = """
resource "google_project" "tools" {{
  project_id = "tools"
  name       = "tools"
}}
resource "google_project_service" "s" {{
  for_each = toset({0})
  project  = google_project.tools.project_id
  service  = each.value
}}
"""
CALLED = ACCOUNT + account("ci", "tools") + grant(member_of("ci"))
CALLED_EXPORTS = exports(policy((CREATOR, CI_MEMBER)))

Files = str | dict[str, str]
STAGES: dict[tuple[str, str], tuple[Files, Files, Files | None, str]] = {
    ("allow", "terraform"): (ACCOUNT + grant('"user:bo@example.com"'), ACCOUNT + grant(ANA_TF), 'variable "w" {}\n' + ACCOUNT + grant("var.w"), "grant"),
    ("allow", "exports"): (exports(policy()), GRANTED, exports(None), "grant"),
    ("condition", "terraform"): (ACCOUNT + grant(ANA_TF, more=under(EXPIRED)), ACCOUNT + grant(ANA_TF, more=under(HOLDS)), ACCOUNT + grant(ANA_TF, more=under(TAGGED)), "condition"),
    ("condition", "exports"): (conditioned(EXPIRED), conditioned(HOLDS), conditioned(TAGGED), "condition"),
    ("role", "terraform"): (CUSTOM + MINTER_TF.format('"iam.serviceAccounts.get"'), CUSTOM + MINTER_TF.format('"iam.serviceAccounts.getAccessToken"'), CUSTOM, "custom-role"),
    ("role", "exports"): (MINTER | {"role.json": role_export("iam.serviceAccounts.get")}, MINTER | {"role.json": role_export("iam.serviceAccounts.getAccessToken")}, MINTER, "custom-role"),
    ("deny", "terraform"): (ACCOUNT + grant(ANA_TF) + deny('"principal://goog/subject/ana@example.com"'), ACCOUNT + grant(ANA_TF) + deny('"principal://goog/subject/bo@example.com"'), 'variable "w" {}\n' + ACCOUNT + grant(ANA_TF) + deny("var.w"), "deny"),
    ("deny", "exports"): (denied("principal://goog/subject/ana@example.com"), denied("principal://goog/subject/bo@example.com"), denied("principalSet://goog/group/crew@example.com"), "deny"),
    ("deny without a place", "exports"): (denied("principalSet://goog/public:all"), GRANTED, {name: text.replace("policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fshop/", "") for name, text in denied("principalSet://goog/public:all").items()}, "deny"),
    ("boundary", "terraform"): (bounded_tf("tools"), bounded_tf("shop"), 'variable "w" {}\n' + bounded_tf("${var.w}"), "boundary"),
    ("boundary", "exports"): (bounded("tools"), bounded("shop"), {name: text for name, text in bounded("tools").items() if name != "boundary.json"}, "boundary"),
    ("disabled", "terraform"): (ACCOUNT.replace("account_id", "disabled = true\n  account_id") + grant(ANA_TF), ACCOUNT.replace("account_id", "disabled = false\n  account_id") + grant(ANA_TF), 'variable "d" {}\n' + ACCOUNT.replace("account_id", "disabled = var.d\n  account_id") + grant(ANA_TF), "disabled"),
    ("disabled", "exports"): (GRANTED | {"accounts.json": accounts(TARGET, disabled=True)}, GRANTED | {"accounts.json": accounts(TARGET)}, None, "disabled"),
    ("delegation", "terraform"): (CHAIN + ONTO_RELAY.replace(CREATOR, WORKLOAD), CHAIN + ONTO_RELAY, 'variable "w" {}\n' + CHAIN + ONTO_RELAY.replace(ANA_TF, "var.w"), "delegation"),
    ("delegation", "exports"): (relayed(policy(("roles/iam.workloadIdentityUser", ANA))), relayed(policy((CREATOR, ANA))), relayed(None), "delegation"),
    ("federation", "terraform"): (FEDERATED + provider(BOOKS), FEDERATED + provider(ACME), FEDERATED, "federation"),
    ("federation", "exports"): (federated(BOOKS), federated(ACME), federated(None), "federation"),
    ("api", "terraform"): (CALLED + ENABLED.format('["run.googleapis.com"]'), CALLED + ENABLED.format(json.dumps(EVERY_SERVICE)), None, "api"),
    ("api", "exports"): (CALLED_EXPORTS | {"services.json": services("run.googleapis.com")}, CALLED_EXPORTS | {"services.json": services(*EVERY_SERVICE)}, None, "api"),
}  # fmt: skip
"""The files of a broken, a whole and an unknown stage, and the step that the broken one fails at."""
CALLERS = {"boundary": CI_MEMBER, "api": CI_MEMBER, "federation": "github:acme/app"}
MORE: dict[str, dict[str, Any]] = {"delegation": {"delegates": (RELAY,)}, "federation": {"claims": GITHUB_CLAIMS}}
CASES = [
    case(f"{stage} {form} {kind}", files, CALLERS.get(stage, ANA), right, **MORE.get(stage, {}))
    for (stage, form), (broken, whole, unknown, step) in STAGES.items()
    for kind, files, right in (
        ("broken", broken, f"fails {step}"),
        ("whole", whole, "works"),
        ("unknown", unknown, "unknown"),
    )
    if files is not None
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_stage(one: Any, tmp_path: Path) -> None:
    check(one, tmp_path)
