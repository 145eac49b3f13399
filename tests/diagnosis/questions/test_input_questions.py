"""The same questions to other inputs: Config Connector, assets, states, folders, modules, and to what is attached."""

from __future__ import annotations

import json
from pathlib import Path

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
    PROJECTS,
    TARGET,
    USER,
    Case,
    accounts,
    case,
    check,
    exports,
    grant,
    policy,
    project_grant,
    projects,
)

from iamlint.diagnosis.stages.hop import PLAN_SOURCE

PROJECT_LIST = projects(*PROJECTS)
AG = "serviceAccount:service-1234567890@serverless-robot-prod.iam.gserviceaccount.com"
FN = 'resource "google_cloud_run_v2_service" "s" {\n project="%s"\n name="svc"\n location="eu"\n template {\n service_account=google_service_account.batch.email\n containers {\n image="x"\n}\n}\n}\n'


def cross_project_policy(e: bool) -> str:
    return json.dumps(
        [
            {
                "name": "projects/1234567890/policies/iam.disableCrossProjectServiceAccountUsage",
                "spec": {"rules": [{"enforce": e}]},
            }
        ]
    )


PV = 'provider "google" {\n impersonate_service_account="' + TARGET + '"\n}\n'
BE = 'terraform {\n backend "gcs" {\n bucket="b"\n impersonate_service_account="' + TARGET + '"\n}\n}\n'
ST = "Error: Failed to open state file at gs://b/x: googleapi: got HTTP response code 403"
KCC = """apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMServiceAccount
metadata:
  name: batch
  annotations:
    cnrm.cloud.google.com/project-id: shop
---
apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMPolicyMember
metadata:
  name: m
spec:
  member: %s
  role: roles/iam.serviceAccountTokenCreator
  resourceRef:
    kind: IAMServiceAccount
    external: projects/shop/serviceAccounts/batch@shop.iam.gserviceaccount.com
"""


def asset(name: str, atype: str, pol: object, anc: list[str] | None = None) -> str:
    return json.dumps(
        {
            "name": name,
            "asset_type": atype,
            "iam_policy": pol,
            "ancestors": anc or ["projects/1234567890", "organizations/99"],
            "update_time": "2026-01-01T00:00:00Z",
        }
    )


SAN = "//iam.googleapis.com/projects/shop/serviceAccounts/" + TARGET
PRN = "//cloudresourcemanager.googleapis.com/projects/1234567890"


def assets(sa_members, pr_members=(), org=()):
    return (
        "\n".join(
            [
                asset(
                    SAN,
                    "iam.googleapis.com/ServiceAccount",
                    {"bindings": [{"role": CREATOR, "members": list(sa_members)}]},
                ),
                asset(
                    PRN,
                    "cloudresourcemanager.googleapis.com/Project",
                    {
                        "bindings": [{"role": CREATOR, "members": list(pr_members)}]
                        if pr_members
                        else [{"role": "roles/viewer", "members": ["user:x@example.com"]}]
                    },
                ),
                asset(
                    "//cloudresourcemanager.googleapis.com/organizations/99",
                    "cloudresourcemanager.googleapis.com/Organization",
                    {
                        "bindings": [
                            {"role": CREATOR if org else "roles/viewer", "members": list(org) or ["user:x@example.com"]}
                        ]
                    },
                    ["organizations/99"],
                ),
            ]
        )
        + "\n"
    )


def search_result(m: str) -> str:
    return json.dumps(
        [
            {
                "assetType": "iam.googleapis.com/ServiceAccount",
                "policy": {"bindings": [{"role": CREATOR, "members": [m]}]},
                "project": "projects/1234567890",
                "resource": SAN,
                "organization": "organizations/99",
                "folders": [],
            }
        ]
    )


FO = json.dumps([{"name": "folders/111", "displayName": "f", "parent": "organizations/99", "lifecycleState": "ACTIVE"}])
PAB = """resource "google_iam_principal_access_boundary_policy" "b" {
 organization="99"
 location="global"
 principal_access_boundary_policy_id="b"
 details {
  enforcement_version="%s"
  rules {
   effect="ALLOW"
   resources=["//cloudresourcemanager.googleapis.com/projects/%s"]
  }
 }
}
resource "google_iam_projects_policy_binding" "pb" {
 project="tools"
 location="global"
 policy_kind="PRINCIPAL_ACCESS_BOUNDARY"
 policy_binding_id="x"
 policy="organizations/99/locations/global/principalAccessBoundaryPolicies/${google_iam_principal_access_boundary_policy.b.principal_access_boundary_policy_id}"
 target {
  principal_set="//cloudresourcemanager.googleapis.com/projects/tools"
 }
}
"""

