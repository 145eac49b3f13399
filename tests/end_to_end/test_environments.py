"""Environments and variables of the configuration: one run checks each environment and names it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import program
import pytest
from checkout import commit, git

MAIN = """\
variable "project" {}
variable "who" { default = "user:default@example.com" }
resource "google_project_iam_member" "ci" {
  project = var.project
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = var.who
}
"""
TWO = """\
environments:
  prod: {var-file: [envs/prod.tfvars]}
  dev: {var-file: [envs/dev.tfvars], var: {who: "user:dev@example.com"}}
"""
Check = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """``check("configuration", "--option", …)`` in a repository with two variable files."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "envs").mkdir()
    (tmp_path / "main.tf").write_text(MAIN, encoding="utf-8")
    (tmp_path / "envs" / "prod.tfvars").write_text('project = "shop-prod"\n', encoding="utf-8")
    (tmp_path / "envs" / "dev.tfvars").write_text('project = "shop-dev"\n', encoding="utf-8")

    def run(written: str, *arguments: str, command: str = "check") -> subprocess.CompletedProcess[str]:
        (tmp_path / ".iamlint.yaml").write_text(written, encoding="utf-8")
        return program.run(command, *arguments, cwd=tmp_path)

    return run


def found(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str, list[str]]]:
    listed: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return sorted((one["principal"], one["resource"]["name"], one["environments"]) for one in listed)


def test_each_environment_is_checked_and_named(check: Check) -> None:
    done = check(TWO, "--format", "json")
    assert found(done) == [
        ("user:default@example.com", "shop-prod", ["prod"]),
        ("user:dev@example.com", "shop-dev", ["dev"]),
    ]
    effects = [one["effect"] for one in json.loads(done.stdout)["configuration"]["settings"]]
    assert effects == ["2 environments checked (prod, dev)"]


def test_what_is_the_same_in_all_is_one_finding(check: Check) -> None:
    same = TWO.replace("user:dev@", "user:default@").replace("envs/dev", "envs/prod")
    assert found(check(same, "--format", "json")) == [("user:default@example.com", "shop-prod", ["prod", "dev"])]


@pytest.mark.parametrize("form", ["text", "github", "markdown", "sarif"])
def test_every_format_names_it(form: str, check: Check) -> None:
    said = check(TWO, "--format", form).stdout
    assert "in prod" in said
    assert "in dev" in said
    assert "in prod" not in check("{}", "--format", form).stdout


UNKNOWN = """\
environments:
  prod: {var-file: [envs/prod.tfvars], var: {who: "user:prod@example.com"}}
  dev: {var-file: [envs/dev.tfvars]}
  test: {var-file: [envs/dev.tfvars]}
"""


def test_an_unknown_answer_names_its_environments(check: Check, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MAIN.replace('{ default = "user:default@example.com" }', "{}"), encoding="utf-8")
    done = check(UNKNOWN, "--format", "json", "--select", "public-impersonation")
    report = json.loads(done.stdout)
    (unknown,) = report["unknowns"]
    assert unknown["environments"] == ["dev", "test"]
    (cause,) = report["summary"]["unknowns_by_cause"]
    assert cause["help"] == "add it to `var-file` or `var` of the environment"
    asked = ("--select", "public-impersonation", "--fail-on-unknown")
    for form in ("text", "github", "markdown", "sarif", "concise", "gitlab"):
        said = check(UNKNOWN, "--format", form, *asked).stdout
        assert "in dev, test" in said, form
        assert "in prod" not in said, form
    shown = check(UNKNOWN, *asked, "--show-unknown").stdout
    assert "main.tf:5:13  google_project_iam_member.ci  in dev, test" in shown
    only = check("var-file: [envs/prod.tfvars]\n", "--format", "json", "--select", "public-impersonation")
    (alone,) = json.loads(only.stdout)["unknowns"]
    assert alone["environments"] == []


def test_one_is_chosen_by_name(check: Check) -> None:
    done = check(TWO, "--environment", "dev", "--format", "json")
    assert [names for _, _, names in found(done)] == [["dev"]]
    assert "not prod" in done.stdout
    wrong = check(TWO, "--environment", "de")
    assert wrong.returncode == 2
    assert "no environment is called `de` (did you mean `dev`?)" in wrong.stderr


def test_the_command_line_replaces_files_and_environments(check: Check) -> None:
    done = check(TWO, "--var-file", "envs/dev.tfvars", "--format", "json")
    assert found(done) == [("user:default@example.com", "shop-dev", [])]
    assert json.loads(done.stdout)["configuration"] is None
    assert found(check(TWO, "--workspace", "w", "--var", "project=p", "--format", "json"))[0][1] == "p"
    over = check(TWO, "--var", "who=user:me@example.com", "--format", "json")
    assert {principal for principal, _, _ in found(over)} == {"user:me@example.com"}


def test_values_of_the_configuration(check: Check) -> None:
    done = check("var: {project: mine, unheard: [1, {a: 2}]}\nvar-file: [envs/prod.tfvars]\n", "--format", "json")
    assert found(done) == [("user:default@example.com", "mine", [])]
    effects = [one["effect"] for one in json.loads(done.stdout)["configuration"]["settings"]]
    assert effects[0] == "2 variables set (project, unheard), of which nothing declares unheard"


def test_a_value_that_is_no_text_is_an_expression(check: Check, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        MAIN.replace('variable "project" {}', 'variable "project" {}\nvariable "on" { type = list(string) }')
        .replace("resource", "resource", 1)
        .replace("  project =", "  for_each = toset(var.on)\n  project =")
        .replace("= var.who", '= "user:${each.key}"'),
        encoding="utf-8",
    )
    done = check("var: {project: p, on: [a@example.com, b@example.com]}\n", "--format", "json")
    assert [principal for principal, _, _ in found(done)] == ["user:a@example.com", "user:b@example.com"]


