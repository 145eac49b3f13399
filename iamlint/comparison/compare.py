"""Compares two sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from iamlint.comparison.access import SideAccess
from iamlint.comparison.cone import Cone, changed
from iamlint.comparison.identities import identities
from iamlint.comparison.model import Change, Comparison, Pair, Privilege, UnknownChange
from iamlint.comparison.pairs import Difference, differences
from iamlint.comparison.privileges import Gains, nameless
from iamlint.comparison.sides import Side
from iamlint.comparison.telling import Teller
from iamlint.comparison.undecided import changed_providers, rewritten, unread
from iamlint.facts import UnreadPart

MOST_LISTED = 1_000
"""Maximum number of listed pairs, privileges and unknown answers of each kind; the rest is counted."""
MOST_ACCOUNTS = 2_000
"""Maximum number of accounts that are compared."""
MOST_HOPS = 1_000_000
"""Maximum number of hops searched for all accounts of a comparison."""
_CUT = "accounts that the change can reach, since the search ended"


def compare(base: Side, head: Side) -> Comparison:
    """Return what opens and closes between two sides; nothing if one is missing: all of the other would be new."""
    if base.is_missing or head.is_missing:
        return Comparison(base.given, head.given)
    names = identities(base, head)
    changes = changed(*names)
    cone = Cone(*changes)
    access = SideAccess(names[0]), SideAccess(names[1])
    left_out: Counter[str] = Counter()
    found = _found(cone, access, head, left_out)
    teller = Teller(*access, changes)
    unknown: list[UnknownChange] = []
    pairs: dict[Change, tuple[Pair, ...]] = {}
    privileges: dict[Change, tuple[Privilege, ...]] = {}
    for change, now, then in _DIRECTIONS:
        told = [(one, teller.pair(one)) for one in _listed(found[change], "pairs", left_out)]
        pairs[change] = tuple(pair for one, pair in told if one.certain)
        unknown += [_perhaps(one, pair) for one, pair in told if not one.certain]
        gains = Gains(changes[now], access[now], names[then])
        listed = _listed(gains.find(found[change]), "roles", left_out)
        left_out["roles of accounts that were not looked at"] += gains.left_out
        privileges[change] = tuple(teller.privilege(one, change) for one in listed if one.is_certain)
        unknown += [_perhaps_gained(change, teller.privilege(one, change)) for one in listed if not one.is_certain]
        unknown += [teller.nameless(grant, why, change) for grant, why in nameless(changes[now])]
    unknown += [*unread(base, head), *changed_providers(changes[1]), *rewritten(names[0], changes[1])]
    return Comparison(
        base=base.given,
        head=head.given,
        opened=pairs["opened"],
        closed=pairs["closed"],
        gained=privileges["opened"],
        lost=privileges["closed"],
        unknown=tuple(_listed(unknown, "unknown answers", left_out)),
        left_out={what: number for what, number in left_out.items() if number},
    )


def _found(
    cone: Cone, access: tuple[SideAccess, SideAccess], head: Side, left_out: Counter[str]
) -> dict[Change, list[Difference]]:
    """Return the pairs that open and close, of as many accounts as the bounds allow; ``left_out`` counts the others."""
    found: dict[Change, list[Difference]] = {"opened": [], "closed": []}
    parts = (one for one in head.estate.of(UnreadPart) if one.declared.type != "module" and one.declared.address)
    left = {one.declared.block: one for one in parts}
    looked_at = hops = 0
    for account in list(cone.targets)[:MOST_ACCOUNTS]:
        if hops > MOST_HOPS:
            break
        before, after = access[0].account(account), access[1].account(account)
        for one in differences(account, before, after):
            found[one.change].append(_doubted(one, left))
        looked_at += 1
        hops += sum(one.steps for one in (before, after) if one)
    if len(cone.targets) > looked_at:
        left_out["accounts that were not looked at"] = len(cone.targets) - looked_at
    if cone.cut:
        left_out[_CUT] = 1
    return found


def _doubted(one: Difference, unread: Mapping[str, UnreadPart]) -> Difference:
    """Return a pair that closes as unknown if the head has the block of its grant, and does not say what it grants.

    Terraform may only forget it (``removed`` with ``destroy = false``), or the number of its instances is not known.
    """
    grants = (grant for hop in one.hops for grant in hop.grants) if one.change == "closed" and one.certain else ()
    part = next((unread[at] for grant in grants if (at := grant.declared.block) in unread), None)
    return replace(one, certain=False, doubt=part.reason) if part else one


_DIRECTIONS: tuple[tuple[Change, int, int], ...] = (("opened", 1, 0), ("closed", 0, 1))
_Item = TypeVar("_Item")


def _listed(found: list[_Item], what: str, left_out: Counter[str]) -> list[_Item]:
    left_out[f"{what} that are not listed"] += max(0, len(found) - MOST_LISTED)
    return found[:MOST_LISTED]


def _perhaps(of: Difference, pair: Pair) -> UnknownChange:
    reason = of.doubt or "; ".join(pair.reasons) or "it is not known whether it is open"
    return UnknownChange(reason, pair.cause, of.change, pair)


def _perhaps_gained(change: Change, one: Privilege) -> UnknownChange:
    return UnknownChange(
        "; ".join(one.reasons) or "it is not known whether the grant counts", one.cause, change, privilege=one
    )
