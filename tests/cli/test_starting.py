"""`iamlint demo`, `config` and `init`: the first commands of a new user."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest
import yaml
from vendor_schemas import assert_valid

MODULE = 'resource "google_project" "p" {\n  project_id = "shop"\n  name = "shop"\n}\n'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two root modules, a called one, an example, and variable files."""
    top = tmp_path / "repository"
    for name, text in {
        "app/main.tf": MODULE + 'module "m" {\n  source = "../modules/m"\n}\n',
        "net/main.tf": 'module "n" {\n  count  = 2\n  source = "terraform-google-modules/network/google"\n}\n',
        "modules/m/main.tf": MODULE,
        "examples/simple/main.tf": MODULE,
        "app/terraform.tfvars": "",
        "app/x.auto.tfvars": "",
        "envs/prod.tfvars": "",
        "envs/prod.gcs.tfbackend": "",
        "envs/dev/terraform.tfvars": "",
        "envs/on.tfvars.json": "{}",
        "Jenkinsfile": "",
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")
    (top / ".git").mkdir()
    (top / ".github").mkdir()
    return top


def test_the_demo_shows_findings_of_every_kind_and_exits_with_0(tmp_path: Path) -> None:
    (tmp_path / ".iamlint.yaml").write_text("select: [nothing]\n", encoding="utf-8")  # not the demo's
    done = program.run("demo", "--format", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["errors"] == []
    assert {one["severity"] for one in report["findings"]} >= {"critical", "high", "medium"}
    assert report["summary"]["unknowns"] == 1
    assert "iamlint init" in done.stderr
    assert "broad-token-creator" in program.run("demo", "--statistics", cwd=tmp_path).stdout


def test_init_finds_environments_that_are_folders(tmp_path: Path) -> None:
    files = {
        **{f"envs/{name}/{part}.tfvars": "" for name in ("dev", "prod") for part in ("app", "net")},
        "envs/prod/more.tfvars": "",
        "app/main.tf": MODULE,
        "app/dev.tfvars": "",
        "app/test.tfvars": "",
        "net/main.tf": MODULE,
        "net/dev.tfvars": "",
        "shared/common.tfvars": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    assert program.run("init", "--yes", cwd=tmp_path).returncode == 0
    shown = json.loads(program.run("config", "--format", "json", cwd=tmp_path).stdout)
    (environments,) = [one["value"] for one in shown["settings"] if one["key"] == "environments"]
    assert {name: one["var-file"] for name, one in environments.items()} == {
        "common": ["shared/common.tfvars"],
        "dev": ["app/dev.tfvars", "envs/dev/app.tfvars", "envs/dev/net.tfvars", "net/dev.tfvars"],
        "prod": ["envs/prod/app.tfvars", "envs/prod/more.tfvars", "envs/prod/net.tfvars"],
        "test": ["app/test.tfvars"],
    }


def test_init_shows_what_it_found_and_writes_nothing_unasked(repository: Path) -> None:
    before = sorted(repository.rglob("*"))
    done = program.run("init", cwd=repository / "app")
    assert done.returncode == 0
    for words in (
        "3 root modules (app, examples/simple, net), 1 called module (modules/m)",
        "modules to download: 1 root module (net)",
        "environments by their variable files: dev, on, prod",
        "CI: GitHub Actions, Jenkins",
        "to write: .iamlint.yaml",
        "to write: .github/workflows/iamlint.yml",
        "nothing was written",
    ):
        assert words in done.stdout, words
    assert sorted(repository.rglob("*")) == before


def test_what_init_writes_is_valid_and_in_force(repository: Path) -> None:
    done = program.run("init", "--yes", "--hook", cwd=repository)
    assert done.returncode == 0
    assert "Next: iamlint check .\n" in done.stdout + done.stderr
    assert (done.stdout + done.stderr).endswith(".iamlint-baseline.json\nFor the hook: pre-commit install\n")
    done = program.run("config", "--format", "json", cwd=repository / "app")
    shown = json.loads(done.stdout)
    values = {one["key"]: one for one in shown["settings"]}
    assert shown["path"] == "../.iamlint.yaml"
    assert values["environments"]["value"] == {
        "dev": {"var-file": ["envs/dev/terraform.tfvars"]},
        "on": {"var-file": ["envs/on.tfvars.json"]},
        "prod": {"var-file": ["envs/prod.tfvars"], "backend": "envs/prod.gcs.tfbackend"},
    }
    assert values["environments"]["set_at"]["path"] == "../.iamlint.yaml"
    assert (values["fail-on"]["value"], values["fail-on"]["set_at"]) == ("info", None)
    report = json.loads(program.run("check", "--format", "json", cwd=repository).stdout)
    assert [one["effect"] for one in report["configuration"]["settings"]] == ["3 environments checked (dev, on, prod)"]


@pytest.mark.parametrize(
    ("name", "schema"),
    [(".github/workflows/iamlint.yml", "vendor.github-workflows"), (".pre-commit-config.yaml", "vendor.pre-commit")],
)
def test_workflow_and_hook_are_valid(name: str, schema: str, repository: Path) -> None:
    program.run("init", "--yes", "--hook", cwd=repository)
    text = (repository / name).read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    assert "REVISION is a commit of" in text
    if schema == "vendor.github-workflows":
        assert_valid(repository / name, "github-workflows")
        assert "fetch-depth: 0" in (repository / name).read_text(), "the action compares with the base commit"


def test_the_comments_of_the_configuration_are_valid_too(repository: Path) -> None:
    program.run("init", "--yes", cwd=repository)
    path = repository / ".iamlint.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    prose = ("# The ", "# all ", "# Further", "# Each", "# Paths", "# Other", "# Findings")
    told = [line if line.startswith(prose) else line.replace("# ", "", 1) for line in lines]
    path.write_text("\n".join(told) + "\n", encoding="utf-8")
    done = program.run("config", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert "2027-06-30" in done.stdout


def test_init_never_overwrites(repository: Path) -> None:
    mine = {
        ".iamlint.yml": "fail-on: high\n",
        ".github/workflows/iamlint.yml": "mine",
        ".pre-commit-config.yaml": "mine",
    }
    for name, text in mine.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text, encoding="utf-8")
    done = program.run("init", "--yes", "--hook", "--workflow", cwd=repository)
    assert "nothing to write" in done.stdout
    assert "- id: iamlint" in done.stdout
    for name, text in mine.items():
        assert (repository / name).read_text(encoding="utf-8") == text
    assert not (repository / ".iamlint.yaml").exists()


def test_init_follows_no_link_out_of_the_repository(repository: Path) -> None:
    outside = repository.parent / "outside"
    outside.mkdir()
    (repository / ".github" / "workflows").symlink_to(outside)
    done = program.run("init", "--yes", cwd=repository)
    assert done.returncode == 2
    assert "a symbolic link leads out of the repository" in done.stderr
    assert list(outside.iterdir()) == []


def test_init_in_an_empty_folder(tmp_path: Path) -> None:
    done = program.run("init", "--yes", cwd=tmp_path)
    assert done.returncode == 0
    assert "0 root modules\n  no Terraform is here: run iamlint init at the top" in done.stdout
    assert program.run("config", cwd=tmp_path).returncode == 0


def test_config_shows_defaults_and_errors(tmp_path: Path) -> None:
    done = program.run("config", cwd=tmp_path)
    assert "configuration: none" in done.stdout
    assert 'fail-on           "info"  (default)' in done.stdout
    (tmp_path / ".iamlint.toml").write_text(
        'ignore = ["x"]\naccept = [{rule = "nope", reason = "r"}]\n', encoding="utf-8"
    )
    done = program.run("config", cwd=tmp_path)
    assert done.returncode == 2
    assert ".iamlint.toml:2:11: the configuration names `nope`" in done.stderr
    (tmp_path / ".iamlint.toml").write_text('ignore = ["keyss"]\n', encoding="utf-8")
    assert "`keyss` (did you mean `keys`?)" in program.run("config", cwd=tmp_path).stderr
