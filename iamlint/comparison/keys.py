"""Keys of facts by content, without places: the same fact in two estates has the same key.

An address, a file, a line, the form of a grant (member, binding, policy) and the order of a list are not part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate, principal_node, scope
from iamlint.facts import (
    NOBODY,
    Attachment,
    Boundary,
    BoundaryBinding,
    Condition,
    CustomRole,
    Declaration,
    Denial,
    Fact,
    Folder,
    Grant,
    Group,
    Membership,
    Organization,
    OrgPolicy,
    Place,
    Pool,
    Project,
    ProjectReference,
    Provider,
    ServiceAccount,
)
from iamlint.location import Location
from iamlint.unknown import Unknown

Key = tuple[Any, ...]
Render = Callable[[str, str], str]
"""Replaces a reference of a configuration: ``render("google_project.shop.project_id", ".")``."""

COMPARED: tuple[type[Any], ...] = (
    Grant,
    CustomRole,
    ServiceAccount,
    Project,
    ProjectReference,
    Folder,
    Organization,
    Denial,
    Boundary,
    BoundaryBinding,
    OrgPolicy,
    Pool,
    Provider,
    Attachment,
    Group,
    Membership,
)
"""The kinds of facts that decide who can become an account, and who holds a role."""
BLOCKERS: tuple[type[Any], ...] = (Denial, Boundary, BoundaryBinding, OrgPolicy, Pool, Provider)
"""The kinds of facts that may block others, anywhere; pools and providers those that they admit no token for."""
WRITTEN = (Place, Location, Declaration)
IGNORED = frozenset({"title", "display_name", "accepted", "place", "declared", "enforcement_version", "unique_id"})
_REFERENCE = regex(r"\$\{([^{}]*)\}")
_IN = " in "


def rendered(text: str, home: str, render: Render) -> str:
    """Return a text with each of its references as ``render`` returns it. ``home`` is the scope that they belong to."""
    if "${" not in text:
        return text
    return _REFERENCE.sub(lambda found: render(found[1], home), text)


def rendered_name(name: str, render: Render) -> str:
    """Return a name of the estate (`iamlint.estate.identity`), with its references rendered by ``render``."""
    if "${" not in name:
        return name
    text, _, home = name.rpartition(_IN)
    return rendered(text, home, render)


def key_of(fact: Fact, estate: Estate, render: Render, *, with_names: bool = False) -> Key:
    """Return what a fact says. ``with_names`` adds display names, which tell things apart but change no access."""
    declared, there = fact.declared, exists(fact.declared)
    if isinstance(fact, Grant):
        return (*_grant(fact, estate, render), *there)
    home = scope(declared)
    said: list[Any] = [type(fact).__name__]
    names = (one.name for one in fields(fact))
    kept = (one for one in names if one not in IGNORED or (with_names and one == "display_name"))
    said += (_plain(getattr(fact, one), home, render) for one in kept)
    return (*said, *there)


def exists(declared: Declaration) -> tuple[bool, bool]:
    """Return whether it is not known if a fact is there, and how many of it."""
    return bool(declared.uncertain), "[*]" in (declared.address or "")


def _grant(grant: Grant, estate: Estate, render: Render) -> Key:
    node = estate.hierarchy.node(grant.resource, grant.declared)
    home = scope(grant.declared)
    who = principal_node(grant)
    return (
        "Grant",
        rendered_name(who, render) if who else grant.principal.text,
        _plain(grant.role, home, render),
        (node[0], rendered_name(node[1], render))
        if node
        else (grant.resource.kind, _plain(grant.resource.name, home, render)),
        _plain(grant.condition, home, render),
        grant.principal.kind in NOBODY,
    )


def _plain(value: Any, home: str, render: Render) -> Any:
    match value:
        case str():
            return rendered(value, home, render)
        case Unknown():
            return rendered(value.text, home, render)
        case tuple():
            kept = [_plain(one, home, render) for one in value if not isinstance(one, WRITTEN)]
            return kept[0] if len(kept) == 1 and len(value) > 1 else tuple(sorted(kept, key=repr))
        case Condition(expression):
            return _plain(expression, home, render)
        case _ if is_dataclass(value):
            return tuple(_plain(getattr(value, one.name), home, render) for one in fields(value))
        case _:
            return value
