"""Differences for people: names as policies write them, the hops with their lines, and the cause."""

from __future__ import annotations

from iamlint.access.asking import access_of
from iamlint.comparison.access import SideAccess
from iamlint.comparison.cone import Changed
from iamlint.comparison.lines import Lines, line_of
from iamlint.comparison.model import Change, Pair, Privilege, UnknownChange
from iamlint.comparison.pairs import Difference
from iamlint.comparison.privileges import Gain
from iamlint.comparison.steps import facts_of, label, steps, unknown_answers_of
from iamlint.facts import Grant
from iamlint.unknown import shown

_MOST_REASONS = 5


class Teller:
    """Differences as pairs with their steps, cause and roles."""

    def __init__(self, base: SideAccess, head: SideAccess, changes: tuple[Changed, Changed]) -> None:
        self._sides = {"closed": (base, changes[0]), "opened": (head, changes[1])}
        self._lines = Lines(*changes)
        self._named: dict[Change, dict[str, list[Grant]]] = {}

    def pair(self, one: Difference) -> Pair:
        """Return a difference for people."""
        access, now = self._sides[one.change]
        side, names = access.names.side, access.hops.names
        own = access.names.own(one.principal)
        target = access.names.own(one.account)
        facts = [*facts_of(one.hops, side), *self._naming(one.change).get(target, ())]
        reasons = [why for hop in one.hops if hop.way for why in hop.way.verdict.reasons]
        reasons += unknown_answers_of(one.hops)
        return Pair(
            principal=label(own, side),
            account=names.accounts[target].email,
            methods=one.methods,
            path=steps(one.hops, side),
            cause=self._lines.cause(facts, now),
            reasons=tuple(dict.fromkeys(reasons))[:_MOST_REASONS],
        )

    def _naming(self, change: Change) -> dict[str, list[Grant]]:
        """Return the changed grants on accounts, by account: a new account may be known by nothing else."""
        if change not in self._named:
            access, now = self._sides[change]
            found: dict[str, list[Grant]] = {}
            for fact in now.facts:
                if isinstance(fact, Grant) and fact.resource.kind == "service_account":
                    node = access.names.side.estate.hierarchy.node(fact.resource, fact.declared)
                    found.setdefault(node[1] if node else "", []).append(fact)
            self._named[change] = found
        return self._named[change]

    def nameless(self, grant: Grant, reason: str, change: Change) -> UnknownChange:
        """Return a changed grant that is not compared, with the reason, for people."""
        access, now = self._sides[change]
        held = Privilege(
            *(grant.principal.text, shown(grant.role), grant.resource, (), self._lines.cause([grant], now)),
            at=line_of(grant.role_place.at, access.names.side),
        )
        return UnknownChange(reason, held.cause, change, privilege=held)

    def privilege(self, one: Gain, change: Change) -> Privilege:
        """Return a gained or lost role for people."""
        access, now = self._sides[change]
        side, grant = access.names.side, one.held.grant
        decided = access_of(side.estate).decide(grant, ())
        return Privilege(
            principal=label(access.names.own(one.principal), side),
            role=shown(grant.role),
            resource=one.resource,
            path=steps(one.hops, side),
            cause=self._lines.cause([*facts_of(one.hops, side), *one.facts], now),
            permissions=None if one.held.unknown else len(one.held.permissions),
            at=line_of(grant.role_place.at, side),
            reasons=(*decided.reasons, *one.held.unknown_answers, *unknown_answers_of(one.hops)),
        )
