"""Whether the target account is there, under that very name."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from iamlint.diagnosis.answer import Evidence, Fix, Stage
from iamlint.diagnosis.asked.case import Case, is_managed
from iamlint.diagnosis.recognition.error_kind import Step
from iamlint.facts import Grant, ServiceAccount
from iamlint.principals import account_kind
from iamlint.unknown import shown

NAME = "target account"
_ALIKE = 0.8


def target_stage(case: Case) -> Stage:
    """Whether the input has the target, or one that is spelt almost the same."""
    email = case.target
    gone = case.removal_of(email)
    if gone:
        deleted = gone.action == "DELETE"
        step: Step = "member" if deleted else "disabled"
        what = "deletes" if deleted else "disables"
        message = f"{gone.declared.address or 'the input'} {what} the default account {email}"
        return Stage(NAME, "broken", message, step, (Evidence(gone.declared.at, message),))
    found = case.accounts.get(email, [])
    if found:
        at = found[0].declared.at
        return Stage(NAME, "done", f"{email} is in the input", evidence=(Evidence(at, "the target"),))
    near = _nearest(case, email)
    lists = _listed(case, email)
    if near is not None and (lists or not _is_granted(case, email)):
        message = f"{email} is not in the input; {shown(near.email)} is. Is the target misspelt?"
        evidence = (Evidence(near.declared.at, message),)
        if lists or case.said.kind == "target-not-found":
            fix = Fix(note=f"Write {shown(near.email)} where the client names {email}, or create the account.")
            return Stage(NAME, "broken", message, "member", evidence, fix=fix)
        return Stage(NAME, "unknown", message, "missing-input", evidence, (_list_command(case),))
    if lists:
        message = f"{email} is not among the accounts of its project in the input"
        fix = Fix(note="Correct the name where the client is configured, or create the account.")
        return Stage(NAME, "broken", message, "member", (Evidence(lists[0].declared.at, message),), fix=fix)
    return Stage(NAME, "skipped", f"the input does not list the accounts of the project of {email}")


def _listed(case: Case, email: str) -> list[ServiceAccount]:
    """Return the accounts of the target's project where a list of them, not one description, is in the input."""
    if account_kind(email) != "service_account":
        return []
    project = case.project_of(email)
    found = [
        one
        for accounts in case.accounts.values()
        for one in accounts
        if not is_managed(one.declared) and case.same_project(one.project, project)
    ]
    paths = {one.declared.at.path for one in found}
    return [one for one in found if (one.declared.at.line, one.declared.at.column) > (1, 1) or len(paths) < len(found)]


def _nearest(case: Case, email: str) -> ServiceAccount | None:
    """Return the account of the same project, or of the same name, whose name a slip makes of the target's."""
    local, _, domain = email.partition("@")
    best, likeness = None, _ALIKE
    for name, accounts in case.accounts.items():
        its_local, _, its_domain = name.partition("@")
        if its_domain != domain or "${" in name or re.sub(r"\d+", "", local) == re.sub(r"\d+", "", its_local):
            continue
        ratio = SequenceMatcher(None, local, its_local).ratio()
        if ratio >= likeness:
            best, likeness = accounts[0], ratio
    return best


def _is_granted(case: Case, email: str) -> bool:
    """Whether the input names the target elsewhere, so that somebody believes that it is there."""
    return any(email in (grant.resource.name, grant.principal.email) for grant in case.estate.of(Grant))


def _list_command(case: Case) -> str:
    project = case.project_of(case.target)
    return f"gcloud iam service-accounts list --project={shown(project) or 'PROJECT'} --format=json"
