"""Where a permission has an effect: a grant on a project does not change a folder's policy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_HOMES: Mapping[str, tuple[str, ...]] = {
    "resourcemanager.projects.setIamPolicy": ("project", "folder", "organization"),
    "resourcemanager.folders.setIamPolicy": ("folder", "organization"),
    "resourcemanager.organizations.setIamPolicy": ("organization",),
}
"""The kinds of resources where these permissions must be granted. All others have an effect anywhere."""


def has_effect_on(permission: str, resource_kind: str) -> bool:
    """Whether a permission has an effect on a kind of resource."""
    return resource_kind in _HOMES.get(permission, (resource_kind,))


@lru_cache(maxsize=4096)
def effective_permissions(held: frozenset[str], resource_kind: str) -> frozenset[str]:
    """Return the permissions that have an effect on a kind of resource."""
    idle = held.intersection(one for one in _HOMES if not has_effect_on(one, resource_kind))
    return held - idle if idle else held
