"""Queries about principals that may widen access: through policies, roles, or trust of pools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from iamlint.estate import CONTAINERS, Estate, condition_key, principal_node, scope
from iamlint.facts import Grant
from iamlint.patterns.match import Match, matches
from iamlint.unknown import Truth

_SINGLE = ["user", "service_account", "gke_workload", "federated", "federated_set", "federated_pool"]
_WHOLE_ORGANIZATION = {"principal": "principalSet://cloudresourcemanager.googleapis.com/*"}

POLICY_ADMINS: Mapping[str, Any] = {
    # A group of administrators is the intended setup; each of these is one credential.
    "principal_kind": _SINGLE,
    "permission": [
        "iam.serviceAccounts.setIamPolicy",
        "resourcemanager.projects.setIamPolicy",
        "resourcemanager.folders.setIamPolicy",
        "resourcemanager.organizations.setIamPolicy",
    ],
    "resource_kind": list(CONTAINERS),
    # basic-role-impersonation reports Owner and similar roles.
    "unless": [{"role_kind": ["basic", "service_agent"]}, _WHOLE_ORGANIZATION, {"limited": True}],
}
"""Grants that let one principal set the policies of service accounts, or of their containers."""

ROLE_AND_POOL_ADMINS: Mapping[str, Any] = {
    "principal_kind": [*_SINGLE, "default_service_account", "group"],
    "permission": [
        "iam.roles.update",
        "iam.googleapis.com/workloadIdentityPoolProviders.create",
        "iam.googleapis.com/workloadIdentityPoolProviders.update",
        "iam.googleapis.com/workforcePoolProviders.create",
        "iam.googleapis.com/workforcePoolProviders.update",
    ],
    "resource_kind": list(CONTAINERS),
    # broad-key-creator also reports who has keys, self-widening-custom-role the definition of a custom role,
    # basic-role-impersonation reports Owner.
    "role_kind": "predefined",
    "unless": [_WHOLE_ORGANIZATION, {"permission": "iam.serviceAccountKeys.create"}],
}
"""Grants of Google's roles that let their holder change custom roles, or the trust of an identity pool."""

NEEDED = {"policy_admins": (POLICY_ADMINS,), "role_and_pool_admins": (ROLE_AND_POOL_ADMINS,)}


def policy_admins(estate: Estate) -> Iterator[Match]:
    """Principals that can set the policies of service accounts, once for each resource of the grants."""
    return _once(matches({"grant": POLICY_ADMINS}, estate), estate)


def role_and_pool_admins(estate: Estate) -> Iterator[Match]:
    """Principals that can change custom roles or the providers of pools, once for each resource.

    A principal that can set the policies of the same resource, or is its Owner, can do more and is reported for that.
    """
    stronger = {
        _holder(match.fact, estate)
        for pattern in (POLICY_ADMINS, {"role": "roles/owner", "resource_kind": list(CONTAINERS)})
        for match in matches({"grant": pattern}, estate)
        if match.truth is Truth.TRUE
    } - {None}
    found = matches({"grant": ROLE_AND_POOL_ADMINS}, estate)
    return _once((match for match in found if _holder(match.fact, estate) not in stronger), estate)


def _once(found: Iterable[Match], estate: Estate) -> Iterator[Match]:
    """Yield one match for all such roles of one principal on one resource; the others are related to it."""
    groups: dict[object, list[Match]] = {}
    for match in found:
        holder = _holder(match.fact, estate)
        key = (holder, match.truth) if holder else id(match)
        groups.setdefault(key, []).append(match)
    for first, *others in groups.values():
        held = dict.fromkeys(name for match in (first, *others) for name in match.permissions)
        related = (*first.related, *(match.fact for match in others))
        words = {"permissions": ", ".join(held)} if others else {}
        yield replace(first, related=related, words={**first.words, **words})


def _holder(fact: object, estate: Estate) -> object:
    """Return a key of holder, resource, configuration and condition of a grant; None if one of them is unknown."""
    if not isinstance(fact, Grant):
        return None
    who, node = principal_node(fact), estate.hierarchy.node(fact.resource, fact.declared)
    condition = condition_key(fact.condition)
    return (scope(fact.declared), who, node, condition) if who and node and condition is not None else None