def test_the_workspace_of_an_environment(check: Check, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MAIN.replace("= var.project", "= terraform.workspace"), encoding="utf-8")
    written = "workspace: base\nenvironments:\n  one: {workspace: w1, var: {project: x}}\n  two: {var: {project: x}}\n"
    done = check(written, "--format", "json")
    assert [(name, names) for _, name, names in found(done)] == [("base", ["two"]), ("w1", ["one"])]


def test_a_variable_file_below_a_root_module_counts_only_there(check: Check, tmp_path: Path) -> None:
    (tmp_path / "main.tf").unlink()
    own = {"app": "shop-app", "platform": "shop-platform"}
    files = {f"{name}/envs/prod.tfvars": f'project = "{project}"\n' for name, project in own.items()}
    files |= {f"{name}/main.tf": MAIN for name in (*own, "app/more")} | {
        "envs/all.tfvars": 'who = "user:all@example.com"\n'
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    names = "envs/all.tfvars, app/envs/prod.tfvars, platform/envs/prod.tfvars"
    told = found(check(f"environments:\n  prod: {{var-file: [{names}]}}\n", "--format", "json"))
    projects = ["shop-app", "shop-app", "shop-platform"]  # app/more is below app
    assert told == [("user:all@example.com", project, ["prod"]) for project in projects]
    given = [word for name in names.split(", ") for word in ("--var-file", name)]
    done = check("{}", *given, "--format", "json")
    assert [project for _, project, _ in found(done)] == projects
    alone = check("{}", "app", "--var-file", "platform/envs/prod.tfvars", "--format", "json")
    assert found(alone) == [("user:default@example.com", "shop-platform", [])] * 2, "platform is not checked"


STATE = """\
terraform {
  backend "gcs" {}
}
output "who" { value = "user:known@example.com" }
"""
READER = """\
data "terraform_remote_state" "other" {
  backend = "gcs"
  config  = { bucket = "states", prefix = "prod" }
}
"""


@pytest.mark.parametrize("backend", ["{bucket: states, prefix: prod}", "envs/prod.gcs.tfbackend"])
def test_the_settings_of_a_partial_backend_say_which_state_it_is(backend: str, check: Check, tmp_path: Path) -> None:
    for name, text in (
        ("base/main.tf", STATE),
        ("app/main.tf", READER + MAIN.replace("var.who", "data.terraform_remote_state.other.outputs.who")),
        ("envs/prod.gcs.tfbackend", 'bucket = "states"\nprefix = "prod"\n'),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "main.tf").unlink()
    written = f"environments:\n  prod: {{var: {{project: p}}, backend: {backend}}}\n  none: {{var: {{project: p}}}}\n"
    done = check(written, "base", "app", "--format", "json")
    known = [names for principal, _, names in found(done) if principal == "user:known@example.com"]
    assert known == [["prod"]]


def test_commands_that_answer_for_one_environment(check: Check, tmp_path: Path) -> None:
    account = 'resource "google_service_account" "s" {\n  account_id = "runner"\n  project    = var.project\n}\n'
    (tmp_path / "main.tf").write_text(MAIN + account, encoding="utf-8")
    asked = ("user:dev@example.com", "--environment")
    assert "runner@shop-dev.iam" in check(TWO, *asked, "dev", command="reach").stdout
    assert "runner@" not in check(TWO, *asked, "prod", command="reach").stdout
    assert check(TWO, "--environment", "dev", "--environment", "prod", "x@y.z", command="who").returncode == 2
    for command in ("reach", "who", "paths"):
        done = check(TWO, *(["user:*"] if command != "paths" else []), command=command)
        assert done.returncode == 2
        assert "choose one of prod, dev with --environment" in done.stderr
    only = "environments:\n  dev: {var-file: [envs/dev.tfvars], var: {who: 'user:dev@example.com'}}\n"
    assert "runner@shop-dev.iam" in check(only, "user:dev@example.com", command="reach").stdout


def test_a_comparison_compares_each_environment(check: Check, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    account = 'resource "google_service_account" "s" {\n  account_id = "runner"\n  project    = var.project\n}\n'
    (tmp_path / "main.tf").write_text(MAIN + account, encoding="utf-8")
    commit(tmp_path)
    (tmp_path / "envs" / "dev.tfvars").write_text('project = "shop-new"\n', encoding="utf-8")
    done = check(TWO, "HEAD", ".", "--format", "json", command="compare")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    gained = [(one["principal"], one["resource"], one["environments"]) for one in found["gained"]]
    assert gained == [("user:dev@example.com", "project shop-new", ["dev"])]
    assert [one["environments"] for one in found["lost"]] == [["dev"]]
    same = check(TWO, "HEAD~1", ".", "--environment", "prod", "--format", "json", command="compare")
    assert {tuple(one["environments"]) for one in json.loads(same.stdout)["opened"]} == {("prod",)}
    for form in ("text", "markdown"):
        said = check(TWO, "HEAD", ".", "--format", form, command="compare").stdout
        assert "in dev" in said
        assert "in prod" not in said
    both = TWO.replace("user:dev@", "user:default@").replace("envs/dev", "envs/prod")
    joined = json.loads(check(both, "HEAD~1", ".", "--format", "json", command="compare").stdout)
    assert [one["environments"] for one in joined["opened"]] == [["prod", "dev"]]
