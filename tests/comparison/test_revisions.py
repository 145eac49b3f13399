"""Revisions of a git repository, compared without a checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from checkout import commit

from iamlint.cli import main
from tests.comparison.conftest import account, on_account

LEDGER = account("ledger")
ANA = on_account("ana", "ledger", "user:ana@x.example")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits; the second grants something. A third change is not committed."""
    monkeypatch.chdir(tmp_path)
    main_file = tmp_path / "envs" / "main.tf"
    main_file.parent.mkdir()
    for text in (LEDGER, LEDGER + ANA):
        main_file.write_text(text, encoding="utf-8")
        commit(tmp_path)
    main_file.write_text(LEDGER + on_account("eve", "ledger", "user:eve@x.example"), encoding="utf-8")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    with pytest.raises(SystemExit) as done:
        main(["compare", *arguments, "--format", "json"])
    return int(str(done.value.code)), json.loads(capsys.readouterr().out)


def test_two_revisions(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(capsys, "HEAD~1", "HEAD")
    assert code == 1
    assert [one["principal"] for one in found["opened"]] == ["user:ana@x.example"]
    assert found["opened"][0]["cause"]["path"] == "envs/main.tf"
    assert told(capsys, "HEAD", "HEAD~1")[0] == 0


def test_a_revision_and_the_work_tree(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(capsys, "HEAD", "envs")
    assert code == 1
    assert [one["principal"] for one in found["opened"]] == ["user:eve@x.example"]
    assert [one["principal"] for one in found["closed"]] == ["user:ana@x.example"]


def test_a_path_in_revisions(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told(capsys, "HEAD~1", "HEAD", "--path", "envs")
    assert code == 1
    assert found["opened"][0]["cause"]["path"] == "main.tf"


def test_a_base_without_terraform_is_empty(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (repository / "envs" / "main.tf").read_text(encoding="utf-8")
    for name in ("new", "docs"):
        (repository / name).mkdir()
    (repository / "docs" / "a.md").write_text("a", encoding="utf-8")
    commit(repository)
    for name in ("new", "docs"):
        (repository / name / "main.tf").write_text(text, encoding="utf-8")
        code, found = told(capsys, "HEAD", name, "--path", name)
        assert (code, found["errors"]) == (1, [])
        assert [one["principal"] for one in found["opened"]] == ["user:eve@x.example"]
    assert told(capsys, "HEAD", "HEAD", "--path", "nowhere")[0] == 2


def test_an_error_of_one_revision_names_it(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main_file = repository / "envs" / "main.tf"
    whole = main_file.read_text(encoding="utf-8")
    main_file.write_text("resource", encoding="utf-8")
    commit(repository)
    code, found = told(capsys, "HEAD", "envs")
    (error,) = found["errors"]
    assert (code, error["reason"].startswith("in HEAD: ")) == (2, False), "here is the same"
    main_file.write_text(whole, encoding="utf-8")
    code, found = told(capsys, "HEAD", "envs")
    assert (code, [one["reason"] for one in found["errors"]]) == (2, [f"in HEAD: {error['reason']}"])


@pytest.mark.parametrize("name", ["nowhere", "--output=x", "HEAD~9", "HEAD^{tree}", ""])
def test_what_is_no_revision_of_the_clone_is_an_error(
    name: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as done:
        main(["compare", "--", name, "HEAD"])
    assert done.value.code == 2
    assert not (repository / "x").exists()
