"""Configuration, rules and baseline come from the base commit: a pull request changes none of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import program
import pytest
from action_runner import BAD, Runner
from checkout import commit, git, write

from iamlint.accepted.base_commit import MissingBase, base_files

RULE = (Path(__file__).parents[2] / "rules" / "exposure" / "public-grant.yaml").read_text(encoding="utf-8")


class Repository:
    """A git repository with a base commit and a pull request that changes anything."""

    def __init__(self, top: Path) -> None:
        self.top = top
        top.mkdir(exist_ok=True)
        self.git("init", "-q")

    def git(self, *arguments: str) -> str:
        return git(self.top, *arguments)

    def write(self, name: str, text: str) -> None:
        write(self.top, {name: text})

    def commit(self) -> str:
        return commit(self.top)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "work")


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def test_everything_is_the_bases(repository: Repository, into: Path) -> None:
    repository.write(".iamlint.yaml", "rules: [lint]\nfail-on: high\n")
    repository.write("lint/house/own-rule.yaml", RULE)
    repository.write("lint/house/notes.txt", "no rule")
    repository.write("more/house/other-rule.yaml", RULE)
    repository.write("known.json", '{"findings": []}')
    base = repository.commit()
    for name in (".iamlint.yaml", "lint/house/own-rule.yaml", "more/house/other-rule.yaml", "known.json"):
        repository.write(name, "changed")
    repository.write("lint/house/planted.yaml", RULE)
    repository.commit()
    found = base_files(base, config=None, rules=["more"], baseline="known.json", into=into, cwd=repository.top)
    assert (found.config, found.rules, found.baseline) == (
        into / ".iamlint.yaml",
        (into / "more",),
        into / "known.json",
    )
    copied = {path.relative_to(into).as_posix(): path.read_text() for path in into.rglob("*") if path.is_file()}
    assert copied == {
        ".iamlint.yaml": "rules: [lint]\nfail-on: high\n",
        "lint/house/own-rule.yaml": RULE,
        "more/house/other-rule.yaml": RULE,
        "known.json": '{"findings": []}',
    }


TOKENS = """resource "google_project_iam_member" "x" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
resource "google_service_account" "ci" {
  project    = "shop"
  account_id = "ci"
}
"""
ROLES = '[{"name": "roles/iam.serviceAccountTokenCreator", "title": "x", "includedPermissions": [%s]}]'


def test_a_role_catalog_is_the_bases_if_that_has_it(repository: Repository, into: Path, tmp_path: Path) -> None:
    repository.write("roles/new.json", ROLES % '"iam.serviceAccounts.getAccessToken"')
    base = repository.commit()
    repository.write("roles/new.json", ROLES % "")
    repository.write("made.json", ROLES % "")
    (tmp_path / "outside.json").write_text(ROLES % "", encoding="utf-8")
    given = ["roles/new.json", "made.json", "../outside.json"]
    found = base_files(
        base, config=None, rules=[], baseline=None, into=into, catalogs=given, cwd=repository.top
    ).catalogs
    assert found == (into / "roles/new.json", Path("made.json"), Path("../outside.json"))
    assert "getAccessToken" in found[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("target", ["roles/other.json", "/etc/passwd"])
def test_a_role_catalog_of_the_base_that_is_a_link_is_refused(repository: Repository, into: Path, target: str) -> None:
    (repository.top / "roles.json").symlink_to(target)
    base = repository.commit()
    with pytest.raises(MissingBase, match="links are not followed"):
        base_files(base, config=None, rules=[], baseline=None, into=into, catalogs=["roles.json"], cwd=repository.top)


def test_the_action_checks_and_compares_with_the_bases_role_catalog(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    repository = Repository(runner.workspace)
    repository.write("roles.json", ROLES % '"iam.serviceAccounts.getAccessToken"')
    base = repository.commit()
    repository.write("main.tf", TOKENS)
    repository.write("roles.json", ROLES % '"storage.buckets.get"')
    repository.commit()
    runner.event["pull_request.base.sha"] = base
    given = {"role_catalog": "roles.json", "select": "broad-token-creator", "compare": "true"}
    assert runner.run(**given).outputs["findings"] == "0"
    job = runner.run(config_from_base="true", **given)
    assert (job.code, job.outputs["findings"], job.outputs["opens"]) == (1, "1", "true"), job.log


def test_the_baseline_that_the_bases_configuration_names_is_the_bases(repository: Repository, into: Path) -> None:
    entry = '{"rule": "public-grant", "fingerprint": "x"}'
    repository.write("conf/.iamlint.yaml", "baseline: known/base.json\n")
    repository.write("conf/known/base.json", f'{{"iamlint_baseline": 2, "findings": [{entry}]}}')
    base = repository.commit()
    repository.write("conf/known/base.json", '{"iamlint_baseline": 2, "findings": []}')
    repository.write("conf/.iamlint.yaml", "baseline: mine.json\n")
    repository.commit()
    base_files(base, config="conf/.iamlint.yaml", rules=[], baseline=None, into=into, cwd=repository.top)
    assert entry in (into / "conf/known/base.json").read_text()


@pytest.mark.parametrize("name", ["../out.json", "/etc/hostname"])
def test_a_baseline_outside_of_the_repository_is_an_error(repository: Repository, into: Path, name: str) -> None:
    repository.write(".iamlint.yaml", f"baseline: {name}\n")
    base = repository.commit()
    with pytest.raises(MissingBase, match="baseline outside of the repository"):
        base_files(base, config=None, rules=[], baseline=None, into=into, cwd=repository.top)


def test_the_bases_nearest_configuration_counts_for_the_same_folder_of_the_checkout(
    repository: Repository, into: Path
) -> None:
    member = 'resource "google_project_iam_member" "ci" {\n  project = "shop"\n  role = "roles/owner"\n'
    member += '  member = "allUsers"\n}\n'
    repository.write("infra/app/main.tf", member)
    repository.write("infra/app/old/main.tf", member)
    repository.write("infra/.iamlint.toml", 'exclude = ["app/old"]\n')
    base = repository.commit()
    repository.write("infra/app/.iamlint.yaml", "exclude: ['*']\n")  # the pull request's own, nearer
    below = repository.top / "infra" / "app"
    found = base_files(base, config=None, rules=[], baseline=None, into=into, cwd=below)
    assert (found.config, found.home) == (into / "infra" / ".iamlint.toml", repository.top / "infra")
    options = ("--config", str(found.config), "--config-home", str(found.home), "--format", "json")
    report = json.loads(program.run("check", *options, "--select", "public-impersonation", cwd=below).stdout)
    assert [one["path"] for one in report["findings"]] == ["main.tf"]
    assert report["configuration"]["settings"][0]["effect"] == "1 file excluded (app/old)"


def test_a_base_without_configuration_has_none(repository: Repository, into: Path) -> None:
    base = repository.commit()
    repository.write(".iamlint.yaml", "ignore: [impersonation]\n")
    repository.commit()
    assert base_files(base, config=None, rules=[], baseline=None, into=into, cwd=repository.top).config is None


def test_the_configuration_is_the_working_directorys(repository: Repository, into: Path) -> None:
    repository.write(".iamlint.yaml", "fail-on: low\n")
    repository.write("infra/.iamlint.yaml", "fail-on: high\n")
    repository.write("infra/own.yaml", "fail-on: info\n")
    base = repository.commit()
    below = repository.top / "infra"
    found = base_files(base, config=None, rules=[], baseline=None, into=into, cwd=below)
    assert found.config == into / "infra/.iamlint.yaml"
    found = base_files(base, config="own.yaml", rules=[], baseline=None, into=into, cwd=below)
    assert found.config == into / "infra/own.yaml"
    found = base_files(base, config="../.iamlint.yaml", rules=[], baseline=None, into=into, cwd=below)
    assert found.config == into / ".iamlint.yaml"


@pytest.mark.parametrize("base", ["", "main", "HEAD", "0" * 40, "a" * 64, "-" + "a" * 39, "HEAD~1", "abc1234"])
def test_a_base_that_is_not_there_is_an_error(repository: Repository, into: Path, base: str) -> None:
    repository.commit()
    with pytest.raises(MissingBase):
        base_files(base, config=None, rules=[], baseline=None, into=into, cwd=repository.top)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"config": "none.yaml"}, "the base commit has no none.yaml"),
        ({"rules": ["none"]}, "the base commit has no none"),
        ({"baseline": "none.json"}, "the base commit has no none.json"),
        ({"config": "../out.yaml"}, "is outside the repository"),
        ({"baseline": "/etc/passwd"}, "is outside the repository"),
        ({"config": "link.yaml"}, "links are not followed"),
        ({"rules": ["linked"]}, "links are not followed"),
        ({"config": "out.yaml"}, "names rules outside of the repository"),
        ({"baseline": "large.json"}, "is larger than"),
    ],
)
def test_what_the_base_does_not_have_is_an_error(
    repository: Repository, into: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], said: str
) -> None:
    monkeypatch.setattr("iamlint.accepted.base_commit.LARGEST", 1000)
    repository.write("out.yaml", "rules: [../../elsewhere]\n")
    repository.write("large.json", " " * 1001)
    (repository.top / "link.yaml").symlink_to("out.yaml")
    (repository.top / "linked").mkdir()
    (repository.top / "linked" / "rule.yaml").symlink_to("../out.yaml")
    base = repository.commit()
    given: dict[str, Any] = {"config": None, "rules": [], "baseline": None, **asked}
    with pytest.raises(MissingBase, match=said):
        base_files(base, into=into, cwd=repository.top, **given)


def test_a_blob_or_no_repository_is_no_base(repository: Repository, into: Path, tmp_path: Path) -> None:
    repository.write("x", "x")
    repository.commit()
    blob = repository.git("rev-parse", "HEAD:x")
    with pytest.raises(MissingBase, match="is not a commit"):
        base_files(blob, config=None, rules=[], baseline=None, into=into, cwd=repository.top)
    (tmp_path / "bare").mkdir()
    if not any((parent / ".git").exists() for parent in tmp_path.parents):
        with pytest.raises(MissingBase, match="is not in a git repository"):
            base_files("a" * 40, config=None, rules=[], baseline=None, into=into, cwd=tmp_path / "bare")


def test_git_runs_nothing_of_the_checkout(
    repository: Repository, into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by attributes, not by a folder that looks like a bare repository, not by variables or the PATH."""
    mark = tmp_path / "ran"
    repository.write(".gitattributes", "* filter=x diff=x\n")
    repository.write(".iamlint.yaml", "fail-on: high\n")
    base = repository.commit()
    hostile = f'[core]\n\tbare = true\n\tfsmonitor = "touch {mark}"\n\tpager = "touch {mark}"\n'
    for folder in ("infra", "bin"):
        repository.write(f"{folder}/HEAD", "ref: refs/heads/main\n")
        repository.write(f"{folder}/config", hostile)
        repository.write(f"{folder}/objects/x", "")
        repository.write(f"{folder}/refs/x", "")
    repository.write("bin/git", f"#!/bin/sh\ntouch {mark}\n")
    (repository.top / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{repository.top}/bin{os.pathsep}bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GIT_DIR", str(repository.top / "infra"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {mark}")
    monkeypatch.setenv("GIT_PAGER", f"touch {mark}")
    monkeypatch.chdir(repository.top)
    found = base_files(base, config=None, rules=[], baseline=None, into=into)
    assert found.config is not None
    with pytest.raises(MissingBase, match=r"the base commit has no infra/none\.yaml"):
        base_files(base, config="none.yaml", rules=[], baseline=None, into=into, cwd=repository.top / "infra")
    assert not mark.exists()


