"""``iamlint roles`` and ``--role-catalog`` as a user calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from iamlint.cli import main

Call = Callable[..., tuple[int, str, str]]
GRANT = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/brand.newOperator"
  member  = "serviceAccount:ci@shop.iam.gserviceaccount.com"
}
"""


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_codes_and_streams(call: Call) -> None:
    code, out, err = call("roles", "roles/iam.serviceAccountUser")
    assert (code, err) == (0, "")
    assert "iam.serviceAccounts.actAs" in out
    code, out, err = call("roles", "roles/iam.serviceAccountUsr", "--format", "json")
    assert (code, out) == (2, "")
    assert "roles/iam.serviceAccountUser" in err


def test_newer_definitions_decide_what_is_found(call: Call, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(GRANT, encoding="utf-8")
    newer = {"name": "roles/brand.newOperator", "includedPermissions": ["iam.serviceAccounts.getAccessToken"]}
    (tmp_path / "new.json").write_text(json.dumps(newer), encoding="utf-8")
    check = ("check", "main.tf", "--select", "broad-token-creator", "--format", "json")
    assert call(*check)[0] == 0
    code, out, _ = call(*check, "--role-catalog", "new.json")
    report = json.loads(out)
    assert code == 1
    assert [one["rule"] for one in report["findings"]] == ["broad-token-creator"]
    assert report["role_catalogs"] == ["new.json"]
    _, out, _ = call(*check[:-2], "--role-catalog", "new.json")
    assert "role catalogue of 2026-08-22 with new.json" in out


def test_newer_definitions_answer_a_data_source(call: Call, tmp_path: Path) -> None:
    text = """
data "google_iam_role" "new" {
  name = "roles/brand.newOperator"
}

resource "google_project_iam_custom_role" "r" {
  project     = "shop"
  role_id     = "r"
  title       = "r"
  permissions = data.google_iam_role.new.included_permissions
}

resource "google_project_iam_member" "m" {
  project = "shop"
  role    = google_project_iam_custom_role.r.id
  member  = "user:ana@example.com"
}
"""
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    newer = {"name": "roles/brand.newOperator", "includedPermissions": ["iam.serviceAccounts.getAccessToken"]}
    (tmp_path / "new.json").write_text(json.dumps(newer), encoding="utf-8")
    check = ("check", "main.tf", "--select", "broad-token-creator")
    assert call(*check)[0] == 0
    assert call(*check, "--role-catalog", "new.json")[0] == 1


def test_a_wrong_file_of_definitions_ends_the_run(call: Call, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(GRANT, encoding="utf-8")
    (tmp_path / "new.json").write_text('[{"name": "x"}]', encoding="utf-8")
    for command in (("check", "main.tf"), ("roles",)):
        code, _, err = call(*command, "--role-catalog", "new.json")
        assert code == 2
        assert "new.json:1:2" in err
