"""Questions about who may widen access: by policies, by roles, by whom a pool trusts."""

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
    # A group of administrators is how this is meant to be; each of these is one credential.
    "principal_kind": _SINGLE,
    "permission": [
        "iam.serviceAccounts.setIamPolicy",
        "resourcemanager.projects.setIamPolicy",
        "resourcemanager.folders.setIamPolicy",
        "resourcemanager.organizations.setIamPolicy",
    ],
    "resource_kind": list(CONTAINERS),
    # Owner and its like are basic-role-impersonation's.
    "unless": [{"role_kind": ["basic", "service_agent"]}, _WHOLE_ORGANIZATION, {"limited": True}],
}
"""Grants that let one principal set the policies of service accounts, or of what these lie in."""

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
    # broad-key-creator reports who has keys as well,
    # self-widening-custom-role the definition of a custom role, basic-role-impersonation reports Owner.
    "role_kind": "predefined",
    "unless": [_WHOLE_ORGANIZATION, {"permission": "iam.serviceAccountKeys.create"}],
}
"""Grants of Google's roles that let their holder change custom roles, or whom a pool of identities trusts."""


def policy_admins(estate: Estate) -> Iterator[Match]:
    """Principals that can set the policies of service accounts, once for each resource that they can do it on."""
    return _once(matches({"grant": POLICY_ADMINS}, estate), estate)


def role_and_pool_admins(estate: Estate) -> Iterator[Match]:
    """Principals that can change custom roles or the providers of pools, once for each resource.

    Who can set the policies of the same resource, or is its Owner, has more than that and is reported for it.
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
    """One match for the roles of one principal on one resource, at the first; the others are related to it."""
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
    """Who holds a grant on what, in which configuration and under which condition; None where that is not known."""
    if not isinstance(fact, Grant):
        return None
    who, node = principal_node(fact), estate.hierarchy.node(fact.resource, fact.declared)
    condition = condition_key(fact.condition)
    return (scope(fact.declared), who, node, condition) if who and node and condition is not None else None
