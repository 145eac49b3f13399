"""Whether grants give the permissions of methods: each answer is computed once for all permissions that share it."""

from __future__ import annotations

from iamlint.access.asking import Access, access_of
from iamlint.access.permission_effects import has_effect_on
from iamlint.estate import Estate
from iamlint.facts import Condition, Grant
from iamlint.federation.unmatched import why_blocked
from iamlint.graph.edge_permissions import TO_GRANT
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.unknown import Truth, Unknown

_MOST_KEPT = 50_000
"""Maximum number of remembered answers."""


def asked_alike(permission: str, grant: Grant, access: Access) -> str:
    """Return one representative of the permissions of its role that a grant gives, or not, for the same reasons.

    A blocker may block some of them; a condition holds for all with the same attributes.
    """
    if access.any_blocker or not isinstance(grant.condition, Condition):
        return permission
    from iamlint.conditions.evaluation import asked_as

    return asked_as(permission, grant.condition.expression)


Counts = tuple[Verdict, bool]
"""Whether a grant gives a permission, and whether it is blocked."""


class Counted:
    """The answers about the grants of an estate. Grants must live as long as it does."""

    def __init__(self, estate: Estate) -> None:
        self._estate, self._access = estate, access_of(estate)
        self._known: dict[tuple[int, str, bool], Counts | None] = {}

    def counts(self, grant: Grant, permission: str) -> Counts | None:
        """Return the answer about a permission of the grant's role; None if the grant certainly does not give it.

        A grant to a federated identity that no token can match is blocked.
        """
        unmatched = why_blocked(grant, self._estate)
        if unmatched is None and self._access.is_plain(grant, permission):
            return TRUE, False
        key = id(grant), asked_alike(permission, grant, self._access), has_effect_on(permission, grant.resource.kind)
        if key not in self._known:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[key] = self._matched(grant, permission, unmatched)
        return self._known[key]

    def _matched(self, grant: Grant, permission: str, unmatched: str | Unknown | None) -> Counts | None:
        found = self.decided(grant, permission)
        if found is None or found[1]:
            return found
        if isinstance(unmatched, str):
            return Verdict(Truth.UNKNOWN, (f"no token can be {grant.principal.text}: {unmatched}",)), True
        return found[0] & (Verdict(Truth.UNKNOWN, (unmatched.reason,)) if unmatched else TRUE), False

    def decided(self, grant: Grant, *permissions: str) -> Counts | None:
        """Return the answer about any of some permissions, whatever tokens can be the grant's principal."""
        if self._access.is_plain(grant):
            return TRUE, False
        decided = self._access.decide(grant, permissions, to_grant=TO_GRANT)
        if decided.blocked:
            return Verdict(Truth.UNKNOWN, decided.reasons, facts=decided.facts), True
        if decided.truth is Truth.FALSE:
            return None
        return Verdict(decided.truth, decided.reasons), False
