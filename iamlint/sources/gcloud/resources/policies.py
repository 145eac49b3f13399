"""Allow policies: grants, and audit configurations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import first, get, items, text
from iamlint.documents.values import Value
from iamlint.facts import (
    AuditConfig,
    Condition,
    Declaration,
    ExportedPolicy,
    Fact,
    Grant,
    Place,
    Principal,
    PrincipalKind,
    Resource,
)
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.sources.reading import ExportFilter
from iamlint.unknown import Unknown

_HIDDEN = regex(r"(?P<role>.+)_withcond_[0-9a-f]+\Z")
_WHY_HIDDEN = "the policy was read below version 3, which hides its conditions"


def policy(
    document: Value,
    resource: Resource,
    where: Location | None = None,
    declared: Declaration | None = None,
    relevant: ExportFilter | None = None,
) -> Iterator[Fact]:
    """Yield the grants of an allow policy.

    ``where`` is the value that names the resource, if the document has one; ``declared`` is the declaration of the
    policy. With ``relevant``, bindings that no rule needs are left out.
    """
    declared = declared or Declaration(document.location, "policy")
    resource_place = where or document.location
    for binding in items(get(document, "bindings")):
        found = grants(binding, resource, declared, resource_place)
        if relevant is None or get(binding, "condition").data is not None:
            yield from found
        else:
            kept = relevant.members(
                str(text(get(binding, "role"))), [text(m) or "" for m in items(get(binding, "members"))]
            )
            yield from (one for one in found if one.principal in {principal(member) for member in kept})
    yield from audit_configs(document, resource, declared)


def whole_policy(
    document: Value,
    resource: Resource,
    where: Location | None = None,
    declared: Declaration | None = None,
    relevant: ExportFilter | None = None,
) -> Iterator[Fact]:
    """Yield the facts of a complete allow policy, with the fact that it was seen; see `policy` for ``relevant``."""
    declared = declared or Declaration(document.location, "policy")
    version = get(document, "version").data
    yield ExportedPolicy(
        resource,
        declared,
        Place(where or document.location),
        bindings=len(items(get(document, "bindings"))),
        version=version if isinstance(version, int) else None,
    )
    yield from policy(document, resource, where, declared, relevant)


def role_and_hidden(written: str) -> tuple[str, Unknown | None]:
    """Return the role that a policy names, and whether its condition is hidden because the policy was read below
    version 3.

    Source: https://cloud.google.com/iam/docs/troubleshoot-withcond
    """
    hidden = _HIDDEN.match(written)
    return (hidden["role"], Unknown(_WHY_HIDDEN)) if hidden else (written, None)


def grants(binding: Value, resource: Resource, declared: Declaration, resource_place: Location) -> Iterator[Grant]:
    """Yield the grants of one binding."""
    written = get(binding, "role")
    role, hidden = role_and_hidden(text(written) or "")
    condition = hidden or condition_of(get(binding, "condition"))
    role_place = written.location
    for member in items(get(binding, "members")):
        yield Grant(
            principal=principal(text(member) or ""),
            role=role,
            resource=resource,
            origin="export",
            declared=declared,
            principal_place=member.location,
            role_place=role_place,
            resource_place=resource_place,
            condition=condition,
        )


@lru_cache(maxsize=1 << 14)
def principal(member: str) -> Principal:
    """Return the principal of a member; cached, since few principals hold most of the grants.

    Members that differ in their digits only are alike, such as the default accounts of projects.
    """
    kind = _kind(member.encode("utf-8", "surrogatepass").translate(_ONE_DIGIT))
    return Principal(member, kind) if kind else read_principal(member, member)


_ONE_DIGIT = bytes.maketrans(b"123456789", b"0" * 9)


@lru_cache(maxsize=1 << 12)
def _kind(encoded: bytes) -> PrincipalKind | None:
    """Return the kind of a member that is spelt as its principal is; None for others."""
    member = encoded.decode("utf-8", "surrogatepass")
    found = read_principal(member, member)
    return found.kind if found == Principal(member, found.kind) else None


def condition_of(value: Value) -> Condition | None:
    """Return an IAM condition; None for null."""
    if value.data is None:
        return None
    expression = get(value, "expression")
    return Condition(text(expression) or "", text(get(value, "title")), expression.location)


def audit_configs(document: Value, resource: Resource, declared: Declaration) -> Iterator[AuditConfig]:
    """Yield the audit configurations of a policy."""
    for config in items(first(document, "auditConfigs", "audit_configs")):
        yield audit_config(config, resource, declared)


def audit_config(config: Value, resource: Resource, declared: Declaration) -> AuditConfig:
    """Return the audit configuration of one service."""
    service = get(config, "service")
    logs = items(first(config, "auditLogConfigs", "audit_log_configs"))
    types = [(_log_type(log), items(first(log, "exemptedMembers", "exempted_members"))) for log in logs]
    return AuditConfig(
        resource=resource,
        service=text(service) or "allServices",
        log_types=tuple(name for name, _ in types),
        declared=declared,
        place=Place((service if service.at else config).location),
        exempted=tuple((name, text(member) or "") for name, members in types for member in members),
    )


_LOG_TYPES = {"1": "ADMIN_READ", "2": "DATA_WRITE", "3": "DATA_READ"}
"""The numbers of google.iam.v1.AuditLogConfig.LogType, which some exports have instead of the names."""


def _log_type(log: Value) -> str:
    found = first(log, "logType", "log_type")
    written = text(found) or ""
    return _LOG_TYPES.get(written, written)
