"""What accounts reach: the privileges of every account that an account can become, directly or through others.

Computed once for an estate, for all accounts together: accounts lead to accounts, and to containers of accounts, by the
grants that accounts hold. The work is linear in these grants and in the accounts.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import count

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget, Exhausted
from iamlint.estate import Estate, Node, principal_node
from iamlint.facts import Grant
from iamlint.finding import MOST_ENDS
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS
from iamlint.graph.edges import graph_of
from iamlint.graph.ways import Way
from iamlint.paths.closure import Values, reached_values
from iamlint.paths.ends import End, Route
from iamlint.paths.hops import MEMBER, Hop, Hops, hop_onto_each, is_by_default, is_container
from iamlint.paths.names import names_of
from iamlint.paths.search import Spot
from iamlint.paths.steps import Kept, Steps, leads_to
from iamlint.unknown import Truth, shown

MOST_SHOWN = 8
"""Maximum number of hops of a route that are listed."""
_MOST_WORK = 2_000_000
"""Maximum number of hops that are followed for the routes of all findings of a run."""
_MOST_SPECIAL = 500_000
"""Maximum number of hops that are looked at one by one: by grants with a condition, and through what runs."""
_MOST_KEPT = 2_000
"""Maximum number of answers that are kept for the next findings: those about one project mostly come together."""
_SMALL = 100
"""Hops that are followed again for the next finding rather than kept."""
_REACHING = frozenset(permission for kind in EDGE_PERMISSIONS for permission in EDGE_PERMISSIONS[kind])
_DELEGATES = frozenset(EDGE_PERMISSIONS["delegate"])


class Onward:
    """What each account of an estate reaches. ``cut`` is a grant of an account that was not followed to the end."""

    def __init__(self, estate: Estate) -> None:
        self.graph = graph_of(estate)
        self.names = names_of(estate)
        self.cut: Grant | None = None
        self._work = Budget(_MOST_WORK)
        self._ends, self._own = self._privileges()
        self._after, self._perhaps = Steps(), Steps()
        self._follow(estate)
        self._gained: dict[tuple[tuple[Spot, ...], Hashable, bool], tuple[End, ...]] = {}
        self._open = _Reached(self, certain=True)
        self._any: _Reached | None = None

    # -- what there is ----------------------------------------------------------------------------------------------

    def _privileges(self) -> tuple[list[End], dict[bool, dict[str, Values]]]:
        """Return all privileges in their order, and their ranks by holder: certain ones, and all."""
        graph, found = self.graph, dict[tuple[str, Node | None], list[tuple[str, Grant, tuple[str, ...]]]]()
        holders = dict.fromkeys((*(name for name, _ in graph.privileged_accounts()), *self._groups()))
        for name in holders:
            for grant, verdict in graph.privileges(name):
                if self._is_of_agent(grant):
                    continue
                reasons = () if verdict.truth is Truth.TRUE else verdict.reasons or ("the grant is not certain",)
                key = shown(grant.role), graph.hierarchy.node(grant.resource, grant.declared)
                found.setdefault(key, []).append((name, grant, reasons))
        every = ((graph.weakness(held[0][1]), f"{held[0][1].resource}", held) for held in found.values())
        ordered = sorted(every, key=lambda one: (*one[:2], one[2][0][0], one[2][0][1].declared.at.order))
        ends: list[End] = []
        ranks: dict[str, list[int]] = defaultdict(list)
        unsure: dict[str, set[int]] = defaultdict(set)
        for rank, (*_, held) in enumerate(ordered):
            among: dict[str, tuple[Grant, tuple[str, ...]]] = {}
            for name, grant, reasons in held:
                if name not in among or not reasons:
                    among[name] = grant, reasons
            ends.append(End.of(rank, held[0][1], among))
            for name, (_, reasons) in among.items():
                ranks[name].append(rank)
                if reasons:
                    unsure[name].add(rank)
        held_by = {name: tuple(listed) for name, listed in ranks.items()}
        self._is_unsure = bool(unsure)
        sure = {name: tuple([rank for rank in held_by[name] if rank not in some]) for name, some in unsure.items()}
        return ends, {True: {**held_by, **sure} if sure else held_by, False: held_by}

    def _groups(self) -> Iterator[str]:
        """Yield the groups with accounts in them."""
        groups = self.names.groups
        yield from (group for name in self.names.accounts for group in groups.get(name, ())) if groups else ()

    def _is_of_agent(self, grant: Grant) -> bool:
        """Whether a grant is an agent's role to an agent of Google's, which uses it: a large export has many."""
        return grant.principal.kind == "service_agent" and self.graph.estate.roles.kind(grant.role) == "service_agent"

    def _follow(self, estate: Estate) -> None:
        """Follow the hops of all accounts, and of the groups with accounts in them."""
        groups = set(self._groups())
        held = [grant for grant in estate.of(Grant) if _is_followed(grant, groups)]
        hops, work = Hops(estate, held), Budget(_MOST_SPECIAL)
        for name in dict.fromkeys((*hops.sources, *self.names.groups)):
            memberships = self.names.groups.get(name, {})
            if not memberships and (ways := hops.lone(name)):
                self._after.add_ways(name, ways)
                continue
            found = [Hop(name, group, None, MEMBER, member=fact) for group, fact in memberships.items()]
            try:
                for hop in self._steps(hops, name, work):
                    found.append(hop)  # noqa: PERF402  # those before the exception count
            except Exhausted:
                self.cut = self.cut or next((grant for grant in held if principal_node(grant) == name), None)
            self._after.add(name, [hop for hop in found if hop.state == "open"])
            self._perhaps.add(name, [hop for hop in found if hop.state == "conditional"])

    def _steps(self, hops: Hops, name: str, work: Budget) -> Iterator[Hop]:
        """Yield the hops of a principal. Those onto all accounts of a container have no target.

        What runs as an account of a container is left out where the principal becomes all accounts there anyway. Of
        ways that give hops in the same state, only the first counts: it is the cheapest.
        """
        covered, answered = set[Node](), set[Hashable]()
        for way in hops.named_by(name):
            if not is_container(way.onto):
                yield from self._hop(hops, way, way.onto[1])
            elif hops.is_alike(way):
                found = hop_onto_each(way)
                yield found
                if found.state == "open" and not found.delegates:
                    covered.add(way.onto)
            elif (answer := hops.answered_as(way)) not in answered:
                answered.add(answer)
                by_default = is_by_default(way)
                below = (self.names.builds_below if by_default else self.names.below)(way.onto)
                work.spend(len(below))
                for one in below:
                    yield from (hop for hop in self._hop(hops, way, one) if hop.state == "open" or not by_default)
        for way in hops.through_by(name, covered, work):
            yield from self._hop(hops, way, way.onto[1])

    def _hop(self, hops: Hops, way: Way, target: str) -> Iterator[Hop]:
        found = hops.hop(way, target) if target in self.names.accounts else None
        if found:
            yield found

    # -- what is asked ----------------------------------------------------------------------------------------------

    def own(self, account: str) -> Values:
        """Return the ranks of the privileges that an account certainly has itself."""
        return self._own[True].get(account, ())

    @cached_property
    def leading(self) -> Sequence[str]:
        """The accounts that certainly or perhaps lead to a privilege."""
        of = self._reached(sure=False).of
        return [name for name in self.names.accounts if of((name, False)) or of((name, True))]

    def gained(self, spots: Iterable[Spot], source: str, *, sure: bool = True) -> tuple[End, ...]:
        """Return the privileges that these spots reach and a principal does not have itself, the strongest first.

        ``sure`` asks for certain ones only. At most `MOST_ENDS` are listed.
        """
        spots = tuple(spots)
        alike = None if self.names.groups.get(source) else self.graph.alike(source)
        key = spots, source if alike is None else alike, sure
        found = self._gained.get(key)
        if found is None:  # principals with the same roles on a project gain the same
            if len(self._gained) >= _MOST_KEPT:
                self._gained.clear()
            found = self._gained[key] = self._gained_by(spots, source, sure)
        return found

    def _gained_by(self, spots: tuple[Spot, ...], source: str, sure: bool) -> tuple[End, ...]:  # see `gained`
        listed = self._listed(spots, sure=sure)
        found = tuple(self._ends[rank] for rank in listed if not self._has(source, self._ends[rank].grant, sure))
        if not found and any(len(self._of(spot, sure=sure)) >= MOST_ENDS for spot in spots):
            every = sorted(self._every(spots, sure=sure))
            first = (self._ends[rank] for rank in every if not self._has(source, self._ends[rank].grant, sure))
            found = tuple(end for end in (next(first, None),) if end)
        return found[:MOST_ENDS]

    def _listed(self, spots: tuple[Spot, ...], *, sure: bool) -> Values:
        """Return the ranks of the privileges that these spots reach, at most `MOST_ENDS` for each spot, in order."""
        if len(spots) == 1:
            return self._of(spots[0], sure=sure)
        return tuple(sorted({rank for spot in spots for rank in self._of(spot, sure=sure)}))

    def route(self, spots: Iterable[Spot], end: End, *, sure: bool = True) -> Route | None:
        """Return the cheapest route from one of these spots to a privilege; None if it took too long to find."""
        return self._reached(sure=sure).route(spots, end, self._work)

    def spots_of(self, grant: Grant, permissions: Iterable[str]) -> list[Spot]:
        """Return where a grant of these permissions leads: to its account, or to all accounts of its container."""
        permissions = frozenset(permissions)
        node = self.graph.hierarchy.node(grant.resource, grant.declared)
        if node is None or _REACHING.isdisjoint(permissions):
            return []
        onto: str | Node = node if is_container(node) else node[1]
        spots: list[Spot] = [(onto, False)] if permissions & _REACHING - _DELEGATES else []
        return [*spots, (onto, True)] if permissions & _DELEGATES else spots

    def _has(self, source: str, grant: Grant, sure: bool) -> bool:
        if self.graph.has_as_much(source, grant, sure=sure):
            return True
        groups = self.names.groups.get(source)
        return groups is not None and any(self.graph.has_as_much(one, grant, sure=sure) for one in groups)

    def _every(self, spots: Iterable[Spot], *, sure: bool) -> set[int]:
        """Return the ranks of all privileges that these spots reach, as far as the work allows."""
        reached, found = self._reached(sure=sure), set[int]()
        waiting = list(spots)
        seen = set(waiting)
        for spot in waiting:
            found.update(reached.own(spot))
            for following in reached.after(spot):
                if following not in seen and len(seen) < _MOST_WORK // 100:
                    seen.add(following)
                    waiting.append(following)
        return found

    def _of(self, spot: Spot, *, sure: bool) -> Values:
        return self._reached(sure=sure).of(spot)

    def _reached(self, *, sure: bool) -> _Reached:
        if sure or not (self._perhaps or self._is_unsure):
            return self._open
        if self._any is None:
            self._any = _Reached(self, certain=False)
        return self._any


class _Reached:
    """The ranks that each spot reaches over open hops; or over conditional ones, too."""

    def __init__(self, onward: Onward, *, certain: bool) -> None:
        self._onward = onward
        self._ends = onward._ends
        self._steps = [onward._after] if certain else [onward._after, onward._perhaps]
        self._own = onward._own[certain]
        own: dict[Spot, Values] = {(name, False): of[:MOST_ENDS] for name, of in self._own.items() if of}
        self._values: dict[bool, dict[str | Node, Values]] = {False: {}, True: {}}
        self._close(own)
        self._trees: dict[int, Mapping[Spot, _Towards]] = {}
        self._small = set[int]()
        self._again = set[int]()

    def _close(self, own: dict[Spot, Values]) -> None:
        """Find out what each spot reaches.

        Most accounts of an export lead to the accounts of one container only, and reach what it reaches. They are no
        nodes of the search: privileges of those that are in their container count as its own.
        """
        below = self._onward.names.below
        lone = self._lone()
        containers = dict.fromkeys(lone.values())
        for node in containers:
            parts = {own.get((one, False), ()) for one in below(node) if lone.get(one) == node}
            own[node, False] = _together(parts)

        def after(spot: Spot) -> Sequence[Spot]:
            name, delegate = spot
            if isinstance(name, tuple):
                return [(one, delegate) for one in below(name) if lone.get(one) != name]
            return self.after(spot)

        spots = [*own, *(spot for steps in self._steps for spot in steps.spots)]
        starts = dict.fromkeys([spot for spot in spots if spot[0] not in lone])
        for (one, delegate), values in reached_values(starts, after, own, MOST_ENDS).items():
            if values:
                self._values[delegate][one] = values
        of_spots = self._values[False]
        for name, node in lone.items():
            values = _together({own.get((name, False), ()), of_spots.get(node, ())})
            if values:
                of_spots[name] = values

    def _lone(self) -> Mapping[str, Node]:
        """Return the names with hops to the accounts of one container only, each with this one."""
        first, *others = self._steps
        found = first.onto_one_container()
        return {name: node for name, node in found if not any([name in steps for steps in others])}  # noqa: C419  # a list is faster than a generator

    def after(self, spot: Spot) -> Sequence[Spot]:
        """Return the spots that follow a spot; after a container, its accounts."""
        name, delegate = spot
        if isinstance(name, tuple):
            return [(one, delegate) for one in self._onward.names.below(name)]
        return [leads_to(hop) for steps in self._steps for hop in steps.of(spot)]

    def own(self, spot: Spot) -> Values:
        """Return the ranks of the privileges that a spot has itself."""
        name, delegate = spot
        return () if delegate or isinstance(name, tuple) else self._own.get(name, ())

    def of(self, spot: Spot) -> Values:
        """Return the ranks that a spot reaches."""
        name, delegate = spot
        values = self._values[delegate]
        found = values.get(name)
        if found is None and isinstance(name, tuple):  # no account has a grant there, but somebody else has
            parts = {values.get(one, ()) for one in self._onward.names.below(name)}
            found = values[name] = tuple(sorted(set[int]().union(*parts))[:MOST_ENDS])
        return found or ()

    # -- routes -----------------------------------------------------------------------------------------------------

    def route(self, spots: Iterable[Spot], end: End, work: Budget) -> Route | None:
        """Return the cheapest route from one of these spots to a holder of a privilege."""
        spots = tuple(spots)
        at_once = self._at_once(spots, end)
        if at_once:
            return at_once
        try:
            tree = self._tree_of(end, work)
        except Exhausted:
            return None
        starts = [spot for spot in spots if spot in tree] or [
            one for spot in spots if isinstance(spot[0], tuple) for one in self.after(spot) if one in tree
        ]
        if not starts:
            return None
        start = min(starts, key=lambda spot: (tree[spot].cost, str(spot)))
        return _route(tree, start, end)

    def _at_once(self, spots: Sequence[Spot], end: End) -> Route | None:
        """Return the route from the first spot if it is a holder itself, or a container that leads to one below it.

        Most routes have no hop. Nothing is cheaper, so the tree would have the same route: holders are the first in it,
        in their order, and a container comes from the first of its holders. A container that no hop leads to is not in
        the tree; any route without hops then begins at one of its accounts, the first by its name.
        """
        name, delegate = spots[0] if spots else ("", True)
        if delegate or not end.is_held_by_few:
            return None
        holders = [one for one in end.holders if end.rank in self.own((one, False))]
        if isinstance(name, str):
            return Route((), end, name) if name in holders and len(spots) == 1 else None
        names, home = self._onward.names, self._onward.graph.hierarchy.home
        known = ((one, names.accounts[one]) for one in holders if one in names.accounts)
        inside = [one for one, account in known if name in home(account.email, account.declared)]
        if name in self._reversed[False]:
            return Route((), end, inside[0]) if inside else None
        below = [one for one in inside if not names.is_agent(one) and not names.is_of_builds(one)]
        return Route((), end, min(below, key=lambda one: str((one, False)))) if below and len(spots) == 1 else None

    def _tree_of(self, end: End, work: Budget) -> Mapping[Spot, _Towards]:
        """Return the tree of a privilege. The latest are kept, and all that took long; others are made again.

        Only the first time counts as work.
        """
        tree = self._trees.get(end.rank)
        if tree is None:
            left = work.left
            tree = self._tree(end, Budget(_SMALL) if end.rank in self._again else work)
            if len(self._small) >= _MOST_KEPT:
                for rank in self._small:
                    del self._trees[rank]
                self._again |= self._small
                self._small.clear()
            self._trees[end.rank] = tree
            if left - work.left <= _SMALL:
                self._small.add(end.rank)
        return tree

    def _tree(self, end: End, work: Budget) -> dict[Spot, _Towards]:
        """Return the next hop towards a privilege from all spots that reach it: Dijkstra's algorithm, backwards."""
        found: dict[Spot, _Towards] = {}
        order = count()
        heap: list[tuple[int, int, Spot, _Towards]] = []
        for name in end.holders:
            if end.rank in self.own((name, False)):
                heapq.heappush(heap, (0, next(order), (name, False), _Towards(0, 0, None, None, name, None)))
        while heap:
            _, _, spot, towards = heapq.heappop(heap)
            if spot in found:
                continue
            found[spot] = towards
            for hop, before in self._before(spot):
                work.spend()
                if before not in found:
                    further = _Towards.over(hop, spot, towards)
                    heapq.heappush(heap, (further.cost, next(order), before, further))
        return found

    def _before(self, spot: Spot) -> Iterator[tuple[Hop | None, Spot]]:
        name, delegate = spot
        leading = self._reversed[delegate]
        found = leading.get(name, ())
        for one in found if isinstance(found, tuple) else (found,):
            kept = one[0] if isinstance(one, tuple) else one
            yield hop_onto_each(kept) if isinstance(kept, Way) else kept, (kept.source, kept is not one)
        account = self._onward.names.accounts.get(name) if isinstance(name, str) else None
        if account:
            around = self._onward.graph.hierarchy.home(account.email, account.declared)
            yield from ((None, (node, delegate)) for node in around if node in leading)

    @cached_property
    def _reversed(self) -> Mapping[bool, Mapping[str | Node, Kept | tuple[Kept | tuple[Kept], ...]]]:
        """The hops by what they lead to, to delegates or not. One from a delegate is in a tuple: there are few."""
        found: dict[bool, dict[str | Node, list[Kept | tuple[Kept]]]] = {False: {}, True: {}}
        for steps in self._steps:
            for spot in steps.spots:
                for hop in steps.of(spot):
                    name, delegate = leads_to(hop)
                    found[delegate].setdefault(name, []).append((hop,) if spot[1] else hop)
        return {delegate: {name: _alone(hops) for name, hops in among.items()} for delegate, among in found.items()}


