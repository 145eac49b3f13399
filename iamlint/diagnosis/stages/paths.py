"""Other ways to the target, and why a service agent has lost its own."""

from __future__ import annotations

from iamlint.diagnosis.answer import Evidence
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.question import DELEGATE
from iamlint.diagnosis.callers.holder import Holder, account_holder
from iamlint.diagnosis.stages.hop import Hop, hop_to
from iamlint.facts import Grant
from iamlint.principals import project_number_of
from iamlint.queries.policies.agents import evicted_service_agents
from iamlint.unknown import Truth

_LONGEST = 3
"""Delegates of a chain that is looked for."""
_MOST = 200
"""Hops that are tried."""


def chain_to(case: Case, holder: Holder, permission: str, target: str) -> list[Hop]:
    """Return the shortest chain of delegates from a holder to the target; empty without one."""
    waiting: list[tuple[Holder, list[Hop]]] = [(holder, [])]
    seen = {target, holder.principal.email or ""}
    tried = 0
    while waiting:
        source, so_far = waiting.pop(0)
        for email in _granted_accounts(case, source):
            if email in seen or tried >= _MOST:
                continue
            tried += 1
            first = hop_to(case, source, DELEGATE, email)
            if first.truth is not Truth.TRUE:
                continue
            seen.add(email)
            following = account_holder(case, email)
            last = hop_to(case, following, permission, target)
            if last.truth is Truth.TRUE:
                return [*so_far, first, last]
            if len(so_far) + 1 < _LONGEST:
                waiting.append((following, [*so_far, first]))
    return []


def _granted_accounts(case: Case, holder: Holder) -> list[str]:
    """Return the accounts with a known implicitDelegation grant for a holder, on the account or its project."""
    found: dict[str, None] = {}
    for grant in case.estate.of(Grant):
        held, _ = case.estate.permissions(grant.role, grant.declared)
        if DELEGATE not in held or holder.named_by(grant, case.estate, case.groups).truth is not Truth.TRUE:
            continue
        if grant.resource.kind == "service_account" and isinstance(grant.resource.name, str):
            found[grant.resource.name.lower()] = None
        elif grant.resource.is_container:
            onto = case.estate.hierarchy.node(grant.resource, grant.declared)
            for email, accounts in case.accounts.items():
                if onto in case.estate.hierarchy.around(email, accounts[0].declared):
                    found[email] = None
    return list(found)


def direct_grants(case: Case, holder: Holder) -> list[Grant]:
    """Return the grants of a federated identity on resources other than service accounts."""
    return [
        grant
        for grant in case.estate.of(Grant)
        if grant.resource.kind != "service_account"
        and grant.principal.kind != "public"
        and holder.named_by(grant, case.estate, case.groups).truth is Truth.TRUE
        and not _impersonates(case, grant)
    ]


def _impersonates(case: Case, grant: Grant) -> bool:
    held, _ = case.estate.permissions(grant.role, grant.declared)
    return "iam.serviceAccounts.getAccessToken" in held


def evicted(case: Case, holder: Holder) -> Evidence | None:
    """Return the binding or policy that leaves a service agent out of a role that it has by default."""
    email = holder.principal.email or ""
    local, _, domain = email.partition("@")
    for match in evicted_service_agents(case.estate):
        agents = match.words.get("agents", "")
        if email in agents or (f"@{domain}" in agents and "PROJECT_NUMBER" in agents):
            place = match.place or None
            at = place.at if place else match.fact.declared.at
            owned = match.words.get("owned", "the role")
            return Evidence(at, f"{match.fact.declared.address or 'this'} owns {owned} and leaves out {local}@{domain}")
    return _by_policy(case, email)


def _by_policy(case: Case, agent: str) -> Evidence | None:
    """Return the resource that owns the whole policy of an agent's own project and grants the agent nothing."""
    home = project_number_of(agent)
    owners = [
        grant
        for grant in case.estate.of(Grant)
        if grant.origin == "policy"
        and grant.resource.kind == "project"
        and case.same_project(grant.resource.name, home)
    ]
    if not owners or any(grant.principal.unknown or grant.principal.email == agent for grant in owners):
        return None
    message = (
        f"{owners[0].declared.address or 'this'} owns the whole policy of {owners[0].resource} and leaves out {agent}"
    )
    return Evidence(owners[0].resource_place.at, message)
