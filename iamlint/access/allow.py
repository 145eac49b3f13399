"""The steps of an allow policy: the role has the permission, the grant reaches the resource, the condition holds."""

from __future__ import annotations

from datetime import date

from iamlint.access.decision import Step
from iamlint.access.permission_effects import has_effect_on
from iamlint.estate import Estate
from iamlint.estate.membership import within
from iamlint.facts import Condition, Declaration, Grant, Resource
from iamlint.roles import spellings
from iamlint.unknown import Truth, Unknown, shown

_CONTEXT = frozenset({"time", "tag", "request", "resource", "principal", "limit"})
"""The kinds of reasons that depend on the request, or on the tags of its resource."""
_HOLDS = Step("condition", Truth.TRUE)
_HAS = Step("role", Truth.TRUE)


def role_step(grant: Grant, permission: str, estate: Estate) -> Step:
    """Whether the role has the permission, and the permission has an effect on the grant's resource."""
    held, unknown = estate.permissions(grant.role, grant.declared)
    named = shown(grant.role) or "the role"
    if not has_effect_on(permission, grant.resource.kind):
        reason, truth = f"{permission} has no effect on {grant.resource}", Truth.FALSE
    elif permission in held or not held.isdisjoint(spellings(permission)):
        return _HAS
    elif unknown and _may_have(grant, permission, estate):
        reason, truth = unknown.reason, Truth.UNKNOWN
    else:
        reason, truth = f"{named} does not have {permission}", Truth.FALSE
    custom = estate.custom_role(grant.role, grant.declared)
    return Step("role", truth, (reason,), (custom,) if custom else (), grant.role_place.at)


def _may_have(grant: Grant, permission: str, estate: Estate) -> bool:
    """Whether a role that is not known may have a permission."""
    possible = estate.possible_permissions(grant.role, grant.declared)
    return possible is None or not possible.isdisjoint((permission, *spellings(permission)))


def resource_step(grant: Grant, resource: Resource, declared: Declaration, estate: Estate) -> Step:
    """Whether the grant's resource is the requested one, or contains it."""
    hierarchy, at = estate.hierarchy, grant.resource_place.at
    onto = hierarchy.node(grant.resource, grant.declared)
    if onto is not None and onto in hierarchy.above(resource, declared):
        return Step("resource", Truth.TRUE, at=at)
    truth = within(hierarchy.above(resource, declared, certain=True), onto)
    if truth is Truth.FALSE:
        return Step("resource", truth, (f"{resource} is not in {grant.resource}, where it is granted",), at=at)
    return Step("resource", truth, (f"the input does not show whether {resource} is in {grant.resource}",), at=at)


def condition_step(
    grant: Grant, permission: str | None, as_of: date, estate: Estate, to_grant: frozenset[str] = frozenset()
) -> Step:
    """Whether the condition of a grant holds on a day for a permission.

    The outcome depends on the permission: service accounts have no ``resource.name``; the name of what is in a bucket
    begins with that of the bucket. A condition that limits the grantable roles holds if its holder may grant one with a
    permission of ``to_grant``. Of a grant that may not exist, it is unknown.
    """
    if grant.declared.uncertain:
        return Step("condition", Truth.UNKNOWN, (grant.declared.uncertain,), at=grant.principal_place.at)
    if grant.condition is None:
        return _HOLDS
    from iamlint.access.limits import may_grant
    from iamlint.conditions.context import Context
    from iamlint.conditions.evaluation import asks_tags, evaluate, may_begin

    match grant.condition:
        case Unknown(reason):
            why, at = (f"its condition is not known: {reason}",), grant.role_place.at
            return Step("condition", Truth.UNKNOWN, why, at=at)
        case Condition(expression) as condition:
            tags = estate.tags.state(grant.resource, grant.declared) if estate.tags and asks_tags(expression) else None
            bucket = grant.resource.name if grant.resource.kind == "storage_bucket" else None
            in_bucket = bucket if isinstance(bucket, str) and "${" not in bucket else None
            context = Context(as_of, permission, grant.principal, tags=tags, bucket=in_bucket)
            outcome = evaluate(expression, context)
    truth, at = outcome.truth, condition.at or grant.role_place.at
    if truth is Truth.UNKNOWN and to_grant and outcome.has("limit"):
        granted = may_grant(expression, context, to_grant, lambda role: estate.permissions(role, grant.declared))
        truth = granted  # a holder that may grant none of them gains nothing
    if truth is Truth.TRUE:
        return Step("condition", truth, at=at)
    conditional = truth is Truth.UNKNOWN and all(reason.kind in _CONTEXT for reason in outcome.reasons)
    reason = "; ".join(dict.fromkeys(outcome.why))
    later = outcome.truth is Truth.FALSE and may_begin(expression, context)
    if later and not outcome.has("not_yet"):
        reason = f"its condition does not hold on {as_of}, but may on a later day"
    return Step("condition", truth, (reason,) if reason else (), at=at, conditional=conditional, later=later)
