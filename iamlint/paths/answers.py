"""Answers: the paths between principals and accounts, the best first, limited to what a reader can use."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.words import counted
from iamlint.budget import Budget
from iamlint.estate import Node, principal_node
from iamlint.facts import Grant
from iamlint.finding import SEVERITIES, Severity
from iamlint.graph.edges import Graph, graph_of
from iamlint.paths.hops import STATES, Hop, Hops, State
from iamlint.paths.search import Path, Paths, Reach
from iamlint.unknown import Truth

MOST_PATHS = 10_000
"""Maximum number of paths of one answer."""
MOST_HOPS = 50_000
"""Maximum number of hops of all paths of one answer, apart from those of the first path."""
MOST_STEPS = 20_000_000
"""Maximum number of hops that the searches of one answer follow."""
_FEW = 20
"""Maximum number of principals and accounts whose unknown memberships are checked."""
_MEMBERS = ("user:", "group:", "serviceAccount:")


Asked = Literal["both", "to", "from", "none"]


@frozen
class Start:
    """The start of a search: the name of a principal.

    ``caller`` is the given caller, if it is not the principal: a token that an identity pool admits.
    ``unknown_answers`` say why it is unknown whether the caller is this principal. ``first`` is the hop from a machine
    to the account that it runs as, which is then the principal. ``scopes`` is the state of calls of IAM by the
    machine's token, and the reason.
    """

    name: str
    caller: str = ""
    unknown_answers: tuple[str, ...] = ()
    first: Hop | None = None
    scopes: tuple[State, str] = ("open", "")


@frozen
class Answer:
    """The paths that were found, open ones first, then by the access of their account, then by cost.

    ``asked`` says which ends were given: both, the accounts ("to"), the principals ("from"), or none. ``left_out`` is
    the number of paths that are not listed. ``not_searched`` are the principals or accounts that the search did not
    reach. ``unknown`` says what the input does not show and could open a further path; ``notes`` are further facts for
    the reader.
    """

    asked: Asked
    paths: tuple[Path, ...]
    left_out: int = 0
    not_searched: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether a path is open."""
        return any(path.state == "open" for path in self.paths)


