"""Queries about audit configurations: accesses that are not logged."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from iamlint.estate import Estate, Node, identity, scope
from iamlint.facts import AuditConfig, Project, Resource, Text
from iamlint.logic.globs import text_is
from iamlint.patterns.match import Match
from iamlint.unknown import Truth, Unknown, shown

LOG_TYPES = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")


def incomplete_audit_configs(estate: Estate) -> Iterator[Match]:
    """Audit configurations for all services that leave out a log type, or exempt a principal."""
    every = [audit for audit in estate.of(AuditConfig) if audit.service == "allServices"]
    every.sort(key=_resource_key)
    for key, found in groupby(every, _resource_key):
        audits = list(found)
        if key[2]:
            yield from _incomplete(audits)


def _resource_key(audit: AuditConfig) -> tuple[str, str, str]:
    return scope(audit.declared), audit.resource.kind, identity(audit.resource.name, audit.declared) or ""


def _incomplete(audits: list[AuditConfig]) -> Iterator[Match]:
    first, logged = audits[0], set[Text]()
    for audit in audits:
        if isinstance(audit.log_types, Unknown):
            yield Match(audit, Truth.UNKNOWN, reasons=(f"the log types are not known: {audit.log_types.reason}",))
            return
        logged.update(audit.log_types)
    missing = [name for name in LOG_TYPES if name not in logged]
    if missing and not any(isinstance(one, Unknown) for one in logged):
        yield Match(first, Truth.TRUE, words={"problem": f"{' and '.join(missing)} accesses are not logged"})
        return
    for audit in audits:
        exempted = audit.exempted if isinstance(audit.exempted, tuple) else ()
        names = sorted({shown(who) for _, who in exempted})
        if names:
            yield Match(audit, Truth.TRUE, words={"problem": f"the accesses of {', '.join(names)} are not logged"})


def missing_audit_configs(estate: Estate) -> Iterator[Match]:
    """Projects of Terraform that have no audit configuration for all services in the input, there or above.

    A configuration with an unknown service or resource may be the missing one. So may one above the project, if the
    input does not show all of the project's containers.
    """
    logged = _logged(estate)
    if logged is None:
        return
    above_somebody = any(kind != "project" and truth is not Truth.FALSE for (kind, _), truth in logged.items())
    for project in estate.of(Project):
        resource = Resource("project", project.project_id)
        above = estate.hierarchy.above(resource, project.declared) if project.declared.address else ()
        if not above:
            continue
        found = Truth.FALSE
        for node in above:
            found |= logged.get(node, Truth.FALSE)
        reason = "which service an audit configuration is for is not known" if found is Truth.UNKNOWN else ""
        if found is Truth.FALSE and above_somebody and above[-1][0] != "organization":
            found, reason = (
                Truth.UNKNOWN,
                "some of its containers are not in the input, and these may log them",
            )
        if found is not Truth.TRUE:
            yield Match(project, ~found, reasons=(reason,) if reason else (), words={"resource": str(resource)})


def _logged(estate: Estate) -> dict[Node, Truth] | None:
    """Whether an audit configuration covers all services of a resource; None if it may be any resource."""
    logged: dict[Node, Truth] = {}
    for audit in estate.of(AuditConfig):
        truth = text_is(("allServices",), audit.service)
        node = estate.hierarchy.node(audit.resource, audit.declared)
        if node is not None:
            logged[node] = logged.get(node, Truth.FALSE) | truth
        elif truth is not Truth.FALSE:
            return None
    return logged
