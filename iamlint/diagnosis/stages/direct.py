"""Direct federation: the client uses the federated identity itself, and impersonates no service account.

Source: https://cloud.google.com/iam/docs/workload-identity-federation#access_management
"""

from __future__ import annotations

from dataclasses import replace

from iamlint.diagnosis.answer import Evidence, Stage
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.clients import ANNOTATION, Client
from iamlint.diagnosis.asked.question import METHODS
from iamlint.diagnosis.callers.holder import Holder, account_holder
from iamlint.diagnosis.stages.client_stage import of_caller
from iamlint.diagnosis.stages.paths import direct_grants
from iamlint.diagnosis.stages.rights import NAME, rights_of_call
from iamlint.facts import Grant
from iamlint.unknown import Truth, shown


def direct_client(case: Case) -> Client | None:
    """Return the client that uses the federated identity itself; None if an account is impersonated, or may be."""
    found = of_caller(case)
    return found[0] if found and not case.target and all(one.direct for one in found) else None


def direct_stage(case: Case, holder: Holder, client: Client) -> Stage:
    """Whether the federated identity itself may use the resource, or else an account that it may impersonate."""
    right, on = case.question.right, case.question.on
    accounts = accounts_of(case, holder)
    lacks = (
        f"{client.workload} has no annotation {ANNOTATION}" if client.workload else f"{client.at.path} names no account"
    )
    itself = f"{lacks}, so {holder.label} itself is used"
    evidence = Evidence(client.at, itself)
    if not right:
        return _without_right(case, holder, accounts, evidence)
    stage = rights_of_call(case, holder, right, on)
    if stage.state == "done":
        return stage
    for email in accounts:
        account = account_holder(case, email)
        if rights_of_call(case, account, right, on).state == "done":
            message = f"{itself}; {email} has {right}, and is not impersonated"
            return Stage(NAME, "broken", message, "wrong-mode", (evidence, *stage.evidence))
    return replace(stage, also=(itself, *stage.also))


def _without_right(case: Case, holder: Holder, accounts: list[str], evidence: Evidence) -> Stage:
    """Return the stage of an error that does not say which permission is missing."""
    held = direct_grants(case, holder)
    if held:
        roles = ", ".join(dict.fromkeys(f"{shown(grant.role)} on {grant.resource}" for grant in held[:3]))
        message = f"{holder.label} has {roles}; the error does not say which permission is missing"
        missing = ("the permission and the resource (--permission and --on)",)
        return Stage(NAME, "unknown", message, "missing-input", (evidence,), missing)
    unknown_step = _unknown_step(case, holder)
    if unknown_step:
        message = f"whether {holder.label} has a role is not known: {unknown_step}"
        return Stage(NAME, "unknown", message, "missing-input", (evidence,), (unknown_step,))
    if accounts:
        message = f"{evidence.message}, which has no role; {accounts[0]} may be impersonated, and is not"
        return Stage(NAME, "broken", message, "wrong-mode", (evidence,))
    message = f"{evidence.message}, and no grant of the input names it"
    return Stage(NAME, "broken", message, "target-rights", (evidence,))


def _unknown_step(case: Case, holder: Holder) -> str:
    """Why a grant may name the holder; empty if none may."""
    for grant in case.estate.of(Grant):
        member = holder.named_by(grant, case.estate, case.groups)
        if member.truth is Truth.UNKNOWN:
            return member.reason
    return ""


def accounts_of(case: Case, holder: Holder) -> list[str]:
    """Return the accounts whose tokens a holder may request by a grant on them."""
    found: dict[str, None] = {}
    for grant in case.estate.of(Grant):
        name = grant.resource.name
        if grant.resource.kind != "service_account" or not isinstance(name, str):
            continue
        held, _ = case.estate.permissions(grant.role, grant.declared)
        if METHODS["generateAccessToken"] not in held:
            continue
        if holder.named_by(grant, case.estate, case.groups).truth is Truth.TRUE:
            found[name.lower()] = None
    return list(found)
