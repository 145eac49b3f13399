"""Refusals that name no permission: whose call was refused, and what Terraform was about to create."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    ANA_TF,
    EXPIRED,
    TARGET,
    ask,
    grant,
    member_of,
    outcome,
    project_grant,
    under,
)

from iamlint.diagnosis.recognition.said import read_error

BOX = """
╷
│ Error: Error creating {what}: googleapi: Error 403: The caller does not have permission
│
│   with {type}.x,
│   on main.tf line 10, in resource "{type}" "x":
│   10: resource "{type}" "x" {{
╵
"""
TRIGGER = BOX.format(what="Trigger", type="google_cloudbuild_trigger")
ABSENT = BOX.format(what="ManagedZone", type="google_dns_managed_zone").replace(
    "403: The caller does not have permission", "404: no such zone"
)
POLICY = """
Error: googleapi: Error 403: The caller does not have permission, forbidden

  on orgpolicy.tf line 50, in resource "google_project_organization_policy" "vm":
"""
BACKEND = f"""
Error: Failed to get existing workspaces: querying Cloud Storage failed: impersonate: unable to generate access token:
Post "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{TARGET}:generateAccessToken": oauth2/google:
status code 403: {{"error": {{"code": 403, "message": "The caller does not have permission"}}}}
"""


@pytest.mark.parametrize(
    ("text", "permission"),
    [
        (TRIGGER, "cloudbuild.builds.create"),
        (BOX.format(what="ManagedZone", type="google_dns_managed_zone"), "dns.managedZones.create"),
        (html.escape(TRIGGER), "cloudbuild.builds.create"),
        (json.dumps(TRIGGER), "cloudbuild.builds.create"),
        (BOX.format(what="X", type="google_unheard_of"), ""),
        (ABSENT + TRIGGER, "cloudbuild.builds.create"),
        (POLICY, ""),
    ],
)
def test_what_terraform_was_about_to_create_needs_a_permission(text: str, permission: str) -> None:
    """A refusal of another box, or of a read, is not about it."""
    said = read_error(text)
    assert said.permission == permission
    assert said.kind == "call-denied"


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("roles/cloudbuild.builds.viewer", ("fails", "target-rights")),
        ("roles/cloudbuild.builds.editor", ("unknown", "missing-input")),
    ],
)
def test_the_caller_needs_it(tmp_path: Path, role: str, expected: tuple[str, str]) -> None:
    answer = ask(tmp_path, project_grant('"user:ana@example.com"', role), ANA, None, error=TRIGGER)
    assert outcome(answer) == expected
    assert ("roles/cloudbuild.builds.editor" in answer.fix.gcloud) == (expected[0] == "fails")


@pytest.mark.parametrize("error", [POLICY, 'level=error msg="googleapi: Error 403: Forbidden, forbidden"'])
def test_an_account_of_the_input_is_not_taken_to_be_impersonated(tmp_path: Path, error: str) -> None:
    answer = ask(tmp_path, ACCOUNT, ANA, None, error=error)
    assert outcome(answer) == ("unknown", "missing-input")
    assert TARGET not in answer.asked + answer.fix.gcloud


@pytest.mark.parametrize(("more", "verdict"), [("", "fails"), (grant('"user:ana@example.com"'), "unknown")])
def test_a_backend_that_gets_no_token_is_refused_by_the_account(tmp_path: Path, more: str, verdict: str) -> None:
    """Its bucket was not reached: the backend does not act as another identity."""
    answer = ask(tmp_path, ACCOUNT + more, ANA, None, error=BACKEND)
    assert answer.verdict == verdict
    assert answer.asked == f"user:ana@example.com calls generateAccessToken for {TARGET}"


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        ('Permission denied on resource project My Shop. reason: "CONSUMER_INVALID"', "set-quota-project PROJECT"),
        ("Bucket is requester pays bucket but no user project provided.", "--billing-project=PROJECT"),
        ("ana@example.com does not have serviceusage.services.use access to the Google Cloud project.", "Consumer"),
    ],
)
def test_a_right_is_proposed_only_where_one_is_missing(tmp_path: Path, error: str, fix: str) -> None:
    """The display name of a project is not its id."""
    answer = ask(tmp_path, ACCOUNT, ANA, None, error=error)
    assert outcome(answer) == ("fails", "quota-project")
    assert fix in answer.fix.gcloud
    assert "My" not in answer.fix.gcloud


def test_a_client_that_signs_is_refused_by_its_own_account(tmp_path: Path) -> None:
    error = (
        "Error: The caller does not have permission at Gaxios._request (/workspace/node_modules/gaxios/src/g.js:9) "
        "at async sign (/workspace/node_modules/@google-cloud/storage/build/src/signer.js:91:35)"
    )
    run = """
resource "google_cloud_run_v2_service" "s" {
  project  = "shop"
  name     = "s"
  location = "europe-west1"
  template {
    service_account = google_service_account.batch.email
  }
}
"""
    answer = ask(tmp_path, ACCOUNT + run, None, None, error=error)
    assert outcome(answer) == ("fails", "grant")
    assert answer.asked == f"{TARGET} calls signBlob for {TARGET}"
    signs = grant(member_of("batch"))
    assert outcome(ask(tmp_path / "twin", ACCOUNT + run + signs, None, None, error=error))[0] == "unknown"


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (
            "HTTP Error: 403, Permission denied to enable service [run.googleapis.com]",
            f"{TARGET} needs serviceusage.services.enable on a resource that the error does not name",
        ),
        (
            "HTTP Error: 403, The caller does not have permission",
            "the error alone: The identity in use lacks a right that the text does not name",
        ),
        (
            "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: Zz-example-10",
            "the error alone: A service perimeter refuses the call",
        ),
    ],
)
def test_a_refusal_after_the_login_is_no_call_for_a_token(tmp_path: Path, error: str, asked: str) -> None:
    """The error names no account: the answer says that it is taken to be the only one of the input."""
    answer = ask(tmp_path, ACCOUNT, None, None, error=error)
    assert answer.asked == asked
    assert any(f"taken to be {TARGET}" in text for text in answer.not_in_input)


BILLING = 'missing permission on "billingAccounts/01B12F-2B8495-301502": billing.resourceAssociations.create'


@pytest.mark.parametrize(
    ("account", "more", "expected"),
    [
        ("000000-000000-000000", "", ("fails", "target-rights")),
        ("01B12F-2B8495-301502", "", ("unknown", "missing-input")),
        ("01B12F-2B8495-301502", under(EXPIRED), ("fails", "condition")),
    ],
)
def test_a_right_on_a_billing_account_is_granted_there(
    tmp_path: Path, account: str, more: str, expected: tuple[str, str]
) -> None:
    granted = project_grant(ANA_TF, "roles/billing.user", more=more).replace("google_project", "google_billing_account")
    granted = granted.replace('project = "shop"', f'billing_account_id = "{account}"')
    answer = ask(tmp_path, granted, ANA, None, error=BILLING)
    assert outcome(answer) == expected
    if expected[0] == "fails":
        assert answer.fix.gcloud.startswith("gcloud billing accounts add-iam-policy-binding 01B12F-2B8495-301502 --mem")


AUDIT = """{"protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
"status": {"code": 7, "message": "Not authorized to access resource."},
"authenticationInfo": {"principalEmail": "ana@example.com"},
"authorizationInfo": [{"resource": "instances/crm", "permission": "cloudsql.instances.get"}]},
"resource": {"type": "cloudsql_database", "labels": {"database_id": "shop:crm", "project_id": "shop"}}}"""


@pytest.mark.parametrize(("project", "evidence"), [("shop", "by the input this call works"), ("tools", "has no grant")])
def test_an_audit_entry_has_the_project_of_a_bare_name(tmp_path: Path, project: str, evidence: str) -> None:
    granted = project_grant(ANA_TF, "roles/cloudsql.client", project=project)
    assert evidence in ask(tmp_path, granted, ANA, None, error=AUDIT).headline
