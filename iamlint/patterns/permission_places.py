"""Where a custom role lists its permissions."""

from __future__ import annotations

from iamlint.facts import CustomRole, Place
from iamlint.roles import spellings

_INDEXED: dict[int, tuple[CustomRole, dict[str, list[int]]]] = {}
"""Positions of the permissions of roles, by identity; each entry keeps its role, so that no other has its identity."""
_MOST_INDEXED = 64


def permission_places(role: CustomRole, permissions: tuple[str, ...]) -> list[tuple[Place, str]]:
    """Return the permissions of a role that are spelt like these, with their places, in their order."""
    listed = role.permissions if isinstance(role.permissions, tuple) else ()
    positions = _positions(role)
    wanted = frozenset(one for name in permissions for one in spellings(name))
    found = sorted(at for name in wanted for at in positions.get(name, ()))
    return [(listed[at][1], str(listed[at][0])) for at in found]


def _positions(role: CustomRole) -> dict[str, list[int]]:
    """Return the positions of each permission in a role, which may have thousands of findings."""
    known = _INDEXED.get(id(role))
    if known is not None:
        return known[1]
    found: dict[str, list[int]] = {}
    for at, (text, _) in enumerate(role.permissions if isinstance(role.permissions, tuple) else ()):
        if isinstance(text, str):
            found.setdefault(text, []).append(at)
    if len(_INDEXED) >= _MOST_INDEXED:
        _INDEXED.clear()
    _INDEXED[id(role)] = role, found
    return found
