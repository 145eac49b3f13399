"""Settings by path, families and globs of rules, and what is excluded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import program
import pytest


def member(
    role: str = "roles/iam.serviceAccountTokenCreator", name: str = "ci", who: str = '"user:a@example.com"'
) -> str:
    return (
        f'resource "google_project_iam_member" "{name}" {{\n  project = "shop"\n  role    = "{role}"\n'
        f"  member  = {who}\n}}\n"
    )


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run({"main.tf": …}, "configuration", "--option", …)`` returns the JSON report."""

    def check(files: Mapping[str, str], written: str, *arguments: str, cwd: str = ".") -> dict[str, Any]:
        for name, text in {**files, ".iamlint.yaml": written}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (tmp_path / ".git").mkdir(exist_ok=True)
        done = program.run("check", "--format", "json", *arguments, cwd=tmp_path / cwd)
        found: dict[str, Any] = json.loads(done.stdout)
        assert not found["errors"], found["errors"]
        return {**found, "code": done.returncode}

    return check


def found(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["path"], one["rule"], one["severity"]) for one in report["findings"]]


def effects(report: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["effect"] for one in report["configuration"]["settings"]}


TWO = {"main.tf": member(), "legacy/a/main.tf": member()}
RULE = "broad-token-creator"


@pytest.mark.parametrize(
    ("section", "left", "code", "effect"),
    [
        ("ignore: [impersonation]", [("main.tf", "high")], 1, "1 ignored"),
        ("ignore: [broad-*]", [("main.tf", "high")], 1, "1 ignored"),
        ("ignore: [impersonation/broad-*]", [("main.tf", "high")], 1, "1 ignored"),
        ("ignore: [all]", [("main.tf", "high")], 1, "1 ignored"),
        ("ignore: [keys]", [("legacy/a/main.tf", "high"), ("main.tf", "high")], 1, "0 ignored"),
        (
            "severity: {impersonation: low}",
            [("legacy/a/main.tf", "low"), ("main.tf", "high")],
            1,
            "severity of 1 changed",
        ),
        (
            "severity: {broad-*: info, impersonation: low, broad-token-creator: critical}",
            [("legacy/a/main.tf", "critical"), ("main.tf", "high")],
            1,
            "severity of 1 changed",
        ),
        ("fail-on: never", [("legacy/a/main.tf", "high"), ("main.tf", "high")], 1, "1 do not fail"),
    ],
)
@pytest.mark.parametrize("glob", ["legacy", "legacy/*", "**/a", "./legacy/"])
def test_a_section_counts_for_its_files(
    section: str, left: list[tuple[str, str]], code: int, effect: str, glob: str, run: Run
) -> None:
    report = run(TWO, f"paths: {{'{glob}': {{{section}}}}}\n")
    assert [(path, severity) for path, _, severity in found(report)] == left
    assert report["code"] == code
    assert effect in effects(report)["paths"]


def test_a_section_counts_from_a_folder_below_too(run: Run) -> None:
    assert found(run(TWO, "paths: {'legacy/*': {ignore: [all]}}\n", cwd="legacy")) == []


def test_only_findings_below_their_bar_pass(run: Run) -> None:
    assert run(TWO, "fail-on: never\npaths: {legacy: {fail-on: high}}\n")["code"] == 1
    assert run(TWO, "fail-on: never\npaths: {legacy: {fail-on: critical}}\n")["code"] == 0
    assert (
        run(TWO, "fail-on: never\npaths: {'*': {fail-on: low}, legacy: {fail-on: never}, main.tf: {fail-on: never}}\n")[
            "code"
        ]
        == 0
    )
    assert run(TWO, "paths: {'*': {fail-on: never}}\n", "--fail-on", "high")["code"] == 1


def test_a_finding_worse_than_its_rule_stays_worse(run: Run) -> None:
    files = {"main.tf": member("roles/owner", who='"allUsers"')}
    (before,) = {severity for _, rule, severity in found(run(files, "{}", "--select", "public-impersonation"))}
    lowered = run(
        files, "paths: {main.tf: {severity: {public-impersonation: medium}}}\n", "--select", "public-impersonation"
    )
    assert before == "critical"
    assert {severity for _, _, severity in found(lowered)} == {"high"}  # one step above, as it was


@pytest.mark.parametrize("rule", [RULE, "impersonation", "impersonation/*", "broad-*", "*"])
def test_what_accepts_names_a_rule_a_family_or_a_glob(rule: str, run: Run) -> None:
    report = run(TWO, f"accept: [{{rule: '{rule}', path: 'legacy/*', reason: old}}]\n")
    assert found(report) == [("main.tf", RULE, "high")]
    assert [one["reason"] for one in report["accepted"]] == ["old"]


def test_severities_of_a_rule_count_more_than_those_of_its_family_and_globs(run: Run) -> None:
    written = "severity: {broad-*: info, 'impersonation/*': low, impersonation: medium}\n"
    assert {one[2] for one in found(run(TWO, written))} == {"medium"}
    assert {one[2] for one in found(run(TWO, "severity: {broad-*: info, 'impersonation/*': low}\n"))} == {"low"}
    assert {one[2] for one in found(run(TWO, f"severity: {{impersonation: low, {RULE}: critical}}\n"))} == {"critical"}


def test_select_takes_globs_and_all(run: Run) -> None:
    every = run(TWO, "{}", "--select", "all")["summary"]["rules"]
    assert every == run(TWO, "{}", "--select", "default,pedantic")["summary"]["rules"]
    assert 0 < run(TWO, "{}", "--select", "impersonation/broad-*")["summary"]["rules"] < every
    assert run(TWO, "{}", "--select", "all", "--ignore", "*")["summary"]["rules"] == 0


# -- exclude -----------------------------------------------------------------------------------------------------------

CALL = 'module "m" {\n  source = "./modules/m"\n}\n'


def test_findings_of_an_excluded_module_that_is_called_are_left_out_and_counted(run: Run) -> None:
    files = {"main.tf": CALL + member(), "modules/m/main.tf": member()}
    report = run(files, "exclude: [modules]\n")
    assert found(report) == [("main.tf", RULE, "high")]
    assert effects(report)["exclude"] == (
        "1 file excluded (modules), and 1 finding in excluded files that checked modules use"
    )
    assert len(found(run(files, "exclude: [modules]\n", "modules/m"))) == 1  # a path that is given is checked


VARIABLE = 'variable "who" {\n  default = "user:default@example.com"\n}\n'


@pytest.mark.parametrize("name", ["terraform.tfvars", "x.auto.tfvars"])
@pytest.mark.parametrize("text", ['who = "user:b@example.com"\n', "who = \n", "\0"])
def test_the_values_in_an_excluded_variable_file_are_unknown(name: str, text: str, run: Run) -> None:
    files = {"main.tf": VARIABLE + member(who="var.who"), name: text}
    report = run(files, f"exclude: ['{name}']\n")
    assert "default@" not in json.dumps(report["findings"])
    assert "b@example.com" not in json.dumps(report)
    assert effects(report)["exclude"] == f"1 file excluded ({name})"
    reasons = " ".join(one["reason"] for one in report["unknowns"])
    told = reasons + " ".join(one["principal"] for one in report["findings"])
    assert "is excluded" in told or "var.who" in told
