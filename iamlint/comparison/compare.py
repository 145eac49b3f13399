"""Compares two sides."""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from iamlint.basics.lazy_regex import regex
from iamlint.comparison.access import SideAccess
from iamlint.comparison.cone import Cone, changed
from iamlint.comparison.identities import identities
from iamlint.comparison.lines import line_of
from iamlint.comparison.model import Change, Comparison, Pair, Privilege, UnknownChange
from iamlint.comparison.pairs import Difference, differences
from iamlint.comparison.privileges import Gains
from iamlint.comparison.sides import Side
from iamlint.comparison.telling import Teller
from iamlint.facts import UnreadPart

MOST_LISTED = 1_000
"""Maximum number of listed pairs, privileges and unknown answers of each kind; the rest is counted."""
MOST_ACCOUNTS = 2_000
"""Maximum number of accounts that are compared."""
MOST_HOPS = 1_000_000
"""Maximum number of hops searched for all accounts of a comparison."""
_NUMBERS = regex(r"[0-9]+")
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
    found: dict[Change, list[Difference]] = {"opened": [], "closed": []}
    looked_at = hops = 0
    for account in list(cone.targets)[:MOST_ACCOUNTS]:
        if hops > MOST_HOPS:
            break
        before, after = access[0].account(account), access[1].account(account)
        for one in differences(account, before, after):
            found[one.change].append(one)
        looked_at += 1
        hops += sum(one.steps for one in (before, after) if one)
    if len(cone.targets) > looked_at:
        left_out["accounts that were not looked at"] = len(cone.targets) - looked_at
    if cone.cut:
        left_out[_CUT] = 1
    teller = Teller(*access, changes)
    unknown: list[UnknownChange] = []
    pairs: dict[Change, tuple[Pair, ...]] = {}
    privileges: dict[Change, tuple[Privilege, ...]] = {}
    for change, now, then in _DIRECTIONS:
        told = [(one.certain, teller.pair(one)) for one in _listed(found[change], "pairs", left_out)]
        pairs[change] = tuple(pair for certain, pair in told if certain)
        unknown += [_perhaps(change, pair) for certain, pair in told if not certain]
        gains = Gains(changes[now], access[now], names[then])
        listed = _listed(gains.find(found[change]), "roles", left_out)
        left_out["roles of accounts that were not looked at"] += gains.left_out
        privileges[change] = tuple(teller.privilege(one, change) for one in listed if one.is_certain)
        unknown += [_perhaps_gained(change, teller.privilege(one, change)) for one in listed if not one.is_certain]
    unknown += _unread(base, head)
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


_DIRECTIONS: tuple[tuple[Change, int, int], ...] = (("opened", 1, 0), ("closed", 0, 1))
_Item = TypeVar("_Item")


def _listed(found: list[_Item], what: str, left_out: Counter[str]) -> list[_Item]:
    left_out[f"{what} that are not listed"] += max(0, len(found) - MOST_LISTED)
    return found[:MOST_LISTED]


def _perhaps(change: Change, pair: Pair) -> UnknownChange:
    return UnknownChange("; ".join(pair.reasons) or "it is not known whether it is open", pair.cause, change, pair)


def _perhaps_gained(change: Change, one: Privilege) -> UnknownChange:
    return UnknownChange(
        "; ".join(one.reasons) or "it is not known whether the grant counts", one.cause, change, privilege=one
    )


def _unread(base: Side, head: Side) -> list[UnknownChange]:
    """Return what of the head could not be followed, and could be in the base."""
    before = {
        _NUMBERS.sub("", unread_part.reason) for unread_part in base.estate.of(UnreadPart)
    }  # how many more there are may change
    unread_parts = (unread_part for unread_part in head.estate.of(UnreadPart) if unread_part.unread)
    new = {
        unread_part.reason: unread_part
        for unread_part in unread_parts
        if _NUMBERS.sub("", unread_part.reason) not in before
    }
    return [UnknownChange(reason, line_of(unread_part.declared.at, head)) for reason, unread_part in new.items()]
