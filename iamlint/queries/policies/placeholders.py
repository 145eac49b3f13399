"""Questions about values that somebody was meant to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from iamlint.estate import Estate, scope
from iamlint.facts import Grant, ServiceAccount
from iamlint.patterns.match import Match
from iamlint.principals import placeholder_of
from iamlint.unknown import Truth

_OTHERS = ("deleted", "federated", "federated_set", "federated_pool")
"""A deleted principal keeps the name that it had; unmatched-federated-principal reports federated identities."""

WITH_PLACEHOLDER: Mapping[str, Any] = {"placeholder": True, "unless": {"principal_kind": list(_OTHERS)}}
"""Grants to a principal with a placeholder in it."""

NEEDED = {"placeholder_principals": (WITH_PLACEHOLDER,)}


def placeholder_principals(estate: Estate) -> Iterator[Match]:
    """Grants to principals with a placeholder, once for each place in a configuration where somebody must fill it in.

    An account that the configuration makes has the placeholder from its project: one value, written in one place. All
    grants to such accounts in a configuration are one match, at the first of them. So are the grants to a principal
    that one expression names: the instances of a resource, or all users of a variable. The name of a service account
    of Kubernetes that the input declares is not a placeholder.
    """
    accounts = {
        (scope(made.declared), made.email.lower()): made
        for made in estate.of(ServiceAccount)
        if isinstance(made.email, str)
    }
    groups: dict[object, list[Match]] = {}
    for grant in estate.of(Grant):
        placeholder = placeholder_of(grant.principal.text)
        if placeholder and grant.principal.kind == "gke_workload" and _is_declared(grant, estate):
            placeholder = placeholder_of(grant.principal.text.partition("[")[0])
        # Whether a condition holds makes no difference.
        if placeholder is None or grant.principal.kind in _OTHERS:
            continue
        made = accounts.get((scope(grant.declared), (grant.principal.email or "").lower()))
        match = Match(grant, Truth.TRUE, related=(made,) if made else (), place=grant.principal_place)
        written = () if made else (grant.principal.text, grant.principal_place.origin or grant.principal_place.at)
        groups.setdefault((scope(grant.declared), placeholder, *written), []).append(match)
    for first, *others in groups.values():
        more = f" (and {len(others)} more grants here)" if len(others) > 1 else " (and one more grant here)"
        yield replace(first, words={**first.words, "more": more if others else ""})


def _is_declared(grant: Grant, estate: Estate) -> bool:
    from iamlint.queries.federation.workloads import Workloads

    return estate.made(Workloads).is_declared(grant)
