"""The pairs of principals and accounts that open or close, account by account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from iamlint.basics.frozen import frozen
from iamlint.comparison.access import AccountAccess, state_of
from iamlint.comparison.model import Change
from iamlint.comparison.steps import unknown_answers_of
from iamlint.methods.index import strength
from iamlint.paths.hops import Hop, State


@frozen(slots=False)
class Sighting:
    """A principal's way to an account on one side: the hops, and its direct methods by kind."""

    hops: tuple[Hop, ...]
    state: State | None
    kinds: Mapping[str, tuple[Hop, ...]] = field(default_factory=dict)


NOTHING = Sighting((), None)


def sighted(account: AccountAccess | None, principal: str) -> Sighting:
    """Return the way of a principal to an account."""
    if account is None:
        return NOTHING
    path = account.path(principal)
    kinds = account.kinds(principal)
    return Sighting(path.hops if path else (), path.state if path else None, kinds)


@frozen(slots=False)
class Difference:
    """A pair that one side has and the other does not, or not certainly. ``hops`` are those of the side that has it.

    ``certain`` says whether it is known to be open there, ``whole`` whether the principal could not act as the account
    before, so that its roles are new, too. ``doubt`` says why the other side may have it all the same.
    """

    principal: str
    account: str
    change: Change
    hops: tuple[Hop, ...]
    methods: tuple[str, ...]
    certain: bool
    whole: bool
    doubt: str = ""


def differences(account: str, base: AccountAccess | None, head: AccountAccess | None) -> Iterator[Difference]:
    """Yield the pairs of one account that open or close, by the common names of principals."""
    found = dict.fromkeys([*(head.principals() if head else ()), *(base.principals() if base else ())])
    for principal in found:
        before, after = sighted(base, principal), sighted(head, principal)
        yield from _difference(principal, account, "opened", after, before)
        for one in _difference(principal, account, "closed", before, after):
            doubt = head.anybody() if head and one.certain and after.state is None else None
            yield replace(one, certain=False, doubt=doubt) if doubt else one


def _difference(principal: str, account: str, change: Change, now: Sighting, then: Sighting) -> Iterator[Difference]:
    """Yield what one side has of a pair and the other has not: certainly, or perhaps."""
    for certain in (True, False):
        if _is_new(now.state, then.state, certain=certain):
            new = _new_kinds(now, then, certain=certain)
            methods = _methods(new) or (now.hops[-1].method,)
            yield Difference(principal, account, change, now.hops, methods, certain and _are_there(now.hops), True)
            return
        new = _new_kinds(now, then, certain=certain)
        if new:
            hops = min(new.values(), key=_order)
            yield Difference(principal, account, change, hops, _methods(new), certain and _are_there(hops), False)
            return
    doubt = _perhaps_not_there(then) if now.state == "open" and _are_there(now.hops) else None
    if doubt:
        yield Difference(principal, account, change, now.hops, (now.hops[-1].method,), False, False, doubt)


def _perhaps_not_there(one: Sighting) -> str | None:
    """Return why the direct open ways may be missing; None if one of them is certainly there.

    A longer path rests on other pairs, which are listed themselves.
    """
    ways = [hops for hops in one.kinds.values() if state_of(hops) == "open"]
    if one.state != "open" or not ways or _are_there(one.hops) or any(map(_are_there, ways)):
        return None
    return next(unknown_answers_of(ways[0]))


def _are_there(hops: tuple[Hop, ...]) -> bool:
    """Whether all that a path rests on is certainly there."""
    return not any(unknown_answers_of(hops))


def _is_new(now: State | None, then: State | None, *, certain: bool) -> bool:
    """Whether it is open and was not, or only under a condition; else whether it may be new."""
    if certain:
        return now == "open" and then != "open"
    return now == "conditional" and then not in ("open", "conditional")


def _new_kinds(now: Sighting, then: Sighting, *, certain: bool) -> dict[str, tuple[Hop, ...]]:
    states = {kind: state_of(hops) for kind, hops in then.kinds.items()}
    return {
        kind: hops for kind, hops in now.kinds.items() if _is_new(state_of(hops), states.get(kind), certain=certain)
    }


def _methods(kinds: Mapping[str, tuple[Hop, ...]]) -> tuple[str, ...]:
    return tuple(hops[-1].method for hops in sorted(kinds.values(), key=_order))


def _order(hops: tuple[Hop, ...]) -> tuple[object, ...]:
    way = hops[-1].way
    return len(hops), strength(way.method) if way else ()
