"""Small inputs for questions: Terraform and exports as texts, written to a folder and asked in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from iamlint.diagnosis.answer import Answer
from iamlint.diagnosis.asked.identity_files import Input, read_input
from iamlint.diagnosis.asking import Asked, answered
from iamlint.roles import catalog
from iamlint.sources.reading import Options

DAY = date(2026, 11, 28)
TARGET = "batch@shop.iam.gserviceaccount.com"
CI = "ci@tools.iam.gserviceaccount.com"
ANA, ANA_TF = "user:ana@example.com", '"user:ana@example.com"'
CREATOR = "roles/iam.serviceAccountTokenCreator"
USER = "roles/iam.serviceAccountUser"
WORKLOAD = "roles/iam.workloadIdentityUser"
DENIED = (
    "googleapi: Error 403: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
)
EXPIRED = 'request.time < timestamp("2022-01-01T00:00:00Z")'
HOLDS = 'request.time < timestamp("2098-01-01T00:00:00Z")'
PROJECTS = (("shop", "1234567890"), ("tools", "2345678901"))

# -- Terraform -----------------------------------------------------------------------------------------------------


def account(name: str, project: str = "shop", more: str = "") -> str:
    """Terraform that declares an account."""
    return f"""
resource "google_service_account" "{name}" {{
  project    = "{project}"
  account_id = "{name}"
  {more}
}}
"""


ACCOUNT = account("batch")
"""The target."""


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


def binding(role: str, *members: str, name: str = "b") -> str:
    """Terraform that owns a role on the account."""
    return f"""
resource "google_service_account_iam_binding" "{name}" {{
  service_account_id = google_service_account.batch.name
  role               = "{role}"
  members            = [{", ".join(members)}]
}}
"""


def under(expression: str) -> str:
    """A condition block."""
    return f'condition {{\n    title      = "limited"\n    expression = {json.dumps(expression)}\n  }}'


def deny(
    principals: str,
    permissions: str = '"iam.googleapis.com/serviceAccounts.getAccessToken"',
    *,
    exceptions: str = "",
    parent: str = "projects/shop",
    more: str = "",
) -> str:
    """Terraform of a deny policy."""
    excepted = f"exception_principals = [{exceptions}]" if exceptions else ""
    return f"""
resource "google_iam_deny_policy" "d" {{
  parent = urlencode("cloudresourcemanager.googleapis.com/{parent}")
  name   = "d"
  rules {{
    deny_rule {{
      denied_principals  = [{principals}]
      denied_permissions = [{permissions}]
      {excepted}
      {more}
    }}
  }}
}}
"""


def member_of(name: str) -> str:
    """The member that a declared account is."""
    return f"google_service_account.{name}.member"


POOL = """
resource "google_iam_workload_identity_pool" "gh" {
  project                   = "tools"
  workload_identity_pool_id = "gh"
}
"""
MAPPING = '"google.subject" = "assertion.sub"\n    "attribute.repository" = "assertion.repository"'
GITHUB = "https://token.actions.githubusercontent.com"
GITHUB_CLAIMS = {"ref": "refs/heads/main", "sub": "repo:acme/app:ref:refs/heads/main"}


def provider(condition: str = "", mapping: str = MAPPING, issuer: str = GITHUB, more: str = "", name: str = "p") -> str:
    """Terraform of an identity provider of the pool."""
    conditioned = f"attribute_condition = {json.dumps(condition)}" if condition else ""
    return f"""
resource "google_iam_workload_identity_pool_provider" "{name}" {{
  project                            = "tools"
  workload_identity_pool_id          = google_iam_workload_identity_pool.gh.workload_identity_pool_id
  workload_identity_pool_provider_id = "{name}"
  {conditioned}
  attribute_mapping = {{
    {mapping}
  }}
  oidc {{
    issuer_uri = "{issuer}"
    {more}
  }}
}}
"""


def pool_member(suffix: str, scheme: str = "principalSet") -> str:
    """The expression of a member of the pool."""
    return f'"{scheme}://iam.googleapis.com/${{google_iam_workload_identity_pool.gh.name}}/{suffix}"'


# -- exports -------------------------------------------------------------------------------------------------------


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


def exports(own: str | None, project: str | None = policy(), *, parent: str | None = None) -> dict[str, str]:
    """The exports that decide about the target: its own policy, that of its project, and the projects."""
    found = {"projects.json": projects(*PROJECTS, parent=parent)}
    if own is not None:
        found[f"service-accounts/{TARGET}.json"] = own
    if project is not None:
        found["project-shop.json"] = project
    return found


def accounts(*emails: str, disabled: bool = False) -> str:
    """A list of the accounts of the project "shop"; their unique ids are 1000, 1001, ..."""
    return json.dumps(
        [
            {
                "email": email,
                "name": f"projects/shop/serviceAccounts/{email}",
                "projectId": "shop",
                "uniqueId": str(1000 + number),
                "disabled": disabled,
                "etag": "x",
            }
            for number, email in enumerate(emails)
        ]
    )


def services(*names: str, project: str = "2345678901") -> str:
    """The enabled services of a project, by default of "tools"."""
    parent = f"projects/{project}"
    return json.dumps(
        [
            {"config": {"name": name, "title": name}, "name": f"{parent}/services/{name}", "parent": parent}
            | {"state": "ENABLED"}
            for name in names
        ]
    )


def role_export(*permissions: str, **more: Any) -> str:
    """A custom role of the project "shop"."""
    role = {"name": "projects/shop/roles/minter", "title": "m", "stage": "GA", "etag": "x"}
    return json.dumps(role | {"includedPermissions": list(permissions)} | more)


# -- questions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A question with its right answer: ``fails grant``, ``works``, ``unknown`` (by any step)."""

    name: str
    files: Mapping[str, str] | str
    caller: str | None
    right: str
    target: str | None = TARGET
    more: Mapping[str, Any] = field(default_factory=dict)


def case(name: str, files: Mapping[str, str] | str, caller: str | None, right: str, **more: Any) -> Case:
    """A case; a text is the content of ``main.tf``."""
    return Case(name, files, caller, right, more.pop("target", TARGET), more)


def read_files(folder: Path, files: Mapping[str, str] | str) -> Input:
    """What these files say, written to a folder."""
    for name, text in ({"main.tf": files} if isinstance(files, str) else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = read_input([folder], Options(folders_are_named=True))
    assert not found.reading.errors, found.reading.errors
    return found


def ask(
    folder: Path, files: Mapping[str, str] | str, caller: str | None, target: str | None = TARGET, **more: Any
) -> Answer:
    """The answer to a question about these files."""
    return answered(
        Asked(**{"as_of": DAY, "caller": caller, "target": target, **more}), read_files(folder, files), catalog()
    )


def outcome(answer: Answer) -> tuple[str, str | None]:
    """Verdict and step."""
    return answer.verdict, answer.step


def check(one: Case, folder: Path) -> Answer:
    """Asserts that a case has its right answer, and returns it; each says what is not in the input."""
    answer = ask(folder, one.files, one.caller, one.target, **one.more)
    verdict, _, step = one.right.partition(" ")
    assert (answer.verdict, step and answer.step) == (verdict, step), (answer.step, answer.headline, answer.also)
    assert answer.not_in_input
    for stage in answer.stages:
        assert stage.message
        assert (stage.step is not None) == (stage.state in ("broken", "unknown")), stage
    return answer
