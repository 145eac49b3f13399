"""Facts with one known value replaced by one that is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from iamlint.facts import (
    Boundary,
    BoundaryBinding,
    CustomRole,
    Denial,
    Fact,
    Grant,
    Membership,
    OrgPolicy,
    Pool,
    Principal,
    Provider,
    Resource,
    ServiceAccount,
)
from iamlint.unknown import Unknown, UnknownPart

NOT_KNOWN = Unknown("var.x has no default", (UnknownPart("var.x"),))
_PLAIN: dict[type[Any], tuple[str, ...]] = {
    Grant: ("role", "condition"),
    CustomRole: ("permissions",),
    ServiceAccount: ("disabled", "project"),
    Denial: ("denied_principals", "denied_permissions", "exception_principals", "condition", "parent"),
    Boundary: ("resources", "enforcement_version"),
    BoundaryBinding: ("condition", "principal_set"),
    OrgPolicy: ("allowed", "denied", "enforced"),
    Pool: ("disabled",),
    Provider: ("condition", "mapping", "audiences", "disabled", "issuer"),
    Membership: ("group", "member"),
}


def mutations(facts: list[Fact]) -> Iterator[tuple[str, list[Fact]]]:
    """Every way to make one value unknown, each with what was changed."""
    for index, fact in enumerate(facts):
        for name, changed in _of(fact):
            yield f"{type(fact).__name__}.{name} #{index}", [*facts[:index], changed, *facts[index + 1 :]]


def _of(fact: Fact) -> Iterator[tuple[str, Fact]]:
    present = {field.name for field in fields(fact)}
    for name in _PLAIN.get(type(fact), ()):
        if name in present and not isinstance(getattr(fact, name), Unknown):
            yield name, replace(fact, **{name: NOT_KNOWN})
    if isinstance(fact, Grant):
        yield "principal", replace(fact, principal=Principal(NOT_KNOWN.text, "unknown", NOT_KNOWN))
        yield "resource", replace(fact, resource=Resource(fact.resource.kind, NOT_KNOWN))
