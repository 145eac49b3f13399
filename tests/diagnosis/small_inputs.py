"""Small inputs for questions: Terraform and exports as texts, written to a folder and asked in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from iamlint.diagnosis.answer import Answer
from iamlint.diagnosis.asking import Asked, answered
from iamlint.diagnosis.identity_files import read_input
from iamlint.roles import catalog
from iamlint.sources.reading import Options

DAY = date(2026, 11, 28)
TARGET = "batch@shop.iam.gserviceaccount.com"
CI = "ci@tools.iam.gserviceaccount.com"
CREATOR = "roles/iam.serviceAccountTokenCreator"
DENIED = (
    "googleapi: Error 403: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
)

ACCOUNT = """
resource "google_service_account" "batch" {
  project    = "shop"
  account_id = "batch"
}
"""


def grant(member: str, role: str = CREATOR, *, name: str = "g", more: str = "", on: str = "batch") -> str:
    """Terraform that grants a role on the account to a member (an expression)."""
    return f"""
resource "google_service_account_iam_member" "{name}" {{
  service_account_id = google_service_account.{on}.name
  role               = "{role}"
  member             = {member}
  {more}
}}
"""


def project_grant(member: str, role: str, *, name: str = "p", project: str = "shop", more: str = "") -> str:
    """Terraform that grants a role on a project to a member (an expression)."""
    return f"""
resource "google_project_iam_member" "{name}" {{
  project = "{project}"
  role    = "{role}"
  member  = {member}
  {more}
}}
"""


def policy(*bindings: tuple[str, str] | dict[str, Any]) -> str:
    """An exported allow policy of (role, member) pairs or whole bindings."""
    whole = [one if isinstance(one, dict) else {"role": one[0], "members": [one[1]]} for one in bindings]
    return json.dumps({"version": 3, "etag": "BwYx=", **({"bindings": whole} if whole else {})})


def projects(*named: tuple[str, str], parent: str | None = None) -> str:
    """A list of projects (id, number) as gcloud prints it."""
    of = {"parent": {"type": "folder", "id": parent}} if parent else {}
    return json.dumps(
        [{"projectId": name, "projectNumber": number, "lifecycleState": "ACTIVE", **of} for name, number in named]
    )


def exports(account: str | None, project: str | None = policy(), *, parent: str | None = None) -> dict[str, str]:
    """The exports that decide about the target: its own policy, that of its project, and the projects."""
    found = {"projects.json": projects(("shop", "1234567890"), ("tools", "2345678901"), parent=parent)}
    if account is not None:
        found[f"service-accounts/{TARGET}.json"] = account
    if project is not None:
        found["project-shop.json"] = project
    return found


def ask(
    folder: Path, files: Mapping[str, str] | str, caller: str | None, target: str | None = TARGET, **more: Any
) -> Answer:
    """The answer to a question about these files; a text is ``main.tf``."""
    for name, text in ({"main.tf": files} if isinstance(files, str) else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    reading = read_input([folder], Options(folders_are_named=True))
    assert not reading.reading.errors, reading.reading.errors
    return answered(Asked(**{"as_of": DAY, "caller": caller, "target": target, **more}), reading, catalog())


def outcome(answer: Answer) -> tuple[str, str | None]:
    """Verdict and step."""
    return answer.verdict, answer.step
