"""Which file is the configuration, in which form, and that nothing outside of the repository is read for it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import program
import pytest

from iamlint.accepted.configuration.required import allows
from iamlint.accepted.configuration.settings import LARGEST

BAD = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
Check = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with Terraform in ``infra/app``."""
    top = tmp_path / "repository"
    (top / ".git").mkdir(parents=True)
    (top / "infra" / "app").mkdir(parents=True)
    (top / "infra" / "app" / "main.tf").write_text(BAD, encoding="utf-8")
    return top


def settings(done: subprocess.CompletedProcess[str]) -> tuple[str, list[str]] | None:
    found = json.loads(done.stdout)["configuration"]
    return (found["path"], [one["effect"] for one in found["settings"]]) if found else None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".iamlint.yaml", "fail-on: never\n"),
        (".iamlint.yml", "fail-on: never\n"),
        (".iamlint.toml", 'fail-on = "never"\n'),
        ("pyproject.toml", '[project]\nname = "x"\n[tool.iamlint]\nfail-on = "never"\n'),
    ],
)
@pytest.mark.parametrize("folder", ["", "infra", "infra/app"])
def test_it_is_in_the_nearest_folder_up_to_the_top(name: str, text: str, folder: str, repository: Path) -> None:
    (repository / folder / name).write_text(text, encoding="utf-8")
    done = program.run("check", "--format", "json", cwd=repository / "infra" / "app")
    path = "../" * (2 - len(Path(folder).parts)) + name
    assert settings(done) == (path, ["no finding fails (1 do not)"])
    assert done.returncode == 0


def test_the_nearest_one_counts_and_none_above_the_repository(repository: Path) -> None:
    (repository.parent / ".iamlint.yaml").write_text("fail-on: never\n", encoding="utf-8")
    assert settings(program.run("check", "--format", "json", cwd=repository / "infra")) is None
    (repository / ".iamlint.yaml").write_text("fail-on: never\n", encoding="utf-8")
    (repository / "infra" / ".iamlint.toml").write_text('fail-on = "low"\n', encoding="utf-8")
    found = settings(program.run("check", "--format", "json", cwd=repository / "infra" / "app"))
    assert found
    assert found[0] == "../.iamlint.toml"


