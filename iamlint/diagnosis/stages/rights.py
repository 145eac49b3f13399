"""The target's own rights: impersonation works, and the account may not use the resource."""

from __future__ import annotations

from dataclasses import replace

from iamlint.diagnosis.answer import Evidence, Stage
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.reach import allow_steps, may_give, reason_of
from iamlint.diagnosis.callers.holder import Holder
from iamlint.diagnosis.stages.completeness import policy_command
from iamlint.diagnosis.stages.hop import Hop, evidence_of, hop
from iamlint.diagnosis.stages.near import near_misses
from iamlint.diagnosis.stages.paths import evicted
from iamlint.diagnosis.stages.resources import places_of, shown_place, unknown_grants
from iamlint.diagnosis.stages.stages import BLOCKS, block_message
from iamlint.facts import Grant
from iamlint.queries.policies.agents import agent_role
from iamlint.unknown import Truth, Unknown, shown

NAME = "rights of the account on the resource"


def rights_of_call(case: Case, holder: Holder, permission: str, on: str | None) -> Stage:
    """Whether an account has a permission on a resource, and the others that the error lists with it."""
    needs = needs_of(case, permission, on)
    found = [rights_stage(case, holder, *need) for need in needs]
    if len(found) == 1:
        return found[0]
    order = ("broken", "unknown", "done")
    first = min(found, key=lambda one: order.index(one.state))
    its = needs[found.index(first)][0]
    alike = [
        name
        for (name, _), one in zip(needs, found, strict=True)
        if one.message.replace(name, its) == first.message and one.state == first.state
    ]
    message = first.message.replace(its, ", ".join(dict.fromkeys(alike)))
    others = [one.message for (name, _), one in zip(needs, found, strict=True) if name not in alike]
    return replace(
        first,
        message=message,
        evidence=tuple(dict.fromkeys(place for one in found for place in one.evidence)),
        missing=tuple(dict.fromkeys(text for one in found for text in one.missing)),
        also=tuple(dict.fromkeys((*others, *(text for one in found for text in one.also)))),
        lacking=tuple(need for need, one in zip(needs, found, strict=True) if one.state != "done"),
    )


def needs_of(case: Case, permission: str, on: str | None) -> tuple[tuple[str, str | None], ...]:
    """Return a permission with its resource, and what the error says is needed with it."""
    said = case.said
    if permission != said.permission or len(said.needs) < 2:
        return ((permission, on),)
    return tuple(dict.fromkeys((name, on if its == said.resource else its or on) for name, its in said.needs))


def rights_stage(case: Case, holder: Holder, permission: str, on: str | None) -> Stage:
    """Whether an account has a permission on a resource; on any resource of the input where none is named."""
    places = places_of(case, on, permission)
    hops = [hop(case, holder, permission, resource, declared) for resource, declared in places]
    blocked = _blocked(hops)
    if blocked and on:
        return blocked
    works = next((one for one in hops if one.truth is Truth.TRUE), None)
    if works and works.granted:
        message = f"{holder.label} has {permission} on {works.resource} by {shown(works.granted.role)}"
        return Stage(NAME, "done", message, evidence=(Evidence(works.granted.principal_place.at, message),))
    open_ = next((one for one in hops if one.truth is Truth.UNKNOWN), None)
    if open_ and open_.unknown_steps:
        return open_.unknown_steps[0].stage(NAME)
    if open_:
        return Stage(NAME, "unknown", reason_of(open_.blocks[0]), "missing-input")
    return blocked or _may_be_there(case, holder, permission, on) or _missing(case, holder, permission, on, hops)


def evicted_stages(case: Case, holder: Holder) -> list[Stage]:
    """Return what the input shows of a service agent that lost its role: the resource that took it, or its grant."""
    by = evicted(case, holder)
    if by:
        return [Stage(NAME, "broken", by.message, "service-agent-evicted", (by,))]
    role = agent_role(holder.principal.email or "")
    for grant in case.estate.of(Grant):
        if grant.role == role and grant.principal.email == holder.principal.email:
            message = f"{holder.label} has {role} on {grant.resource}"
            return [Stage(NAME, "done", message, evidence=(Evidence(grant.principal_place.at, message),))]
    return []


