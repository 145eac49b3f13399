"""The stages of IAM itself: the target account, boundaries, deny policies, allow policies, and each hop of a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from iamlint.access.decision import Step as Part
from iamlint.diagnosis.answer import Evidence, Stage, State
from iamlint.diagnosis.asked.case import ASKED, Case
from iamlint.diagnosis.asked.question import DELEGATE
from iamlint.diagnosis.asked.reach import reason_of
from iamlint.diagnosis.callers.holder import Holder, account_holder
from iamlint.diagnosis.recognition.error_kind import Step
from iamlint.diagnosis.stages.completeness import missing_policies, policy_command
from iamlint.diagnosis.stages.hop import Hop, evidence_of, hop_to
from iamlint.diagnosis.stages.near import CERTAIN, RANKS, Miss, near_misses
from iamlint.diagnosis.stages.paths import chain_to, direct_grants, evicted
from iamlint.facts import Resource
from iamlint.principals import project_number_of
from iamlint.unknown import Truth, shown

_TITLES = {"boundary": "principal access boundary", "deny": "deny policies", "disabled": "target account"}
BLOCKS: Mapping[str, Step] = {
    "boundary": "boundary",
    "deny": "deny",
    "disabled": "disabled",
    "org_policy": "org-policy",
}
"""The step of a diagnosis that each blocker is."""


def hops_of(case: Case, holder: Holder) -> list[Hop]:
    """Return the hops of the call in order: to each delegate, and to the target.

    Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
    """
    chain = [case.email_of(name) for name in case.question.delegates]
    found, source = [], holder
    for email in chain:
        found.append(hop_to(case, source, DELEGATE, email))
        source = account_holder(case, email)
    return [*found, hop_to(case, source, case.question.permission, case.target)]


def hop_stages(case: Case, one: Hop, *, in_chain: bool) -> list[Stage]:
    """Return the stages of a hop: what blocks it, then what allows it."""
    name = f"{one.holder.label.partition(':')[2] or one.holder.label} -> {one.target}" if in_chain else None
    stages = [_block(part, name, one) for part in one.blocks]
    open_ = [kind for kind in ("boundary", "deny") if all(part.name != kind for part in one.blocks)]
    stages += [Stage(_TITLES[kind], "done", "nothing in the input stops it", hop=name) for kind in open_]
    stages.sort(key=lambda stage: list(_TITLES.values()).index(stage.name))
    return [*stages, _allow(case, one, name, in_chain=in_chain)]


def _block(part: Part, name: str | None, one: Hop) -> Stage:
    state: State = "broken" if part.truth is Truth.FALSE else "unknown"
    evidence, title = evidence_of(part), _TITLES[part.name]
    if state == "broken":
        return Stage(title, state, block_message(part, one), BLOCKS[part.name], evidence, hop=name)
    reason = reason_of(part)
    open_step: Step = "group-membership" if "belongs to" in reason else "missing-input"
    return Stage(title, state, reason, open_step, evidence, (reason,), hop=name)


def block_message(part: Part, one: Hop) -> str:
    """Return what a boundary, deny policy or disabled account stops, as a sentence."""
    match part.name:
        case "boundary":
            return f"a principal access boundary does not let {one.holder.label} use {one.target}"
        case "disabled":
            return f"{reason_of(part).removeprefix('blocked by ')}"
        case _:
            return f"a deny policy denies {one.permission} to {one.holder.label}"


def _allow(case: Case, one: Hop, name: str | None, *, in_chain: bool) -> Stage:
    title = "allow policies"
    if one.allowed is Truth.TRUE and one.granted:
        grant = one.granted
        to = "" if grant.principal.text == one.holder.label else f" (by {grant.principal.text})"
        message = (
            f"{one.holder.label} has {one.permission} on {one.target} by {shown(grant.role)} on {grant.resource}{to}"
        )
        return Stage(title, "done", message, evidence=(Evidence(grant.principal_place.at, message),), hop=name)
    if one.allowed is Truth.UNKNOWN:
        missing = tuple(dict.fromkeys(text for each in one.unknown_steps for text in each.missing))
        also = tuple(each.reason for each in one.unknown_steps[1:4])
        return replace(one.unknown_steps[0].stage(title), missing=missing, also=also, hop=name)
    return _denied(case, one, name, in_chain=in_chain)


def _denied(case: Case, one: Hop, name: str | None, *, in_chain: bool) -> Stage:
    """No grant counts: the near miss that explains it, or the input that may have one."""
    title = "allow policies"
    missing = missing_policies(case, one.resource, one.declared) or agents_own_role(case, one)
    misses = [*near_misses(case, one), *_other_ways(case, one, in_chain=in_chain)]
    misses.sort(key=_order)
    first = misses[0] if misses else None
    explained = first is not None and first.kind in CERTAIN and is_denial(case)
    if missing and not explained:
        message = f"no grant of {one.permission} on {one.target} is in the input, which does not have all policies"
        also = tuple(miss.message for miss in misses[:4])
        return Stage(
            title, "unknown", message, "missing-input", tuple(m.evidence for m in misses[:3]), missing, also, name
        )
    who = case.question.caller.text if one.holder.token and "${" in one.holder.label else one.holder.label
    message = f"nothing grants {one.permission} on {one.target} to {who}"
    if first is None:
        return Stage(title, "broken", message, "delegation" if in_chain else "grant", hop=name)
    step = first.step
    if in_chain and step in ("grant", "custom-role", "member"):
        step = "delegation"
    also = tuple(dict.fromkeys(miss.message for miss in misses[:4]))
    return Stage(title, "broken", message, step, tuple(m.evidence for m in misses[:3]), also=also, hop=name)


def agents_own_role(case: Case, one: Hop) -> tuple[str, ...]:
    """Return the command that shows whether a service agent has the role that Google gives it on its own project."""
    email = one.holder.principal.email or ""
    home = project_number_of(email) if one.holder.principal.kind == "service_agent" else None
    project = case.project_of(case.target)
    elsewhere = isinstance(project, str) and not case.same_project(home, project)
    if home is None or project is None or elsewhere or evicted(case, one.holder):
        return ()
    node = case.estate.hierarchy.node(Resource("project", project), ASKED)
    return () if node is None or node in case.exported else (policy_command(node),)


def _order(miss: Miss) -> int:
    return RANKS.index(miss.kind)


def is_denial(case: Case) -> bool:
    """Whether the error says that this permission was denied, so that no policy outside the input grants it."""
    said = case.said
    denies = said.stage in ("impersonation", "attachment") and said.kind != "target-not-found"
    return denies and said.permission in ("", case.question.permission)


def _other_ways(case: Case, one: Hop, *, in_chain: bool) -> list[Miss]:
    """The caller could get there in another way: by delegates, or without the account; or an agent was evicted."""
    found: list[Miss] = []
    if one.holder.principal.kind == "service_agent":
        match = evicted(case, one.holder)
        if match:
            found.append(Miss("evicted", "service-agent-evicted", match.message, match))
        return found
    if not in_chain:
        chain = chain_to(case, one.holder, one.permission, case.target)
        if chain:
            through = ", ".join(hop.target for hop in chain[:-1])
            message = f"the caller could get there through {through}, which the call does not name as delegate"
            at = chain[0].granted.principal_place.at if chain[0].granted else chain[0].declared.at
            found.append(Miss("delegation", "delegation", message, Evidence(at, message)))
        if one.holder.token is not None:
            direct = direct_grants(case, one.holder)
            if direct:
                roles = ", ".join(f"{shown(grant.role)} on {grant.resource}" for grant in direct[:2])
                message = f"the caller has {roles} directly: that needs no service account, and the client names one"
                found.append(Miss("wrong-mode", "wrong-mode", message, Evidence(direct[0].principal_place.at, message)))
    return found
