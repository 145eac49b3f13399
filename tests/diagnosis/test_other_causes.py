"""The causes of an error that the input neither shows nor excludes."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import ACCOUNT, ANA, ANA_TF, DENIED, TARGET, ask, grant, outcome

from iamlint.diagnosis.output.json_answer import answer_json
from iamlint.diagnosis.output.markdown_answer import answer_markdown
from iamlint.diagnosis.output.text_answer import answer_text

NO_GRANT = "No grant that holds the permission covers this caller"
PROPAGATION = "The grant is minutes old: changes take two minutes, sometimes seven or more"
BY_NUMBER = "projects/7/locations/global/workloadIdentityPools/forge/providers/hub"
BY_ID = "projects/tools-prod/locations/global/workloadIdentityPools/forge/providers/hub"
MASKED = "projects/***/locations/global/workloadIdentityPools/forge/providers/hub"
INVALID_TARGET = (
    'failed to generate Google Cloud federated token for //iam.googleapis.com/{}: {{"error":"invalid_target",'
    '"error_description":"The target service indicated by the \\"audience\\" parameters is invalid."}}'
)


def test_an_error_alone_has_all_its_causes(tmp_path: Path) -> None:
    answer = ask(tmp_path, "", None, error=DENIED)
    assert answer.verdict == "unknown"
    assert answer.causes[0].cause == NO_GRANT
    assert answer.causes[0].command == f"gcloud iam service-accounts get-iam-policy {TARGET}"
    text = answer_text(answer, {}, color=False)
    assert f"Causes of this error, the likeliest first:\n  - {NO_GRANT}\n    $ gcloud iam" in text
    assert text.count("gcloud iam service-accounts get-iam-policy") == 1
    assert "  7 more are in the JSON answer (--format json)\n" in text
    assert NO_GRANT in answer_markdown(answer)
    assert PROPAGATION in answer_json(answer)


def test_a_grant_that_is_there_excludes_the_causes_of_a_missing_one(tmp_path: Path) -> None:
    answer = ask(tmp_path, ACCOUNT + grant(ANA_TF), ANA, error=DENIED)
    assert answer.verdict == "unknown"
    causes = {one.cause for one in answer.causes}
    assert PROPAGATION in causes
    assert "A deny policy" in causes
    assert not any("grant" in one.steps or "member" in one.steps for one in answer.causes)


@pytest.mark.parametrize(("more", "error"), [("", DENIED), (grant(ANA_TF), "")])
def test_a_cause_that_the_input_shows_is_the_only_one(tmp_path: Path, more: str, error: str) -> None:
    assert ask(tmp_path, ACCOUNT + more, ANA, error=error).causes == ()


@pytest.mark.parametrize(("name", "certain"), [(BY_ID, True), (BY_NUMBER, False), (MASKED, False)])
def test_a_provider_by_the_projects_id_is_misnamed(tmp_path: Path, name: str, *, certain: bool) -> None:
    answer = ask(tmp_path, "", None, target=None, error=INVALID_TARGET.format(name))
    assert outcome(answer) == ("fails", "federation")
    message = "the error names the provider by the project's id 'tools-prod', where its number belongs"
    assert (answer.headline == message) is certain
    assert (answer.fix.gcloud == 'gcloud projects describe tools-prod --format="value(projectNumber)"') is certain
    assert bool(answer.causes) is not certain
    if name == BY_NUMBER:
        assert "describe hub --workload-identity-pool=forge --location=global --project=7" in answer.causes[1].command


def test_a_fix_beside_several_causes_is_the_usual_one(tmp_path: Path) -> None:
    error = "The size of mapped attribute google.subject exceeds the 127 bytes limit."
    for text, title in ((error, "\nFix:\n"), (INVALID_TARGET.format(BY_NUMBER), "\nUsual fix:\n")):
        assert title in answer_text(ask(tmp_path, "", None, target=None, error=text), {}, color=False)


def test_only_the_input_shows_that_an_account_has_no_grant(tmp_path: Path) -> None:
    name = "ci@shop.iam.gserviceaccount.com"
    error = f"Error 403: {name} does not have storage.objects.list access to the Google Cloud Storage bucket."
    answer = ask(tmp_path, "", None, target=None, error=f"{error} https://storage.googleapis.com/storage/v1/b/state/o")
    assert outcome(answer) == ("fails", "target-rights")
    wanted = (
        f"the error refuses serviceAccount:{name}, and the input has no grant of storage.objects.list on state to it"
    )
    assert answer.headline == wanted


@pytest.mark.parametrize(
    ("error", "resource"),
    [
        ("Caller does not have storage.buckets.create access to project 940010043238.", "projects/940010043238"),
        (
            (
                "Access Denied: Job shop-prod:EU.airflow_import_1: Permission bigquery.jobs.get denied on job "
                "shop-prod:EU.airflow_import_1 (or it may not exist)"
            ),
            "projects/shop-prod",
        ),
        (
            (
                "Error 403: Permission iam.serviceAccountKeys.get is required to perform this operation on "
                "service account key projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com/keys/0a1b."
            ),
            "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com/keys/0a1b",
        ),
    ],
)
def test_the_resource_of_an_error_is_the_one_whose_policy_decides(tmp_path: Path, error: str, resource: str) -> None:
    assert ask(tmp_path, "", None, target=None, error=error).asked.endswith(f" on {resource}")


def test_gcloud_names_the_caller_whose_token_it_refreshes(tmp_path: Path) -> None:
    error = f"There was a problem refreshing auth tokens for account {ANA.removeprefix('user:')}: ('x', '{DENIED}')"
    assert ask(tmp_path, ACCOUNT, None, error=error).asked == f"ana@example.com calls generateAccessToken for {TARGET}"


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (
            "Error 400: Service account 730000000011-compute@developer.gserviceaccount.com does not exist., badRequest",
            "gcloud services enable compute.googleapis.com --project=730000000011",
        ),
        (
            "INVALID_ARGUMENT: Service account shop-compute@developer.gserviceaccount.com does not exist.",
            'gcloud projects describe shop --format="value(projectNumber)"',
        ),
        (
            "Error 400: Service account service-7@gcp-sa-logging.iam.gserviceaccount.com does not exist.",
            "gcloud beta services identity create --service=SERVICE --project=PROJECT",
        ),
        ("Error 400: User kim@exampel.org does not exist., badRequest", "Correct kim@exampel.org: "),
        ("Status code: 400. Invalid service account ()..", "The name of the member is empty"),
        (
            "Error 400: Invalid service account (ci@shop.iam.gserviceaccount.com).",
            "or create the account before the grant",
        ),
        ("Invalid grant: account not found", "gcloud iam service-accounts enable CALLER"),
        (
            "ERROR: (gcloud.builds.submit) PERMISSION_DENIED: The caller does not have permission",
            "gcloud projects add-iam-policy-binding PROJECT --member=CALLER --role=roles/cloudbuild.builds.editor",
        ),
        (
            (
                "The accesscontextmanager.googleapis.com API requires a quota project, which is not set by default. "
                '{"consumer": "projects/764086051850"}'
            ),
            "gcloud auth application-default set-quota-project PROJECT",
        ),
        (
            (
                'Setting IAM policy failed, try "gcloud beta run services add-iam-policy-binding --region=europe-west1 '
                '--member=allUsers --role=roles/run.invoker shop"'
            ),
            "gcloud projects add-iam-policy-binding PROJECT --member=CALLER --role=roles/run.admin",
        ),
        (
            'pods is forbidden: User "kim@example.org" cannot list resource "pods" in the namespace "web"',
            "--user=kim@example.org",
        ),
        (
            "push check transport for asia-docker.pkg.dev failed: UNAUTHORIZED: authentication failed",
            "gcloud auth configure-docker asia-docker.pkg.dev",
        ),
    ],
)
def test_the_change_fits_what_the_error_names(tmp_path: Path, error: str, fix: str) -> None:
    answer = ask(tmp_path, "", None, target=None, error=error)
    assert fix in answer.fix.gcloud + answer.fix.note


def test_the_metadata_server_asks_for_no_other_account_than_its_own(tmp_path: Path) -> None:
    error = (
        'Get "https://iam.googleapis.com/v1/projects/shop/serviceAccounts/ops@shop.iam.gserviceaccount.com": metadata: '
        'GCE metadata "instance/service-accounts/default/token" not defined'
    )
    answer = ask(tmp_path, "", None, target=None, error=error)
    assert answer.asked == "the error alone: The metadata server gives the program no token of its account"
