"""The hops of accounts and groups by the spots that they start at, in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.estate import Node
from iamlint.graph.ways import Way
from iamlint.paths.hops import Hop, takes_delegates
from iamlint.paths.search import Spot

Kept = Hop | Way
"""A hop. One onto all accounts of a container is kept as its way, half as large."""


def packed(kept: Sequence[Kept]) -> Kept | tuple[Kept, ...]:
    """Return hops as a tuple; one alone as it is: most spots have one."""
    return kept[0] if len(kept) == 1 else tuple(kept)


class Steps:
    """Hops by the spots that they start at."""

    def __init__(self) -> None:
        self._of: dict[str, Kept | tuple[Kept, ...]] = {}
        self._of_delegates: dict[str, Kept | tuple[Kept, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._of)

    def add(self, name: str, hops: Sequence[Hop]) -> None:
        """Add the hops from a name, and from it as a delegate, if the call takes or makes delegates."""
        if hops:
            self._of[name] = packed([_kept(hop) for hop in hops])
        delegates = [_kept(hop) for hop in hops if hop.delegates or hop.takes_delegates]
        if delegates:
            self._of_delegates[name] = packed(delegates)

    def add_ways(self, name: str, ways: Sequence[Way]) -> None:
        """Add the ways from a name onto all accounts of a container."""
        self._of[name] = packed(ways)
        delegates = [way for way in ways if way.method.group == "delegate" or takes_delegates(way)]
        if delegates:
            self._of_delegates[name] = packed(delegates)

    def of(self, spot: Spot) -> Sequence[Kept]:
        """Return the hops from a spot."""
        name, delegate = spot
        hops = self._of_delegates if delegate else self._of
        found = hops.get(name, ()) if isinstance(name, str) else ()
        return found if isinstance(found, tuple) else (found,)

    def __contains__(self, name: str) -> bool:
        return name in self._of

    def onto_one_container(self) -> Iterator[tuple[str, Node]]:
        """Yield the names whose hops all lead to the accounts of one container, without delegates, each with it."""
        for name, found in self._of.items():
            first, *others = found if isinstance(found, tuple) else (found,)
            if not isinstance(first, Way) or name in self._of_delegates:
                continue
            if all([isinstance(one, Way) and one.onto == first.onto for one in others]):  # noqa: C419  # a list is faster than a generator
                yield name, first.onto

    @property
    def spots(self) -> Iterator[Spot]:
        """Yield the spots that hops start at."""
        for name in self._of:
            yield name, False
            if name in self._of_delegates:
                yield name, True


def _kept(hop: Hop) -> Kept:
    return hop.way if hop.way and not hop.target else hop


def leads_to(kept: Kept) -> Spot:
    """Return the spot that a hop leads to: its account or group, or all accounts of a container."""
    if isinstance(kept, Way):
        return kept.onto, kept.method.group == "delegate"
    return kept.target, kept.delegates
