"""What custom roles put together, and permissions that are in no role of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]


def role(*permissions: str, more: str = "") -> dict[str, str]:
    text = f"""
resource "google_project_iam_custom_role" "r" {{
  project     = "shop"
  role_id     = "r"
  title       = "R"
  permissions = {json.dumps(permissions)}
}}
{more}
"""
    return {"main.tf": text}


def messages(check: Check, files: dict[str, str], rule: str) -> list[str]:
    return [finding.message for finding in check(files, select=(rule,)).findings]


@pytest.mark.parametrize(
    ("permissions", "flagged"),
    [
        (["iam.serviceAccounts.getAccessToken", "storage.objects.get"], True),
        (["iam.serviceAccounts.implicitDelegation", "run.services.get"], True),
        (["storage.hmacKeys.create", "storage.objects.get"], True),
        (["iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.get", "resourcemanager.projects.list"], False),
        (["storage.hmacKeys.create", "storage.hmacKeys.list"], False),
        (["iam.serviceAccounts.actAs", "storage.objects.get"], False),
    ],
)
def test_credentials_among_other_permissions(check: Check, permissions: list[str], flagged: bool) -> None:
    found = messages(check, role(*permissions), "token-permission-in-custom-role")
    assert bool(found) is flagged
    assert not found or f"mixes {permissions[0]} with 1 permission of another kind" in found[0]


def granted(resource: str, argument: str, value: str) -> str:
    return f"""
resource "{resource}" "g" {{
  {argument} = "{value}"
  role       = google_project_iam_custom_role.r.id
  member     = "group:g@example.com"
}}
"""


PROJECT = granted("google_project_iam_member", "project", "shop")
ACCOUNT = granted(
    "google_service_account_iam_member",
    "service_account_id",
    "projects/shop/serviceAccounts/a@shop.iam.gserviceaccount.com",
)


@pytest.mark.parametrize(("more", "severity"), [("", "medium"), (PROJECT, "high"), (ACCOUNT, None)])
def test_attach_and_deploy(check: Check, more: str, severity: str | None) -> None:
    files = role("iam.serviceAccounts.actAs", "run.services.create", more=more)
    report = check(files, select=("act-as-and-deploy-in-custom-role",))
    assert [finding.severity for finding in report.findings] == ([severity] if severity else [])


@pytest.mark.parametrize(("more", "severity"), [("", "medium"), (PROJECT, "high"), (ACCOUNT, "medium")])
def test_a_role_that_changes_roles(check: Check, more: str, severity: str) -> None:
    report = check(role("iam.roles.update", more=more), select=("self-widening-custom-role",))
    assert [finding.severity for finding in report.findings] == [severity]


@pytest.mark.parametrize(
    ("permission", "reason", "confidence"),
    [
        ("iam.serviceAccount.getAccessToken", "; did you mean iam.serviceAccounts.getAccessToken?", "medium"),
        ("storge.objects.get", "; did you mean storage.objects.get?", "medium"),
        ("iam.serviceaccounts.getaccesstoken", "; did you mean iam.serviceAccounts.getAccessToken?", "medium"),
        ("nosuch.things.get", ", nor is anything of `nosuch`", "medium"),
        ("iam.serviceAccounts.impersonate", ", and that has all of their kind", "medium"),
        ("iam.googleapis.com/serviceAccounts.actAs", "deny policies spell iam.serviceAccounts.actAs", "high"),
        (
            "cloudresourcemanager.googleapis.com/projects.setIamPolicy",
            "deny policies spell resourcemanager.projects.setIamPolicy",
            "high",
        ),
        ("iam.googleapis.com/roles.get", "that is how deny policies spell iam.roles.get", "high"),
        ("iam.serviceAccounts.*", "custom roles take no wildcards", "high"),
        ("roles/run.viewer", "it is a role", "high"),
        ("getAccessToken", "a permission is SERVICE.RESOURCE.VERB", "high"),
    ],
)
def test_permissions_that_are_not_there(check: Check, permission: str, reason: str, confidence: str) -> None:
    report = check(role(permission, "storage.objects.get"), select=("unknown-permission",))
    (finding,) = report.findings
    assert reason in finding.message
    assert finding.confidence == confidence


def test_what_is_wrong_has_its_own_place_and_what_may_be_newer_is_told_once(check: Check) -> None:
    text = """
