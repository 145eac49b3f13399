"""The pre-commit hook: it checks the modules affected by a commit, with the modules that call them.

``bench/installs.py`` runs it by pre-commit.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from program import run

from iamlint.accepted.configuration.config import Config
from iamlint.cli.options import Request
from iamlint.cli.run import checked
from iamlint.logic.path_globs import PathGlobs
from iamlint.sources.affected_modules import touched

ROOT = Path(__file__).parents[2]
MODULE = """\
variable "role" {}

resource "google_project_iam_member" "m" {
  project = "shop"
  role    = var.role
  member  = "user:ana@example.com"
}
"""
CALL = 'module "m" {\n  source = "../../modules/grant"\n  role   = "roles/iam.serviceAccountTokenCreator"\n}\n'
OTHER = 'resource "google_service_account" "a" {\n  account_id = "another"\n}\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"modules/grant/main.tf": MODULE, "envs/prod/main.tf": CALL, "envs/dev/main.tf": OTHER}
    for name, text in files.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


def hook(*paths: str) -> subprocess.CompletedProcess[str]:
    return run("check", "--hook", *paths, cwd=Path.cwd())


def test_a_module_brings_those_that_call_it(repository: Path) -> None:
    found = touched([Path("modules/grant/main.tf")], repository, PathGlobs(("envs/*",)))
    assert found.excluded == 0
    assert touched([Path("envs/dev/main.tf")], repository, PathGlobs(("envs/*",))).excluded == 1
    found = touched([Path("modules/grant/main.tf")], repository)
    assert set(found.paths) == {repository / "modules/grant/main.tf", repository / "envs/prod/main.tf"}
    assert found.directories == {repository / "modules/grant"}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("main.tf", 'module "m" {\n  source = /* ours */ "../../modules/grant"\n}\n'),
        ("main.tf", 'module "m" {\n  source = "../../modules/gr\\u0061nt"\n}\n'),
        ("main.tf", 'module "m" {\n  source = "..\\\\..\\\\modules\\\\grant"\n}\n'),
        ("main.tf.json", '{"module": {"m": {"source":\n"..\\/..\\/modules\\/grant"}}}'),
    ],
)
def test_a_call_is_found_however_it_is_written(repository: Path, name: str, call: str) -> None:
    caller = repository / "envs/other" / name
    caller.parent.mkdir()
    caller.write_text(call, encoding="utf-8")
    assert caller in touched([Path("modules/grant/main.tf")], repository).paths


def test_it_is_told_where_callers_were_looked_for_in_a_part_only(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = [Path("modules/grant/main.tf")]
    assert touched(changed, repository).whole
    monkeypatch.setattr("iamlint.sources.affected_modules.MOST_FILES", 1)
    checked(Request(paths=tuple(changed), hook=True), Config(), quiet=True)
    assert "note: whether modules beyond the first 1 Terraform files" in capsys.readouterr().err


def test_a_file_that_nobody_calls_brings_its_directory(repository: Path) -> None:
    assert touched([Path("envs/dev/main.tf")], repository).paths == (repository / "envs/dev/main.tf",)
    assert touched([Path("envs/dev/gone.tf")], repository).paths == ()


@pytest.mark.parametrize("name", [".x.tf", ".x_override.tf.json", ".x.tofu"])
def test_a_file_that_terraform_ignores_brings_nothing(repository: Path, name: str) -> None:
    (repository / "envs/dev" / name).write_text(OTHER)
    assert touched([Path("envs/dev", name)], repository).paths == ()
    (repository / "modules/grant" / name).write_text(CALL)
    assert touched([Path("envs/dev/main.tf")], repository).paths == (repository / "envs/dev/main.tf",)


def test_tfvars_and_files_in_directories_that_are_not_walked_into_bring_theirs(repository: Path) -> None:
    (repository / "envs/dev/.x.auto.tfvars").write_text('a = "b"\n')
    assert touched([Path("envs/dev/.x.auto.tfvars")], repository).paths == (repository / "envs/dev/main.tf",)
    (repository / ".deploy").mkdir()
    (repository / ".deploy/main.tf").write_text(OTHER)
    assert touched([Path(".deploy/main.tf")], repository).paths == (repository / ".deploy/main.tf",)


def test_a_change_of_a_module_tells_of_its_caller(repository: Path) -> None:
    done = hook("modules/grant/main.tf")
    assert done.returncode == 1
    assert "broad-token-creator" in done.stdout
    assert hook("envs/dev/main.tf").returncode == 0


def test_a_mistake_elsewhere_does_not_stop_a_commit(repository: Path) -> None:
    (repository / "envs/prod/main.tf").write_text("x = {\n")
    assert hook("envs/dev/main.tf").returncode == 0
    assert hook("envs/prod/main.tf").returncode == 2


def test_a_link_belongs_to_its_module_and_leads_nowhere_else(repository: Path) -> None:
    (repository.parent / "elsewhere.tf").write_text(OTHER, encoding="utf-8")
    (repository / ".git").mkdir()
    (repository / "envs/prod/a.tf").symlink_to("../../../elsewhere.tf")
    for name in ("a.tf", "main.tf"):
        done = hook(f"envs/prod/{name}")
        assert "envs/prod/a.tf: the file is outside of what iamlint was given to read" in done.stderr
        assert "broad-token-creator" in done.stdout
        assert done.returncode == 2


def test_a_module_with_a_link_to_a_changed_file_is_checked(repository: Path) -> None:
    (repository / "shared.txt").mkdir()
    (repository / "shared.txt/grant.tf").write_text(MODULE.replace("var.role", "local.role"), encoding="utf-8")
    (repository / "envs/dev/grant.tf").symlink_to("../../shared.txt/grant.tf")
    (repository / "envs/dev/role.tf").write_text('locals {\n  role = "roles/owner"\n}\n', encoding="utf-8")
    assert "envs/dev/grant.tf" in hook("shared.txt/grant.tf").stdout


def test_an_error_of_a_whole_directory_is_shown(repository: Path) -> None:
    done = hook("--max-time", "0.000001", "envs/prod/main.tf")
    assert "envs/prod: nothing is checked here" in done.stderr
    assert done.returncode == 2


def test_the_manifest_is_valid() -> None:
    command = [str(Path(sys.executable).with_name("pre-commit")), "validate-manifest", ".pre-commit-hooks.yaml"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