_AGENTS = frozenset({"service_agent", "default_service_account", "unknown"})
_ACCOUNTS = _AGENTS | {"service_account"}


def agent_stages(case: Case, permission: str, on: str | None) -> list[Stage]:
    """Return what the input shows of an agent that the error does not name: a grant of the permission to some agent.

    Of an error that names no permission, a grant of the role that its document names.
    """
    node_of = case.estate.hierarchy.node
    meant = {node_of(*place) for place in places_of(case, on, permission)} if on and permission else set()
    for grant in case.estate.of(Grant):
        gives = may_give(grant, permission, case.estate) if permission else grant.role == case.said.role
        if not gives or grant.principal.kind not in (_AGENTS if permission else _ACCOUNTS):
            continue
        if not meant or isinstance(grant.resource.name, Unknown) or node_of(grant.resource, grant.declared) in meant:
            what = permission or case.said.role
            message = f"{grant.principal.text} has {what} on {grant.resource}; the error does not name the account"
            return [Stage(NAME, "unknown", message, "missing-input", (Evidence(grant.principal_place.at, message),))]
    return []


def _blocked(hops: list[Hop]) -> Stage | None:
    """Return what certainly stops a right that is granted: on the resource itself, or on what contains it."""
    if not any(one.allowed is Truth.TRUE for one in hops):
        return None
    for one in hops:
        for part in one.blocks:
            if part.truth is Truth.FALSE and (one.allowed is Truth.TRUE or one.resource.is_container):
                return Stage(NAME, "broken", block_message(part, one), BLOCKS[part.name], evidence_of(part))
    return None


def _may_be_there(case: Case, holder: Holder, permission: str, on: str | None) -> Stage | None:
    """Return a grant of the permission on a resource with an unknown name: it may be the one that the error names."""
    for grant in unknown_grants(case, on, permission):
        named_by = holder.named_by(grant, case.estate, case.groups).truth
        if named_by is Truth.FALSE or not may_give(grant, permission, case.estate):
            continue
        steps = allow_steps(
            grant,
            holder.principal,
            permission,
            Truth.TRUE,
            grant.resource,
            grant.declared,
            case.estate,
            case.question.as_of,
        )
        if Truth.all(step.truth for step in steps) is not Truth.FALSE:
            reason = f"{shown(grant.role)} is granted on {grant.resource}: the input does not show whether that is {on}"
            evidence = (Evidence(grant.resource_place.at, reason),)
            return Stage(NAME, "unknown", reason, "missing-input", evidence, (reason,))
    return None


def _missing(case: Case, holder: Holder, permission: str, on: str | None, hops: list[Hop]) -> Stage:
    where = on or "any resource of the input"
    message = f"{holder.label} has no grant of {permission} on {where}"
    meant = {str(one.resource) for one in hops} if on else set()
    misses = [
        miss
        for one in hops
        for miss in near_misses(case, one)
        if not (miss.kind == "elsewhere" and miss.grant and str(miss.grant.resource) in meant)
    ]
    condition = next((miss for miss in misses if miss.kind == "condition"), None)
    evidence = tuple(dict.fromkeys(miss.evidence for miss in misses))[:3]
    also = tuple(dict.fromkeys(miss.message for miss in misses))[:3]
    blocked = next((part for one in hops for part in one.blocks if part.truth is Truth.FALSE), None)
    if blocked:
        evidence = evidence_of(blocked) + evidence
    email = holder.principal.email or ""
    in_source = case.declared_account(email) is not None or case.attachment_of(email) is not None
    known = in_source or any(case.estate.hierarchy.node(one.resource, one.declared) in case.exported for one in hops)
    only_one = not case.target and case.said.of_resource  # nobody else can be the one that the error refuses
    if condition:
        return Stage(NAME, "broken", condition.message, "condition", (condition.evidence,))
    if known or only_one or (email and case.said.principal.lower() == email):
        if not known:
            message = f"the error refuses {holder.label}, and the input has no grant of {permission} on {where} to it"
        return Stage(NAME, "broken", message, "target-rights", evidence, also=also)
    command = policy_command(shown_place(places_of(case, on, permission)[0]))
    return Stage(NAME, "unknown", message, "missing-input", evidence, (command,), also)
