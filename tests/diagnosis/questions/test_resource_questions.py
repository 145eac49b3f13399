"""Errors of the call after the login: direct federation, schedules, service agents, rights of the named account."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    CI,
    GITHUB_CLAIMS,
    POOL,
    PROJECTS,
    TARGET,
    USER,
    WORKLOAD,
    Case,
    account,
    ask,
    case,
    check,
    deny,
    grant,
    member_of,
    outcome,
    policy,
    pool_member,
    project_grant,
    projects,
    provider,
    under,
)

from iamlint.diagnosis.asking import BadQuestionError
from iamlint.diagnosis.recognition.called_urls import needed_by, requested
from iamlint.diagnosis.recognition.said import read_error

G = "github:acme/app"
CLAIMS = {"repository": "acme/app", "repository_owner": "acme", **GITHUB_CLAIMS}
FEDERATED = ACCOUNT + POOL + provider()
ADMITTED = grant(pool_member("attribute.repository/acme/app"), WORKLOAD)
WORKFLOW = """\
on: push
permissions:
  id-token: write
jobs:
  d:
    runs-on: ubuntu-latest
    steps:
      - uses: google-github-actions/auth@v2
        with:
          workload_identity_provider: projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p
%s
"""
NO_SERVICE = (
    "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'run.services.get' denied on resource "
    "'namespaces/shop/services/web' (or resource may not exist)."
)
VAGUE = "Error: 403 Missing or insufficient permissions."
REJECTED = (
    '{"error":"unauthorized_client","error_description":"The given credential is rejected by the attribute condition."}'
)
JOB_URL = "https://europe-west1-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/shop/jobs/nightly:run"
SCHEDULE = """
resource "google_cloud_scheduler_job" "start" {
  project  = "shop"
  region   = "europe-west1"
  name     = "start"
  schedule = "0 3 * * *"
  http_target {
    uri = "%s"
    oauth_token {
      service_account_email = google_service_account.batch.email
    }
  }
}
"""
RUN = """
resource "google_cloud_run_v2_service" "web" {
  project  = "shop"
  name     = "web"
  location = "europe-west1"
  template {
    service_account = google_service_account.batch.email
    containers {
      image = "example/web"
    }
  }
}
"""
SECRET = (
    "Revision 'web-00001' is not ready. Permission denied on secret: projects/shop/secrets/db/versions/latest for "
    f"Revision service account {TARGET}. The service account used must be granted the 'Secret Manager Secret Accessor' "
    "role (roles/secretmanager.secretAccessor) at the secret, project or higher level."
)
NO_SECRET = (
    "rpc error: code = PermissionDenied desc = Permission 'secretmanager.versions.access' denied for resource "
    "'projects/shop/secrets/db/versions/latest' (or it may not exist)."
)
KSA = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  namespace: web\n"
IN_GKE = grant('"serviceAccount:shop.svc.id.goog[web/app]"', WORKLOAD)
RECREATED = policy(("roles/owner", f"deleted:serviceAccount:{CI}?uid=1"))


def log(url: str, name: str = "start") -> str:
    """Return a line of Cloud Scheduler's log."""
    return json.dumps(
        {
            "@type": "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished",
            "debugInfo": "URL_ERROR-ERROR_OTHER. Original HTTP response code number = 403",
            "jobName": f"projects/shop/locations/europe-west1/jobs/{name}",
            "status": "PERMISSION_DENIED",
            "targetType": "HTTP",
            "url": url,
        }
    )


def direct(terraform: str, more: str = "") -> dict[str, str]:
    """Files of a workflow without a service account."""
    return {"main.tf": terraform, ".github/workflows/d.yml": WORKFLOW % more}


def asked(name: str, files: dict[str, str] | str, right: str, error: str) -> Case:
    """A question of the workflow's repository, about no account."""
    return case(name, files, G, right, target=None, error=error, claims=CLAIMS)


def to_set(role: str) -> str:
    """Terraform that grants a role on the project to the repository itself."""
    return project_grant(pool_member("attribute.repository/acme/app"), role)


