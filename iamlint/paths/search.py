"""The search for paths: backwards from an account to all who can become it, or forwards from a principal.

Accounts of one project share the hops by grants on the project. Each project, folder and organization is visited once
per search, at the first account that reaches it, so the work is linear in the grants. Open paths are found before
conditional ones, and those before closed ones; within a state the cheapest counts.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget, Exhausted
from iamlint.estate import Node
from iamlint.paths.hops import STATES, Hop, Hops, State, is_container, takes_delegates

MOST_STEPS = 5_000_000
"""Maximum number of hops that one search follows."""

Spot = tuple[str | Node, bool]
"""A principal, and whether it is only a delegate (an account that another one calls for); or a container of accounts.
"""
_PERHAPS = "perhaps "
"""Prefix of the kind of a folder or organization, in a spot for the accounts that may be in it."""


@frozen
class Path:
    """Hops from a principal to an account, in order.

    ``caller`` is the given caller, if it is not the principal itself; ``unknown_answers`` say why it is unknown
    whether the caller is this principal.
    """

    hops: tuple[Hop, ...]
    caller: str = ""
    unknown_answers: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The start."""
        return self.hops[0].source

    @property
    def target(self) -> str:
        """The account at the end."""
        return self.hops[-1].target

    @property
    def cost(self) -> int:
        """The sum of the hops' costs."""
        return sum(hop.cost for hop in self.hops)

    @property
    def state(self) -> State:
        """The worst state of a hop; at best conditional where there are unknown answers."""
        own: State = "conditional" if self.unknown_answers else "open"
        return max((own, *(hop.state for hop in self.hops)), key=STATES.index)


class _Search:
    """The cheapest steps from a spot to every other one, by rounds: open hops, then conditional, then closed ones.

    ``cut`` says that the search reached its limit. ``perhaps`` includes the hops by grants on folders and organizations
    for accounts that may be in them: those are conditional.
    """

    def __init__(self, hops: Hops, start: Spot, *, perhaps: bool = False) -> None:
        self.hops = hops
        self.start = start
        self.perhaps = perhaps
        self.cut = False
        self.states: dict[Spot, State] = {}
        self._came: dict[Spot, tuple[Hop, Spot]] = {}
        self._looked: set[tuple[Node, bool]] = set()

    def steps(self, spot: Spot) -> Iterator[tuple[Hop, int, Spot]]:
        """Yield the hops from a spot, each with its cost and the spot that it leads to."""
        raise NotImplementedError

    def run(self, work: Budget) -> None:
        """Search until everything is found or the steps are used up."""
        try:
            self._rounds(work)
        except Exhausted:
            self.cut = True

    def hops_to(self, spot: Spot) -> list[Hop] | None:
        """Return the hops between a spot and the start, from the spot on; None if they are not connected."""
        found: list[Hop] = []
        while spot != self.start:
            if spot not in self.states:
                return None
            hop, spot = self._came[spot]
            if hop.target:
                found.append(hop)
        return found

    def _rounds(self, work: Budget) -> None:
        later: dict[State, list[tuple[int, Hop, Spot, Spot]]] = {state: [] for state in STATES}
        heap: list[tuple[int, int, Spot]] = [(0, 0, self.start)]
        best: dict[Spot, int] = {self.start: 0}
        order = count(1)

        def reach(cost: int, hop: Hop, at: Spot, to: Spot) -> None:
            if to not in self.states and cost < best.get(to, cost + 1):
                best[to] = cost
                self._came[to] = hop, at
                heapq.heappush(heap, (cost, next(order), to))

        for rank, state in enumerate(STATES):
            for one in later[state]:
                reach(*one)
            while heap:
                cost, _, spot = heapq.heappop(heap)
                if spot in self.states:
                    continue
                self.states[spot] = state
                for hop, further, to in self.steps(spot):
                    work.spend()
                    if STATES.index(hop.state) > rank:
                        later[hop.state].append((cost + further, hop, spot, to))
                    else:
                        reach(cost + further, hop, spot, to)

    def first_look(self, node: Node, spot: Spot) -> bool:
        """Whether a project, folder or organization is visited for the first time in this way."""
        key = node, spot[1]
        if key in self._looked:
            return False
        self._looked.add(key)
        return True


