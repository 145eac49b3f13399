"""The two reports that this program began with, from a user's view: an error and a folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from html import unescape
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from diagnosis.small_inputs import ACCOUNT, DENIED, TARGET, ask, grant, outcome, policy, project_grant

from iamlint.cli.program import program
from iamlint.diagnosis.answer import Answer, Fix
from iamlint.diagnosis.output.markdown_answer import answer_markdown

API_OFF = (
    "Error 403: IAM Service Account Credentials API has not been used in project 2345678901 before or it is disabled."
)


def test_owner_gets_403(tmp_path: Path) -> None:
    answer = ask(
        tmp_path, ACCOUNT + project_grant('"user:ana@example.com"', "roles/owner"), "ana@example.com", error=DENIED
    )
    assert outcome(answer) == ("fails", "grant")
    assert any("Owner cannot mint tokens" in line for line in answer.also)
    assert answer.evidence[0].at.path.endswith("main.tf")
    assert "service_account_id = google_service_account.batch.name" in answer.fix.terraform
    assert f"add-iam-policy-binding {TARGET} --member=user:ana@example.com" in answer.fix.gcloud
    assert any("instead of the account" in one for one in answer.fix.refused)


def test_the_api_is_off_in_the_callers_project(tmp_path: Path) -> None:
    caller = "serviceAccount:ci@tools.iam.gserviceaccount.com"
    answer = ask(tmp_path, ACCOUNT + grant(f'"{caller}"'), caller, error=API_OFF)
    assert outcome(answer) == ("fails", "api")
    assert answer.fix.gcloud == "gcloud services enable iamcredentials.googleapis.com --project=2345678901"
    assert answer.method_works is False


def test_token_creator_on_the_callers_project(tmp_path: Path) -> None:
    terraform = (
        ACCOUNT
        + 'resource "google_service_account" "run" {\n  project = "tools"\n  account_id = "run-processor"\n}\n'
        + project_grant("google_service_account.run.member", "roles/iam.serviceAccountTokenCreator", project="tools")
    )
    answer = ask(tmp_path, terraform, "run-processor@tools.iam.gserviceaccount.com", error=DENIED)
    assert outcome(answer) == ("fails", "grant")
    assert any("project tools, the caller's own project" in line for line in answer.also)
    assert "member             = google_service_account.run.member" in answer.fix.terraform


def test_an_error_and_a_folder_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller and the target come from the input if only one answer fits."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(
        ACCOUNT
        + """
