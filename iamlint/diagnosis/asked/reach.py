"""Whether one grant gives a holder one permission on a resource, step by step: the one place that asks about access."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from iamlint.access.asking import access, access_of
from iamlint.access.decision import Step
from iamlint.estate import Estate, Node
from iamlint.estate.membership import within
from iamlint.facts import Condition, Declaration, Grant, Place, Principal, Resource
from iamlint.location import Location
from iamlint.logic.globs import text_is
from iamlint.roles import LEGACY_BASIC, spellings
from iamlint.unknown import Truth, Unknown, shown

ALLOW = frozenset({"role", "resource", "condition"})
"""The steps of an allow policy."""


def allow_steps(
    grant: Grant,
    principal: Principal,
    permission: str,
    on: Truth,
    resource: Resource,
    declared: Declaration,
    estate: Estate,
    day: date,
) -> tuple[Step, ...]:
    """Return the allow steps of a grant for a principal that it names, or whose group or set it names.

    ``on`` is whether the grant is on the resource.
    """
    asked = replace(grant, principal=principal)
    steps = access(estate, asked, (permission,), resource, day, declared).checks[0].steps
    found = (
        *(_told(step, grant) for step in steps if step.name in ("role", "condition")),
        _resource(grant, resource, on),
    )
    if not isinstance(grant.condition, Condition) or grant.role not in LEGACY_BASIC:
        return found
    reason = f"Google refuses conditions on basic roles, so this grant of {shown(grant.role)} is not made"
    refused = Step("condition", Truth.FALSE, (reason,), at=_condition_at(grant))
    return tuple(refused if step.name == "condition" else step for step in found)


def _resource(grant: Grant, resource: Resource, truth: Truth) -> Step:
    known = grant.resource.name
    if not grant.resource.is_container and isinstance(known, Unknown):
        reason = f"the input does not show whether that is {shown(resource.name)} ({known.reason})"
    else:
        reason = f"the input does not show whether {resource} is, or is in, {grant.resource}"
    return Step("resource", truth, () if truth is Truth.TRUE else (reason,), at=grant.resource_place.at)


def _told(step: Step, grant: Grant) -> Step:
    """Return a step with a reason, also where its condition is simply false."""
    if step.truth is Truth.FALSE and not step.reasons and step.name == "condition":
        condition = grant.condition
        text = shown(condition.expression) if isinstance(condition, Condition) else "it"
        return replace(step, reasons=(f"{text} is false",))
    return step


def _condition_at(grant: Grant) -> Location:
    at = grant.condition.at if isinstance(grant.condition, Condition) else None
    return at or grant.role_place.at


class Reach:
    """The grants on each resource, or on its containers; computed once for each place."""

    def __init__(self, resource: Resource, declared: Declaration, estate: Estate) -> None:
        self._resource, self._estate = resource, estate
        self._above = estate.hierarchy.above(resource, declared)
        self._known: dict[Node, Truth] = {}
        self._same: dict[tuple[int, int], Truth] = {}
        self._giving: dict[tuple[str, int, int, str], bool] = {}
        self._kept: list[Grant] = []  # the caches are by the objects that thousands of an export's grants share

    def of(self, grant: Grant) -> Truth:
        """Whether a grant is on the resource, or on something that contains it."""
        key = id(grant.resource), id(grant.declared)
        if key not in self._same:
            self._kept.append(grant)
            self._same[key] = self._of(grant)
        return self._same[key]

    def gives(self, grant: Grant, permission: str) -> bool:
        """Whether the role of a grant certainly has a permission that is of use where it is granted."""
        if not isinstance(grant.role, str):
            return gives(grant, permission, self._estate)
        key = grant.role, id(grant.resource), id(grant.declared), permission
        if key not in self._giving:
            self._kept.append(grant)
            self._giving[key] = gives(grant, permission, self._estate)
        return self._giving[key]

    def _of(self, grant: Grant) -> Truth:
        onto = self._estate.hierarchy.node(grant.resource, grant.declared)
        if onto is None:
            return self._truth(grant, onto)
        if onto not in self._known:
            self._known[onto] = self._truth(grant, onto)
        return self._known[onto]

    def _truth(self, grant: Grant, onto: Node | None) -> Truth:
        if onto is not None and onto in self._above:
            return Truth.TRUE
        if grant.resource.is_container:
            return within(self._above, onto)
        return _is_same(grant, self._resource, onto, self._above)


def gives(grant: Grant, permission: str, estate: Estate) -> bool:
    """Whether the role of a grant certainly has a permission that is of use where it is granted."""
    held, _ = access_of(estate).held(grant)
    return permission in held or not held.isdisjoint(spellings(permission))


def may_give(grant: Grant, permission: str, estate: Estate) -> bool:
    """Whether the role of a grant has a permission, or its permissions are not all known."""
    _, unknown = access_of(estate).held(grant)
    return unknown is not None or gives(grant, permission, estate)


def _is_same(grant: Grant, resource: Resource, onto: Node | None, above: tuple[Node, ...]) -> Truth:
    """Whether a grant's resource that contains no others may be this one: where one of the names is not known."""
    if grant.resource.kind != resource.kind:
        return Truth.FALSE
    if onto is None or not above:
        return Truth.UNKNOWN
    if "${" in onto[1]:
        return text_is((above[0][1],), grant.resource.name) if "${" not in above[0][1] else Truth.UNKNOWN
    return text_is((onto[1],), resource.name) if "${" in above[0][1] else Truth.FALSE


def blocking_steps(
    principal: Principal, permission: str, resource: Resource, declared: Declaration, estate: Estate, day: date
) -> tuple[Step, ...]:
    """Return what blocks, or may block, a principal from using a permission on a resource, whatever is granted."""
    if not (estate.has_blockers and estate.blockers):
        return ()
    place = Place(declared.at)
    asked = Grant(principal, "roles/iam.serviceAccountTokenCreator", resource, "member", declared, place, place, place)
    steps = access(estate, asked, (permission,), resource, day, declared).checks[0].steps
    return tuple(step for step in steps if step.name not in ALLOW and step.truth is not Truth.TRUE)


def is_unknown_text(grant: Grant) -> bool:
    """Whether the condition of a grant is not known, rather than what it depends on."""
    condition = grant.condition
    return isinstance(condition, Unknown) or (
        isinstance(condition, Condition) and isinstance(condition.expression, Unknown)
    )


def reason_of(step: Step) -> str:
    """Return the reasons of a step as one text."""
    return "; ".join(step.reasons)
