"""Questions about audit configurations: accesses that nothing logs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from iamlint.estate import Estate, Node, identity, scope
from iamlint.facts import AuditConfig, Project, Resource, Text
from iamlint.globs import text_is
from iamlint.match import Match
from iamlint.unknown import Truth, Unknown

LOG_TYPES = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")


def incomplete_audit_configs(estate: Estate) -> Iterator[Match]:
    """Audit configurations for all services that leave a log type out, or somebody's accesses."""
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
        names = sorted({who if isinstance(who, str) else who.text for _, who in exempted})
        if names:
            yield Match(audit, Truth.TRUE, words={"problem": f"the accesses of {', '.join(names)} are not logged"})


def missing_audit_configs(estate: Estate) -> Iterator[Match]:
    """Projects of Terraform's for which nothing in the input logs all services, there or above.

    A configuration whose service or resource is not known may be the one that is missing.
    """
    logged: dict[Node, Truth] = {}
    for audit in estate.of(AuditConfig):
        truth = text_is(("allServices",), audit.service)
        node = estate.hierarchy.node(audit.resource, audit.declared)
        if node is None and truth is not Truth.FALSE:
            return
        if node is not None:
            logged[node] = logged.get(node, Truth.FALSE) | truth
    for project in estate.of(Project):
        resource = Resource("project", project.project_id)
        above = estate.hierarchy.above(resource, project.declared) if project.declared.address else ()
        found = Truth.FALSE
        for node in above:
            found |= logged.get(node, Truth.FALSE)
        if above and found is not Truth.TRUE:
            reasons = ("which service an audit configuration is for is not known",) if found is Truth.UNKNOWN else ()
            yield Match(project, ~found, reasons=reasons, words={"resource": str(resource)})
