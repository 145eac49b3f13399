"""The change for a grant to a principal that does not exist: by what kind of account its name is of."""

from __future__ import annotations

from iamlint.diagnosis.answer import Fix
from iamlint.diagnosis.asked.case import Case
from iamlint.facts import default_account
from iamlint.principals import account_kind


def absent_member(case: Case) -> Fix:
    """Return what creates the account, or what to correct; the error's document says it for service agents."""
    email = (case.said.target or case.said.principal or case.said.other.get("member", "")).rpartition(":")[2].lower()
    local, _, domain = email.partition("@")
    if not email:
        return Fix(note="The name of the member is empty, or not a full e-mail: correct it.")
    if account_kind(email) == "service_agent":
        return Fix()
    if default_account(email) == "compute" or domain == "developer.gserviceaccount.com":
        project = local.removesuffix("-compute")
        if not project.isdecimal():
            return Fix(
                gcloud=f'gcloud projects describe {project} --format="value(projectNumber)"',
                note="This account is called NUMBER-compute@developer.gserviceaccount.com, by the project's number.",
            )
        return Fix(
            gcloud=f"gcloud services enable compute.googleapis.com --project={project}",
            note="Google creates the account when the API is enabled; where it was deleted, name another one.",
        )
    if not domain.endswith("gserviceaccount.com"):
        return Fix(note=f"Correct {email}: Google knows no such user or group.")
    return Fix(note=f"Correct {email}, or create the account before the grant (depends_on, or a reference to it).")
