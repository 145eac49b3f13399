"""The role catalogue for people and programs: the permissions of a role, the roles with a permission."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from iamlint.graph.edge_permissions import EDGE_PERMISSIONS
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.methods.index import deploy_methods
from iamlint.reporters.parts.indented import json_text
from iamlint.reporters.parts.plain import neutral
from iamlint.roles import Catalog, Roles
from iamlint.unknown import Unknown

_DEPLOY = "deploy what runs code"
_FIXED: Mapping[str, tuple[str, ...]] = {
    "get access tokens of service accounts": EDGE_PERMISSIONS["token"],
    "sign as service accounts, which gives their tokens": EDGE_PERMISSIONS["sign"],
    "get ID tokens of service accounts": EDGE_PERMISSIONS["id_token"],
    "pass on what service accounts may (in a chain of delegates)": EDGE_PERMISSIONS["delegate"],
    "create or revive keys of service accounts": (*EDGE_PERMISSIONS["key"], "iam.serviceAccountKeys.enable"),
    "create other credentials of service accounts": (
        "iam.serviceAccountApiKeyBindings.create",
        "apikeys.keys.create",
        "storage.hmacKeys.create",
    ),
    "decide who may use service accounts": EDGE_PERMISSIONS["policy"],
    "decide who may do what in a project, folder or organization": EDGE_PERMISSIONS["ancestor"],
    "change custom roles": ("iam.roles.update",),
    "attach service accounts to what runs code": EDGE_PERMISSIONS["attach"],
    _DEPLOY: (),
    "revive service accounts": ("iam.serviceAccounts.enable", "iam.serviceAccounts.undelete"),
    "decide who pools of federated identities trust": (
        "iam.googleapis.com/workloadIdentityPools.update",
        "iam.googleapis.com/workloadIdentityPoolProviders.create",
        "iam.googleapis.com/workloadIdentityPoolProviders.update",
    ),
    "lift what limits access": (
        "iam.denypolicies.update",
        "iam.denypolicies.delete",
        "iam.principalaccessboundarypolicies.update",
        "iam.serviceAccounts.createTagBinding",
        "orgpolicy.policy.set",
    ),
}
"""The uses of the permissions that matter here, the most common first.

Source: https://cloud.google.com/iam/docs/service-account-permissions
"""


@cache
def _groups() -> Mapping[str, tuple[str, ...]]:
    """Return the groups of permissions, with those that the methods need to deploy."""
    deploy = dict.fromkeys(need.permission for method in deploy_methods() for need in method.needs)
    return {**_FIXED, _DEPLOY: tuple(deploy)}


_MOST = 20
"""Maximum number of other permissions shown to people; the rest is counted."""


# -- queries -------------------------------------------------------------------------------------------------------


def answer(catalog: Catalog, name: str | None, *, for_programs: bool) -> str | Unreadable:
    """Return the description of a role, a permission, or the whole catalogue; for unknown names, similar ones.

    Roles may be given without ``roles/``, permissions in the form of deny policies.
    """
    if name is None:
        return json_text(catalog_data(catalog)) if for_programs else catalog_text(catalog)
    if role := next((one for one in (name, f"roles/{name}") if one in catalog), None):
        return json_text(role_data(catalog, role)) if for_programs else role_text(catalog, role)
    if permission := next(filter(catalog.is_permission, _spellings(name)), None):
        return json_text(permission_data(catalog, permission)) if for_programs else permission_text(catalog, permission)
    return _nothing(catalog, name)


def _spellings(permission: str) -> tuple[str, str]:
    """Return a permission as given, and in the form of roles."""
    plain = permission.replace("cloudresourcemanager.googleapis.com/", "resourcemanager.")
    return permission, plain.replace(".googleapis.com/", ".")


def _nothing(catalog: Catalog, name: str) -> Unreadable:
    if "/roles/" in name:
        reason, hint = f"{name} is a custom role", "its definition is in your input: iamlint facts shows it"
        return Unreadable(Location(COMMAND_LINE), reason, hint)
    alike = catalog.alike(name)
    hint = f"did you mean {' or '.join(alike)}?" if alike else "a newer definition can be given with --role-catalog"
    return Unreadable(Location(COMMAND_LINE), f"{name} is not a role or permission of the {_from(catalog)}", hint)


# -- a role --------------------------------------------------------------------------------------------------------


def role_data(catalog: Catalog, role: str) -> dict[str, Any]:
    """Return a role as plain data; ``permissions`` is null, with a ``reason``, if they are unknown."""
    held = catalog.permissions(role)
    unknown = isinstance(held, Unknown)
    known = frozenset() if isinstance(held, Unknown) else held
    return {
        "catalog_date": catalog.date,
        "role_catalogs": list(catalog.origins),
        "role": role,
        "title": catalog.title(role),
        "kind": Roles(catalog, {}).kind(role),
        "stage": catalog.stage(role),
        "listed": catalog.is_listed(role),
        "lets": [
            {"what": what, "permissions": found}
            for what, listed in _groups().items()
            if (found := [one for one in listed if one in known])
        ],
        "permissions": None if unknown else sorted(known),
        "reason": held.reason if isinstance(held, Unknown) else None,
    }


def role_text(catalog: Catalog, role: str) -> str:
    """Return a role for people."""
    data = role_data(catalog, role)
    listed = "" if data["listed"] else "; Google no longer lists it, though it may still be granted"
    kind = str(data["kind"]).replace("_", " ")
    lines = [f"{role}  {data['title']}", f"  {kind} role, {data['stage'] or 'no stage'}{listed}", ""]
    if data["permissions"] is None:
        lines += [f"Its permissions are not known: {data['reason']}.", ""]
    else:
        lines += _permissions(data["lets"], data["permissions"])
    return _told([*lines, _from(catalog)])


def _permissions(lets: list[dict[str, Any]], held: list[str]) -> Iterator[str]:
    if lets:
        yield "Its holder can"
        for group in lets:
            yield f"  {group['what']}"
            yield from (f"    {one}" for one in group["permissions"])
        yield ""
    told = {one for group in lets for one in group["permissions"]}
    others = [one for one in held if one not in told]
    yield f"{len(others)} other permissions" if told else f"{len(held)} permissions, none of which reaches an account"
    yield from _first(others)
    yield ""


def _first(names: list[str]) -> Iterator[str]:
    """Yield the first names; one more than the limit is shown rather than counted."""
    shown = names if len(names) <= _MOST + 1 else names[:_MOST]
    yield from (f"  {one}" for one in shown)
    if len(shown) < len(names):
        yield f"  ... and {len(names) - len(shown)} more (--format json has all)"


# -- a permission --------------------------------------------------------------------------------------------------


def permission_data(catalog: Catalog, permission: str) -> dict[str, Any]:
    """Return the roles that have a permission, with agents' roles and retired roles separate."""
    roles = catalog.roles_with(permission)
    listed = [role for role in roles if catalog.is_listed(role)]
    return {
        "catalog_date": catalog.date,
        "role_catalogs": list(catalog.origins),
        "permission": permission,
        "lets": next((what for what, group in _groups().items() if permission in group), None),
        "roles": [role for role in listed if not catalog.is_service_agent_role(role)],
        "service_agent_roles": [role for role in listed if catalog.is_service_agent_role(role)],
        "retired_roles": [role for role in roles if not catalog.is_listed(role)],
        "unknown_roles": [role for role in catalog.roles if isinstance(catalog.permissions(role), Unknown)],
    }


