"""What the permissions of a role give: computed once for each role, since the same few are granted again and again."""

from __future__ import annotations

from functools import cache, lru_cache

from iamlint.access.permission_effects import has_effect_on
from iamlint.basics.frozen import frozen
from iamlint.estate import Estate
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS, OF_CALLS, PRIVILEGED, EdgeKind
from iamlint.methods.index import agent_methods, bound_methods, deploy_permissions
from iamlint.methods.model import Method
from iamlint.unknown import Unknown

_STRONGEST = (
    *reversed(EDGE_PERMISSIONS["ancestor"]),
    *EDGE_PERMISSIONS["policy"],
    *EDGE_PERMISSIONS["token"],
    *EDGE_PERMISSIONS["key"],
    *EDGE_PERMISSIONS["attach"],
)


@frozen
class RolePermissions:
    """The relevant permissions of a role: all of them, and those that make edges.

    ``changes`` says whether the role does more than read, ``unknown`` why there may be more permissions.
    """

    all: frozenset[str]
    held: frozenset[str]
    changes: bool
    unknown: Unknown | None


@lru_cache(maxsize=4096)
def kinds_of_edges(held: frozenset[str], on: str, *, may_be_any: bool) -> tuple[tuple[EdgeKind, tuple[str, ...]], ...]:
    """Return the kinds of edges that permissions make on a kind of resource, each with those that make it."""
    found = [(kind, useful(listed, held, on)) for kind, listed in EDGE_PERMISSIONS.items()]
    possible = [(kind, those) for kind, those in found if kind != "ancestor" or on != "service_account"]
    return tuple((kind, those) for kind, those in possible if those or may_be_any)


@lru_cache(maxsize=4096)
def useful(permissions: tuple[str, ...], held: frozenset[str], on: str) -> tuple[str, ...]:
    """Return the permissions that are held and effective on a kind of resource."""
    return tuple(one for one in permissions if one in held and has_effect_on(one, on))


@lru_cache(maxsize=4096)
def rank(held: frozenset[str]) -> int:
    """Return the position of the strongest permission in the order of all strong ones."""
    return min((at for at, permission in enumerate(_STRONGEST) if permission in held), default=len(_STRONGEST))


def strongest(held: frozenset[str]) -> str | None:
    """Return the strongest permission among all strong ones; None without a strong one."""
    at = rank(held)
    return _STRONGEST[at] if at < len(_STRONGEST) else None


def agent_mints(method: Method, estate: Estate) -> bool:
    """Whether a method runs as an agent of Google's whose default role mints tokens of every account of the project."""
    held = estate.roles.catalog.permissions(method.agent.role) if method.agent and method.agent.role else None
    return isinstance(held, frozenset) and not held.isdisjoint(OF_CALLS)


@cache
def relevant_permissions() -> frozenset[str]:
    """Return the permissions of edges and privileges, and those to deploy or to use an agent, a cluster or a pool."""
    others = {need.permission for method in (*agent_methods(), *bound_methods()) for need in method.needs}
    return (
        frozenset(PRIVILEGED)
        | {one for listed in EDGE_PERMISSIONS.values() for one in listed}
        | deploy_permissions()
        | others
    )