IMPERSONATING = f"          service_account: {TARGET}"
BY_HAND = (
    "ERROR: (gcloud.storage.cp) HTTPError 403: ana@example.com does not have storage.objects.create access to the Google "
    "Cloud Storage object. Permission 'storage.objects.create' denied on resource (or it may not exist)."
)
CASES = [
    *(
        case(name, files, None, "fails target-rights", target=None, error=BY_HAND)
        for name, files in (
            ("a person beside a workflow", direct(FEDERATED + ADMITTED, IMPERSONATING)),
            ("a person beside the only account", FEDERATED + ADMITTED),
        )
    ),
    *(
        case(name, direct(files, IMPERSONATING), f"serviceAccount:{TARGET}", right, target=None, error=NO_SERVICE)
        for name, files, right in (
            ("the account of a workflow itself", FEDERATED + ADMITTED, "fails target-rights"),
            (
                "the account of a workflow itself, with a role",
                FEDERATED + ADMITTED + project_grant(member_of("batch"), "roles/run.admin"),
                "unknown",
            ),
        )
    ),
    asked("no role for the identity", direct(FEDERATED), "fails target-rights", NO_SERVICE),
    asked("a role for the identity", direct(FEDERATED + to_set("roles/run.admin")), "unknown", NO_SERVICE),
    asked("another role", direct(FEDERATED + to_set("roles/storage.admin")), "fails target-rights", NO_SERVICE),
    asked(
        "the account has the role",
        direct(FEDERATED + ADMITTED + project_grant(member_of("batch"), "roles/run.admin")),
        "fails wrong-mode",
        NO_SERVICE,
    ),
    asked("the account lacks it, too", direct(FEDERATED + ADMITTED), "fails target-rights", NO_SERVICE),
    asked("vague, an account", direct(FEDERATED + ADMITTED), "fails wrong-mode", VAGUE),
    asked("vague, no grant", direct(FEDERATED), "fails target-rights", VAGUE),
    asked("vague, a role", direct(FEDERATED + to_set("roles/run.viewer")), "unknown missing-input", VAGUE),
    asked(
        "the account is named by a secret",
        direct(FEDERATED + ADMITTED, "          service_account: ${{ secrets.ACCOUNT }}"),
        "fails target-rights",
        NO_SERVICE,
    ),
    asked(
        "another repository",
        direct(FEDERATED + project_grant(pool_member("attribute.repository/acme/other"), "roles/run.admin")),
        "fails target-rights",
        NO_SERVICE,
    ),
    asked(
        "the condition refuses a fork",
        direct(ACCOUNT + POOL + provider("assertion.repository == 'upstream/app'") + to_set("roles/run.admin")),
        "fails federation",
        REJECTED,
    ),
    asked("no condition in the input", direct(FEDERATED, IMPERSONATING), "unknown", REJECTED),
    asked(
        "no condition in the input, and the pool may be disabled",
        direct(
            FEDERATED.replace("  workload_identity_pool_id", "  disabled = var.off\n  workload_identity_pool_id", 1)
            + 'variable "off" {}\n',
            IMPERSONATING,
        ),
        "unknown",
        REJECTED,
    ),
    case(
        "a pull request has no branch",
        FEDERATED.replace(
            "attribute_mapping",
            "attribute_condition = \"assertion.ref.startsWith('refs/heads/')\"\n  attribute_mapping",
        ),
        G,
        "fails federation",
        claims={**CLAIMS, "ref": "refs/pull/7/merge"},
        error=REJECTED,
    ),
    case(
        "the repository as a subject",
        FEDERATED + grant(pool_member("subject/acme/app", "principal"), WORKLOAD),
        G,
        "fails member",
        claims=CLAIMS,
    ),
    case(
        "the owner as a repository",
        FEDERATED + grant(pool_member("attribute.repository/acme"), WORKLOAD),
        G,
        "fails member",
        claims=CLAIMS,
    ),
    case(
        "a workload without an annotation",
        {
            "main.tf": ACCOUNT + IN_GKE + project_grant(member_of("batch"), "roles/secretmanager.secretAccessor"),
            "sa.yaml": KSA,
        },
        "ksa:shop/web/app",
        "fails wrong-mode",
        target=None,
        error=NO_SECRET,
    ),
    case(
        "another workload without an annotation",
        {"main.tf": ACCOUNT + grant(f'"{ANA}"') + project_grant(member_of("batch"), "roles/viewer"), "sa.yaml": KSA},
        ANA,
        "fails target-rights",
        target=None,
        error=NO_SECRET,
    ),
    case(
        "an annotated workload",
        {
            "main.tf": ACCOUNT + IN_GKE + project_grant(member_of("batch"), "roles/viewer"),
            "sa.yaml": KSA + f"  annotations:\n    iam.gke.io/gcp-service-account: {TARGET}\n",
        },
        "ksa:shop/web/app",
        "fails target-rights",
        target=None,
        error=NO_SECRET,
    ),
    case(
        "the account that is read",
        ACCOUNT,
        ANA,
        "fails target-rights",
        target=None,
        error='Error when reading or editing Service Account "projects/net/serviceAccounts/p@net.iam.gserviceaccount.com":'
        " googleapi: Error 403: Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist).",
    ),
    case("schedule", ACCOUNT + SCHEDULE % JOB_URL, None, "fails target-rights", target=None, error=log(JOB_URL)),
    case(
        "schedule with the role",
        ACCOUNT + SCHEDULE % JOB_URL + project_grant(member_of("batch"), "roles/run.invoker"),
        None,
        "unknown missing-input",
        target=None,
        error=log(JOB_URL),
    ),
    case(
        "schedule without an account",
        ACCOUNT
        + (SCHEDULE % JOB_URL).replace(
            "oauth_token {\n      service_account_email = google_service_account.batch.email\n    }", ""
        ),
        None,
        "fails target-rights",
        target=None,
        error=log(JOB_URL),
    ),
    case(
        "one of two schedules",
        ACCOUNT
        + account("other")
        + SCHEDULE % JOB_URL
        + (SCHEDULE % JOB_URL).replace('"start"', '"stop"').replace("account.batch", "account.other")
        + project_grant(member_of("other"), "roles/run.invoker"),
        None,
        "unknown missing-input",
        target=None,
        error=log(JOB_URL, "stop"),
    ),
    case("secret", ACCOUNT + RUN, None, "fails target-rights", target=None, error=SECRET),
    case(
        "secret of the deployer",
        ACCOUNT + RUN + project_grant(f'"serviceAccount:{CI}"', "roles/secretmanager.secretAccessor"),
        None,
        "fails target-rights",
        target=None,
        error=SECRET,
    ),
    case(
        "secret with the role",
        ACCOUNT + RUN + project_grant(member_of("batch"), "roles/secretmanager.secretAccessor"),
        None,
        "unknown missing-input",
        target=None,
        error=SECRET,
    ),
    case(
        "the account was made again",
        {"project-tools.json": RECREATED},
        f"serviceAccount:{CI}",
        "fails target-rights",
        target=None,
        error="Error 403: Permission iam.serviceAccounts.create is required to perform this operation on project "
        "projects/tools., forbidden",
    ),
    case(
        "signs by the name of the method",
        ACCOUNT + RUN + project_grant(member_of("batch"), USER),
        None,
        "fails grant",
        method="signBlob",
        error="Error: The caller does not have permission",
    ),
    case(
        "bucket of a build",
        "",
        ANA,
        "fails target-rights",
        target=None,
        error="The user is forbidden from accessing the bucket [shop_cloudbuild]. Please check your organization's "
        'policy or if the user has the "serviceusage.services.use" permission',
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)


def test_the_fix_of_direct_federation_is_in_the_workflow(tmp_path: Path) -> None:
    files = direct(FEDERATED + ADMITTED + project_grant(member_of("batch"), "roles/run.admin"))
    answer = ask(tmp_path, files, G, None, error=NO_SERVICE, claims=CLAIMS)
    assert answer.fix.file.endswith("d.yml")
    assert f"service_account: {TARGET}" in answer.fix.note


def test_direct_federation_without_an_error_needs_a_permission(tmp_path: Path) -> None:
    with pytest.raises(BadQuestionError) as raised:
        ask(tmp_path, direct(FEDERATED + ADMITTED), G, None, claims=CLAIMS)
    assert "give --permission and --on" in raised.value.hint


def test_a_permission_of_the_identity_itself_is_not_guessed(tmp_path: Path) -> None:
    """An export of another resource says nothing of a bucket."""
    answer = ask(
        tmp_path, {"project-tools.json": policy()}, G, None, claims=CLAIMS, permission="storage.objects.get", on="logs"
    )
    assert answer.verdict == "unknown"


def test_a_text_of_no_known_kind_makes_no_call_up(tmp_path: Path) -> None:
    answer = ask(tmp_path, ACCOUNT, ANA, None, error="the frobnicator refused")
    assert outcome(answer) == ("unknown", "missing-input")
    assert "of no kind that iamlint knows" in answer.headline


@pytest.mark.parametrize(
    ("url", "needed"),
    [
        (JOB_URL, ("run.jobs.run", "projects/shop/jobs/nightly")),
        (
            "https://run.googleapis.com/v2/projects/shop/locations/europe-west1/jobs/nightly:run",
            ("run.jobs.run", "projects/shop/jobs/nightly"),
        ),
        (
            "https://compute.googleapis.com/compute/v1/projects/shop/zones/europe-west1-b/instances/vm/start",
            ("compute.instances.start", "projects/shop/zones/europe-west1-b/instances/vm"),
        ),
        ("https://cloudbuild.googleapis.com/v1/projects/shop/builds", ("cloudbuild.builds.create", "projects/shop")),
        (
            "https://workflowexecutions.googleapis.com/v1/projects/shop/locations/eu/workflows/w/executions",
            ("workflows.executions.create", "projects/shop/locations/eu/workflows/w"),
        ),
        (
            "https://pubsub.googleapis.com/v1/projects/shop/topics/t:publish",
            ("pubsub.topics.publish", "projects/shop/topics/t"),
        ),
        ("https://web-front-abcdefghij-ew.a.run.app/tick", ("run.routes.invoke", "web-front")),
        ("https://web-1234567890.europe-west1.run.app", ("run.routes.invoke", "web")),
        ("https://europe-west1-shop.cloudfunctions.net/tick", ("cloudfunctions.functions.invoke", "tick")),
        ("https://example.com/hook", None),
        ("", None),
    ],
)
def test_what_a_scheduled_call_needs(url: str, needed: tuple[str, str] | None) -> None:
    assert needed_by(url) == needed


@pytest.mark.parametrize(
    ("request_line", "needed"),
    [
        (
            "requesting https://iam.googleapis.com/v1/projects/shop/serviceAccounts/x@shop.iam.gserviceaccount.com:getIamPolicy?a",
            "iam.serviceAccounts.getIamPolicy projects/shop/serviceAccounts/x@shop.iam.gserviceaccount.com",
        ),
        (
            "403 POST https://cloudresourcemanager.googleapis.com/v3/folders/12:setIamPolicy: no",
            "resourcemanager.folders.setIamPolicy folders/12",
        ),
        (
            "403 POST https://pubsub.googleapis.com/v1/projects/shop/subscriptions/orders:pull?alt=json: no",
            "pubsub.subscriptions.consume projects/shop/subscriptions/orders",
        ),
        ("403 POST https://pubsub.googleapis.com/v1/projects/shop/subscriptions/orders:seek: no", None),
        ("see https://pubsub.googleapis.com/v1/projects/shop/topics/orders:publish", None),
    ],
)
def test_what_a_request_needs(request_line: str, needed: str | None) -> None:
    assert requested(request_line) == (tuple(needed.split()) if needed else None)


@pytest.mark.parametrize(
    ("image", "resource"),
    [
        ("us-docker.pkg.dev/shop/images/app:1", "us-docker.pkg.dev/shop/images"),
        ("us-docker.pkg.dev/shop/images/app:1 and us-docker.pkg.dev/shop/images/b", "us-docker.pkg.dev/shop/images"),
        ("us-docker.pkg.dev/shop/images/app:1 and us-docker.pkg.dev/shop/other/b", ""),
    ],
)
def test_the_repository_of_an_image(image: str, resource: str) -> None:
    """Docker names the image next to the refusal, which names no resource."""
    refusal = (
        "denied: Permission 'artifactregistry.repositories.uploadArtifacts' denied on resource (or it may not exist)."
    )
    assert read_error(f"{refusal}\nERROR: error pushing image {image}").resource == resource


BUCKET = "does not have storage.objects.create access to the Google Cloud Storage object. Permission 'storage.objects.create'"
UPLOAD = (
    f"403 POST https://storage.googleapis.com/upload/storage/v1/b/shop-data/o?a: {TARGET} {BUCKET} denied on resource"
)
OBJECT = f"{TARGET} {BUCKET} denied on resource '//storage.googleapis.com/projects/_/buckets/shop-data/objects/in/a'"


@pytest.mark.parametrize(
    ("where", "right"),
    [
        ("shop-data", ("unknown", "missing-input")),  # the call works, and the error says that it does not
        ("shop-data/objects/in/", ("unknown", "condition")),
        ("zz", ("fails", "condition")),
    ],
)
def test_a_condition_on_another_bucket(tmp_path: Path, where: str, right: tuple[str, str]) -> None:
    condition = under(f'resource.name.startsWith("projects/_/buckets/{where}")')
    granted = project_grant(member_of("batch"), "roles/storage.objectAdmin", more=condition)
    bucket = 'resource "google_storage_bucket" "d" {\n  project = "shop"\n  name = "shop-data"\n}\n'
    for error in (UPLOAD, OBJECT):
        assert outcome(ask(tmp_path, ACCOUNT + bucket + granted, None, None, error=error)) == right


DECLARED = 'resource "google_storage_bucket" "d" {\n  project = "shop"\n  name = "shop-data"\n}\n'
DENIED_CREATE = deny('"principalSet://goog/public:all"', '"storage.googleapis.com/objects.create"')


@pytest.mark.parametrize(
    ("more", "project", "right"),
    [
        (DECLARED, "shop", ("unknown", "missing-input")),  # the call works, and the error says that it does not
        (DECLARED, "tools", ("fails", "target-rights")),
        ("", "tools", ("unknown", "missing-input")),
        (DECLARED + DECLARED.replace("d", "e", 1).replace('"shop"', '"tools"'), "tools", ("unknown", "missing-input")),
        (DECLARED + DENIED_CREATE, "shop", ("fails", "deny")),
    ],
)
def test_the_project_of_a_bucket(tmp_path: Path, more: str, project: str, right: tuple[str, str]) -> None:
    granted = project_grant(member_of("batch"), "roles/storage.objectAdmin", project=project)
    assert outcome(ask(tmp_path, ACCOUNT + more + granted, None, None, error=UPLOAD)) == right


def bucket_asset(project: str) -> str:
    return json.dumps(
        [
            {
                "name": "//storage.googleapis.com/shop-data",
                "assetType": "storage.googleapis.com/Bucket",
                "ancestors": [f"projects/{project}", "organizations/1"],
                "iamPolicy": {"bindings": [{"role": "roles/storage.legacyBucketOwner", "members": ["user:a@b.org"]}]},
            }
        ]
    )


def found_bucket(project: str) -> str:
    return json.dumps(
        [
            {
                "resource": "//storage.googleapis.com/shop-data",
                "assetType": "storage.googleapis.com/Bucket",
                "project": f"projects/{project}",
                "policy": {"bindings": [{"role": "roles/storage.legacyBucketOwner", "members": ["user:a@b.org"]}]},
            }
        ]
    )


def raw_bucket(project: str) -> str:
    return json.dumps(
        [{"id": "shop-data", "name": "shop-data", "projectNumber": project, "iamConfiguration": {}, "kind": "x"}]
    )


SHOP, TOOLS = "1234567890", "2345678901"


@pytest.mark.parametrize(
    ("export", "right"),
    [
        (bucket_asset(SHOP), ("unknown", "missing-input")),  # the call works, and the error says that it does not
        (bucket_asset(TOOLS), ("fails", "target-rights")),
        (found_bucket(SHOP), ("unknown", "missing-input")),
        (found_bucket(TOOLS), ("fails", "target-rights")),
        (raw_bucket(SHOP), ("unknown", "missing-input")),
        (raw_bucket(TOOLS), ("fails", "target-rights")),
    ],
)
def test_the_project_of_a_bucket_in_an_export(tmp_path: Path, export: str, right: tuple[str, str]) -> None:
    granted = project_grant(member_of("batch"), "roles/storage.objectAdmin")
    files = {"main.tf": ACCOUNT + granted, "projects.json": projects(*PROJECTS), "assets.json": export}
    answer = ask(tmp_path, files, None, None, error=UPLOAD)
    assert outcome(answer) == right
    assert ("has storage.objects.create on storage bucket" in str(answer.stages)) is (right[0] == "unknown")


PERIMETER = """
resource "google_access_context_manager_service_perimeter" "p" {
  parent = "accessPolicies/1"
  name   = "accessPolicies/1/servicePerimeters/inner"
  title  = "inner"
  %s {
    resources           = ["projects/1234567890"]
    restricted_services = [%s]
  }
}
"""
SEVERAL = """
resource "google_access_context_manager_service_perimeters" "all" {
  parent = "accessPolicies/1"
  service_perimeters {
    name  = "accessPolicies/1/servicePerimeters/other"
    title = "other"
    status {
      restricted_services = ["bigquery.googleapis.com"]
    }
  }
  service_perimeters {
    name  = "accessPolicies/1/servicePerimeters/inner"
    title = "inner"
    %s {
      resources           = ["projects/1234567890"]
      restricted_services = ["storage.googleapis.com"]
    }
  }
}
"""
ADDED = """
resource "google_access_context_manager_service_perimeter_resource" "added" {
  perimeter_name = "accessPolicies/1/servicePerimeters/inner"
  resource       = "projects/7"
}
"""
OUTSIDE = json.dumps(
    {
        "error": {
            "code": 403,
            "message": "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x1",
            "status": "PERMISSION_DENIED",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "SECURITY_POLICY_VIOLATED",
                    "metadata": {"service": "storage.googleapis.com"},
                }
            ],
        }
    }
)


