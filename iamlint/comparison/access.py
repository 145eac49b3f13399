"""The principals that can act as an account on one side, over any number of hops, and the direct ones' methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from iamlint.budget import Budget
from iamlint.comparison.identities import Identities
from iamlint.comparison.steps import unknown_answers_of
from iamlint.estate import Node
from iamlint.graph.ways import Way
from iamlint.methods.index import strength
from iamlint.methods.model import Method
from iamlint.paths.hops import STATES, Hop, State, is_container
from iamlint.paths.search import Path, Paths

_NOBODY = "nobody known"
_BY_ID = frozenset({"token", "sign", "id-token"})
"""Groups whose methods are compared one by one. In other groups every method gives the same: code, a key, a policy."""
_DEPLOY = frozenset({"attach-create", "attach-update", "agents"})


def kind_of_method(method: Method) -> str:
    """Return the key of equivalent methods: a new one in addition to another of the same key opens nothing."""
    if method.group in _BY_ID:
        return method.id
    return "deploy" if method.group in _DEPLOY else method.group


class SideAccess:
    """Answers the questions of a comparison for one side."""

    def __init__(self, names: Identities) -> None:
        self.names = names
        self.hops = names.side.hops
        self._ways = names.side.ways
        self._on: dict[Node, tuple[Way, ...]] = {}

    def account(self, name: str) -> AccountAccess | None:
        """Return who can act as an account; None where the side does not have it."""
        return AccountAccess(self, self.names.own(name)) if self.has(name) else None

    def has(self, name: str) -> bool:
        """Whether a principal is an account of the side."""
        return self.names.own(name) in self.hops.names.accounts

    def direct(self, own: str) -> Iterator[Hop]:
        """Yield the hops onto an account by all methods that are compared."""
        nodes = self.hops.around(own)
        for way in chain.from_iterable([*map(self._onto, nodes), self._ways.through(nodes[0])]):
            hop = self.hops.hop(way, own)
            if hop:
                yield hop

    def _onto(self, node: Node) -> Iterable[Way]:
        """Return the ways onto a node; those onto a container are computed once for all accounts in it."""
        if not is_container(node):
            return self._ways.onto_node(node)
        if node not in self._on:
            self._on[node] = tuple(self._ways.onto_node(node))
        return self._on[node]


class AccountAccess:
    """Who can act as one account of one side."""

    def __init__(self, side: SideAccess, own: str) -> None:
        self._names, self._hops = side.names, side.hops
        self.own = own
        work = Budget(_MOST_STEPS)
        self.paths = Paths(side.hops, own, work)
        self._direct: dict[str, dict[str, Hop]] = {}
        self._unnamed: Hop | None = None
        self.steps = _MOST_STEPS - work.left
        """The number of hops that were searched; a direct one by all methods counts as several."""
        for hop in side.direct(own):
            self.steps += _STEPS_OF_DIRECT
            if hop.way and hop.state == "conditional" and hop.way.grants[0].principal.kind == "unknown":
                self._unnamed = self._unnamed or hop
            if not hop.delegates and hop.way and not hop.source.startswith(_NOBODY) and hop.source != own:
                self._add(hop, kind_of_method(hop.way.method))

    def _add(self, hop: Hop, kind: str) -> None:
        mine = self._direct.setdefault(hop.source, {})
        if kind not in mine or _rank(hop) < _rank(mine[kind]):
            mine[kind] = hop

    def principals(self) -> Iterator[str]:
        """Yield all who have a path or a hop, by their common names."""
        found = dict.fromkeys((*self.paths, *self._direct))
        yield from (self._names.name(one) for one in found if not one.startswith(_NOBODY))

    def anybody(self) -> str | None:
        """Return why a principal that no grant names may act as the account all the same; None if none may."""
        grant = self._unnamed.grants[0] if self._unnamed else None
        unknown = grant.principal.unknown if grant else None
        return (
            f"the principal of {grant.declared.address or 'a grant'} is not known: {unknown.reason}"
            if grant and unknown
            else None
        )

    def path(self, principal: str) -> Path | None:
        """Return the best path of a principal by its common name; None without one."""
        return self.paths.of(self._names.own(principal))

    def kinds(self, principal: str) -> Mapping[str, tuple[Hop, ...]]:
        """Return the direct hops of a principal by kind: its own, or after a membership of a set that has one."""
        own = self._names.own(principal)
        found: dict[str, tuple[Hop, ...]] = {kind: (hop,) for kind, hop in self._direct.get(own, {}).items()}
        for member in self._hops.followed_sets_of(own):
            for kind, hop in self._direct.get(member.target, {}).items():
                if kind not in found or _rank(hop) < _rank(found[kind][-1]):
                    found[kind] = (member, hop)
        return found


_STEPS_OF_DIRECT = 10
_MOST_STEPS = 1_000_000
"""Maximum number of hops searched for one account of one side."""


def _rank(hop: Hop) -> tuple[int, bool, object]:
    perhaps = any(unknown_answers_of((hop,)))
    return STATES.index(hop.state), perhaps, strength(hop.way.method) if hop.way else ()


def state_of(hops: tuple[Hop, ...]) -> State:
    """Return the worst state of some hops."""
    return max((hop.state for hop in hops), key=STATES.index)