def permission_text(catalog: Catalog, permission: str) -> str:
    """Return a permission for people."""
    data = permission_data(catalog, permission)
    lines = [permission, *([f"  lets its holder {data['lets']}"] if data["lets"] else []), ""]
    headings = {
        "roles": "Roles that have it",
        "service_agent_roles": "Roles made for Google's own agents",
        "retired_roles": "Roles that Google no longer lists",
        "unknown_roles": "Roles whose permissions are not known",
    }
    for key, heading in headings.items():
        if data[key]:
            lines += [f"{heading} ({len(data[key])})", *_titled(catalog, data[key]), ""]
    return _told([*lines, _from(catalog)])


def _titled(catalog: Catalog, roles: list[str]) -> Iterator[str]:
    width = max(map(len, roles))
    return (f"  {role:<{width}}  {catalog.title(role)}".rstrip() for role in roles)


# -- all of it -----------------------------------------------------------------------------------------------------


def catalog_data(catalog: Catalog) -> dict[str, Any]:
    """Return the numbers of roles and permissions, by stage and kind; retired ones are counted separately."""
    held = {role: catalog.permissions(role) for role in catalog.roles}
    listed = {role: found for role, found in held.items() if catalog.is_listed(role)}
    known = {role: found for role, found in listed.items() if not isinstance(found, Unknown)}
    kinds = Roles(catalog, {})
    return {
        "catalog_date": catalog.date,
        "role_catalogs": list(catalog.origins),
        "newer": len(catalog.newer),
        "roles": len(listed),
        "with_permissions": len(known),
        "stages": _counted(catalog.stage(role) for role in known),
        "kinds": _counted(str(kinds.kind(role)) for role in listed),
        "empty": sum(not found for found in known.values()),
        "unknown": [role for role in listed if role not in known],
        "retired": len(held) - len(listed),
        "permissions": len(frozenset().union(*known.values())),
        "pairs": sum(map(len, known.values())),
    }


def catalog_text(catalog: Catalog) -> str:
    """Return the catalogue for people."""
    data = catalog_data(catalog)
    lines = [
        f"{data['roles']} roles that Google lists ({_named(data['kinds'])})",
        f"  {data['with_permissions']} with their permissions ({_named(data['stages'])}), {data['empty']} empty",
        f"  {len(data['unknown'])} without: {', '.join(data['unknown'])}",
        f"{data['retired']} roles that Google no longer lists",
        f"{data['permissions']} permissions, {data['pairs']} pairs of a role and a permission",
    ]
    if data["newer"]:
        lines.append(f"{data['newer']} of the roles are newer: from {', '.join(catalog.origins)}")
    return _told([*lines, "", _from(catalog)])


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items(), key=lambda one: (-one[1], one[0])))


def _named(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())


def _from(catalog: Catalog) -> str:
    return f"role catalogue of {catalog.edition}"


def _told(lines: Iterable[str]) -> str:
    return "".join(neutral(line) + "\n" for line in lines)