def _together(parts: set[Values]) -> Values:
    """Return the smallest of all values, in order."""
    parts.discard(())
    found = next(iter(parts), ())
    return found if len(parts) < 2 else tuple(sorted(set[int]().union(*parts))[:MOST_ENDS])


def _alone(hops: list[Kept | tuple[Kept]]) -> Kept | tuple[Kept | tuple[Kept], ...]:
    """Return hops as a tuple; one alone as it is, unless it is from a delegate."""
    first = hops[0]
    return first if len(hops) == 1 and not isinstance(first, tuple) else tuple(hops)


@frozen
class _Towards:
    """The next hop from a spot towards a privilege, and where it leads; None at its holder, and from a container.

    ``length`` is the number of hops, ``last`` the last of them.
    """

    cost: int
    length: int
    hop: Hop | None
    following: Spot | None
    holder: str
    last: Hop | None

    @classmethod
    def over(cls, hop: Hop | None, to: Spot, rest: _Towards) -> _Towards:
        """Return the step over a hop to a spot, or into a container, whose rest is known."""
        if hop is None:
            return cls(rest.cost, rest.length, None, to, rest.holder, rest.last)
        inside = rest.following if isinstance(to[0], tuple) else to
        named = replace(hop, target=str(inside[0])) if inside and not hop.target else hop
        return cls(rest.cost + hop.cost, rest.length + 1, named, to, rest.holder, rest.last or named)


def _route(tree: Mapping[Spot, _Towards], start: Spot, end: End) -> Route:
    hops: list[Hop] = []
    at = tree[start]
    length, last, holder = at.length, at.last, at.holder
    while at.following is not None and len(hops) < MOST_SHOWN:
        if at.hop:
            hops.append(at.hop)
        at = tree[at.following]
    if length > MOST_SHOWN and last:
        return Route((*hops[: MOST_SHOWN - 1], last), end, holder, length - MOST_SHOWN)
    return Route(tuple(hops), end, holder)


def _is_followed(grant: Grant, groups: Collection[str]) -> bool:
    """Whether the holder of a grant is an account, or a group with an account in it."""
    text = grant.principal.text
    if text.startswith("serviceAccount:"):
        return bool(grant.principal.account)
    return text.startswith("group:") and principal_node(grant) in groups


def onward_of(estate: Estate) -> Onward:
    """Return what the accounts of an estate reach, computed on first use and kept with the estate."""
    return estate.made(Onward)
