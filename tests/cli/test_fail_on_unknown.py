"""``--fail-on-unknown``: an unknown answer counts like the possible finding."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from iamlint.cli.program import program
from iamlint.finding import UnknownAnswer
from iamlint.location import Location
from iamlint.reporters import FORMATS
from iamlint.results.report import Bar

Run = Callable[..., Result]


def member(member: str = "var.who", role: str = '"roles/iam.serviceAccountTokenCreator"', more: str = "") -> str:
    return f"""variable "who" {{}}
variable "number" {{}}
resource "google_project_iam_member" "x" {{
  project = "prod"
  role    = {role}
  member  = {member}
  {more}
}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run({"main.tf": …}, "--fail-on-unknown", …)`` in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def check(files: Mapping[str, str], *arguments: str) -> Result:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(program, ["check", ".", *arguments])

    return check


UNKNOWN = [
    {"main.tf": member()},
    {"main.tf": member('"${var.who}@example.com"')},
    {"main.tf": member('"user:ana@example.com"', "var.who")},
    {"main.tf": 'module "away" {\n  source = "example.com/a/b/c"\n}\n'},
    {"main.tf": 'module "away" {\n  source = "./is/not/there"\n}\n'},
]


@pytest.mark.parametrize("files", UNKNOWN)
def test_an_unknown_answer_fails_when_asked(files: dict[str, str], run: Run) -> None:
    assert run(files).exit_code == 0
    assert run(files, "--fail-on-unknown").exit_code == 1
    assert run(files, "--fail-on-unknown", "--fail-on", "high").exit_code == 1
    assert run(files, "--fail-on-unknown", "--fail-on", "critical").exit_code == 0
    for waiver in (("--exit-zero",), ("--fail-on", "never")):
        assert run(files, "--fail-on-unknown", *waiver).exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        member('"group:a@example.com"', '"roles/browser"'),
        member('"group:a@example.com"', '"roles/browser"', "count = var.number"),
        member('"group:a@example.com"', '"roles/browser"', "for_each = toset([var.who])"),
        member('"group:a@example.com"', '"roles/browser"')
        + 'module "m" {\n  source = "./m"\n  count = var.number\n}\n',
        'resource "google_project" "p" {\n  name = "p"\n  project_id = var.p\n}\nvariable "p" {}\n',
        'locals {\n  name = "x-${terraform.workspace}"\n}\n',
    ],
)
def test_a_clean_run_stays_clean(text: str, run: Run) -> None:
    called = member('"group:b@example.com"', '"roles/viewer"').partition("\n")[2].partition("\n")[2]
    done = run({"main.tf": text, "m/main.tf": called}, "--fail-on-unknown", "--format", "json")
    assert done.exit_code == 0, done.stdout


def test_what_is_certainly_closed_does_not_fail(run: Run) -> None:
    deny = """
resource "google_iam_deny_policy" "d" {
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fprod"
  name   = "d"
  rules {
    deny_rule {
      denied_principals  = ["principal://goog/subject/ana@example.com"]
      denied_permissions = [
        "iam.googleapis.com/serviceAccounts.getAccessToken", "iam.googleapis.com/serviceAccounts.signBlob",
        "iam.googleapis.com/serviceAccounts.signJwt", "iam.googleapis.com/serviceAccounts.getOpenIdToken",
        "iam.googleapis.com/serviceAccounts.implicitDelegation"
      ]
    }
  }
}
"""
    options = ("--select", "broad-token-creator", "--fail-on-unknown", "--format", "json")
    done = run({"main.tf": member('"user:ana@example.com"') + deny}, *options)
    told = json.loads(done.stdout)
    assert [(one["rule"], one["severity"]) for one in told["unknowns"]] == [("broad-token-creator", None)]
    assert (told["findings"], done.exit_code) == ([], 0)


def test_the_severity_is_that_of_the_rule_as_the_configuration_sets_it(run: Run) -> None:
    files = {"main.tf": member(), ".iamlint.yaml": "severity: {broad-token-creator: low}\n"}
    options = ("--select", "broad-token-creator", "--format", "json")
    (unknown,) = json.loads(run(files, *options).stdout)["unknowns"]
    assert unknown["severity"] == "low"
    assert run(files, *options, "--fail-on-unknown", "--fail-on", "medium").exit_code == 0
    assert run(files, *options, "--fail-on-unknown", "--fail-on", "low").exit_code == 1


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": member(role='"roles/iam.serviceAccountTokenCreator" # iamlint: ignore[broad-token-creator] known')},
        {"main.tf": "# iamlint: ignore[broad-token-creator] known\n" + member().partition("\n")[2].partition("\n")[2]},
        {
            "main.tf": member(),
            ".iamlint.yaml": "accept: [{rule: broad-token-creator, role: '*TokenCreator', reason: known}]\n",
        },
    ],
)
def test_who_accepts_the_finding_accepts_that_it_may_be_one(files: dict[str, str], run: Run) -> None:
    options = ("--select", "broad-token-creator", "--fail-on-unknown")
    done = run(files, *options, "--format", "json")
    assert done.exit_code == 0
    assert [one["accepted_at"] is None for one in json.loads(done.stdout)["unknowns"]] == [False]
    assert run(files, *options, "--no-ignore").exit_code == 1


@pytest.mark.parametrize(
    ("written", "option", "code"), [("true", (), 1), ("false", (), 0), ("false", ("--fail-on-unknown",), 1)]
)
def test_the_configuration_asks_for_it_and_cannot_take_it_back(
    written: str, option: tuple[str, ...], code: int, run: Run
) -> None:
    files = {"main.tf": member(), ".iamlint.yaml": f"fail-on-unknown: {written}\n"}
    assert run(files, *option).exit_code == code


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_shows_what_fails(form: str, run: Run) -> None:
    text = run({"main.tf": member()}, "--fail-on-unknown", "--format", form).stdout
    assert "var.who has no default" in text
    assert "high" in text


def test_an_error_is_still_an_error(run: Run) -> None:
    assert run({"main.tf": member() + "locals {\n"}, "--fail-on-unknown").exit_code == 2


def test_the_most_severe_is_shown_first(run: Run) -> None:
    files = {
        "a.tf": 'variable "key" {}\nresource "google_project_service" "s" {\n  service = var.key\n}\n',
        "b.tf": member(),
    }
    lines = [line for line in run(files, "--show-unknown").stdout.splitlines() if line.startswith("unknown")]
    order = ["critical", "high", "medium", "low", "info", ""]
    ranks = [order.index(line.partition(":")[0].removeprefix("unknown").strip(" ()")) for line in lines]
    assert ranks == sorted(ranks)
    assert lines


@pytest.mark.parametrize(
    ("bar", "severity", "accepted", "fails"),
    [
        (Bar("info", unknown=True), "info", None, True),
        (Bar("high", unknown=True), "medium", None, False),
        (Bar("info", unknown=True), None, None, False),
        (Bar("info", unknown=True), "high", Location("main.tf"), False),
        (Bar("info"), "high", None, False),
        (Bar("never", unknown=True), "critical", None, False),
    ],
)
def test_the_bar(bar: Bar, severity: None, accepted: Location | None, fails: bool) -> None:
    assert bar.fails_unknown(UnknownAnswer("why", Location("main.tf"), "rule", None, severity, accepted)) is fails
