"""Mistakes that people make on their first day: each is one line that says what is wrong and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import program
import pytest
from checkout import git, write

from iamlint.files.disk import Disk

MEMBER = """\
resource "google_service_account" "ci" {
  project    = "shop"
  account_id = "ci"
}
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
OF_CHECK = " (iamlint check --help lists the options)"
OF_ALL = " (iamlint --help lists the commands)"


def errors(directory: Path, *arguments: str) -> str:
    done = program.run(*arguments, cwd=directory)
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["help"], f"command line: No such command 'help'. Did you mean 'iamlint --help'?{OF_ALL}"),
        (["version"], f"command line: No such command 'version'. Did you mean 'iamlint --version'?{OF_ALL}"),
        (["Check", "."], f"command line: No such command 'Check'. Did you mean 'check'?{OF_ALL}"),
        (["main.tf"], f"command line: No such command 'main.tf'. Did you mean 'iamlint check main.tf'?{OF_ALL}"),
        (["help", "who"], f"No such command 'help'. Did you mean 'iamlint who --help'?{OF_ALL}"),
        (["help", "frobnicate"], f"No such command 'help'. Did you mean 'iamlint --help'?{OF_ALL}"),
        (["lint", "."], f"command line: No such command 'lint'. Did you mean 'check'?{OF_ALL}"),
        (["fix"], f"command line: No such command 'fix'. Did you mean 'check --fix'?{OF_ALL}"),
        (["live"], f"command line: No such command 'live'. Did you mean 'iamlint check live'?{OF_ALL}"),
        (["-V"], f"command line: No such option '-V'. Did you mean '--version'?{OF_ALL}"),
        (["check", "--severity", "high"], f"No such option '--severity'. Did you mean '--min-severity'?{OF_CHECK}"),
        (["check", "-o", "a.json"], f"command line: No such option '-o'. Did you mean '--output'?{OF_CHECK}"),
        (["check", "--check", "CKV_GCP_41"], f"No such option '--check'. Did you mean '--select'?{OF_CHECK}"),
        (["check", "-V"], f"command line: No such option '-V'{OF_CHECK}"),
        (
            ["check", "--output", "a.json"],
            "'a.json' is not FORMAT=FILE, such as json=report.json, with a format out of",
        ),
        (["frobnicate"], f"command line: No such command 'frobnicate'{OF_ALL}"),
        (["check", "--json"], f"command line: No such option '--json'. Did you mean '--format json'?{OF_CHECK}"),
        (["roles", "foo"], "(a newer definition can be given with --role-catalog)"),
        (["roles", "actas"], "(did you mean iam.serviceAccounts.actAs?)"),
        (["check", "--as-of", "soon"], f"'--as-of': 'soon' is not a day, YYYY-MM-DD{OF_CHECK}"),
        (["check", "--max-time", "1m"], f"'--max-time': '1m' is not a number of seconds over 0{OF_CHECK}"),
        (["check", "--max-time", "0"], f"'--max-time': '0' is not a number of seconds over 0{OF_CHECK}"),
        (["check", "--var", "=x"], f"--var: '=x' is not NAME=VALUE{OF_CHECK}"),
        (["check", "--unsafe-fixes"], f"--unsafe-fixes applies nothing alone: give --fix or --diff, too{OF_CHECK}"),
        (["check", "--min-severity", "high", "--diff"], "--min-severity chooses what is reported, not what is"),
        (["check", "--stdin-name", "a.tf"], f"--stdin-name names standard input: give - as a path, too{OF_CHECK}"),
        (["check", "gs://bucket/iam.json"], "file or directory (iamlint fetches nothing: copy it to a file first)"),
        (
            ["check", "projects/shop"],
            "file or directory (iamlint calls no API: export the policy to a file with gcloud",
        ),
        (["check", "old.txt"], "it looks like a list of grants: export it with --format=json; what is broken"),
        (["check", "latin/main.tf"], "not text in UTF-8, from byte 2 on (save it as UTF-8; a binary file cannot"),
        (
            ["check", "vars/a.tfvars"],
            "vars: nothing is checked here: the directory vars has no Terraform files (give the",
        ),
        (["check", "live"], "live: nothing in this directory can be checked (Terragrunt's configuration is not read"),
        (["check", "--select", "Broad-Token-Creator"], "`Broad-Token-Creator` (did you mean `broad-token-creator`?)"),
        (["check", "--changed-since", "main"], "is not in a git repository\n"),
        (["check", "--baseline", "main.tf"], "this is not a baseline: 'resource' where a JSON value is expected"),
        (["check", "--baseline", "old.json"], "a baseline of version 1, which this iamlint does not read (write it"),
        (["check", "--baseline", "new.json"], "a baseline of version 9, which this iamlint does not read (use a newer"),
        (
            ["check", "--var-file", "main.tf"],
            'main.tf:1:1: this variable file has a block "resource", which Terraform refuses (a variable file has',
        ),
        (["who", "ci"], "`ci` (did you mean `ci@shop.iam.gserviceaccount.com`?)"),
        (["reach", "ana"], "`ana` (did you mean `ana@example.com`?)"),
        (["reach", "acme/shop"], "`acme/shop` (did you mean `github:acme/shop` or `gitlab:acme/shop`?)"),
        (["who", "shop"], "`shop` (did you mean `*@shop.iam.gserviceaccount.com`?)"),
        (["who", "ana@example.com"], "`ana@example.com` is no service account (`iamlint reach ana@example.com` shows"),
        (
            ["narrow", "--principal", "zoe"],
            "no grant that can be narrowed has the principal `zoe` (an e-mail or a glob",
        ),
        (["narrow", "--days", "x"], "'--days': 'x' is not a number of days over 0"),
        (["narrow", "--usage", "main.tf"], "main.tf:1:1: 'resource' where a JSON value is expected"),
        (["diagnose", "--caller", "user:ana@example.com", "--error", "live"], "'live' is a folder: name the file"),
        (["diagnose", "--caller", "user:ana@example.com", "--error", "empty.txt"], "there is no error in 'empty.txt'"),
        (
            ["diagnose", "--caller", "user:ana@example.com", "--target", "ci"],
            "--target: 'ci' is not an e-mail or unique id (did you mean `ci@shop.iam.gserviceaccount.com`?)",
        ),
        (
            ["diagnose", "--caller", "user:a@b.c", "--target", "ci@shop.iam.gserviceaccount.com", "--delegates", "x"],
            "--delegates: 'x' is not an e-mail or unique id",
        ),
        (["check", "--output", "json=-"], "'json=-' is no file: --format json prints to standard output"),
        (["check", "--role-catalog", "old.json"], "the document is not a role: its name is not roles/NAME"),
        (
            ["explain", "token"],
            "`token` (did you mean `broad-id-token-creator` or `broad-token-creator` or `token-lifetime",
        ),
        (["check", "--select", "none"], "no rule or family is called `none` (`iamlint rules` lists them)"),
        (["config", "--environment", "x"], "No such option '--environment'"),
        (["check", "--assertions", "old.json"], "old.json: there are no assertions here (a document has the key"),
        (["check", "--assertions", "live"], "live: there are no assertions here (a document has the key"),
        (["test", "main.tf"], "main.tf: there are no rules here (rules are files <family>/<id>.yaml)"),
        (["test", "gone"], "gone: there is no such file or directory (check the path)"),
        (["check", "--rules", "gone"], "gone: there is no such file or directory (check the path)"),
        (["check", "--assertions", "gone"], "gone: there is no such file or directory (check the path)"),
    ],
)
def test_a_mistake_on_the_command_line(arguments: list[str], expected: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.tf": MEMBER,
            "live/terragrunt.hcl": "inputs = {}\n",
            "empty.txt": "\n",
            "old.txt": "ROLE  MEMBERS\nroles/owner  user:ana@example.com\n",
            "vars/a.tfvars": 'project = "shop"\n',
            "old.json": '{"iamlint_baseline": 1, "findings": []}',
            "new.json": '{"iamlint_baseline": 9, "findings": []}',
        },
    )
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin" / "main.tf").write_bytes("# é\n".encode("latin-1"))
    assert expected in errors(tmp_path, *arguments)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ("ignore: [nosuch]", ".iamlint.yaml:1:9: no rule or family is called `nosuch` (`iamlint rules` lists them)"),
        ("select: [Keys]", ".iamlint.yaml:1:9: no rule or family is called `Keys` (did you mean `keys`?)"),
        ("fail-on: HIGH", ".iamlint.yaml:1:10: `fail-on` is 'HIGH' (did you mean `high`?)"),
        ("fail-on: null", ".iamlint.yaml:1:10: `fail-on` is null (one of critical, high, medium, low, info, never)"),
        ("workspace: no", ".iamlint.yaml:1:12: `workspace` must be a text (put it in quotes)"),
        ("fail-on high", ".iamlint.yaml:1:1: the document must be a mapping of keys"),
        ("baseline: no.json", ".iamlint.yaml:1:11: `baseline` names 'no.json', which does not exist (make one with"),
        ("rules: [mine]", ".iamlint.yaml:1:9: `rules` names 'mine', which does not exist (paths are relative to"),
        (
            "accept: [{rule: keys, reason: old, until: tomorrow}]",
            "`accept[0].until` is 'tomorrow' (expected: the last day on which it is accepted, as YYYY-MM-DD)",
        ),
        ("required-version: latest", "`required-version` is 'latest' (expected: the versions of iamlint that"),
        ("environments: {a b: {}}", "has a wrong form (expected: at most 64 letters, digits, dots, hyphens and"),
        ("exclude: ['*']", ".: nothing in this directory can be checked (the configuration excludes the files there)"),
    ],
)
def test_a_mistake_in_the_configuration(configuration: str, expected: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": MEMBER, ".iamlint.yaml": f"{configuration}\n"})
    assert expected in errors(tmp_path, "check")


def test_a_name_on_the_command_line_is_reported_there(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": MEMBER, ".iamlint.yaml": "ignore: [keys]\n"})
    assert "command line: no rule or family is called `nosuch`" in errors(tmp_path, "check", "--ignore", "nosuch")


def test_a_repository_without_commits_has_no_revision(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": MEMBER})
    git(tmp_path, "init", "--quiet")
    assert errors(tmp_path, "check", "--changed-since", "HEAD").endswith("the repository has no commits yet\n")


def test_a_comparison_with_nothing_opens_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": MEMBER, "broken.tf.json": "{"})
    for base, head in (("nowhere", "main.tf"), ("main.tf", "nowhere"), ("broken.tf.json", "main.tf")):
        done = program.run("compare", base, head, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "nothing opens or closes in what could be read\n")
    assert "gains: user:ana@example.com" in program.run("compare", "live", "main.tf", cwd=written(tmp_path)).stdout


def written(directory: Path) -> Path:
    """Write a folder with Terraform that grants nothing."""
    write(directory, {"live/main.tf": "locals {}\n"})
    return directory


def test_a_named_file_that_may_not_be_read_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"main.tf": MEMBER, "shut.tf": "locals {}\n"})
    read = Disk.read

    def refusing(disk: Disk, path: Path) -> bytes:
        if path.name == "shut.tf":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(disk, path)

    monkeypatch.setattr(Disk, "read", refusing)
    monkeypatch.setattr(os, "access", lambda path, *_how, **_where: Path(os.fsdecode(path)).name != "shut.tf")
    done = program.run("check", "main.tf", "shut.tf", cwd=tmp_path)
    assert done.stderr == "error: shut.tf: the file cannot be read: Permission denied (check its permissions)\n"
    assert "high[broad-token-creator]" in done.stdout


@pytest.mark.parametrize(
    ("encoding", "arrow", "done"), [("ascii", "<-", "+"), ("cp1252", "<-", "+"), ("utf-8", "←", "✓")]
)
def test_signs_that_an_encoding_lacks_are_written_in_ascii(
    encoding: str, arrow: str, done: str, tmp_path: Path
) -> None:
    write(tmp_path, {"main.tf": MEMBER})
    account = "ci@shop.iam.gserviceaccount.com"

    def said(*arguments: str) -> str:
        return program.run(*arguments, cwd=tmp_path, encoding=encoding).stdout

    assert f"{arrow} user:ana@example.com" in said("who", account)
    assert f"{done} target account" in said("diagnose", "--caller", "user:zoe@example.com", "--target", account)


def test_a_key_that_is_missing_is_one_error(tmp_path: Path) -> None:
    write(tmp_path, {"house/wrong.yaml": "title: Somebody owns a project\n"})
    lines = errors(tmp_path, "test", "house").splitlines()
    assert len(lines) == len(set(lines))
    assert sum("is missing" in line for line in lines) == 6


def test_a_comment_with_a_wrong_name_gets_a_hint(tmp_path: Path) -> None:
    forbidden = "assertions: [{id: no-ana, forbid: {from: 'user:ana@*', to: '*'}}]\n"
    write(tmp_path, {".iamlint.yaml": forbidden})
    for name, expected in (
        ("broad-token-creatr", "which is not a rule (did you mean `broad-token-creator`?)"),
        ("no-ana", "names the assertion `no-ana`, which no comment accepts (`unless` in the assertion lets"),
    ):
        write(tmp_path, {"main.tf": MEMBER.replace('Creator"', f'Creator" # iamlint: ignore[{name}] the sandbox')})
        assert expected in errors(tmp_path, "check")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("terraform.tfvars", 'project = "shop"\nresource "a" "b" {}\n', 2),
        ("terraform.tfvars", 'project = "shop"\nresource = {a = {}}\n', 1),
        ("terraform.tfvars.json", '{"project": "shop", "resource": [{"a": {}}]}', 1),
        ("unused.tfvars", 'resource "a" "b" {}\n', 1),
    ],
)
def test_a_block_in_a_variable_file_that_counts_is_an_error(name: str, content: str, code: int, tmp_path: Path) -> None:
    declared = 'variable "project" {}\n' + MEMBER.replace('"shop"', "var.project")
    write(tmp_path, {"main.tf": declared, name: content})
    done = program.run("check", cwd=tmp_path)
    assert (done.returncode, 'a block "resource"' in done.stderr) == (code, code == 2)
    assert "broad-token-creator" in done.stdout


def test_an_account_that_the_input_does_not_have_is_noted(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": MEMBER})
    domain = "shop.iam.gserviceaccount.com"
    for command, name, noted in (
        ("who", f"typo@{domain}", True),
        ("reach", f"typo@{domain}", True),
        ("reach", "zoe@example.com", True),
        ("who", f"ci@{domain}", False),
        ("reach", f"ci@{domain}", False),
        ("reach", "user:ana@example.com", False),
    ):
        done = program.run(command, name, "main.tf", cwd=tmp_path)
        assert (done.stderr, f"{name} is not in the input: its name may be misspelt" in done.stdout) == ("", noted)
