"""The commands as a user calls them: exit codes, formats, and errors for unreadable input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import program
import pytest
from many import some

from iamlint.reporters import FORMATS

BAD = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
GOOD = BAD.replace("roles/iam.serviceAccountTokenCreator", "roles/logging.viewer")

Run = Callable[..., subprocess.CompletedProcess[str]]


def in_a_process(
    arguments: tuple[str, ...], directory: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "iamlint", *arguments]
    return subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run("check", files={"main.tf": …})`` in a directory of its own; bytes are written as they are."""

    def call(
        *arguments: str, files: Mapping[str, str | bytes] | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        if "PYTHONHASHSEED" in environment:
            return in_a_process(arguments, tmp_path, environment)
        return program.run(*arguments, cwd=tmp_path, environment=environment)

    return call


# -- exit codes ----------------------------------------------------------------------------------------------------


EXITS: list[tuple[str, tuple[str, ...], int]] = [
    (GOOD, (), 0),
    (BAD, (), 1),
    (BAD, ("--exit-zero",), 0),
    (BAD, ("--fail-on", "critical"), 0),
    (BAD, ("--fail-on", "high"), 1),
    (BAD, ("--fail-on", "never"), 0),
    (BAD, ("--select", "keys"), 0),
    (BAD, ("--ignore", "impersonation"), 0),
    (BAD, ("--select", "broad-token-creator,keys"), 1),
    (BAD + "x {", (), 2),
    (BAD + "x {", ("--exit-zero",), 2),
    (BAD, ("--select", "nothing"), 2),
    (BAD, ("--format", "nothing"), 2),
]


@pytest.mark.parametrize(
    ("form", "text", "arguments", "code"),
    [(form, *one) for at, form in enumerate(FORMATS) for one in EXITS[at % some(5, 1) :: some(5, 1)]],
)
def test_the_exit_code_never_hangs_on_the_format(
    run: Run, form: str, text: str, arguments: tuple[str, ...], code: int
) -> None:
    """In the suite a fifth of them in each format, others in the next one."""
    done = run("check", "--format", form, *arguments, files={"main.tf": text})
    assert done.returncode == code, done.stdout + done.stderr


def test_a_finding_is_on_its_line(run: Run) -> None:
    report = json.loads(run("check", "--format", "json", files={"main.tf": BAD}).stdout)
    (found,) = report["findings"]
    assert (found["rule"], found["path"], found["line"], found["column"]) == ("broad-token-creator", "main.tf", 3, 13)


def test_two_runs_give_the_same_bytes(run: Run, tmp_path: Path) -> None:
    files = {f"m{number}/main.tf": BAD.replace("shop", f"shop{number}") for number in range(4)}
    for seed in "01":
        outputs = [word for form in FORMATS for word in ("--output", f"{form}={seed}/{form}")]
        done = run("check", "m0", "m1", "m2", "m3", *outputs, files={**files, f"{seed}/x": ""}, PYTHONHASHSEED=seed)
        assert done.returncode == 1, done.stderr
    for form in FORMATS:
        first, second = ((tmp_path / seed / form).read_text(encoding="utf-8") for seed in "01")
        assert first == second, form
        assert "shop3" in first, form


def test_several_formats_are_written_to_files(run: Run, tmp_path: Path) -> None:
    done = run("check", "--output", "sarif=a.sarif", "--output", "json=b.json", "-q", files={"main.tf": BAD})
    assert done.returncode == 1
    assert json.loads((tmp_path / "a.sarif").read_text())["version"] == "2.1.0"
    assert len(json.loads((tmp_path / "b.json").read_text())["findings"]) == 1


def test_colour_is_for_terminals_and_those_who_ask(run: Run) -> None:
    assert "\x1b[" not in run("check", files={"main.tf": BAD}).stdout
    assert "\x1b[" in run("check", FORCE_COLOR="1").stdout
    assert "\x1b[" not in run("check", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_unknowns_are_counted_and_shown_on_request(run: Run) -> None:
    text = 'variable "role" {}\n' + BAD.replace('"roles/iam.serviceAccountTokenCreator"', "var.role")
    counted = run("check", files={"main.tf": text})
    assert counted.returncode == 0
    assert "unknown" in counted.stdout
    assert "var.role has no default" not in counted.stdout
    assert "var.role has no default" in run("check", "--show-unknown").stdout


def test_variables_are_set_from_the_command_line(run: Run) -> None:
    text = 'variable "role" {}\n' + BAD.replace('"roles/iam.serviceAccountTokenCreator"', "var.role")
    role = "role=roles/iam.serviceAccountTokenCreator"
    assert run("check", "--var", role, files={"main.tf": text}).returncode == 1
    assert run("check", "--var-file", "x.tfvars", files={"x.tfvars": 'role = "roles/iam.devOps"'}).returncode == 1


def test_a_day_judges_conditions(run: Run) -> None:
    expression = "request.time < timestamp('2030-01-01T00:00:00Z')"
    text = BAD.replace("\n}", f'\n  condition {{\n    title = "t"\n    expression = "{expression}"\n  }}\n}}')
    select = ("--select", "broad-token-creator")
    assert run("check", "--as-of", "2029-12-31", *select, files={"main.tf": text}).returncode == 1
    assert run("check", "--as-of", "2030-01-02", *select).returncode == 0
    assert run("check", "--as-of", "soon").returncode == 2


def test_a_baseline_accepts_what_was_there(run: Run) -> None:
    before = run("check", "--format", "json", files={"main.tf": BAD}).stdout
    moved = "# a new line\n" + BAD + GOOD.replace('"ci"', '"other"').replace("logging.viewer", "iam.serviceAccountUser")
    done = run("check", "--baseline", "before.json", files={"main.tf": moved, "before.json": before})
    assert done.returncode == 1
    assert "broad-token-creator" not in done.stdout
    assert "broad-service-account-user" in done.stdout
    assert "1 accepted" in done.stdout
    assert run("check", "--baseline", "before.json", files={"main.tf": BAD}).returncode == 0
    assert run("check", "--baseline", "before.json", "--no-ignore").returncode == 1
    for wrong in ("[]", "{", '{"findings": [{}]}'):
        told = run("check", "--baseline", "before.json", files={"before.json": wrong})
        assert told.returncode == 2
        assert told.stderr.startswith("error: before.json:")


# -- bad input -----------------------------------------------------------------------------------------------------

PLACED = [
    ({"main.tf": 'resource "a" "b" {\n  x = \n}\n'}, "main.tf", "main.tf:2:"),
    ({"main.tf": "\x00\x01\x02"}, "main.tf", "main.tf:1:1"),
    ({"main.tf": b"\xff\xfe\x00"}, "main.tf", "main.tf"),
    ({"plan.json": ""}, "plan.json", "plan.json"),
    ({"policy.yaml": ""}, "policy.yaml", "policy.yaml"),
    ({"empty/readme.txt": "x"}, "empty", "empty"),
    ({"x.json": '{"a": 1}'}, "x.json", "x.json"),
    ({"x.json": '{"bindings": ['}, "x.json", "x.json:1:"),
    ({"x.yaml": "a: [\n"}, "x.yaml", "x.yaml:2:1"),
    (
        {"project-a.json": '{"bindings": [{"role": 7, "members": []}], "etag": "a"}'},
        "project-a.json",
        "project-a.json:1:",
    ),
    ({"policy.json": '{"bindings": [], "etag": "a"}'}, "policy.json", "policy.json"),
    ({}, "missing.tf", "missing.tf"),
]


@pytest.mark.parametrize(("files", "named", "place"), PLACED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_read_is_one_line_with_its_place(
    run: Run, files: Mapping[str, str | bytes], named: str, place: str
) -> None:
    done = run("check", named, "good", "--format", "json", files={**files, "good/main.tf": BAD})
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert place in line
    report = json.loads(done.stdout)
    assert len(report["errors"]) == 1
    assert report["errors"][0]["reason"] in line
    assert [found["rule"] for found in report["findings"]] == ["broad-token-creator"], "the others are still checked"
    sarif = json.loads(run("check", named, "good", "--format", "sarif").stdout)
    (invocation,) = sarif["runs"][0]["invocations"]
    assert [one["level"] for one in invocation["toolExecutionNotifications"]].count("error") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--nonsense"), "--nonsense"),
        (("check", "--select", "broad-token-creater"), "did you mean `broad-token-creator`?"),
        (("check", "--output", "sarif"), "FORMAT=FILE"),
        (("check", "--output", "sarif=missing/x"), "cannot be written"),
        (("check", "--var", "x"), "NAME=VALUE"),
        (("check", "--resource", "shop"), "projects/ID"),
        (("check", "--rules", "nowhere"), "no such file or directory"),
        (("check", "--config", "nowhere.yaml"), "nowhere.yaml"),
        (("explain", "nothing-at-all"), "nothing-at-all"),
        (("nothing",), "nothing"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments, files={"main.tf": GOOD})
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_rule_document_that_is_wrong_is_told_with_line_and_key(run: Run) -> None:
    done = run("check", "--rules", "own", files={"main.tf": GOOD, "own/house/x.yaml": "title: Wrong\nseverty: low\n"})
    assert done.returncode == 2
    assert "own/house/x.yaml:2:1: unknown key `severty`" in done.stderr
    assert "did you mean `severity`?" in done.stderr


def test_a_link_that_leads_in_a_circle_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    done = run("check", "loop")
    assert done.returncode == 2
    assert "loop" in done.stderr


def test_a_link_does_not_lead_out(run: Run, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret.tfvars").write_text('role = "roles/iam.serviceAccountTokenCreator"\n')
    (tmp_path / "terraform.tfvars").symlink_to(outside / "secret.tfvars")
    text = 'variable "role" {}\n' + BAD.replace('"roles/iam.serviceAccountTokenCreator"', "var.role")
    done = run("check", "main.tf", "--format", "json", files={"main.tf": text})
    assert json.loads(done.stdout)["findings"] == []
    assert done.returncode == 2
    assert "outside" in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("".join(BAD.replace('"ci"', f'"ci{number}"') for number in range(500)))
    command = f"{sys.executable} -m iamlint check --format json | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.startswith("{")
    assert done.stderr == ""


# -- the other commands --------------------------------------------------------------------------------------------


def test_the_version_has_the_date_of_the_catalogue(run: Run) -> None:
    assert run("--version").stdout.startswith("iamlint 0.")
    assert "role catalogue of 20" in run("--version").stdout


def test_explain_shows_before_and_after(run: Run) -> None:
    for name in ("broad-token-creator", "impersonation/broad-token-creator"):
        page = run("explain", name).stdout
        assert "## Before" in page
        assert "## After" in page
        assert "google_service_account_iam_member" in page


def test_the_rules_are_listed(run: Run) -> None:
    listed = json.loads(run("rules", "--format", "json").stdout)
    assert {"slug", "family", "title", "severity"} <= listed[0].keys()
    assert len(run("rules").stdout.splitlines()) == len(listed)
    assert all(line.startswith("keys/") for line in run("rules", "--select", "keys").stdout.splitlines())


def test_facts_are_one_json_object_a_line(run: Run) -> None:
    (line,) = run("facts", "--format", "json", files={"main.tf": BAD}).stdout.splitlines()
    fact = json.loads(line)
    assert {key: fact[key] for key in ("kind", "address", "type", "principal", "role", "origin", "path", "line")} == {
        "kind": "grant",
        "address": "google_project_iam_member.ci",
        "type": "google_project_iam_member",
        "principal": "user:ana@example.com",
        "role": "roles/iam.serviceAccountTokenCreator",
        "origin": "member",
        "path": "main.tf",
        "line": fact["line"],
    }
    assert fact["resource"] == {"kind": "project", "name": "shop"}
    assert fact["unknown"] == {}


def test_the_examples_of_ones_own_rules_run(run: Run) -> None:
    document = """\
title: Nobody may view the shop
severity: low
when:
  grant: {role: roles/logging.viewer}
message: "{principal} views {resource}."
why: It is closed.
fix: Go away.
references: [https://example.com]
examples:
  flags:
    - terraform: |
        resource "google_project_iam_member" "ci" {
          project = "shop"
          role    = "roles/logging.viewer"MARK
          member  = "user:ana@example.com"
        }
  passes:
    - terraform: |
        resource "google_service_account" "x" {
          account_id = "xxxxxx"
        }
"""
    right = run("test", "own", files={"own/house/no-viewer.yaml": document.replace("MARK", " # finding")})
    assert right.returncode == 0, right.stdout + right.stderr
    wrong = run("test", "own", files={"own/house/no-viewer.yaml": document.replace("MARK", "")})
    assert wrong.returncode == 1
    assert "a flagged example has no marked line (end the line in `# finding`)" in wrong.stdout
    unsure = document.replace("MARK", " # finding").replace('"roles/logging.viewer" #', "var.role #")
    unknown = run("test", "own", files={"own/house/no-viewer.yaml": unsure})
    assert unknown.returncode == 1
    assert "line 3 of main.tf: it is unknown whether the rule matches: the role is not known:" in unknown.stdout
    elsewhere = unsure.replace("var.role #", "local.role #").replace(
        "  passes:",
        """\
        locals {
          role = var.nothing
        }
  passes:""",
    )
    assert "var.nothing" in run("test", "own", files={"own/house/no-viewer.yaml": elsewhere}).stdout
    found = run("check", "--rules", "own", files={"own/house/no-viewer.yaml": document, "main.tf": GOOD})
    assert "no-viewer" in found.stdout


# -- workspaces, and skipped directories -----------------------------------------------------------------------------

GATED = BAD.replace("{\n", '{\n  count   = terraform.workspace == "prod" ? 1 : 0\n', 1)


def test_the_workspace_is_stated_by_an_option_or_the_environment(run: Run) -> None:
    assert run("check", "--workspace", "prod", files={"main.tf": GATED}, TF_WORKSPACE="dev").returncode == 1
    assert run("check", "--workspace", "dev").returncode == 0
    assert run("check", TF_WORKSPACE="dev").returncode == 0
    unknown = run("check", "--show-unknown", TF_WORKSPACE="")
    assert unknown.returncode == 1
    assert "high[broad-token-creator] (medium confidence)" in unknown.stdout
    assert "--workspace states one" in unknown.stdout


def test_the_summary_names_directories_that_are_not_walked_into(run: Run) -> None:
    files = {"main.tf": GOOD, ".deploy/prod/main.tf": BAD, "node_modules/a/x.tf": BAD, ".github/ci.yaml": "on: push"}
    found = run("check", files=files)
    assert found.returncode == 0
    assert "2 directories with Terraform not read: .deploy/prod, node_modules/a" in found.stdout
    listed = run("check", "--show-unknown").stdout
    assert "--> .deploy/prod:1:1" in listed
    assert "github" not in listed
    assert run("check", ".deploy/prod").returncode == 1


def test_facts_have_the_values_of_the_configuration(run: Run) -> None:
    source = 'variable "project" {}\n' + GOOD.replace('"shop"', "var.project")
    settings = "environments: {dev: {var: {project: shop-dev}}, prod: {var: {project: shop-prod}}}\nexclude: [old/*]\n"
    files = {"main.tf": source, "old/main.tf": BAD, ".iamlint.yaml": settings}
    done = run("facts", "--environment", "prod", files=files)
    assert (done.returncode, done.stdout.count("\n"), "resource=project shop-prod" in done.stdout) == (0, 1, True)
    assert "choose one of dev, prod with --environment" in run("facts").stderr
    assert "resource=project ${var.project}" in run("facts", "--no-config", "main.tf").stdout