class Asking:
    """Answers questions about the paths of one estate, with `MOST_STEPS` steps for all of them together."""

    def __init__(self, hops: Hops) -> None:
        self.hops = hops
        self.names = hops.names
        self._only: Graph | None = None
        self._work = Budget(MOST_STEPS)
        self._not_searched: list[str] = []
        self._severities: dict[str, Severity] = {}
        self._gains: dict[tuple[str, str], bool] = {}

    @property
    def graph(self) -> Graph:
        """The graph of the accounts' access: of all of them, or of the given ones."""
        return self._only or graph_of(self.hops.estate)

    def _only_of(self, targets: Iterable[str]) -> None:
        """Limit the graph to the grants of some accounts, which is much smaller."""
        wanted = set(targets)
        grants = (one for one in self.hops.estate.of(Grant) if principal_node(one) in wanted)
        self._only = Graph(self.hops.estate, grants)

    def between(self, starts: Sequence[Start], targets: Sequence[str]) -> Answer:
        """Return the best path of each start to each account."""
        self._only_of(targets)
        forwards = len(starts) < len(targets)
        found = self._forwards(starts, set(targets)) if forwards else self._backwards(starts, targets)
        return self._answer("both", found, self._memberships(starts, targets))

    def onto(self, targets: Iterable[str]) -> Answer:
        """Return the paths of everybody to some accounts."""
        targets = tuple(targets)
        self._only_of(targets)
        found = (one for paths in self._searches(targets) for one in self._every(paths))
        return self._answer("to", found, self._containers(self.hops.above_projects, targets))

    def of(self, starts: Iterable[Start]) -> Answer:
        """Return the paths of some principals to all accounts."""
        starts = tuple(starts)
        own = {one for start in starts for one in self._with_sets(start.name)}
        above = [node for node in self.hops.above_projects if not own.isdisjoint(self.hops.holders_on(node))]
        unknown = (*self._groups(starts), *self._containers(above, self.names.accounts if above else ()))
        return self._answer("from", self._forwards(starts, None), unknown)

    def escalations(self) -> Answer:
        """Return the paths to each privileged account of all principals with less access.

        Google's own agents are left out: their access is what their services need.
        """
        targets = [name for name, _ in sorted(self.graph.privileged_accounts(), key=self._by_power)]
        known = [name for name in targets if name in self.names.accounts and not self._is_agent(name)]

        def wanted(source: str, target: str) -> bool:
            return not self._is_agent(source) and self.gains(source, target)

        found = (one for paths in self._searches(known) for one in self._every(paths, wanted))
        return self._answer("none", found, self._containers(self.hops.above_projects, known))

    def gains(self, source: str, target: str) -> bool:
        """Whether an account has access that a principal, with its groups and other sets, does not have itself."""
        if (source, target) not in self._gains:
            found = all(self.graph.gained(target, one) is not None for one in self._with_sets(source))
            self._gains[source, target] = found
        return self._gains[source, target]

    def powers(self, account: str) -> list[Grant]:
        """Return the grants that make an account privileged and certainly count, the strongest first."""
        return [grant for grant, verdict in self.graph.privileges(account) if verdict.truth is Truth.TRUE]

    def severity(self, account: str) -> Severity:
        """Return how severe it is that somebody becomes an account: by the resources of its privileges."""
        if account not in self._severities:
            kinds = {grant.resource.kind for grant in self.powers(account)}
            found: Severity = "critical" if kinds & {"organization", "folder"} else "high" if kinds else "medium"
            self._severities[account] = found
        return self._severities[account]

    # -- searches ---------------------------------------------------------------------------------------------------

    def _searches(self, targets: Iterable[str], *, perhaps: bool = False) -> Iterator[Paths]:
        for target in targets:
            if self._work.is_spent:
                self._not_searched.append(self.names.label(target))
                continue
            found = Paths(self.hops, target, self._work, perhaps=perhaps)
            if found.cut:
                self._not_searched.append(self.names.label(target))
            yield found

    def _backwards(self, starts: Iterable[Start], targets: Iterable[str]) -> Iterator[Path]:
        starts = tuple(starts)
        for paths in self._searches(targets, perhaps=True):
            for start in starts:
                yield from _as_asked(start, paths.target, paths.of(start.name))

    def _forwards(self, starts: Iterable[Start], targets: set[str] | None) -> Iterator[Path]:
        for start in starts:
            if self._work.is_spent:
                self._not_searched.append(start.caller or self.names.label(start.name))
                continue
            reach = Reach(self.hops, start.name, self._work, perhaps=targets is not None)
            if reach.cut:
                self._not_searched.append(start.caller or self.names.label(start.name))
            for target in (start.name, *reach):
                if targets is None or target in targets:
                    yield from _as_asked(start, target, reach.to(target))

    # -- the answer -------------------------------------------------------------------------------------------------

    def _every(self, paths: Paths, wanted: Callable[[str, str], bool] | None = None) -> Iterator[Path | None]:
        """Yield the paths onto an account, the best first; None for each path over the limit."""
        room = 2 * MOST_HOPS
        for source in paths:
            if wanted and not wanted(source, paths.target):
                continue
            path = paths.of(source) if room > 0 else None
            room -= len(path.hops) if path else 0
            yield path

    def _answer(self, asked: Asked, found: Iterable[Path | None], unknown: tuple[str, ...] = ()) -> Answer:
        kept = _Kept(self._order)
        for path in found:
            kept.add(path)
        paths, left_out = kept.listed()
        return Answer(asked, paths, left_out, tuple(dict.fromkeys(self._not_searched)), unknown)

    def _order(self, path: Path) -> tuple[object, ...]:
        severity = SEVERITIES.index(self.severity(path.target))
        places = tuple(grant.declared.at.order for hop in path.hops[:1] for grant in hop.grants[:1])
        target, source = self.names.label(path.target), path.caller or self.names.label(path.source)
        return STATES.index(path.state), severity, path.cost, target, source, places

    def _by_power(self, found: tuple[str, Grant]) -> tuple[int, str]:
        kinds = ("organization", "folder", "project")
        kind = found[1].resource.kind
        return kinds.index(kind) if kind in kinds else len(kinds), found[0]

    def _with_sets(self, name: str) -> Iterator[str]:
        """Yield a principal, and the groups and other sets that contain it."""
        seen = {name}
        waiting = [name]
        while waiting:
            at = waiting.pop()
            yield at
            for one in (*self.names.groups.get(at, ()), *self.names.sets_of(at)):
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)

    def _is_agent(self, name: str) -> bool:
        return self.names.kind(name) == "service_agent"

    # -- unknown parts ----------------------------------------------------------------------------------------------

    def _memberships(self, starts: Sequence[Start], targets: Sequence[str]) -> tuple[str, ...]:
        """Return why a path may still be open: a group has one, and the input does not list all its members."""
        if len(starts) > _FEW or len(targets) > _FEW:
            return ()
        people = [start for start in starts if self.names.label(start.name).startswith(_MEMBERS)]
        found = []
        for target in targets if people else ():
            paths = Paths(self.hops, target, self._work)
            groups = [one for one in paths if one.startswith("group:") and paths.states[one, False] != "closed"]
            for start in people:
                own, known = paths.of(start.name), {start.name, *self.names.all_groups_of(start.name)}
                if own is None or own.state != "open":
                    found += [_membership(self.names.label(start.name), one) for one in groups if one not in known]
        return tuple(dict.fromkeys(found))

    def _groups(self, starts: Sequence[Start]) -> tuple[str, ...]:
        number = sum(one.startswith("group:") for one in self.names.principals)
        people = [start for start in starts if self.names.label(start.name).startswith(_MEMBERS)]
        if not number or not people:
            return ()
        return (f"the input names {counted(number, 'group')}, and need not list all members",)

    def _containers(self, above: Sequence[Node], targets: Iterable[str]) -> tuple[str, ...]:
        """Return the grants on folders and organizations that may reach further accounts.

        They do if these contain the accounts' projects, which the input does not show.
        """
        if not above:
            return ()
        unplaced: dict[Node, list[Node]] = {}
        for target in targets:
            chain = self.hops.certain_around(target)
            if chain and chain[-1][0] != "organization" and chain[-1] not in unplaced:
                outer = [node for node in above if node not in chain]
                unplaced |= {chain[-1]: outer} if outer else {}
        if not unplaced:
            return ()
        inner, outer = list(unplaced), next(iter(unplaced.values()))
        whether = f"whether {_counted(inner, 'and')} {'are' if len(inner) > 1 else 'is'} in {_counted(outer, 'or')}"
        return (f"the input does not show {whether}, whose grants then count, too",)


