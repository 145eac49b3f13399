"""``-`` among the paths: standard input, as Terraform or as a document, by its content."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import program
import pytest
from action_runner import BAD

from iamlint.cli import standard_input
from iamlint.cli.standard_input import usual_name

Run = Callable[..., subprocess.CompletedProcess[str]]
POLICY = '{"bindings": [{"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:a@example.com"]}]}'
MEMBER = {"project": "shop", "role": "roles/owner", "member": "user:a@b.c"}
TERRAFORM_JSON = json.dumps({"resource": {"google_project_iam_member": {"ci": MEMBER}}})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(content: str | bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
        data = content.encode() if isinstance(content, str) else content
        with mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(data))):
            return program.run("check", "--format", "concise", *arguments, cwd=tmp_path)

    return call


@pytest.mark.parametrize(
    ("content", "options", "line"),
    [
        (BAD, (), "<stdin>/main.tf:3:13: high broad-token-creator"),
        ("\ufeff# a: comment\n" + BAD, (), "<stdin>/main.tf:4:13: high broad-token-creator"),
        (POLICY, ("--resource", "projects/shop"), "<stdin>/input.json:1:"),
        (
            "bindings:\n- role: roles/iam.serviceAccountTokenCreator\n  members: ['user:a@b.c']\n",
            ("--resource", "projects/shop"),
            "<stdin>/input.yaml:3:",
        ),
        (TERRAFORM_JSON, (), "<stdin>/main.tf.json:1:"),
        (POLICY.encode("utf-16"), ("--resource", "projects/shop"), "<stdin>/input.json:1:"),
        (gzip.compress(POLICY.encode()), ("--resource", "projects/shop"), "<stdin>/input.json.gz:1:"),
    ],
    ids=["Terraform", "a comment first", "JSON", "YAML", "Terraform's JSON", "UTF-16", "gzip"],
)
def test_the_content_decides(run: Run, content: str | bytes, options: tuple[str, ...], line: str) -> None:
    done = run(content, "-", *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert line in done.stdout


def test_each_environment_has_the_whole_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".iamlint.yaml").write_text("environments: {dev: {}, prod: {}}\n", encoding="utf-8")
    done = run(BAD, "-")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("high broad-token-creator") == 1


def test_other_files_here_are_not_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.tf").write_text(BAD.replace('"ci"', '"other"'))
    done = run(BAD, "-")
    assert len(done.stdout.splitlines()) == 1
    assert "other.tf" in run(BAD, "-", ".").stdout


def test_a_name_gives_it_a_place_among_other_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "variables.tf").write_text('variable "role" { default = "roles/owner" }\n' + BAD)
    (tmp_path / "infra" / "main.tf").write_text("this is = what the disk has {")
    text = BAD.replace('"ci"', '"other"').replace('"roles/iam.serviceAccountTokenCreator"', "var.role")
    done = run(text, "-", "--stdin-name", "infra/main.tf")
    assert done.stderr == ""
    assert done.returncode == 1
    # On the line where the value is written, which a reviewer looks at; what else that file grants is not shown.
    assert done.stdout.startswith("infra/variables.tf:1:")
    assert set(re.findall(r"google_project_iam_member\.\w+", done.stdout)) == {"google_project_iam_member.other"}
    assert run(text, "-", "--stdin-name", str(tmp_path / "infra" / "main.tf")).stdout == done.stdout


@pytest.mark.parametrize(
    "content", ["", "\n", "resource {", '{"a": ', b"\x00\x01\x02", "\x1f\x8b broken", "no: kind\nof: export\n"]
)
def test_what_cannot_be_read_is_an_error(run: Run, content: str | bytes) -> None:
    done = run(content, "-")
    assert done.returncode == 2
    assert "<stdin>/" in done.stderr


def test_its_size_is_limited(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standard_input, "LARGEST", 10)
    done = run(BAD, "-")
    assert done.returncode == 2
    assert "standard input" in done.stderr
    assert "larger than" in done.stderr


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "input.json"),
        (b" \n", "input.json"),
        (b'resource "a" "b" {}', "main.tf"),
        (b"a = 1\n", "main.tf"),
        (b"# c\n\n---\na: 1\n", "input.yaml"),
        (b"bindings:\n", "input.yaml"),
        (b"- a: 1\n", "input.yaml"),
        (b"  [1]", "input.json"),
        (b'{"resource": {}, "format_version": "1.0"}', "input.json"),
        (b'{"variable": {}, "terraform": {}, "//": ""}', "main.tf.json"),
        (b'{"resource": {"data": {}}, "assetType": "x"}', "input.json"),
        (b'{"resource": "projects/x"}', "input.json"),
        (b"[" * 100_000, "input.json"),
    ],
)
def test_the_name_fits_the_content(content: bytes, name: str) -> None:
    assert usual_name(content) == name