resource "google_service_account" "run" {
  project    = "tools"
  account_id = "run-processor"
}
resource "google_cloud_run_v2_service" "s" {
  project  = "tools"
  name     = "processor"
  location = "europe-west1"
  template {
    service_account = google_service_account.run.email
    containers {
      image = "example/processor"
    }
  }
}
"""
        + project_grant("google_service_account.run.member", "roles/iam.serviceAccountTokenCreator", project="tools"),
        encoding="utf-8",
    )
    error = f"{DENIED} for projects/-/serviceAccounts/{TARGET}"
    before = time.process_time()
    result = CliRunner().invoke(program, ["diagnose", ".", "--error", "-"], input=error)
    assert time.process_time() - before < 1
    assert result.exit_code == 1, result.output
    first = result.output.splitlines()
    assert first[0].startswith("run-processor@tools.iam.gserviceaccount.com calls generateAccessToken for batch@shop")
    assert first[2].startswith("fails (grant): nothing grants iam.serviceAccounts.getAccessToken on batch@shop")
    assert "main.tf:" in result.output
    assert "Not in the input:" in result.output


def test_json_has_the_keys_that_programs_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(ACCOUNT + grant('"user:ana@example.com"'), encoding="utf-8")
    asked = ["diagnose", ".", "--caller", "ana@example.com", "--target", TARGET, "--format", "json"]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    wanted = {"verdict": "works", "step": None, "hop": None, "method_works": True}
    assert {key: document[key] for key in wanted} == wanted
    assert document["evidence"][0]["path"] == "main.tf"
    assert set(document["fix"]) >= {"terraform", "gcloud"}
    assert document["not_in_input"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--caller", "nobody", "--target", TARGET], 2),
        (["--caller", "github:owner-only", "--target", TARGET], 2),
        (["--caller", "ana@example.com", "--claim", "no-value"], 2),
        (["--caller", "ana@example.com", "--target", TARGET, "--permission", "storage.objects.get"], 2),
        (["--caller", "ana@example.com", "--target", TARGET, "--error", "logs/error.txt"], 2),
        (["--caller", "group:all@example.com", "--target", TARGET], 1),
    ],
)
def test_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(ACCOUNT, encoding="utf-8")
    assert CliRunner().invoke(program, ["diagnose", ".", *arguments]).exit_code == code


def test_an_unknown_answer_exits_with_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project-shop.json").write_text(policy(), encoding="utf-8")
    result = CliRunner().invoke(program, ["diagnose", ".", "--caller", "ana@example.com", "--target", TARGET])
    assert result.exit_code == 3
    assert f"gcloud iam service-accounts get-iam-policy {TARGET} --format=json" in result.output


def test_json_is_as_its_schema_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(
        ACCOUNT + project_grant('"user:ana@example.com"', "roles/owner"), encoding="utf-8"
    )
    schema = json.loads(files("iamlint.diagnosis.output").joinpath("answer.schema.json").read_text(encoding="utf-8"))
    asked = ["diagnose", ".", "--caller", "ana@example.com", "--target", TARGET, "--format", "json", "--prove"]
    document = json.loads(CliRunner().invoke(program, asked).stdout)
    jsonschema.validate(document, schema)
    assert document["fix"]["proof"]["verdict"] == "works"
    assert f"signJwt for {TARGET}" in document["fix"]["proof"]["opens"]


def test_markdown_escapes_what_the_input_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "user:<b>*ana*@example.com"
    (tmp_path / "main.tf").write_text(ACCOUNT + grant(f'"{name}"'), encoding="utf-8")
    asked = ["diagnose", ".", "--caller", name, "--target", TARGET, "--format", "markdown"]
    output = CliRunner().invoke(program, asked).output
    assert "works" in output
    assert not any(found in output for found in ("<b>", "*ana", "@example.com"))


def test_no_name_ends_the_code_of_a_fix() -> None:
    fix = Fix(terraform=f'member = "user:{chr(96) * 3}"\n{chr(96) * 4}\n~~~~\n@octocat')
    *_, last = (
        answer_markdown(Answer("fails", None, "it fails", (), "asked", fix=fix)).rstrip().rpartition("@octocat\n")
    )
    assert last == chr(96) * 5


def test_a_check_imports_nothing_of_a_diagnosis() -> None:
    code = "import sys, iamlint.cli; sys.exit(any(name.startswith('iamlint.diagnosis') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_secrets_in_credential_files_are_not_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(ACCOUNT, encoding="utf-8")
    key = {"type": "service_account", "client_email": "ci@tools.iam.gserviceaccount.com", "private_key": "SECRET-1"}
    (tmp_path / "key.json").write_text(json.dumps(key), encoding="utf-8")
    for form in ("text", "json", "markdown"):
        result = CliRunner().invoke(program, ["diagnose", "main.tf", "key.json", "--target", TARGET, "--format", form])
        assert result.exit_code == 1, result.output
        assert "ci@tools.iam.gserviceaccount.com" in unescape(re.sub("</?span>", "", result.output))
        assert "SECRET-1" not in result.output


def test_a_named_credential_file_tells_target_and_delegates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(ACCOUNT + grant('"user:ana@example.com"'), encoding="utf-8")
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{TARGET}:generateAccessToken"
    credentials = {"type": "impersonated_service_account", "service_account_impersonation_url": url}
    (tmp_path / "adc.json").write_text(json.dumps(credentials), encoding="utf-8")
    (tmp_path / "config_default").write_text("[core]\naccount = ana@example.com\n", encoding="utf-8")
    result = CliRunner().invoke(program, ["diagnose", "main.tf", "adc.json", "config_default"])
    assert result.exit_code == 0, result.output


WORKFLOW = f"""\
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: google-github-actions/auth@v2
        with:
          workload_identity_provider: projects/1234567890/locations/global/workloadIdentityPools/ci/providers/github
          service_account: {TARGET}
"""
ANNOTATED = f"""\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: app
  namespace: web
  annotations:
    iam.gke.io/gcp-service-account: {TARGET}
"""
NOT_ENABLED = "IAM Service Account Credentials API has not been used in project 1234567890 before or it is disabled."


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({".github/workflows/d.yml": WORKFLOW}, [".", "--caller", "github:acme/app"], 3),
        ({"app.yaml": ANNOTATED}, [".", "--caller", "ksa:shop/web/app"], 3),
        ({"error.txt": NOT_ENABLED}, [".", "--error", "error.txt"], 1),
        ({"error.json": NOT_ENABLED}, ["error.json", "--error", "error.json"], 1),
        ({}, [".", "--error", "it does not work"], 3),
        ({}, [".", "--caller", "ana@example.com", "--target", TARGET], 2),
        ({"error.txt": NOT_ENABLED}, ["nowhere", "--error", "error.txt"], 2),
    ],
)
def test_an_answer_without_terraform_has_its_own_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], arguments: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(program, ["diagnose", *arguments])
    assert result.exit_code == code, result.output
    if code != 2 and arguments[0] == "." and "app.yaml" not in files:
        assert "(no Terraform, plan or export is there)" in result.output