def test_without_a_repository_only_the_working_directory_counts(tmp_path: Path) -> None:
    (tmp_path / ".iamlint.yaml").write_text("fail-on: never\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "main.tf").write_text(BAD, encoding="utf-8")
    assert program.run("check", "-q", cwd=tmp_path / "sub").returncode == 1
    assert program.run("check", "-q", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("text", ["[project]\nname = 'x'\n", "not toml [\n", "x = '[tool.iamlint]'\n"])
def test_a_pyproject_without_our_table_is_none(text: str, repository: Path) -> None:
    (repository / "infra" / "pyproject.toml").write_text(text, encoding="utf-8")
    (repository / ".iamlint.yaml").write_text("fail-on: never\n", encoding="utf-8")
    assert program.run("check", "-q", cwd=repository / "infra").returncode == 0


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {".iamlint.yaml": "", ".iamlint.toml": ""},
            "two configurations in one folder: .iamlint.yaml and .iamlint.toml",
        ),
        ({".iamlint.yaml": "", "pyproject.toml": "[tool.iamlint]\n"}, "two configurations in one folder"),
        ({"pyproject.toml": "[tool.iamlint]\nfail-on = \n"}, "pyproject.toml:2:11: this is not TOML"),
        ({".iamlint.toml": 'fail_on = "low"\n'}, ".iamlint.toml:1:1: unknown key `fail_on` (did you mean `fail-on`?)"),
        ({"pyproject.toml": "[tool.iamlint]\nseverty = {}\n"}, "pyproject.toml:2:1: unknown key `severty`"),
        ({".iamlint.yaml": "severity: {broad-tokn-creator: low}\n"}, "1:32: the configuration names"),
        ({".iamlint.yaml": "severity: {broad-tokn-creator: low}\n"}, "did you mean `broad-token-creator`?"),
        ({".iamlint.yaml": "paths: {a: {ignore: [keys/x*]}}\n"}, "names `keys/x*`"),
        ({".iamlint.yaml": "paths: {a: {igore: []}}\n"}, "unknown key `igore` in `paths.a` (did you mean `ignore`?)"),
        ({".iamlint.yaml": "environments: {'a b': {}}\n"}, "1:17: the key `a b` in `environments` has a wrong form"),
        ({".iamlint.yaml": "exclude: [/etc]\n"}, "has the glob '/etc'"),
        ({".iamlint.yaml": "exclude: [../x]\n"}, "has the glob '../x'"),
        ({".iamlint.yaml": "var-file: [nowhere.tfvars]\n"}, "names 'nowhere.tfvars', which is not a file"),
        ({".iamlint.yaml": "# " + "x" * LARGEST}, f"larger than {LARGEST} bytes"),
        ({".iamlint.yaml": "required-version: '>=9'\nnew-key: 1\n"}, "asks for iamlint >=9"),
        ({".iamlint.yaml": "required-version: newest\n"}, "`required-version` is 'newest'"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(files: dict[str, str], said: str, repository: Path) -> None:
    for name, text in files.items():
        (repository / "infra" / name).write_text(text, encoding="utf-8")
    done = program.run("check", cwd=repository / "infra")
    assert done.returncode == 2
    assert said in done.stderr
    assert "iamlint failed" not in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "rules: [../../outside]",
        "rules: [link]",
        "var-file: [../../outside/x.tfvars]",
        "var-file: [link/x.tfvars]",
        "environments: {a: {var-file: [/etc/hostname]}}",
        "environments: {a: {backend: ../../outside/x.tfvars}}",
    ],
)
def test_nothing_outside_of_the_repository_is_read(text: str, repository: Path) -> None:
    outside = repository.parent / "outside"
    outside.mkdir()
    (outside / "x.tfvars").write_text('secret = "s3cret"\n', encoding="utf-8")
    (repository / "infra" / "link").symlink_to(outside)
    (repository / "infra" / ".iamlint.yaml").write_text(text, encoding="utf-8")
    done = program.run("check", cwd=repository / "infra")
    assert done.returncode == 2
    assert "outside of the repository" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_a_link_out_of_the_repository_in_a_folder_above_is_refused(repository: Path) -> None:
    (repository.parent / "other.yaml").write_text("fail-on: never\n", encoding="utf-8")
    (repository / ".iamlint.yml").symlink_to("../other.yaml")
    done = program.run("check", cwd=repository / "infra")
    assert done.returncode == 2
    assert "../.iamlint.yml: this symbolic link leads out of the repository" in done.stderr


def test_assertions_are_beside_the_configuration_that_is_found(repository: Path) -> None:
    (repository / ".iamlint.toml").write_text(
        '[[assertions]]\nid = "nobody"\nforbid = {from = "*", to = "*"}\n', encoding="utf-8"
    )
    done = program.run("check", "--select", "assertions", "--format", "json", cwd=repository / "infra")
    assert json.loads(done.stdout)["summary"]["rules"] == 1, done.stderr


@pytest.mark.parametrize(
    ("asked", "version", "allowed"),
    [
        (">=0.1, <1", "0.1.0", True),
        (">=0.2", "0.1.9", False),
        ("0.1.0", "0.1.0", True),
        ("==0.1", "0.1.0", True),
        ("0.1.1", "0.1.0", False),
        ("!=0.1.0", "0.1.0", False),
        ("~=0.1.2", "0.1.5", True),
        ("~=0.1.2", "0.2.0", False),
        ("~=0.1", "0.9.0", True),
        (">0.1.0", "0.1.0", False),
        ("<=0.1.0", "0.1.0rc1", True),
        ("soon", "0.1.0", None),
    ],
)
def test_which_versions_are_allowed(asked: str, version: str, allowed: bool | None) -> None:
    assert allows(asked, version) is allowed