class Paths(_Search):
    """The paths onto one account, by start."""

    def __init__(self, hops: Hops, target: str, work: Budget | None = None, *, perhaps: bool = False) -> None:
        super().__init__(hops, (target, False), perhaps=perhaps)
        self.target = target
        self._above = {False: list(hops.above_projects), True: list(hops.above_projects)} if perhaps else {}
        self.run(work or Budget(MOST_STEPS))

    def __iter__(self) -> Iterator[str]:
        """Yield everyone who has a path, the best state first, then the nearest."""
        found = (name for (name, delegate) in self.states if not delegate and name != self.target)
        yield from (name for name in found if isinstance(name, str))

    def of(self, source: str) -> Path | None:
        """Return the best path of a principal: its own, or through a set that contains it; None without one."""
        found = [Path(tuple(own))] if (own := self.hops_to((source, False))) else []
        for hop in self.hops.followed_sets_of(source):
            rest = self.hops_to((hop.target, False))
            if rest:
                found.append(Path((hop, *rest)))
        return min(found, key=lambda path: (STATES.index(path.state), path.cost), default=None)

    def steps(self, spot: Spot) -> Iterator[tuple[Hop, int, Spot]]:
        """Yield the hops onto a principal, each with its source: as itself, and as a delegate."""
        name, delegate = spot
        if not isinstance(name, str) or name not in self.hops.names.accounts:
            for hop in self.hops.followed_members_of(str(name)):
                if not delegate or self._may_delegate(hop.source):
                    yield hop, hop.cost, (hop.source, delegate)
            return
        for hop in self._onto(name, spot):
            if hop.delegates is delegate:
                yield hop, hop.cost, (hop.source, False)
                if (hop.takes_delegates or delegate) and self._may_delegate(hop.source):
                    yield hop, hop.cost, (hop.source, True)

    def _may_delegate(self, name: str) -> bool:
        """Whether a principal is an account, or a group, which may contain one."""
        return name in self.hops.names.accounts or name in self.hops.names.members

    def _onto(self, name: str, spot: Spot) -> Iterator[Hop]:
        for node in self.hops.around(name):
            few = self.hops.names.is_of_builds(name)  # its hops are not those of other accounts of the container
            if few or not is_container(node) or self.first_look(node, spot):
                yield from self.hops.alike(node, name)
            yield from self.hops.special(node, name)
        if not spot[1]:
            yield from self.hops.through(name)
        if self.perhaps:
            yield from self._perhaps_onto(name, delegate=spot[1])

    def _perhaps_onto(self, name: str, *, delegate: bool) -> Iterator[Hop]:
        """Yield the hops by grants on the folders and organizations that may contain an account.

        Each is visited once, at the first account that may be in it.
        """
        visited = [node for node in self._above[delegate] if self.hops.may_contain(node, name)]
        self._above[delegate] = [node for node in self._above[delegate] if node not in visited]
        for node in visited:
            yield from self.hops.perhaps_on(node, name)


class Reach(_Search):
    """The paths of one principal, by the account at their end."""

    def __init__(self, hops: Hops, source: str, work: Budget | None = None, *, perhaps: bool = False) -> None:
        super().__init__(hops, (source, False), perhaps=perhaps)
        self.source = source
        self._above = frozenset(hops.above_projects) if perhaps else frozenset[Node]()
        self.run(work or Budget(MOST_STEPS))

    def __iter__(self) -> Iterator[str]:
        """Yield every account that a path ends in, the best state first, then the nearest."""
        found = (one for (one, delegate) in self.states if not delegate and one != self.source)
        yield from (one for one in found if isinstance(one, str) and one in self.hops.names.accounts)

    def to(self, target: str) -> Path | None:
        """Return the best path to an account; None without one."""
        found = self.hops_to((target, False))
        return Path(tuple(reversed(found))) if found else None

    def steps(self, spot: Spot) -> Iterator[tuple[Hop, int, Spot]]:
        """Yield the hops of a principal, each with the group or account that it leads to.

        Hops that lead to every account of a container alike lead to the container first, and from there at no cost.
        """
        name, delegate = spot
        if isinstance(name, tuple):
            yield from self._below(name, spot)
            return
        for membership in self.hops.followed_sets_of(name):
            if not delegate or membership.member is not None:
                yield membership, membership.cost, (membership.target, delegate)
        for way in self.hops.of(name):
            delegates = way.method.group == "delegate"
            if delegate and not delegates and not takes_delegates(way):
                continue
            perhaps = self.hops.perhaps_below(way.onto) if self.perhaps and way.onto in self._above else ()
            if perhaps:
                maybe = replace(self.hops.perhaps(way, perhaps[0]), target="")
                yield maybe, maybe.cost, ((_PERHAPS + way.onto[0], way.onto[1]), delegates)
            if is_container(way.onto) and self.hops.is_alike(way):
                hop = self.hops.hop(way, "")
                yield from ((one, one.cost, (way.onto, delegates)) for one in (hop,) if one)
                below = self.hops.onto_builds(way)
            else:
                below = self.hops.onto(way)
            found = (self.hops.hop(way, one) for one in below if one in self.hops.names.accounts)
            yield from ((hop, hop.cost, (hop.target, delegates)) for hop in found if hop)

    def _below(self, node: Node, spot: Spot) -> Iterator[tuple[Hop, int, Spot]]:
        """Yield the hops from a container to the accounts in it, or to those that may be in it."""
        onto, _ = self._came[spot]
        if not node[0].startswith(_PERHAPS):
            yield from ((replace(onto, target=one), 0, (one, spot[1])) for one in self.hops.names.below(node))
        elif onto.way:
            for one in self.hops.perhaps_below(onto.way.onto):
                yield self.hops.perhaps(onto.way, one), 0, (one, spot[1])
