"""A diagnosis: the stages of a call in order, the verdict, the fix, and what the input does not have."""

from __future__ import annotations

from dataclasses import replace

from iamlint.diagnosis.answer import Answer, Stage
from iamlint.diagnosis.asked.caller import NOBODY_NAMED
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.callers.holder import Holder, account_holder
from iamlint.diagnosis.callers.identity import identify
from iamlint.diagnosis.fixes.fix_text import in_source, with_free_names
from iamlint.diagnosis.fixes.fixes import fix_for
from iamlint.diagnosis.stages.client_stage import client_stage
from iamlint.diagnosis.stages.completeness import not_looked_at
from iamlint.diagnosis.stages.decision import decide
from iamlint.diagnosis.stages.direct import direct_client, direct_stage
from iamlint.diagnosis.stages.gates import (
    CLIENT,
    api_stage,
    attach_stage,
    backend_stage,
    lifetime_stage,
    machine_of,
    quota_stage,
    scopes_stage,
)
from iamlint.diagnosis.stages.hop import Hop
from iamlint.diagnosis.stages.other_causes import other_causes
from iamlint.diagnosis.stages.perimeter import with_perimeters
from iamlint.diagnosis.stages.rights import agent_stages, evicted_stages, needs_of, rights_of_call
from iamlint.diagnosis.stages.stages import hop_stages, hops_of
from iamlint.diagnosis.stages.target import target_stage
from iamlint.facts import Group, Resource
from iamlint.unknown import Truth

_NO_CALLS = ("granting", "organization-policy", "network-perimeter")
"""Stages of errors that name no call to become an account, if they do not say who calls."""


def diagnose(case: Case) -> Answer:
    """Return the answer to a question."""
    identity = identify(case)
    stages = [client_stage(case), *identity.stages]
    holder: Holder | None = None
    hops: list[Hop] = []
    if case.target and identity.holders:
        holder, hops = _best(case, identity.holders)
    elif identity.holders:
        holder = identity.holders[0]
    stages.append(scopes_stage(case, identity.machine or machine_of(case, holder)))
    if case.target:
        stages.append(api_stage(case, holder))
        stages.append(target_stage(case))
    for one in hops:
        stages += hop_stages(case, one, in_chain=len(hops) > 1)
    if case.target:
        stages += [attach_stage(case), lifetime_stage(case), quota_stage(case, holder)]
    method = _truth(stages)
    stages += _after(case, holder)
    answer = with_perimeters(case, decide(case, tuple(stages), method))
    answer = replace(
        answer,
        asked=_asked(case, holder),
        not_in_input=_not_in_input(case, answer),
        causes=other_causes(case, answer),
    )
    return replace(answer, fix=with_free_names(in_source(fix_for(case, answer, holder, hops)), case))


def _best(case: Case, holders: tuple[Holder, ...]) -> tuple[Holder, list[Hop]]:
    """Return the identity of the caller that gets furthest, with its hops."""
    found = [(holder, hops_of(case, holder)) for holder in holders]
    order = (Truth.TRUE, Truth.UNKNOWN, Truth.FALSE)
    return min(found, key=lambda one: order.index(Truth.all(hop.truth for hop in one[1])))


def _truth(stages: list[Stage]) -> Truth:
    states = [stage.state for stage in stages]
    if "broken" in states:
        return Truth.FALSE
    return Truth.UNKNOWN if "unknown" in states else Truth.TRUE


def _after(case: Case, holder: Holder | None) -> list[Stage]:
    """Return the stage after the impersonation: the target's rights on the resource."""
    question, said = case.question, case.said
    direct = direct_client(case)
    if direct and holder and (question.right or said.of_resource):
        return [direct_stage(case, holder, direct)]
    if question.right:
        who = account_holder(case, case.target) if case.target else holder
        return [rights_of_call(case, who, question.right, question.on)] if who else []
    if holder and said.by_agent and said.of_resource and said.settles == "service-agent-evicted":
        return evicted_stages(case, holder)
    if said.by_agent and said.of_resource:
        return agent_stages(case, said.permission, question.on or said.resource or None)
    if said.kind == "quota-project-denied" and said.project and holder and not case.target:
        return [rights_of_call(case, holder, said.permission, f"projects/{said.project.removeprefix('projects/')}")]
    if not said.of_resource or not case.target:
        return []
    denied = said.principal.lower().removeprefix("serviceaccount:").removeprefix("user:")
    backend = backend_stage(case) if denied != case.target and said.kind == "gcs-backend-identity" else None
    if backend:
        return [backend]
    if denied and denied != case.target:
        message = f"the error names {said.principal}, not {case.target}: the client does not impersonate here"
        return [Stage(CLIENT, "broken", message, "wrong-mode")]
    if not said.permission:
        return []
    on = question.on or said.resource or None
    return [rights_of_call(case, account_holder(case, case.target), said.permission, on)]


def _asked(case: Case, holder: Holder | None) -> str:
    question = case.question
    who = question.caller.text
    if holder and "${" not in holder.label and holder.label not in (who, f"user:{who}", f"serviceAccount:{who}"):
        who = f"{who} ({holder.label})"
    said = case.said
    if said.by_agent and question.caller is NOBODY_NAMED:
        who = "a service agent"
    denied = question.right or (said.permission if said.of_resource else "")
    after = question.caller is NOBODY_NAMED and said.of_resource  # an impersonation, if any, is over
    if after and denied and case.target:
        who = case.target
    if denied and (after or not case.target):
        return f"{who} needs {_needs(case, denied)}"
    is_no_call = after or (question.caller is NOBODY_NAMED and said.stage in _NO_CALLS)
    if not case.target or is_no_call:
        return f"the error alone: {said.title or said.excerpt}"
    through = f" through {', '.join(question.delegates)}" if question.delegates else ""
    return f"{who} calls {question.method} for {case.target}{through}"


def _needs(case: Case, permission: str) -> str:
    """Return the needed permissions by resource, as a clause."""
    by_resource: dict[str, list[str]] = {}
    for name, on in needs_of(case, permission, case.question.on or case.said.resource or None):
        by_resource.setdefault(on or "a resource that the error does not name", []).append(name)
    return "; ".join(f"{', '.join(names)} on {on}" for on, names in by_resource.items())


def _not_in_input(case: Case, answer: Answer) -> tuple[str, ...]:
    """Return what the input does not have and might change the answer."""
    found = [*answer.not_in_input, *case.question.assumed]
    found += [text for stage in answer.stages if stage.state == "done" for text in stage.missing]
    if case.target:
        found += not_looked_at(case, Resource("service_account", case.target), case.declared(case.target))
    elif case.question.on:
        found.append("policies above the resource")
    if not case.estate.of(Group) and not any(text.startswith("members of") for text in found):
        found.append("members of groups")
    return tuple(dict.fromkeys((*found, *case.unread)))