@pytest.mark.parametrize(
    ("perimeter", "message"),
    [
        (
            PERIMETER % ("status", '"storage.googleapis.com"'),
            "restricts storage.googleapis.com for projects/1234567890",
        ),
        (PERIMETER % ("status", "var.services"), "may restrict storage.googleapis.com for projects/1234567890"),
        (PERIMETER % ("status", '"bigquery.googleapis.com"'), None),
        (PERIMETER % ("spec", '"storage.googleapis.com"'), None),
        (SEVERAL % "status", "restricts storage.googleapis.com for projects/1234567890"),
        (SEVERAL % "spec", None),
        (ADDED, "may restrict storage.googleapis.com for projects/7"),
        (PERIMETER % ("status", '"bigquery.googleapis.com"') + ADDED, None),
        (ADDED.replace("perimeter_resource", "perimeter_dry_run_resource"), None),
        ("", None),
    ],
)
def test_a_perimeter_is_named_if_the_error_says_that_one_refused(
    tmp_path: Path, perimeter: str, message: str | None
) -> None:
    terraform = ACCOUNT + grant(f'"{ANA}"') + perimeter + 'variable "services" {}\n'
    answer = ask(tmp_path, terraform, ANA, error=OUTSIDE)
    assert outcome(answer) == ("not-iam", "not-iam")
    told = [one.message for one in answer.evidence]
    assert told == ([f"the perimeter accessPolicies/1/servicePerimeters/inner {message}"] if message else [])
    assert any("perimeters list" in text for text in answer.not_in_input) is (message is None)
    calm = ask(tmp_path, terraform, ANA)
    assert outcome(calm) == ("works", None)
    assert not any("perimeter accessPolicies" in one.message for one in calm.evidence)


def test_a_project_that_is_added_to_a_perimeter_has_its_services(tmp_path: Path) -> None:
    terraform = ACCOUNT + grant(f'"{ANA}"') + PERIMETER % ("status", '"storage.googleapis.com"') + ADDED
    told = [one.message for one in ask(tmp_path, terraform, ANA, error=OUTSIDE).evidence]
    assert [text.partition("restricts ")[2] for text in told] == [
        "storage.googleapis.com for projects/1234567890",
        "storage.googleapis.com for projects/7",
    ]
