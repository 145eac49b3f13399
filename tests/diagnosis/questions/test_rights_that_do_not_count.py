"""A right on a resource that is granted and does not count, or not there: what stops it, and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import ACCOUNT, EXPIRED, TARGET, Case, account, ask, case, check, deny, project_grant, under

MEMBER = "google_service_account.batch.member"
ACCESSOR, CONSUMER = "roles/secretmanager.secretAccessor", "roles/serviceusage.serviceUsageConsumer"
EVERYBODY = '"principalSet://goog/public:all"'
SECRET = (
    "rpc error: code = PermissionDenied desc = Permission 'secretmanager.versions.access' denied for resource "
    "'projects/shop/secrets/db/versions/latest' (or it may not exist)."
)
JOBS = "403 Access Denied: Project shop: User does not have bigquery.jobs.create permission in project shop."
QUOTA = (
    "Caller does not have required permission to use project shop. Grant the caller the "
    "roles/serviceusage.serviceUsageConsumer role."
)
SQL = (
    'failed to get instance metadata (connection name = "shop:europe-west1:main"): googleapi: Error 403: The client is '
    "not authorized to make this request., notAuthorized"
)
IAP = f"Exception: Service account {TARGET} does not have permission to access the IAP-protected application."
WORKER = f"Permissions are missing for the service account '{TARGET}', missing permissions: [dataproc.agents.create]."
VIEWER = "roles/iap.httpsResourceAccessor"


def on_secret(secret: str, more: str = "") -> str:
    """Terraform that lets the account read a secret."""
    return f"""
resource "google_secret_manager_secret_iam_member" "s" {{
  project   = "shop"
  secret_id = "{secret}"
  role      = "{ACCESSOR}"
  member    = {MEMBER}
  {more}
}}
"""


def asked(name: str, terraform: str, right: str, error: str, *, base: str = ACCOUNT) -> Case:
    return case(name, base + terraform, f"serviceAccount:{TARGET}", right, target=None, error=error)


READ = (
    'Error when reading or editing Service Account "projects/shop/serviceAccounts/boss@shop.iam.gserviceaccount.com": '
    "googleapi: Error 403: Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist)."
)
ENABLE = (
    "Error: Error when reading or editing Project Service shop/run.googleapis.com: googleapi: Error 403: "
    "Permission denied to enable service [run.googleapis.com]"
)
USAGE = "roles/serviceusage.serviceUsageAdmin"

CASES = [
    asked(
        "the condition of the right to bill ended",
        project_grant(MEMBER, CONSUMER, more=under(EXPIRED)),
        "fails condition",
        QUOTA,
    ),
    asked(
        "an account of another project",
        project_grant(MEMBER, "roles/iam.serviceAccountViewer", project="tools"),
        "fails target-rights",
        READ,
    ),
    asked("services of another project", project_grant(MEMBER, USAGE, project="tools"), "fails target-rights", ENABLE),
    asked("services of the project", project_grant(MEMBER, USAGE), "unknown missing-input", ENABLE),
    asked("nothing", "", "fails target-rights", SECRET),
    asked("granted", on_secret("db"), "unknown missing-input", SECRET),
    asked("another secret", on_secret("other"), "fails target-rights", SECRET),
    asked("the condition ended", on_secret("db", under(EXPIRED)), "fails condition", SECRET),
    asked(
        "the condition of the project ended",
        project_grant(MEMBER, ACCESSOR, more=under(EXPIRED)),
        "fails condition",
        SECRET,
    ),
    asked(
        "denied on the project of the secret",
        on_secret("db") + deny(EVERYBODY, '"secretmanager.googleapis.com/versions.access"'),
        "fails deny",
        SECRET,
    ),
    asked(
        "denied, and not granted",
        deny(EVERYBODY, '"secretmanager.googleapis.com/versions.access"'),
        "fails target-rights",
        SECRET,
    ),
    asked(
        "denied on another project",
        on_secret("db") + deny(EVERYBODY, '"secretmanager.googleapis.com/versions.access"', parent="projects/tools"),
        "unknown missing-input",
        SECRET,
    ),
    asked(
        "denied on the project itself",
        project_grant(MEMBER, "roles/bigquery.jobUser") + deny(EVERYBODY, '"bigquery.googleapis.com/jobs.create"'),
        "fails deny",
        JOBS,
    ),
    asked(
        "denied, and the error names no resource",
        project_grant(MEMBER, "roles/dataproc.worker") + deny(EVERYBODY, '"dataproc.googleapis.com/agents.create"'),
        "fails deny",
        WORKER,
    ),
    asked("no right to bill", "", "fails quota-project", QUOTA),
    asked("a right to bill", project_grant(MEMBER, CONSUMER), "unknown missing-input", QUOTA),
    asked("a right to bill elsewhere", project_grant(MEMBER, CONSUMER, project="tools"), "fails quota-project", QUOTA),
    asked(
        "an instance by its connection", project_grant(MEMBER, "roles/cloudsql.client"), "unknown missing-input", SQL
    ),
    asked(
        "an instance of another project",
        project_grant(MEMBER, "roles/cloudsql.client", project="tools"),
        "fails target-rights",
        SQL,
    ),
    case(
        "the account that the error names is disabled",
        account("batch", more="disabled = true") + project_grant(MEMBER, VIEWER),
        None,
        "fails disabled",
        target=None,
        error=IAP,
    ),
    case(
        "a second block disables the account that the error names",
        account("batch")
        + account("off", more="disabled = true").replace('"off"\n  disabled', '"batch"\n  disabled')
        + project_grant(MEMBER, VIEWER),
        None,
        "unknown missing-input",
        target=None,
        error=IAP,
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_right(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)


def test_a_condition_that_ended_is_all_that_is_said(tmp_path: Path) -> None:
    answer = ask(
        tmp_path, ACCOUNT + on_secret("db", under(EXPIRED)), f"serviceAccount:{TARGET}", target=None, error=SECRET
    )
    assert "under a condition that does not hold" in answer.headline
    assert "google_secret_manager_secret_iam_member" in answer.fix.terraform
    assert "change the condition" in answer.fix.note
    assert answer.also == ()


def test_a_denial_is_fixed_for_the_account_alone(tmp_path: Path) -> None:
    terraform = ACCOUNT + on_secret("db") + deny(EVERYBODY, '"secretmanager.googleapis.com/versions.access"')
    answer = ask(tmp_path, terraform, f"serviceAccount:{TARGET}", target=None, error=SECRET)
    assert answer.fix.terraform.endswith(f'serviceAccounts/{TARGET}"]')


def test_a_right_on_something_else_is_said_with_its_resource(tmp_path: Path) -> None:
    answer = ask(tmp_path, ACCOUNT + project_grant(MEMBER, VIEWER, project="tools"), None, target=None, error=IAP)
    assert answer.verdict == "unknown"
    assert "on project tools" in answer.headline
    assert "the error does not name the resource" in answer.headline


def test_the_role_is_the_one_of_the_errors_document(tmp_path: Path) -> None:
    error = 'Error: the user does not have permission to access Project "shop" or it may not exist'
    answer = ask(tmp_path, ACCOUNT, f"serviceAccount:{TARGET}", target=None, error=error)
    assert '"roles/browser"' in answer.fix.terraform
