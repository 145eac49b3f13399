"""A baseline accepts existing findings, and none that became worse since."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iamlint.accepted import baseline as baselines
from iamlint.accepted.baseline import Baseline, read_baseline
from iamlint.location import Unreadable
from iamlint.reporters import render
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

Check = Callable[..., Report]

RULE = ("privileged-account-impersonation",)
ACCOUNT = """resource "google_service_account" "deployer" {
  project    = "shop"
  account_id = "deployer"
}
resource "google_service_account_iam_member" "dev" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "group:developers@example.com"
}
"""


def privilege(name: str, kind: str, home: str, role: str) -> str:
    parent = {"project": "project", "folder": "folder", "organization": "org_id"}[kind]
    return (
        f'resource "google_{kind}_iam_member" "{name}" {{\n  {parent} = "{home}"\n  role = "{role}"\n'
        "  member = google_service_account.deployer.member\n}\n"
    )


ADMIN = privilege("p", "project", "shop", "roles/resourcemanager.projectIamAdmin")
ORGANIZATION = privilege("o", "organization", "123456", "roles/secretmanager.admin")
VIEWER = privilege("v", "project", "shop", "roles/viewer")


def beyond(report: Report, baseline: Baseline, day: str = "2026-11-28") -> Report:
    return baselines.beyond(report, baseline, date.fromisoformat(day)).report


def written(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render("json", report, Presentation()))
    return found


def of_version_1(document: dict[str, Any]) -> dict[str, Any]:
    """Return a report in the format from before version 2."""
    for entry in document["findings"]:
        entry["fingerprint"] = entry.pop("fingerprints")["iamlintGrant/v1"]
        for key in ("condition", "ends", "further_fingerprints"):
            del entry[key]
    return document


def known(document: object) -> Baseline:
    path = Path("before.baseline")
    path.write_text(json.dumps(document), encoding="utf-8")
    found = read_baseline(path)
    assert isinstance(found, Baseline)
    return found


def check_again(check: Check, before: str, after: str, version: int = 2, select: tuple[str, ...] = RULE) -> Report:
    document = written(check({"main.tf": before}, select=select))
    assert document["findings"]
    baseline = known(of_version_1(document) if version == 1 else document)
    return beyond(check({"main.tf": after}, select=select), baseline)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("more", ["", VIEWER, "\n# a comment\n"])
def test_what_was_there_is_accepted(check: Check, version: int, more: str) -> None:
    for before in (ACCOUNT + ADMIN, ACCOUNT + ADMIN + ORGANIZATION):
        if version == 2 or ORGANIZATION not in before:
            report = check_again(check, before, more + before, version)
            assert (report.findings, len(report.accepted)) == ((), 1)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "end",
    [
        ("organization", "123456", "roles/secretmanager.admin"),
        ("folder", "987", "roles/compute.admin"),
        ("project", "shop", "roles/owner"),
    ],
)
def test_a_further_end_is_told(check: Check, version: int, end: tuple[str, str, str]) -> None:
    report = check_again(check, ACCOUNT + ADMIN, ACCOUNT + ADMIN + privilege("more", *end), version)
    (found,) = report.findings
    assert report.accepted == ()
    assert f"It is worse than what the baseline accepts: it now leads to {end[2]} on" in found.message
    assert found.related[-1].at.path == "before.baseline"


def test_an_end_on_another_project_is_told_by_version_2(check: Check) -> None:
    after = ACCOUNT + ADMIN + privilege("more", "project", "till", "roles/resourcemanager.projectIamAdmin")
    (found,) = check_again(check, ACCOUNT + ADMIN, after).findings
    assert "projectIamAdmin on project till" in found.message


def test_an_end_that_is_gone_is_no_news(check: Check) -> None:
    assert check_again(check, ACCOUNT + ADMIN + ORGANIZATION, ACCOUNT + ADMIN).findings == ()


def test_what_a_grant_on_a_project_leads_to(check: Check) -> None:
    wide = ACCOUNT.replace("google_service_account_iam_member", "google_project_iam_member").replace(
        "service_account_id = google_service_account.deployer.name", 'project = "shop"'
    )
    rule = ("broad-token-creator",)
    assert check_again(check, wide + ADMIN, wide + ADMIN, select=rule).findings == ()
    (found,) = check_again(check, wide + ADMIN, wide + ADMIN + ORGANIZATION, select=rule).findings
    assert "secretmanager.admin on organization 123456" in found.message


def test_a_higher_severity_is_told(check: Check) -> None:
    document = written(check({"main.tf": ACCOUNT + ADMIN}, select=RULE))
    for severity, accepted in (("critical", 1), ("high", 1), ("medium", 0)):
        document["findings"][0]["severity"] = severity
        report = beyond(check({"main.tf": ACCOUNT + ADMIN}, select=RULE), known(document))
        assert len(report.accepted) == accepted
    assert "it was of medium severity" in report.findings[0].message


CUSTOM = """resource "google_project_iam_custom_role" "r" {
  project     = "shop"
  role_id     = "r"
  title       = "r"
  permissions = [PERMISSIONS]
}
resource "google_project_iam_member" "it" {
  project = "shop"
  role    = google_project_iam_custom_role.r.id
  member  = "user:ana@example.com"
}
"""


def test_a_custom_role_with_more_power_is_told_and_one_with_less_is_not(check: Check) -> None:
    token, sign = '"iam.serviceAccounts.getAccessToken"', '"iam.serviceAccounts.signBlob"'
    one, two = CUSTOM.replace("PERMISSIONS", token), CUSTOM.replace("PERMISSIONS", f"{token}, {sign}")
    rule = ("broad-token-creator",)
    assert check_again(check, two, one, select=rule).findings == ()
    (found,) = check_again(check, one, two, select=rule).findings
    assert "it now has iam.serviceAccounts.signBlob" in found.message


GRANT = """resource "google_project_iam_member" "it" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
CONDITION}
"""
UNTIL = (
    '  condition {\n    title      = "t"\n    expression = "request.time < timestamp(\'YEAR-01-01T00:00:00Z\')"\n  }\n'
)


def test_a_condition_that_is_loosened_is_told(check: Check) -> None:
    rule = ("broad-token-creator",)
    short, long, free = (
        GRANT.replace("CONDITION", text) for text in (UNTIL.replace("YEAR", "2998"), UNTIL.replace("YEAR", "2999"), "")
    )
    assert check_again(check, short, short, select=rule).findings == ()
    assert check_again(check, free, short, select=rule).findings == ()
    for after in (long, free):
        (found,) = check_again(check, short, after, select=rule).findings
        assert "its condition was request.time <" in found.message


PROVIDER = """resource "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "github"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  attribute_condition                = "assertion.repository.startsWith('PREFIX')"
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
"""


def test_an_attribute_condition_that_is_loosened_is_told(check: Check) -> None:
    rule = ("open-ended-prefix",)
    narrow, wide = (PROVIDER.replace("PREFIX", text) for text in ("acme/shop", "acme/s"))
    assert check_again(check, narrow, narrow, select=rule).findings == ()
    (found,) = check_again(check, narrow, wide, select=rule).findings
    assert "its condition was assertion.repository.startsWith('acme/shop')" in found.message


OPEN = GRANT.replace("CONDITION", "").replace('"shop"', "var.project") + 'variable "project" {}\n'


def test_of_two_that_are_alike_the_new_one_is_told(check: Check) -> None:
    rule = ("broad-token-creator",)
    for old, new in (("dev", "prod"), ("prod", "dev")):
        baseline = known(written(check({f"{old}/main.tf": OPEN}, select=rule)))
        both = beyond(check({f"{new}/main.tf": OPEN}, select=rule), baseline)
        assert [one.at.path for one in both.findings] == [f"{new}/main.tf"]
        assert [one.finding.at.path for one in both.accepted] == [f"{old}/main.tf"]
        for name in (old, new):
            os.unlink(f"{name}/main.tf")


def test_a_further_call_matters_where_it_may_be_about_another_project(check: Check) -> None:
    rule = ("broad-token-creator",)
    call = 'module "NAME" {\n  source  = "./m"\n  project = var.project\n}\n'
    files = {"m/main.tf": OPEN, "main.tf": 'variable "project" {}\n' + call.replace("NAME", "b")}
    baseline = known(written(check(files, select=rule)))
    assert beyond(check({}, select=rule), baseline).findings == ()
    for name in ("a", "c"):
        files["main.tf"] += call.replace("NAME", name)
        (found,) = beyond(check(files, select=rule), baseline).findings
        assert f"it is now at module.{name}.google_project_iam_member.it, too" in found.message


@pytest.mark.parametrize("entry", [1, "x", {}, {"fingerprint": 3}, {"fingerprints": {"iamlintGrant/v2": 1}}])
def test_an_entry_without_a_fingerprint_is_an_error(tmp_path: Path, entry: object) -> None:
    path = tmp_path / "before.json"
    path.write_text(json.dumps({"findings": [entry]}), encoding="utf-8")
    assert isinstance(read_baseline(path), Unreadable)


def test_an_entry_may_say_nothing_but_its_fingerprint(check: Check) -> None:
    report = check({"main.tf": ACCOUNT + ADMIN + ORGANIZATION}, select=RULE)
    (entry,) = written(report)["findings"]
    for names in ({"fingerprint": entry["fingerprints"]["iamlintGrant/v1"]}, {"fingerprints": entry["fingerprints"]}):
        wrong = {"severity": 3, "ends": None, "permissions": "x", "related": [1], "further_fingerprints": {"a": 1}}
        assert len(beyond(report, known({"findings": [names]})).accepted) == 1
        beyond(report, known({"findings": [names | wrong]}))
