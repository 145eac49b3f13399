"""Queries about entitlements of Privileged Access Manager."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from iamlint.estate import Estate
from iamlint.facts import Grant
from iamlint.graph.edge_permissions import PRIVILEGED
from iamlint.patterns.match import Match
from iamlint.unknown import Truth


def unapproved_entitlements(estate: Estate) -> Iterator[Match]:
    """Entitlements without approval for a role that reaches accounts or policies, once for each role."""
    groups: dict[object, list[Grant]] = defaultdict(list)
    for grant in estate.of(Grant):
        if grant.latent == "on request":
            groups[grant.declared, grant.role_place, grant.resource].append(grant)
    for grant, *others in groups.values():
        held, unknown = estate.permissions(grant.role, grant.declared)
        strong = tuple(one for one in PRIVILEGED if one in held)
        more = f" and {len(others)} more" if others else ""
        if strong:
            yield Match(grant, Truth.TRUE, strong, words={"who": grant.principal.text + more})
        elif unknown:
            yield Match(grant, Truth.UNKNOWN, reasons=(unknown.reason,))
