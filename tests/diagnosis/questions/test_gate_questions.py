"""Checks of a call apart from allow policies: the target, the API, scopes, lifetimes."""

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
    TARGET,
    USER,
    Case,
    account,
    accounts,
    case,
    check,
    exports,
    grant,
    member_of,
    policy,
    services,
)

R = "relay@shop.iam.gserviceaccount.com"
g = policy((CREATOR, "serviceAccount:" + CI))
VM = """
resource "google_compute_instance" "vm1" {
  project      = "shop"
  name         = "web"
  machine_type = "e2"
  zone="z"
  service_account {
    email=google_service_account.vm.email
  scopes=[%s]
  }
}
"""


CASES = [
    case(
        "disabled tf",
        ACCOUNT.replace("account_id", "disabled=true\n account_id") + grant(ANA_TF),
        ANA,
        "fails disabled",
    ),
    case("disabled no grant", ACCOUNT.replace("account_id", "disabled=true\n account_id"), ANA, "fails disabled"),
    case(
        "disabled var",
        'variable "d" {}\n' + ACCOUNT.replace("account_id", "disabled=var.d\n account_id") + grant(ANA_TF),
        ANA,
        "unknown missing-input",
    ),
    case(
        "unique id",
        {**exports(policy((CREATOR, ANA))), "accounts.json": accounts(TARGET, "x@shop.iam.gserviceaccount.com")},
        ANA,
        "works",
        target="1000",
    ),
    case(
        "unlisted",
        {
            **exports(None),
            "accounts.json": accounts("one@shop.iam.gserviceaccount.com", "two@shop.iam.gserviceaccount.com"),
        },
        ANA,
        "fails member",
    ),
    case(
        "misspelt compact list",
        {**exports(None), "accounts.json": json.dumps([json.loads(accounts(TARGET))[0]], separators=(",", ":"))},
        ANA,
        "fails member",
        target="bath@shop.iam.gserviceaccount.com",
    ),
    case(
        "misspelt tf", ACCOUNT + grant(ANA_TF), ANA, "unknown missing-input", target="bath@shop.iam.gserviceaccount.com"
    ),
    case(
        "misspelt tf error",
        ACCOUNT + grant(ANA_TF),
        ANA,
        "fails member",
        target="bath@shop.iam.gserviceaccount.com",
        error="ERROR: (gcloud.auth.print-access-token) NOT_FOUND: Not found; Gaia id not found for email bath@shop.iam.gserviceaccount.com",
    ),
    case(
        "other project same name",
        {**exports(policy((CREATOR, ANA))), "accounts.json": accounts(TARGET, "x@shop.iam.gserviceaccount.com")},
        ANA,
        "unknown missing-input",
        target="batch@tools.iam.gserviceaccount.com",
    ),
    case("api off", {**exports(g), "services.json": services("run.googleapis.com")}, CI, "fails api"),
    case("api by iam", {**exports(g), "services.json": services("iam.googleapis.com")}, CI, "works"),
    case(
        "api off in target only",
        {**exports(g), "services.json": services("run.googleapis.com", project="1234567890")},
        CI,
        "works",
    ),
    case(
        "api off user",
        {**exports(policy((CREATOR, ANA))), "services.json": services("run.googleapis.com")},
        ANA,
        "works",
    ),
    case(
        "api off actAs",
        {**exports(policy((USER, "serviceAccount:" + CI))), "services.json": services("run.googleapis.com")},
        CI,
        "works",
        method="actAs",
    ),
    case(
        "api tf",
        'resource "google_project" "t" {\n project_id="tools"\n name="t"\n}\nresource "google_project_service" "s" {\n project=google_project.t.project_id\n service="run.googleapis.com"\n}\n'
        + ACCOUNT
        + grant('"serviceAccount:' + CI + '"'),
        CI,
        "fails api",
    ),
    case(
        "api error",
        {**exports(g)},
        CI,
        "fails api",
        error="IAM Service Account Credentials API has not been used in project 2345678901 before or it is disabled.",
    ),
    case(
        "api delegates",
        {
            **exports(policy((CREATOR, "serviceAccount:" + R))),
            f"service-accounts/{R}.json": g,
            "services.json": services("run.googleapis.com"),
        },
        CI,
        "fails api",
        delegates=(R,),
    ),
    case(
        "vm narrow",
        ACCOUNT + account("vm") + grant(member_of("vm")) + VM % '"storage-ro"',
        "vm:web",
        "fails oauth-scopes",
    ),
    case("vm cloud", ACCOUNT + account("vm") + grant(member_of("vm")) + VM % '"cloud-platform"', "vm:web", "works"),
    case(
        "vm label",
        ACCOUNT + account("vm") + grant(member_of("vm")) + VM % '"https://www.googleapis.com/auth/cloud-platform"',
        "vm:vm1",
        "works",
    ),
    case(
        "vm var",
        'variable "s" {}\n' + ACCOUNT + account("vm") + grant(member_of("vm")) + VM % "var.s",
        "vm:web",
        "unknown missing-input",
    ),
    case(
        "vm no account",
        ACCOUNT + VM.replace("email=google_service_account.vm.email\n  scopes=[%s]", 'scopes=["cloud-platform"]'),
        "vm:web",
        "unknown missing-input",
    ),
    case("vm missing", ACCOUNT, "vm:web", "unknown missing-input"),
    case(
        "tmpl",
        ACCOUNT
        + account("vm")
        + grant(member_of("vm"))
        + (VM % '"storage-ro"')
        .replace('google_compute_instance"', 'google_compute_instance_template"')
        .replace(' zone="z"\n', ""),
        "template:web",
        "fails oauth-scopes",
    ),
    case(
        "vm default scopes",
        ACCOUNT + account("vm") + grant(member_of("vm")) + (VM % "").replace("scopes=[]", "scopes=[]"),
        "vm:web",
        "fails oauth-scopes",
    ),
    case(
        "scopes err sa",
        ACCOUNT + grant('"serviceAccount:' + CI + '"'),
        CI,
        "fails oauth-scopes",
        error="Request had insufficient authentication scopes.",
    ),
    case("life", ACCOUNT + grant(ANA_TF), ANA, "fails org-policy", lifetime=7200),
    case(
        "life ok policy",
        {
            **exports(policy((CREATOR, ANA))),
            "op.json": json.dumps(
                [
                    {
                        "name": "projects/1234567890/policies/iam.allowServiceAccountCredentialLifetimeExtension",
                        "spec": {"rules": [{"values": {"allowedValues": [TARGET]}}]},
                    }
                ]
            ),
        },
        ANA,
        "works",
        lifetime=7200,
    ),
    case(
        "life allowAll",
        {
            **exports(policy((CREATOR, ANA))),
            "op.json": json.dumps(
                [
                    {
                        "name": "projects/1234567890/policies/iam.allowServiceAccountCredentialLifetimeExtension",
                        "spec": {"rules": [{"allowAll": True}]},
                    }
                ]
            ),
        },
        ANA,
        "works",
        lifetime=7200,
    ),
    case("life exports unknown", exports(policy((CREATOR, ANA))), ANA, "unknown missing-input", lifetime=7200),
    case("life 13h", exports(policy((CREATOR, ANA))), ANA, "fails org-policy", lifetime=50000),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)
