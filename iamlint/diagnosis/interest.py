"""What a question needs of a large export, computed before reading it.

An export of an organization has millions of grants. An answer needs those that may give one of the permissions that it
asks about, and all grants of the caller and of the target, which explain what misled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from iamlint.diagnosis.asked.question import DELEGATE, METHODS
from iamlint.diagnosis.asking import Asked
from iamlint.diagnosis.recognition.said import read_error
from iamlint.principals import read_principal
from iamlint.roles import Catalog, Roles, spellings
from iamlint.sources.reading import ExportFilter
from iamlint.unknown import Unknown

_SETS = ("domain:", "principal", "deleted:", "all", "project")
"""How members begin that may contain the caller, or be the caller under another name.

Groups are not among them: an export of an organization grants most roles to groups, and what a role without these
permissions gives to a group decides nothing.
"""
_FEDERATED = ("github:", "gitlab:", "oidc:", "principal:")
_QUOTA = "serviceusage.services.use"


def relevance(asked: Asked, catalog: Catalog) -> ExportFilter | None:
    """Return what a question needs of a large export; None if it does not name who calls which account."""
    said = read_error(asked.error)
    caller, target = asked.caller or said.principal, asked.target or said.target
    parts = [_part(name) for name in (caller, target, *asked.delegates) if name]
    if not caller or not (target or asked.permission) or not all(parts):
        return None
    named = [one for one in (asked.method, asked.permission, *(name for name, _ in said.needs)) if one]
    permissions = {*METHODS.values(), DELEGATE, _QUOTA, *named}
    roles = Roles(catalog, {})
    may_give = _role_test(roles, permissions)

    def member(text: str) -> bool:
        return text.startswith(_SETS) or any(part in text.lower() for part in parts)

    return ExportFilter(
        role=may_give,
        agents_role=cache(lambda role: roles.kind(role) == "service_agent"),
        member=member,
        unneeded_agent=lambda text: _is_agent(text) and not member(text),
        alike=lambda _: None,
        policies=True,
    )


@lru_cache(1 << 12)
def _is_agent(member: str) -> bool:
    return read_principal(member).kind == "service_agent"


def _part(name: str) -> str:
    """Return a part, in lower case, of each member that is a caller or account; empty if its name does not show one."""
    if name.startswith("ksa:"):
        return ".svc.id.goog["
    if name.startswith(_FEDERATED):
        return "principal"
    email = name.rpartition("/")[2].rpartition(":")[2].strip().lower()
    return email if "@" in email else ""


def _role_test(roles: Roles, permissions: Iterable[str]) -> Callable[[str], bool]:
    wanted = {spelling for permission in permissions for spelling in (permission, *spellings(permission))}

    @cache
    def may_give(role: str) -> bool:
        held = roles.permissions(role)
        return isinstance(held, Unknown) or not wanted.isdisjoint(held)

    return may_give