# -- through the action --------------------------------------------------------------------------------------------


def test_a_pull_request_cannot_relax_its_own_check(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    repository = Repository(runner.workspace)
    repository.write("main.tf", BAD)
    repository.write(".iamlint.yaml", "severity: {broad-token-creator: critical}\n")
    base = repository.commit()
    repository.write(".iamlint.yaml", "ignore: [impersonation]\nexclude: ['*']\n")
    repository.commit()
    assert runner.run().outputs["findings"] == "0"
    runner.event["pull_request.base.sha"] = base
    job = runner.run(config_from_base="true")
    assert (job.code, job.outputs["highest-severity"]) == (1, "critical"), job.log
    runner.event["pull_request.base.sha"] = "0" * 40
    job = runner.run(config_from_base="true")
    assert (job.code, job.outputs["exit-code"]) == (2, "2")
    assert "is not there: check out with fetch-depth: 0" in job.log
    assert job.log.count("::error") == 1


@pytest.mark.parametrize(
    ("event", "given", "code"),
    [
        ("pull_request", "", 2),
        ("pull_request_target", "", 2),
        ("issue_comment", "", 2),
        ("", "", 2),
        ("push", "", 0),
        ("issue_comment", "base", 1),
    ],
)
def test_which_commit_counts(tmp_path: Path, event: str, given: str, code: int) -> None:
    """A commit's own configuration counts only if the commit is already in the repository."""
    runner = Runner(tmp_path)
    repository = Repository(runner.workspace)
    repository.write("main.tf", BAD)
    base = repository.commit()
    repository.write(".iamlint.yaml", "ignore: [impersonation]\n")
    repository.commit()
    runner.environment["GITHUB_EVENT_NAME"] = event
    job = runner.run(config_from_base="true", base=base if given else "")
    assert job.code == code, job.log
