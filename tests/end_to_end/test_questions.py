"""Unknown things are counted the same in every format, by cause, with the files that may have a value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from iamlint.cli.program import program

UNSET = """variable "who" {}
resource "google_project_iam_member" "x" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = var.who
}
"""


def _check(top: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], *options: str) -> str:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(top)
    return CliRunner().invoke(program, ["check", ".", *options]).stdout


def test_every_format_counts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"main.tf": UNSET, "b.tf": UNSET.replace('"who"', '"b"').replace('"x"', '"b"').replace("var.who", "var.b")}
    told = json.loads(_check(tmp_path, monkeypatch, files, "--format", "json"))
    assert told["summary"]["unknowns"] == len(told["unknowns"]) == 2
    (cause,) = told["summary"]["unknowns_by_cause"]
    assert (cause["kind"], cause["count"], cause["subjects"]) == ("variable", 2, ["var.b", "var.who"])
    assert told["unknowns"][0]["cause"] == {"kind": "variable", "subject": "var.b"}
    assert len(told["unknowns"][0]["rules"]) > 1
    (run,) = json.loads(_check(tmp_path, monkeypatch, {}, "--format", "sarif"))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["properties"] == {"unknowns": 2, "unknownsByCause": {"variable": 2}}
    assert sum(len(one["locations"]) for one in invocation["toolExecutionNotifications"]) == 2
    assert "; 2 unknown" in _check(tmp_path, monkeypatch, {})


HINT = "a value is in"


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"app/main.tf": UNSET, "envs/dev.tfvars": 'who = "a"'}, "envs/dev.tfvars"),
        ({"main.tf": UNSET, "prod.tfvars": 'who = "a"'}, "prod.tfvars"),
        ({"app/main.tf": UNSET, "envs/x.tfvars.json": '{"who": "a"}'}, "envs/x.tfvars.json"),
    ],
)
def test_a_file_that_sets_the_variable_is_named(
    files: dict[str, str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = _check(tmp_path, monkeypatch, files, "--show-unknown")
    assert f"{HINT} {named}: give --var-file" in shown


@pytest.mark.parametrize(
    "files",
    [
        {"app/main.tf": UNSET, "envs/dev.tfvars": 'other = "a"'},
        {"app/main.tf": UNSET, "envs/dev.tfvars": 'who = "a"\nof_another_root = "b"'},
        {"app/main.tf": UNSET, "b/main.tf": 'variable "who" {}', "b/dev.tfvars": 'who = "a"'},
        {"app/main.tf": UNSET, "envs/dev.tfvars": 'who = "a"\n' + "#" * 300_000},
    ],
)
def test_others_are_not(files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _check(tmp_path, monkeypatch, files, "--show-unknown")
    assert "var.who has no default and is not set" in shown
    assert HINT not in shown


SET = UNSET.replace('"who" {}', '"who" { default = "user:ann@example.com" }')
PUBLIC = 'who = "allUsers"'


@pytest.mark.parametrize(
    ("files", "options", "told"),
    [
        ({"envs/dev.tfvars": PUBLIC}, (), "1 variable file is not used: envs/dev.tfvars ("),
        ({"dev.tfvars": PUBLIC, "qa.tfvars": PUBLIC}, (), "2 variable files are not used: dev.tfvars, qa.tfvars ("),
        ({"envs/dev.tfvars": PUBLIC}, ("--var-file", "envs/dev.tfvars"), None),
        ({"terraform.tfvars": PUBLIC, "a.auto.tfvars": PUBLIC}, (), None),
        ({"envs/dev.tfvars": 'other = "allUsers"'}, (), None),
    ],
)
def test_variable_files_without_effect_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], options: tuple[str, ...], told: str | None
) -> None:
    """Where each variable has a default nothing is unknown, and what the files would grant is not checked."""
    shown = _check(tmp_path, monkeypatch, {"main.tf": SET, **files}, *options)
    assert told in shown if told else "not used" not in shown
    unused = [name for name in files if "envs" in name or "dev" in name or "qa" in name] if told else []
    report = json.loads(_check(tmp_path, monkeypatch, {}, *options, "--format", "json"))
    assert report["unused_var_files"] == [
        {"path": name, "variables": ["who"], "root_modules": ["."]} for name in unused
    ]
    (run,) = json.loads(_check(tmp_path, monkeypatch, {}, *options, "--format", "sarif"))["runs"]
    notes = run["invocations"][0].get("toolConfigurationNotifications", [])
    assert [note["message"]["text"].partition(":")[0] for note in notes] == ([told.partition(":")[0]] if told else [])
    places = [at["physicalLocation"]["artifactLocation"]["uri"] for note in notes for at in note["locations"]]
    assert places == unused


def test_a_variable_file_that_may_have_a_missing_value_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = _check(tmp_path, monkeypatch, {"main.tf": UNSET, "envs/dev.tfvars": PUBLIC})
    assert "values are in envs/dev.tfvars\n" in shown
    assert "not used" not in shown
    shown = _check(tmp_path, monkeypatch, {"envs/prod.tfvars": PUBLIC})
    assert "values are in envs/dev.tfvars, envs/prod.tfvars (iamlint init writes them into" in shown


def test_a_variable_file_of_another_environment_is_no_surprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("dev", "prod", "old")
    files = {f"envs/{name}.tfvars": PUBLIC for name in names}
    two = "".join(f"  {name}: {{var-file: [envs/{name}.tfvars]}}\n" for name in names[:2])
    given = {"main.tf": SET, ".iamlint.yaml": f"environments:\n{two}", **files}
    shown = _check(tmp_path, monkeypatch, given, "--environment", "prod")
    assert "1 variable file is not used: envs/old.tfvars (" in shown
    assert "1 environment checked (prod), not dev" in shown