resource "google_project_iam_custom_role" "r" {
  project = "shop"
  role_id = "r"
  title   = "R"
  permissions = [
    "storage.object.get",
    "storage.objects.get",
    "storage.buckets.exemptFromIpFilter",
    "storage.*",
    "cloudfunctions.locations.get",
    "roles/viewer",
  ]
}
"""
    report = check({"main.tf": text}, select=("unknown-permission",))
    assert [finding.at.line for finding in report.findings] == [7, 10, 12]
    (unknown_answer,) = report.unknown_answers
    assert unknown_answer.at.line == 9
    assert unknown_answer.reason.startswith("storage.buckets.exemptFromIpFilter is in no role of the catalogue of ")
    assert "nor is 1 more of the role" in unknown_answer.reason


def test_what_iam_has_accepted_is_no_slip(check: Check) -> None:
    accepted = "includedPermissions:\n- storage.object.get\nname: projects/shop/roles/r\nstage: GA\ntitle: R\n"
    report = check({"role.yaml": accepted}, select=("unknown-permission",))
    assert (len(report.findings), len(report.unknown_answers)) == (0, 1)
    report = check({"role.yaml": accepted.replace("projects/shop/roles/r", "r")}, select=("unknown-permission",))
    assert (len(report.findings), len(report.unknown_answers)) == (1, 0)


def test_what_stands_beside_the_one_that_it_may_be_a_slip_of_is_none(check: Check) -> None:
    both = ("networkservices.httpFilters.use", "networkservices.httpfilters.use")
    report = check(role(*both), select=("unknown-permission",))
    assert (len(report.findings), len(report.unknown_answers)) == (0, 1)
    assert len(check(role(both[0]), select=("unknown-permission",)).findings) == 1


@pytest.mark.parametrize("host", ["iam.googleapis.com/", "iam."])
@pytest.mark.parametrize("name", ["workloadIdentityPoolProviders.update", "workloadIdentityPoolProviders.create"])
def test_both_spellings_of_a_permission_are_one(check: Check, host: str, name: str) -> None:
    widening = role("storage.objects.get", f"{host}{name}")
    report = check(widening, select=("unknown-permission",))
    assert (report.findings, report.unknown_answers) == ((), ())
    (finding,) = check(widening, select=("self-widening-custom-role",)).findings
    assert name in finding.message


@pytest.mark.parametrize(
    ("permission", "findings"),
    [
        ("compute.regionTargetHttpProxies.update", 0),  # both words exist, not together
        ("compute.regionTargetHttpProxie.get", 1),
        ("compute.regionTargetHttpsProxies.updates", 1),
    ],
)
def test_a_verb_that_others_of_the_service_have_is_no_slip(check: Check, permission: str, findings: int) -> None:
    report = check(role("storage.objects.get", permission), select=("unknown-permission",))
    assert (len(report.findings), len(report.unknown_answers)) == (findings, 1 - findings)


@pytest.mark.parametrize(
    ("deploy", "does", "severity"),
    [
        ("run.services.create", "run code as any service account", "medium"),
        ("cloudscheduler.jobs.create", "make calls as any service account", "medium"),
        ("pubsub.subscriptions.create", "send ID tokens of any service account", "low"),
    ],
)
def test_what_a_deployment_gives(check: Check, deploy: str, does: str, severity: str) -> None:
    (found,) = check(role("iam.serviceAccounts.actAs", deploy), select=("act-as-and-deploy-in-custom-role",)).findings
    assert does in found.message
    assert found.severity == severity


def test_a_role_without_a_name_is_this_role(check: Check) -> None:
    text = "title: Deployer\nstage: GA\nincludedPermissions:\n- iam.roles.update\n- iam.roles.list\n"
    (found,) = check({"role.yaml": text}, select=("self-widening-custom-role",)).findings
    assert found.message.startswith("this role has iam.roles.update")
