"""``iamlint narrow --fix`` and ``--diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import run

MEMBER = """resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/editor" # everything
  member  = "serviceAccount:ci@shop.iam.gserviceaccount.com"
}
"""
AUDIT = """
resource "google_project_iam_audit_config" "all" {
  project = "shop"
  service = "allServices"
  audit_log_config { log_type = "ADMIN_READ" }
  audit_log_config { log_type = "DATA_READ" }
  audit_log_config { log_type = "DATA_WRITE" }
}
"""
SHARED = MEMBER.replace('_member"', '_binding"').replace(
    'member  = "serviceAccount:ci@shop.iam.gserviceaccount.com"',
    'members = ["serviceAccount:ci@shop.iam.gserviceaccount.com", "group:ops@example.com"]',
)
KEYS = MEMBER.replace("{\n", '{\n  for_each = toset(["ci", "other"])\n', 1).replace(":ci@", ":${each.key}@")
LOCAL = KEYS.replace('"roles/editor"', "local.role") + 'locals {\n  role = "roles/editor"\n}\n'


def usage(who: str, permission: str, day: str) -> dict[str, object]:
    granted = {"permission": permission, "resource": "projects/shop", "granted": True}
    return {
        "logName": "projects/shop/logs/cloudaudit.googleapis.com%2Fdata_access",
        "timestamp": f"{day}T09:00:00Z",
        "protoPayload": {"authenticationInfo": {"principalEmail": who}, "authorizationInfo": [granted]},
    }


@pytest.mark.parametrize(("text", "code"), [(MEMBER, 1), (SHARED, 0), (KEYS, 0), (LOCAL, 0)])
def test_a_role_of_one_principal_is_replaced(tmp_path: Path, text: str, code: int) -> None:
    ci = "ci@shop.iam.gserviceaccount.com"
    logs = [
        usage("ana@example.com", "logging.logEntries.list", "2026-08-20"),
        usage(ci, "run.services.get", "2026-11-27"),
    ]
    (tmp_path / "usage.json").write_text(json.dumps(logs))
    path = tmp_path / "main.tf"
    path.write_text(text + AUDIT)
    asked = ("narrow", "main.tf", "--usage", "usage.json", "--as-of", "2026-11-28")
    done = run(*asked, "--diff", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert ('+  role    = "roles/run.viewer" # everything\n' in done.stdout) is bool(code)
    assert path.read_text() == text + AUDIT
    assert run(*asked, "--fix", cwd=tmp_path).returncode == 0
    assert path.read_text() == (text.replace("roles/editor", "roles/run.viewer") if code else text) + AUDIT
