"""Ways: which principal has which method onto which account, one way for each.

A grant on a project gives one way onto the project, not one for each account in it. Ways are computed on demand, by
principal or by account, so the cost depends on the grants and the question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING

from iamlint.access.asking import access_of
from iamlint.basics.frozen import frozen
from iamlint.budget import Budget
from iamlint.estate import CONTAINERS, Estate, Node, is_there, principal_node
from iamlint.facts import NOBODY, Attachment, Declaration, Grant, Principal, Text
from iamlint.federation.unmatched import why_blocked
from iamlint.graph.counted import Counted
from iamlint.graph.forbidden import why_forbidden
from iamlint.graph.holdings import Held, Holdings
from iamlint.graph.placement import PLACES, common, each_once, may_fit, places, reaches_from
from iamlint.graph.used_accounts import Bound, Running, Used, Uses
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.methods.model import Method
from iamlint.pools import is_federated
from iamlint.unknown import Truth

if TYPE_CHECKING:
    from iamlint.estate.blockers import Blocker


@frozen
class Way:
    """A method that a principal has onto an account, onto every account of a container, or onto another resource.

    ``grants`` give the method's permissions, in their order. ``through`` is the resource that already runs as the
    account, or the grant that lets a workload or a federated identity become it. ``verdict`` is TRUE, or UNKNOWN with
    reasons; a ``closed`` way leads nowhere, and its verdict says what blocks it.
    """

    source: str
    onto: Node
    method: Method
    grants: tuple[Grant, ...]
    verdict: Verdict
    closed: bool = False
    through: Attachment | Grant | None = None


_Fitting = tuple[tuple[Method, ...], int]
_Shape = tuple[tuple[frozenset[str], ...], str]
"""The permissions of the grants of a principal, and the kind of the one resource that they are on."""
_Numbers = tuple[int, ...]
Known = tuple[tuple[Method, _Numbers], ...]
"""The methods that grants alike certainly give, each with the numbers of the grants that give it."""
_ONTO_NODES = ("named", "below", "agent", "default")


class Ways:
    """The ways that some methods open in an estate.

    The index is built in time linear in the grants, and contains only those with a permission of these methods.
    ``grants`` limits the grants, by default all; ``used`` are the accounts in use, if they are known. ``best_only``
    leaves out the methods of a principal onto one node that come after one that certainly works, in the order that they
    are given in; some are counted apart.
    """

    def __init__(
        self,
        estate: Estate,
        among: Iterable[Method],
        grants: Iterable[Grant] | None = None,
        *,
        best_only: bool = False,
        used: Used | None = None,
    ) -> None:
        self.estate = estate
        self._best_only = best_only
        self._access = access_of(estate)
        self._hierarchy = estate.hierarchy
        among = tuple(among)
        self._rank = {method.id: rank for rank, method in enumerate(among)}
        self._fitting_known: dict[tuple[frozenset[str], frozenset[str], frozenset[str], str], _Fitting] = {}
        reached = {method.reaches for method in among}
        self._counted = Counted(estate)
        used = used or Used(estate)  # not kept with the estate: a large one has a use for every second project
        self._running: Uses[Running] = used.running if "attached" in reached else Uses()
        self._bound: Uses[Bound] = used.bound if reached & {"workloads", "federated"} else Uses()
        there = {one.kind for one in self._bound.every} | ({"attached"} if self._running.every else set())
        self._by_permission: dict[str, list[Method]] = defaultdict(list)
        for method in among:
            if method.reaches in there or method.reaches not in ("attached", "workloads", "federated"):
                for permission in method.permissions:
                    self._by_permission[permission].append(method)
        self._held = Holdings()
        self._on: dict[Node, dict[str, None]] = defaultdict(dict)
        self._chains: dict[Node, tuple[Node, ...]] = {}
        self._alone: dict[_Shape, Known] = {}
        self._by_bindings: dict[tuple[str, tuple[Node, ...], str], tuple[Way, ...]] = {}
        self._everywhere: dict[str, frozenset[str]] = {}
        self._borrowing: set[str] = set()
        wanted = frozenset(self._by_permission)
        of_role: dict[Text, frozenset[str]] = {}
        for grant in (estate.of(Grant) if grants is None else grants) if wanted else ():
            role = grant.role
            held = of_role.get(role) if type(role) is str else None
            if held is None:
                held = common(estate.permissions(role, grant.declared)[0], wanted)
                if isinstance(role, str) and role.startswith("roles/") and "${" not in role:  # the same everywhere
                    of_role[role] = held
            if held and grant.principal.kind not in NOBODY:
                self._add(grant, held)

    def _add(self, grant: Grant, held: frozenset[str]) -> None:
        node = self._hierarchy.node(grant.resource, grant.declared)
        if node is None:
            return
        source = principal_node(grant) or f"nobody known, {id(grant)}"
        self._held.add(source, Held(grant, held, node))
        self._on[node][source] = None
        if node not in self._chains:
            self._chains[node] = self._hierarchy.above(grant.resource, grant.declared) or (node,)

    def lend(self, groups_of: Mapping[str, Iterable[str]]) -> None:
        """Let principals use the grants of their groups together with their own.

        It adds the ways that need both, or several groups; those that one group has alone stay the group's.
        """
        found = (
            (member, node, tuple(held))
            for member, groups in groups_of.items()
            for group in groups
            for node, held in self._held.of(group).items()
        )
        for member, node, held in list(islice(found, _MOST_LENT)):
            for one in held:
                self._held.add(member, one)
            self._everywhere.pop(member, None)
            self._on[node][member] = None
            self._borrowing.add(member)

    def lend_as(self, members: Mapping[str, Principal], sets_of: Mapping[str, Iterable[str]]) -> Set[str]:
        """Let principals have the grants of their sets as their own, which blockers are then compared with.

        Return those that have all of them.
        """
        done, left = set[str](), _MOST_LENT
        for member, principal in members.items():
            held = [found for one in sets_of[member] for found in self._held.of(one).items()]
            left -= len(held)
            if left < 0:
                break
            for node, some in held:
                own = [Held(replace(one.grant, principal=principal), one.permissions, node) for one in some]
                for one in own:
                    self._held.add(member, one)
                self._on[node][member] = None
            self._everywhere.pop(member, None)
            done.add(member)
        return done

    def _is_of_one_group(self, source: str, grants: Iterable[Grant]) -> bool:
        """Whether all grants of a way of a principal are those of one of its groups."""
        holders = {principal_node(grant) for grant in grants} if source in self._borrowing else {source}
        return len(holders) == 1 and source not in holders

    # -- queries -----------------------------------------------------------------------------------------------------

    @property
    def sources(self) -> Collection[str]:
        """The principals that hold a permission of these methods."""
        return self._held.sources

    def of(self, source: str) -> Iterator[Way]:
        """Yield the ways of a principal."""
        yield from self.named_by(source)
        yield from self.through_by(source)

    @cached_property
    def above_projects(self) -> Sequence[Node]:
        """The folders and organizations with grants."""
        return [node for node in self._on if node[0] in ("folder", "organization")]

    def holders_on(self, node: Node) -> Collection[str]:
        """Return the principals that hold a permission of these methods by a grant on a node."""
        return self._on.get(node, {}).keys()

    def named_by(self, source: str) -> Iterator[Way]:
        """Yield the ways of a principal onto the resources of its grants."""
        for node in list(self._held.of(source)):
            yield from self._scoped(source, node)

    def through_by(self, source: str, covered: Set[Node] = frozenset(), work: Budget | None = None) -> Iterator[Way]:
        """Yield the ways of a principal through what runs as accounts, and what is bound to them.

        Those onto accounts of the ``covered`` containers are left out. ``work`` limits what is looked at.
        """
        mine = self._held.of(source)
        for running in each_once(self._running.at, self._running.beyond, mine, covered):
            if work:
                work.spend()
            if covered.isdisjoint(running.account):
                yield from self._through(source, running)
        for bound in each_once(self._bound.at, self._bound.beyond, mine, covered):
            if work:
                work.spend()
            if covered.isdisjoint(bound.around):
                yield from self._by_binding(source, bound)

    def onto(self, account: Text, declared: Declaration) -> Iterator[Way]:
        """Yield the ways onto an account: on itself, on its containers, and through what runs as it."""
        around = self._hierarchy.around(account, declared)
        for node in around:
            yield from self.onto_node(node)
        if around:
            yield from self.through(around[0])

    def onto_node(self, node: Node) -> Iterator[Way]:
        """Yield the ways onto an account by grants on one node: the account, or one of its containers."""
        for source in self._on.get(node, ()):
            yield from (way for way in self._scoped(source, node) if way.method.reaches in _ONTO_NODES)

    @property
    def are_used(self) -> bool:
        """Whether anything runs as any account, or a workload or an identity is bound to one."""
        return bool(self._running.every or self._bound.every)

    def is_used(self, account: Node) -> bool:
        """Whether anything runs as an account, or a workload or an identity is bound to it."""
        return account in self._running.of or account in self._bound.of

    def through(self, account: Node, leave_out: Callable[[str], bool] = lambda _: False) -> Iterator[Way]:
        """Yield the ways onto an account through resources that run as it, and workloads and identities bound to it.

        The ways of the principals to ``leave_out`` are not computed.
        """
        for running in self._running.of.get(account, ()):
            for source in self._sources_on((*running.around, *running.account)):
                if not leave_out(source):
                    yield from self._through(source, running)
        for bound in self._bound.of.get(account, ()):
            for source in self._sources_on(bound.project):
                if not leave_out(source):
                    yield from self._by_binding(source, bound)

    def _sources_on(self, nodes: Iterable[Node]) -> Iterable[str]:
        return dict.fromkeys(source for node in nodes for source in self._on.get(node, ()))

    # -- one way ----------------------------------------------------------------------------------------------------

    def _fitting(self, source: str, on: Iterable[Node], around: Iterable[Node], scope: Node | None = None) -> _Fitting:
        """Return the methods with one permission held on one of the nodes, and all of them held around the nodes.

        With ``scope``, only those that reach something there by a grant on it. The second value is the number of kinds
        of them that are counted apart from each other.
        """
        mine = self._held.of(source)
        here, beyond = _all_on(mine, on), _all_on(mine, around)
        everywhere = self._everywhere_of(source) if len(mine) > 1 else here
        key = here, beyond, everywhere, scope[0] if scope else ""
        if key not in self._fitting_known:
            if len(self._fitting_known) >= _MOST_KNOWN:
                self._fitting_known.clear()
            triggered = {method.id: method for one in here for method in self._by_permission[one]}
            reaching = (one for one in triggered.values() if scope is None or reaches_from(one, scope))
            fitting = (method for method in reaching if may_fit(method, beyond, everywhere))
            found = tuple(sorted(fitting, key=lambda method: self._rank[method.id]))
            self._fitting_known[key] = found, len({method.apart for method in found})
        return self._fitting_known[key]

    def _everywhere_of(self, source: str) -> frozenset[str]:
        """Return the permissions of all grants of a principal, which are asked for at each of them."""
        if source not in self._everywhere:
            if len(self._everywhere) >= _MOST_SOURCES:
                self._everywhere.clear()
            self._everywhere[source] = _all_on(self._held.of(source), self._held.of(source))
        return self._everywhere[source]

    def lone(self, source: str, among: Callable[[Node, Known], Known]) -> Sequence[Way]:
        """Return the ways of a principal with grants on one container only, if they are known from grants like these.

        ``among`` selects some of these.
        """
        mine = self._held.of(source)
        if len(mine) != 1:
            return ()
        ((node, held),) = mine.items()
        known = self._alone.get(_shape(held, node)) if node[0] in CONTAINERS else None
        chosen = among(node, known) if known else ()
        return _ways_of(source, node, held, chosen) if chosen and self._alone_on(source, node) else ()

    def leads_beyond(self, node: Node) -> bool:
        """Whether anything that grants on a container concern runs as an account outside of it, or is bound to one."""
        return node in self._running.beyond or node in self._bound.beyond

    def _alone_on(self, source: str, node: Node) -> Sequence[Held]:
        """Return the grants of a principal on its only resource if each certainly counts; nothing for others.

        They give what any grants of their permissions give on such a resource.
        """
        mine = self._held.of(source)
        held = mine[node]
        if len(mine) > 1 or source in self._borrowing:
            return ()
        for one in held:
            grant = one.grant
            if not self._access.nothing_blocks(grant):
                return ()
            if is_federated(grant.principal) and why_blocked(grant, self.estate) is not None:
                return ()
            if len(held) > 1 and grant.declared.address is not None:  # some of them may have no instance
                return ()
        return held

    def _scoped(self, source: str, node: Node) -> Iterator[Way]:
        """Yield the ways that a principal has onto a node, at least one permission being granted on it."""
        alone, chain = self._alone_on(source, node), self._chains[node]
        known = self._alone.get(_shape(alone, node)) if alone else None
        if known is not None:
            yield from _ways_of(source, node, alone, known)
            return
        fitting, kinds = self._fitting(source, (node,), chain, node)
        make = partial(self._way, source, node, around=chain, account=chain)
        found = tuple(self._best_of(fitting, make, kinds))
        if alone:
            if len(self._alone) >= _MOST_KNOWN:
                self._alone.clear()
            numbers = {id(one.grant): number for number, one in enumerate(alone)}
            known = tuple([(way.method, tuple([numbers[id(grant)] for grant in way.grants])) for way in found])
            self._alone[_shape(alone, node)] = known
        yield from found

    def _best_of(
        self, methods: Iterable[Method], make: Callable[[Method], Way | None], kinds: int = 0
    ) -> Iterator[Way]:
        """Yield the ways onto one node; where only the best are asked for, up to the first that certainly works.

        ``kinds`` is the number of kinds of the methods that are counted apart from each other; 0 if it is not known.
        """
        done = set[str]()
        for method in methods:
            kind = method.apart
            way = make(method) if kind not in done else None
            if way is None:
                continue
            yield way
            if self._best_only and way.verdict.truth is Truth.TRUE and not way.closed and self.is_alike(way):
                done.add(kind)
                if len(done) == kinds:
                    return

    def is_alike(self, way: Way) -> bool:
        """Whether a way onto a container is the same for every account in it."""
        if all(map(self._access.nothing_blocks, way.grants)):
            return True
        return all(map(self._access.is_alike_below, way.grants, way.method.permissions))

    def _through(self, source: str, running: Running) -> Iterator[Way]:
        kind, onto, nodes = running.attachment.resource.kind, running.account[0], (*running.around, *running.account)
        fitting = (
            one for one in self._fitting(source, nodes, nodes)[0] if one.reaches == "attached" and kind in one.runs
        )
        around, account, through = running.around, running.account, running.attachment

        def make(method: Method) -> Way | None:
            way = self._way(source, onto, method, around, account, through)
            return self._as_disabled(way, running.disabled) if way and running.disabled else way

        yield from self._best_of(fitting, make)

    def _as_disabled(self, way: Way, blocker: Blocker) -> Way:
        """Return a way through what runs as an account that is or may be disabled: closed, unless it can be enabled."""
        from iamlint.access.blocking import may_block
        from iamlint.estate.blockers import ENABLE

        if any(ENABLE in self.estate.permissions(grant.role, grant.declared)[0] for grant in way.grants):
            return way
        closed = blocker.verdict.truth is Truth.TRUE
        reasons = (f"blocked by {blocker.by}",) if closed else (may_block(blocker),)
        facts = (blocker.fact,) if blocker.fact else ()
        return replace(
            way, verdict=way.verdict & Verdict(Truth.UNKNOWN, reasons, facts=facts), closed=way.closed or closed
        )

    def _by_binding(self, source: str, bound: Bound) -> Iterator[Way]:
        """Yield the ways onto an account by what is bound to it: the same for all that is bound from one project."""
        key, around = (source, bound.project, bound.kind), bound.project
        known = self._by_bindings.get(key)
        if known is None:
            fitting = (one for one in self._fitting(source, around, around)[0] if one.reaches == bound.kind)
            make = partial(self._way, source, bound.onto, around=around, account=around, through=bound.grant)
            if len(self._by_bindings) >= _MOST_SOURCES:
                self._by_bindings.clear()
            known = self._by_bindings[key] = tuple(self._best_of(fitting, make))
        counts, blocked = bound.counts
        for one in known:
            verdict, closed = one.verdict & counts, one.closed or blocked
            yield Way(source, bound.onto, one.method, one.grants, verdict, closed, bound.grant)

    def _way(
        self,
        source: str,
        onto: Node,
        method: Method,
        around: tuple[Node, ...],
        account: tuple[Node, ...],
        through: Attachment | Grant | None = None,
    ) -> Way | None:
        """Return the way by a method, if the principal holds all permissions around the resource and the account."""
        grants, verdict, closed = [], TRUE, False
        for permission, place in places(method):
            nodes: Iterable[Node] = account if place == "account" else around
            if place == "another_resource":
                nodes = self._held.of(source)
            found = self._best(source, permission, nodes, PLACES[place])
            if found is None:
                return None
            grant, counts, blocked = found
            grants.append(grant)
            verdict, closed = verdict & counts, closed or blocked
        if self._is_of_one_group(source, grants):
            return None
        forbidden = why_forbidden(method, grants[0], self.estate) if grants else None
        if forbidden:
            verdict, closed = (
                verdict & Verdict(Truth.UNKNOWN, forbidden.reasons),
                closed or forbidden.truth is Truth.FALSE,
            )
        return Way(source, onto, method, tuple(grants), verdict, closed, through)

    def _best(
        self, source: str, permission: str, nodes: Iterable[Node], kinds: tuple[str, ...] | None
    ) -> tuple[Grant, Verdict, bool] | None:
        """Return the best grant of a permission on one of the nodes: open, else perhaps there, unknown, or blocked."""
        mine = self._held.of(source)
        found: list[tuple[Grant, Verdict, bool]] = []
        for node in nodes:
            if kinds is not None and node[0] not in kinds:
                continue
            for held in mine.get(node, ()):
                if permission in held.permissions:
                    counts = self._counted.counts(held.grant, permission)
                    declared = held.grant.declared
                    if counts and counts[0] == TRUE and not declared.uncertain and is_there(declared) == TRUE:
                        return held.grant, *counts
                    found += [(held.grant, *counts)] if counts else []
        return min(found, key=lambda one: (one[2], one[1] != TRUE), default=None)


_MOST_LENT = 200_000
"""Maximum number of nodes with grants of groups that are counted for their members, too."""
_MOST_KNOWN = 50_000
"""Combinations of permissions whose methods are remembered."""
_MOST_SOURCES = 2_000
"""Maximum number of principals whose ways are remembered."""


def _shape(held: Iterable[Held], node: Node) -> _Shape:
    return tuple([one.permissions for one in held]), node[0]


def _ways_of(source: str, node: Node, held: Sequence[Held], known: Known) -> list[Way]:
    """Return the ways by methods that grants certainly give."""
    found, of, grants = list[Way](), _Numbers(), tuple[Grant, ...]()
    for method, numbers in known:
        if numbers != of:  # most need one: they share the tuple
            of, grants = numbers, tuple([held[number].grant for number in numbers])
        found.append(Way(source, node, method, grants, TRUE))
    return found


def _all_on(mine: Mapping[Node, Sequence[Held]], nodes: Iterable[Node]) -> frozenset[str]:
    """All permissions of grants on some nodes."""
    found = {each.permissions for node in nodes if node in mine for each in mine[node]}
    return next(iter(found)) if len(found) == 1 else frozenset[str]().union(*found)