class _Kept:
    """The best of the paths that were found, and the number of others."""

    def __init__(self, order: Callable[[Path], tuple[object, ...]]) -> None:
        self._order = order
        self._paths: list[Path] = []
        self._number = 0

    def add(self, path: Path | None) -> None:
        self._number += 1
        if path:
            self._paths.append(path)
        if len(self._paths) >= 3 * MOST_PATHS:
            self._paths = heapq.nsmallest(MOST_PATHS, self._paths, key=self._order)

    def listed(self) -> tuple[tuple[Path, ...], int]:
        """Return the paths in their order, up to the limit, and the number of others."""
        listed: list[Path] = []
        room = MOST_HOPS
        for path in heapq.nsmallest(MOST_PATHS, self._paths, key=self._order):
            room -= len(path.hops) if listed else 0
            if room < 0:
                break
            listed.append(path)
        return tuple(listed), self._number - len(listed)


def _as_asked(start: Start, target: str, path: Path | None) -> Iterator[Path]:
    """Yield the path of a start, if it has one; a machine has its own account's path at once."""
    if target == start.name:
        path = None
    first = start.first
    further = path.hops if path else ()
    state, why = start.scopes if further and further[0].calls_iam else ("open", "")
    if first and state == "closed":
        first = replace(first, state=state)
    hops = (first, *further) if first else further
    if path or (hops and target == start.name):
        yield Path(hops, start.caller, start.unknown_answers + ((why,) if state != "open" else ()))


def _counted(nodes: Sequence[Node], word: str) -> str:
    kind, name = nodes[0]
    named = f"{kind.replace('_', ' ')} {name.partition(' in ')[0]}"
    return f"{named} {word} {len(nodes) - 1:,} more" if len(nodes) > 1 else named


def _membership(member: str, group: str) -> str:
    return f"{group} has a path, and the input does not show whether {member} is a member of it"