DEFAULT = "1234567890-compute@developer.gserviceaccount.com"
RUNS = 'resource "google_cloud_run_v2_service" "s" {\n project="shop"\n name="svc"\n location="eu"\n template {\n containers {\n image="x"\n}\n}\n}\n'


def default_accounts(action: str) -> dict[str, str]:
    """A project whose default accounts are changed, with what runs as one and a grant to attach it."""
    block = f'resource "google_project_default_service_accounts" "d" {{\n project="shop"\n action="{action}"\n}}\n'
    attaches = project_grant(ANA_TF, USER) + grant(f'"serviceAccount:{DEFAULT}"')
    return {"main.tf": ACCOUNT + RUNS + block + attaches, "projects.json": PROJECT_LIST}


CASES = [
    case(
        "cross enforced",
        {
            "main.tf": ACCOUNT + FN % "tools" + grant(ANA_TF, USER),
            "projects.json": PROJECT_LIST,
            "op.json": cross_project_policy(True),
        },
        ANA,
        "fails org-policy",
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "cross off",
        {
            "main.tf": ACCOUNT + FN % "tools" + grant(ANA_TF, USER),
            "projects.json": PROJECT_LIST,
            "op.json": cross_project_policy(False),
        },
        ANA,
        "works",
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "cross default",
        {"main.tf": ACCOUNT + FN % "tools" + grant(ANA_TF, USER), "projects.json": PROJECT_LIST},
        ANA,
        "unknown missing-input",
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case(
        "same project",
        {
            "main.tf": ACCOUNT + FN % "shop" + grant(ANA_TF, USER),
            "projects.json": PROJECT_LIST,
            "op.json": cross_project_policy(True),
        },
        ANA,
        "works",
        method="actAs",
        on="google_cloud_run_v2_service.s",
    ),
    case("backend", PV + ACCOUNT + grant(ANA_TF), ANA, "fails wrong-mode", error=ST),
    case("backend imp", PV + BE + ACCOUNT + grant(ANA_TF), ANA, "unknown missing-input", error=ST),
    case(
        "run 401",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "not-iam",
        method="generateIdToken",
        error="The access token could not be verified",
    ),
    case(
        "rights though not granted",
        ACCOUNT,
        ANA,
        "fails target-rights",
        error=f"googleapi: Error 403: {TARGET} does not have storage.objects.get access to the Google Cloud Storage object.",
    ),
    case(
        "policy evicts no service",
        {
            "main.tf": ACCOUNT
            + 'data "google_iam_policy" "p" {\n binding {\n role="roles/owner"\n members=["user:bob@example.com"]\n}\n}\nresource "google_project_iam_policy" "p" {\n project="shop"\n policy_data=data.google_iam_policy.p.policy_data\n}\n',
            "projects.json": PROJECT_LIST,
        },
        AG,
        "fails service-agent-evicted",
    ),
    case("kcc ok", {"k.yaml": KCC % ANA}, ANA, "works"),
    case("kcc no", {"k.yaml": KCC % "user:bob@example.com"}, ANA, "fails grant"),
    case("assets ok", {"a.json": assets([ANA]), "projects.json": PROJECT_LIST}, ANA, "works"),
    case("assets no", {"a.json": assets(["user:bob@example.com"]), "projects.json": PROJECT_LIST}, ANA, "fails grant"),
    case(
        "assets that name the account by its unique id",
        {
            "a.json": assets(["user:bob@example.com"]).replace(SAN, SAN.replace(TARGET, "1000")),
            "accounts.json": accounts(TARGET),
            "projects.json": PROJECT_LIST,
        },
        ANA,
        "fails grant",
    ),
    case(
        "assets org",
        {"a.json": assets(["user:bob@example.com"], org=[ANA]), "projects.json": PROJECT_LIST},
        ANA,
        "works",
    ),
    case("search ok", {"s.json": search_result(ANA)}, ANA, "works"),
    case("search no", {"s.json": search_result("user:bob@example.com")}, ANA, "unknown missing-input"),
    case(
        "folder grant",
        {**exports(policy(), policy(), parent="111"), "folders.json": FO, "folder-111.json": policy((CREATOR, ANA))},
        ANA,
        "works",
    ),
    case(
        "org missing",
        {**exports(policy(), policy(), parent="111"), "folders.json": FO, "folder-111.json": policy()},
        ANA,
        "unknown missing-input",
    ),
    case(
        "org there",
        {
            **exports(policy(), policy(), parent="111"),
            "folders.json": FO,
            "folder-111.json": policy(),
            "organization-99.json": policy(),
        },
        ANA,
        "fails grant",
    ),
    case(
        "tf folder",
        ACCOUNT
        + 'resource "google_project" "p" {\n project_id="shop"\n name="shop"\n folder_id="111"\n}\nresource "google_folder_iam_member" "f" {\n folder="folders/111"\n role="'
        + CREATOR
        + '"\n member="user:ana@example.com"\n}\n',
        ANA,
        "works",
    ),
    case(
        "tf other folder",
        ACCOUNT
        + 'resource "google_project" "p" {\n project_id="shop"\n name="shop"\n folder_id="111"\n}\nresource "google_folder_iam_member" "f" {\n folder="folders/222"\n role="'
        + CREATOR
        + '"\n member="user:ana@example.com"\n}\n',
        ANA,
        "unknown missing-input",
    ),
    case(
        "tf folder unknown parent",
        ACCOUNT
        + 'resource "google_folder_iam_member" "f" {\n folder="folders/222"\n role="'
        + CREATOR
        + '"\n member="user:ana@example.com"\n}\n',
        ANA,
        "unknown missing-input",
    ),
    case(
        "foreach set",
        'locals {\n m=toset(["user:ana@example.com","user:bob@example.com"])\n}\n'
        + ACCOUNT
        + grant("each.value", more="for_each=local.m"),
        ANA,
        "works",
    ),
    case(
        "foreach var",
        'variable "m" {\n type=set(string)\n}\n' + ACCOUNT + grant("each.value", more="for_each=var.m"),
        ANA,
        "unknown missing-input",
    ),
    case(
        "count var", 'variable "n" {\n type=number\n}\n' + ACCOUNT + grant(ANA_TF, more="count=var.n"), ANA, "unknown"
    ),
    case("count 0", ACCOUNT + grant(ANA_TF, more="count=0"), ANA, "fails grant"),
    case(
        "two roots",
        {
            "a/main.tf": ACCOUNT,
            "b/main.tf": 'resource "google_service_account_iam_member" "x" {\n service_account_id="projects/shop/serviceAccounts/'
            + TARGET
            + '"\n role="'
            + CREATOR
            + '"\n member="user:ana@example.com"\n}\n',
        },
        ANA,
        "works",
    ),
    case(
        "state",
        {
            "terraform.tfstate": json.dumps(
                {
                    "version": 4,
                    "terraform_version": "1.9.0",
                    "serial": 1,
                    "lineage": "x",
                    "outputs": {},
                    "resources": [
                        {
                            "mode": "managed",
                            "type": "google_service_account",
                            "name": "batch",
                            "provider": 'provider["registry.terraform.io/hashicorp/google"]',
                            "instances": [
                                {
                                    "schema_version": 0,
                                    "attributes": {
                                        "account_id": "batch",
                                        "email": TARGET,
                                        "project": "shop",
                                        "name": f"projects/shop/serviceAccounts/{TARGET}",
                                        "id": f"projects/shop/serviceAccounts/{TARGET}",
                                        "member": "serviceAccount:" + TARGET,
                                        "unique_id": "1",
                                        "disabled": False,
                                    },
                                }
                            ],
                        },
                        {
                            "mode": "managed",
                            "type": "google_service_account_iam_member",
                            "name": "m",
                            "provider": 'provider["registry.terraform.io/hashicorp/google"]',
                            "instances": [
                                {
                                    "schema_version": 0,
                                    "attributes": {
                                        "service_account_id": f"projects/shop/serviceAccounts/{TARGET}",
                                        "role": CREATOR,
                                        "member": "user:ana@example.com",
                                        "condition": [],
                                    },
                                }
                            ],
                        },
                    ],
                }
            )
        },
        ANA,
        "works",
    ),
    case(
        "data sa",
        'data "google_service_account" "b" {\n account_id="batch"\n project="shop"\n}\nresource "google_service_account_iam_member" "x" {\n service_account_id=data.google_service_account.b.name\n role="'
        + CREATOR
        + '"\n member="user:ana@example.com"\n}\n',
        ANA,
        "works",
    ),
    case(
        "data sa none",
        'data "google_service_account" "b" {\n account_id="batch"\n project="shop"\n}\n'
        + project_grant(ANA_TF, "roles/viewer"),
        ANA,
        "unknown missing-input",
    ),
    case(
        "iam module",
        'module "sa" {\n source="terraform-google-modules/iam/google//modules/service_accounts_iam"\n project="shop"\n mode="additive"\n service_accounts=["'
        + TARGET
        + '"]\n bindings={\n "'
        + CREATOR
        + '"=["user:ana@example.com"]\n}\n}\n'
        + ACCOUNT,
        ANA,
        "works",
    ),
    case("pab closed", ACCOUNT + grant('"serviceAccount:' + CI + '"') + PAB % ("3", "tools"), CI, "fails boundary"),
    case("pab open", ACCOUNT + grant('"serviceAccount:' + CI + '"') + PAB % ("3", "shop"), CI, "works"),
    case("pab v1", ACCOUNT + grant('"serviceAccount:' + CI + '"') + PAB % ("1", "tools"), CI, "works"),
    case("pab other caller", ACCOUNT + grant(ANA_TF) + PAB % ("3", "tools"), ANA, "works"),
    case(
        "default account disabled", default_accounts("DISABLE"), ANA, "fails disabled", target=DEFAULT, method="actAs"
    ),
    case("default account deleted", default_accounts("DELETE"), ANA, "fails member", target=DEFAULT, method="actAs"),
    case("default account deprived", default_accounts("DEPRIVILEGE"), ANA, "works", target=DEFAULT, method="actAs"),
    case("caller is a disabled default account", default_accounts("DISABLE"), DEFAULT, "fails disabled"),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)


def planned(condition: str = "", role: str | None = CREATOR) -> str:
    """A plan that creates the account and a grant on it: the name of the account is known after apply."""
    under = [{"title": "t", "expression": condition}] if condition else []
    known = {"account_id": "batch", "project": "shop", "email": TARGET, "member": f"serviceAccount:{TARGET}"}
    grant = {"member": ANA, "condition": under, **({"role": role} if role else {})}
    unknown = {"service_account_id": True, **({} if role else {"role": True})}
    changes = [
        {
            "address": f"{rtype}.{name}",
            "mode": "managed",
            "type": rtype,
            "name": name,
            "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": after_unknown},
        }
        for rtype, name, after, after_unknown in (
            ("google_service_account", "batch", known, {"name": True, "unique_id": True}),
            ("google_service_account_iam_member", "g", grant, unknown),
        )
    ]
    return json.dumps({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes})


