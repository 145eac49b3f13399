"""The access that principals have themselves: whether a principal gains anything by becoming an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

from iamlint.access.asking import access_of
from iamlint.estate import Estate, Node, is_there
from iamlint.facts import Declaration, Grant
from iamlint.graph.edge_permissions import TO_GRANT
from iamlint.graph.held_grants import HeldGrants
from iamlint.location import Location
from iamlint.logic.verdict import TRUE
from iamlint.provenance import configuration
from iamlint.unknown import Truth, Unknown

_MOST_KEPT = 2_000
"""Maximum number of remembered privileges: those of one project are mostly asked about together."""
_FEW = 8
"""Number of grants that are looked through rather than indexed: most principals of a large estate have fewer."""
Held = frozenset[tuple[Node, str, frozenset[str]]]
"""The permissions of grants that certainly count, each with its node and the configuration that it counts for.

That is "" for all of them. A set computes its hash once.
"""


class OwnAccess:
    """The permissions that principals certainly have, by resource. ``held`` are their grants.

    ``permissions`` returns those of a grant's role, ``strongest`` the one that matters most.
    """

    def __init__(
        self,
        estate: Estate,
        held: HeldGrants,
        permissions: Callable[[Grant], frozenset[str]],
        strongest: Callable[[frozenset[str]], str | None],
    ) -> None:
        self._estate, self._access = estate, access_of(estate)
        self._held, self._permissions, self._strongest = held, permissions, strongest
        self._own: dict[str, dict[Node, dict[tuple[str, frozenset[str]], None]]] = {}
        self._alike: dict[str, Held | None] = {}
        self._asked: dict[int, tuple[Grant, frozenset[str], Iterable[Node]]] = {}

    @cached_property
    def _owner(self) -> frozenset[str]:
        return self._estate.permissions("roles/owner", Declaration(Location("")))[0]

    def includes(self, source: str, privilege: Grant) -> bool:
        """Whether a principal has all permissions of another one's privilege, there or on a container.

        An owner has as much as anybody: it may grant itself every other role there.
        """
        return self._includes(source, privilege, None)

    def may_lack(self, source: str, privilege: Grant) -> Unknown | None:
        """Return why a privilege may give more than a principal has, though it has what the role certainly contains."""
        why = self._estate.permissions(privilege.role, privilege.declared)[1]
        if why is None:
            return None
        most = self._estate.possible_permissions(privilege.role, privilege.declared)
        return None if self._includes(source, privilege, self._owner if most is None else most) else why

    def _includes(self, source: str, privilege: Grant, instead: frozenset[str] | None) -> bool:
        """Whether a principal has all permissions of a privilege, or others instead."""
        mine = self.alike(source)
        if mine is not None and not mine:
            return False
        _, wanted, above = self._asked_of(privilege)
        wanted, configurations = wanted if instead is None else instead, ("", configuration(privilege.declared))
        if mine and len(mine) <= _FEW:
            nodes = above if isinstance(above, tuple) else tuple(above)
            there = [held for onto, by, held in mine if onto in nodes and by in configurations]
        else:
            own = self._of(source)
            there = [held for onto in above for by, held in own.get(onto, ()) if by in configurations]
        return any([_within(wanted, held) or _within(self._owner, held) for held in there])  # noqa: C419  # a list is faster than a generator

    def alike(self, source: str) -> Held | None:
        """Return what is equal for principals that have the same access everywhere; None if it is not known."""
        if source not in self._alike:
            if len(self._alike) >= _MOST_KEPT:
                self._alike.clear()
            mine = self._held.of(source)
            plain = all([self._access.nothing_blocks(grant) and is_there(grant.declared) is TRUE for _, grant in mine])  # noqa: C419  # a list is faster than a generator
            held = [(onto, _counts_for(one), self._permissions(one)) for onto, one in mine] if plain else ()
            self._alike[source] = frozenset(held) if plain else None
        return self._alike[source]

    def _asked_of(self, privilege: Grant) -> tuple[Grant, frozenset[str], Iterable[Node]]:
        """Return a privilege, its permissions, and the nodes where a grant of them gives as much.

        The grant is stored, so that no other one gets its identity.
        """
        known = self._asked.get(id(privilege))
        if known is None:
            hierarchy = self._estate.hierarchy
            node = hierarchy.node(privilege.resource, privilege.declared)
            above = hierarchy.containers(node) if node else ()
            known = privilege, self._permissions(privilege), above
            if isinstance(above, tuple):
                if len(self._asked) >= _MOST_KEPT:
                    self._asked.clear()
                self._asked[id(privilege)] = known
        return known

    def _of(self, source: str) -> dict[Node, dict[tuple[str, frozenset[str]], None]]:
        if source not in self._own:
            own: dict[Node, dict[tuple[str, frozenset[str]], None]] = {}
            for onto, grant in self._held.of(source):
                if self._counts(grant):
                    own.setdefault(onto, {})[_counts_for(grant), self._permissions(grant)] = None
            self._own[source] = own
        return self._own[source]

    def _counts(self, grant: Grant) -> bool:
        """Whether a grant certainly counts: it is there and in force, and nothing blocks its strongest permission."""
        if is_there(grant.declared) is not TRUE:
            return False
        if self._access.is_plain(grant):
            return True
        if self._access.holds(grant, self._estate.as_of) is not Truth.TRUE:
            return False
        strongest = self._strongest(self._permissions(grant))
        found = self._access.decide(grant, (strongest,), to_grant=TO_GRANT) if strongest else None
        return found is None or found.truth is Truth.TRUE


def _counts_for(grant: Grant) -> str:
    """Return the configuration that a grant counts for; "" for all.

    What only another configuration grants must not hide what a principal gains in this one.
    """
    return "" if grant.declared.trust == "named" else configuration(grant.declared)


@lru_cache(maxsize=4096)
def _within(wanted: frozenset[str], held: frozenset[str]) -> bool:
    """Whether one role has all permissions of another."""
    return wanted <= held
