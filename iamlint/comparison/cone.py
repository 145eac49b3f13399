"""The accounts affected by a change: those that somebody may have become able or unable to act as.

The search starts from the changed facts, so the work depends on the change, not on all pairs of the estate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Set
from functools import cached_property

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget, Exhausted
from iamlint.comparison.identities import Identities
from iamlint.comparison.keys import BLOCKERS, Key, exists
from iamlint.estate import Node, identity, principal_node
from iamlint.facts import (
    Attachment,
    CustomRole,
    Fact,
    Folder,
    Grant,
    Pool,
    Project,
    ProjectReference,
    Provider,
    Resource,
    ServiceAccount,
    Text,
)
from iamlint.graph.ways import Way
from iamlint.paths.hops import takes_delegates
from iamlint.pools import is_federated

MOST_STEPS = 3_000_000
"""Maximum number of hops followed to find what a change affects."""
STEPS_OF_WAY = 20
"""Steps that it takes to work out a way and compare it."""
Spot = tuple[str, bool]
"""A principal, and whether it is only a delegate."""


@frozen(slots=False)
class Changed:
    """The facts of one side that the other side does not have."""

    names: Identities
    facts: tuple[Fact, ...]

    @cached_property
    def keys(self) -> Set[int]:
        """The facts by their keys."""
        return {hash(self.names.key(fact)) for fact in self.facts}

    def has(self, fact: Fact) -> bool:
        """Whether a fact of this side is one of them."""
        return hash(self.names.key(fact)) in self.keys


def changed(base: Identities, head: Identities) -> tuple[Changed, Changed]:
    """Return the facts that only one of two sides has."""
    before = {hash(base.key(fact)) for fact in base.side.facts}
    new = tuple(fact for fact in head.side.facts if hash(head.key(fact)) not in before)
    after = {hash(head.key(fact)) for fact in head.side.facts}
    return Changed(base, tuple(fact for fact in base.side.facts if hash(base.key(fact)) not in after)), Changed(
        head, new
    )


class Cone:
    """The accounts and principals that a change affects, by their common names.

    ``cut`` says that the search reached its limit.
    """

    def __init__(self, base: Changed, head: Changed) -> None:
        self.cut = False
        self.sources: dict[str, None] = {}
        self.targets: dict[str, None] = {}
        self._groups: set[str] = set()
        self._sides = (base, head)
        self._work = Budget(MOST_STEPS)
        if base.facts or head.facts:
            try:
                self._look()
            except Exhausted:
                self.cut = True

    def _look(self) -> None:
        for side in self._sides:
            for fact in side.facts:
                self._touched(side.names, fact)
        moved = [one for one in self.sources if one in self._groups or self._ways_differ(one)]
        starts: dict[str, None] = dict(self.targets)
        for side in self._sides:
            for one in moved:
                for way in self._ways(side, one):
                    starts |= dict.fromkeys(self._onto(side.names, way))
        for side in self._sides:
            self.targets |= dict.fromkeys(self._reached(side.names, starts))

    # -- effects of a fact ------------------------------------------------------------------------------------------

    def _touched(self, names: Identities, fact: Fact) -> None:
        """Record which hops and accounts a fact may change."""
        estate = names.side.estate
        match fact:
            case Grant():
                who = principal_node(fact)
                self._sources(names, (who,) if who else ())
            case CustomRole():
                grants = (one for one in estate.of(Grant) if estate.custom_role(one.role, one.declared) is fact)
                self._sources(names, (who for one in grants if (who := principal_node(one))))
            case ServiceAccount():
                self._targets(names, fact.email, fact)
                name = identity(fact.email, fact.declared)
                self._sources(names, (name,) if name else ())
            case Attachment():
                if fact.account is not None:
                    self._targets(names, fact.account, fact)
            case Project():
                self._below(names, estate.hierarchy.node(Resource("project", fact.project_id), fact.declared))
            case ProjectReference():
                self._below(names, estate.hierarchy.node(Resource("project", fact.project), fact.declared))
            case Folder():
                self._below(names, estate.hierarchy.node(Resource("folder", fact.name), fact.declared))
            case Provider() | Pool():
                federated = (one for one in estate.of(Grant) if is_federated(one.principal))
                self._sources(names, (who for one in federated if (who := principal_node(one))))
            case _ if isinstance(fact, BLOCKERS):
                for one in self._sides:  # it may block anybody's way
                    self._sources(one.names, one.names.side.hops.names.principals)
            case _:
                self._joined()

    def _joined(self) -> None:
        """Record the groups with declared members: one may have another member than before."""
        for side in self._sides:
            hops = side.names.side.hops
            for one in hops.names.principals:
                if one.startswith("group:") and any(hops.members_of(one)):
                    self._sources(side.names, (one,))
                    self._groups.add(side.names.name(one))

    def _sources(self, names: Identities, found: Iterable[str]) -> None:
        for one in found:
            self._work.spend()
            self.sources.setdefault(names.name(one))

    def _targets(self, names: Identities, account: Text, fact: Fact) -> None:
        name = identity(account, fact.declared)
        if name:
            self.targets.setdefault(names.name(name))

    def _below(self, names: Identities, node: Node | None) -> None:
        if node is None:
            return
        common = names.node(node)
        for side in self._sides:
            for one in side.names.side.hops.names.accounts:
                if any(side.names.node(around) == common for around in side.names.side.hops.around(one)[1:]):
                    self.targets.setdefault(side.names.name(one))

    # -- consequences -----------------------------------------------------------------------------------------------

    def _ways_differ(self, source: str) -> bool:
        before, after = ({self._said(side.names, way) for way in self._ways(side, source)} for side in self._sides)
        return before != after

    def _ways(self, side: Changed, source: str) -> Iterator[Way]:
        """Yield the ways of a principal by all methods that are compared, and its delegations."""
        own = side.names.own(source)
        for way in (*side.names.side.ways.of(own), *side.names.side.hops.of(own)):
            self._work.spend(STEPS_OF_WAY)
            yield way

    def _said(self, names: Identities, way: Way) -> Key:
        """Return the content of a way: target, method, conditions, and whether it is open and certainly there."""
        conditions = [names.key(grant) for grant in way.grants if not names.side.hops.is_alike(way)]
        reasons = way.verdict.reasons if way.closed else ()
        perhaps = any(exists(grant.declared) != (False, False) for grant in way.grants)
        return (way.method.id, names.node(way.onto), way.verdict.truth, way.closed, tuple(conditions), reasons, perhaps)

    def _onto(self, names: Identities, way: Way) -> Iterator[str]:
        hops = names.side.hops
        for one in hops.onto(way):
            self._work.spend()
            if one in hops.names.accounts:
                yield names.name(one)

    def _reached(self, names: Identities, starts: Iterable[str]) -> Iterator[str]:
        """Yield the accounts that these accounts become, by any hop, as themselves or as delegates."""
        hops = names.side.hops
        known = hops.names.accounts
        found = (names.own(one) for one in starts)
        seen: set[Spot] = {(one, delegate) for one in found if one in known for delegate in (False, True)}
        waiting, looked = deque(seen), set[tuple[Node, str]]()
        while waiting:
            name, delegate = waiting.popleft()
            groups = () if delegate else [hop.target for hop in hops.sets_of(name)]
            for way in (way for one in (name, *groups) for way in hops.of(one)):
                self._work.spend()
                delegates = way.method.group == "delegate"
                if delegate and not delegates and not takes_delegates(way):
                    continue
                if (way.onto, way.method.apart) in looked:
                    continue
                looked.add((way.onto, way.method.apart))
                for one in hops.onto(way):
                    self._work.spend()
                    if one in known and (one, delegates) not in seen:
                        seen.add((one, delegates))
                        waiting.append((one, delegates))
        yield from (names.name(one) for one in sorted({name for name, _ in seen}))