@pytest.mark.parametrize(
    ("plan", "right", "note"),
    [
        (planned(), "unknown missing-input", f"Give {PLAN_SOURCE}"),
        (planned(role=None), "unknown missing-input", f"Give {PLAN_SOURCE}"),
        # the condition of a grant that may be on another account explains nothing
        (
            planned(EXPIRED),
            "fails grant",
            "A custom role with iam.serviceAccounts.getAccessToken alone is smaller still.",
        ),
    ],
)
def test_a_plan_without_its_source(plan: str, right: str, note: str, tmp_path: Path) -> None:
    answer = check(case("plan", {"plan.json": plan, "projects.json": PROJECT_LIST}, ANA, right), tmp_path)
    assert (answer.fix.note, answer.fix.file) == (note, "")


def test_the_fix_of_a_provider_has_the_id_of_its_project(tmp_path: Path) -> None:
    pool = "projects/2345678901/locations/global/workloadIdentityPools/gh"
    provider = {
        "name": f"{pool}/providers/p",
        "state": "ACTIVE",
        "attributeMapping": {"google.subject": "assertion.sub"},
    }
    provider |= {"oidc": {"issuerUri": GITHUB}, "attributeCondition": "assertion.repository == 'acme/lib'"}
    files = {**exports(policy()), "pools.json": json.dumps([{"name": pool, "state": "ACTIVE", "displayName": "gh"}])}
    files["providers.json"] = json.dumps([provider])
    answer = check(case("provider", files, "github:acme/app", "fails federation", claims=GITHUB_CLAIMS), tmp_path)
    assert "--project=tools " in answer.fix.gcloud
    assert answer.fix.file == ""
