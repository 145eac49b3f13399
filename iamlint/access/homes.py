"""Where a permission is of use: nobody changes the policy of a folder by a grant on a project."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_HOMES: Mapping[str, tuple[str, ...]] = {
    "resourcemanager.projects.setIamPolicy": ("project", "folder", "organization"),
    "resourcemanager.folders.setIamPolicy": ("folder", "organization"),
    "resourcemanager.organizations.setIamPolicy": ("organization",),
}
"""The kinds of resources on which these must be granted to be of use. All others count wherever they are granted."""


def counts_on(permission: str, resource_kind: str) -> bool:
    """Whether a permission is of use where it is granted."""
    return resource_kind in _HOMES.get(permission, (resource_kind,))


@lru_cache(maxsize=4096)
def of_use(held: frozenset[str], resource_kind: str) -> frozenset[str]:
    """Those of the permissions of a role that are of use where it is granted."""
    idle = held.intersection(one for one in _HOMES if not counts_on(one, resource_kind))
    return held - idle if idle else held
