"""The target's own rights: impersonation works, and the account may not use the resource."""

from __future__ import annotations

import re

from iamlint.diagnosis.answer import Evidence, Stage
from iamlint.diagnosis.asked.attachments import named
from iamlint.diagnosis.asked.case import ASKED, Case
from iamlint.diagnosis.asked.reach import reason_of
from iamlint.diagnosis.callers.holder import Holder
from iamlint.diagnosis.stages.completeness import policy_command
from iamlint.diagnosis.stages.hop import Hop, hop
from iamlint.diagnosis.stages.near import near_misses
from iamlint.facts import Declaration, Grant, Resource
from iamlint.unknown import Truth, shown

NAME = "rights of the account on the resource"


def rights_stage(case: Case, holder: Holder, permission: str, on: str | None) -> Stage:
    """Whether an account has a permission on a resource; on any resource of the input where none is named."""
    places = _resources(case, on, permission)
    hops = [hop(case, holder, permission, resource, declared) for resource, declared in places]
    works = next((one for one in hops if one.truth is Truth.TRUE), None)
    if works and works.granted:
        message = f"{holder.label} has {permission} on {works.resource} by {shown(works.granted.role)}"
        return Stage(NAME, "done", message, evidence=(Evidence(works.granted.principal_place.at, message),))
    open_ = next((one for one in hops if one.truth is Truth.UNKNOWN), None)
    if open_:
        doubt = open_.doubts[0] if open_.doubts else None
        reason = doubt.reason if doubt else reason_of(open_.blocks[0])
        evidence = (doubt.evidence,) if doubt else ()
        return Stage(
            NAME, "unknown", reason, doubt.step if doubt else "missing-input", evidence, doubt.missing if doubt else ()
        )
    return _missing(case, holder, permission, on, hops)


def _missing(case: Case, holder: Holder, permission: str, on: str | None, hops: list[Hop]) -> Stage:
    where = on or "a resource in the input"
    message = f"{holder.label} has no grant of {permission} on {where}"
    misses = [miss for one in hops for miss in near_misses(case, one)]
    evidence = tuple(miss.evidence for miss in misses[:3])
    also = tuple(dict.fromkeys(miss.message for miss in misses[:3]))
    blocked = next((part for one in hops for part in one.blocks if part.truth is Truth.FALSE), None)
    if blocked:
        evidence = ((Evidence(blocked.at, reason_of(blocked)),) if blocked.at else ()) + evidence
    email = holder.principal.email or ""
    known = case.declared_account(email) is not None or any(
        case.estate.hierarchy.node(one.resource, one.declared) in case.exported for one in hops
    )
    only_one = not case.target and case.said.of_resource  # nobody else can be the one that the error refuses
    if known or only_one or (email and case.said.principal.lower() == email):
        return Stage(NAME, "broken", message, "target-rights", evidence, also=also)
    resource = _resources(case, on, permission)[0][0]
    command = policy_command((resource.kind, shown(resource.name)))
    return Stage(NAME, "unknown", message, "missing-input", evidence, (command,), also)


_URL = re.compile(r"(?://[a-z]+\.googleapis\.com/|gs://|projects/_/buckets/|buckets/)?(?P<name>.+)\Z")
_KINDS = {
    "storage": "storage_bucket",
    "bigquery": "bigquery_dataset",
    "run": "cloud_run_v2_service",
    "pubsub": "pubsub_topic",
}


def _resources(case: Case, on: str | None, permission: str) -> list[tuple[Resource, Declaration]]:
    """The resource that is named; without a name every one that the input grants something on."""
    if on:
        homes = {one.project: one.declared for one in named(on, case.estate) if isinstance(one.project, str)}
        home = [(Resource("project", project), by) for project, by in homes.items()] if len(homes) == 1 else []
        return [(_named(case, on, permission), ASKED), *home]
    found: dict[str, tuple[Resource, Declaration]] = {}
    for grant in case.estate.of(Grant):
        if grant.resource.kind != "service_account":
            found.setdefault(str(grant.resource), (grant.resource, grant.declared))
    project = case.project_of(case.target)
    if project is not None:
        found.setdefault("", (Resource("project", project), ASKED))
    return list(found.values())


def _named(case: Case, on: str, permission: str) -> Resource:
    """A resource by its full name, its URL, or the name that grants of the input have it by."""
    on = re.sub(r"\Anamespaces/", "projects/", on)  # Cloud Run's first API has projects by this name
    prefix, _, rest = on.partition("/")
    if prefix in ("projects", "folders", "organizations") and rest and "/" not in rest:
        return Resource(prefix.removesuffix("s"), rest)
    found = _URL.match(on)
    name = found["name"] if found else on
    for grant in case.estate.of(Grant):
        own = shown(grant.resource.name)
        if name in (own, own.rpartition("/")[2]) or grant.resource.name == on:
            return grant.resource
    kind = _KINDS.get(permission.partition(".")[0], "resource")
    return Resource("project", on) if permission.startswith("resourcemanager.projects") else Resource(kind, name)
