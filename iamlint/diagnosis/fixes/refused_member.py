"""The change for a grant whose member IAM refuses: one that does not exist, or is written in a wrong form."""

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


def member_form(case: Case) -> Fix:
    """Return the right form of the member that the error names; the error's document says it for federated ones."""
    member = case.said.other.get("member", "")
    if case.said.kind == "member-wrong-prefix":
        return Fix(f'member = "{member}"') if member else Fix()
    if not member:
        forms = "user:, group:, serviceAccount:, domain:, principal:// or principalSet://"
        return Fix(note=f"Write each member of the policy with its prefix: {forms}.")
    if member.startswith(("principal:", "principalSet:")):
        return Fix()
    if member.startswith("roles/"):
        return Fix(note=f"Exchange role and member: {member} is a role.")
    if member in ("allUsers", "allAuthenticatedUsers"):
        return Fix(note=f"Remove {member} from the grant: the resource does not take it.")
    email = member.rpartition(":")[2]
    if email.endswith("gserviceaccount.com"):
        return Fix(f'member = "serviceAccount:{email}"')
    if "@" in email:
        return Fix(note=f"Write user:{email} for a person, group:{email} for a group.")
    return Fix(note=f"Correct {member}: it is neither an e-mail with its prefix nor the name of a federated principal.")
