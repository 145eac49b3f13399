"""The grants of each principal, with the nodes that they are on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iamlint.estate import Hierarchy, Node
from iamlint.facts import Grant
from iamlint.logic.verdict import TRUE, Verdict

Strong = Grant | tuple[tuple[Grant, Verdict], ...]
"""The privileges of an account, each with whether it counts; a grant is one that certainly counts, alone."""


def packed(strong: tuple[tuple[Grant, Verdict], ...]) -> Strong:
    """Return privileges with the least memory."""
    return strong[0][0] if len(strong) == 1 and strong[0][1] is TRUE else strong


def strongest_of(strong: Strong) -> Grant:
    """Return the grant of the first privilege."""
    return strong if isinstance(strong, Grant) else strong[0][0]


class HeldGrants:
    """Grants by principal. Each grant is on a resource that has a node.

    Most principals of a large estate have one grant. It is kept alone, and its node is looked up when it is asked for:
    a tuple with a pair in it takes more memory than the grant.
    """

    __slots__ = ("_grants", "_hierarchy")

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._grants: dict[str, Grant | list[Grant]] = {}

    def add(self, source: str, grant: Grant) -> None:
        """Add a grant of a principal, after its others."""
        held = self._grants.setdefault(source, grant)
        if isinstance(held, list):
            held.append(grant)
        elif held is not grant:
            self._grants[source] = [held, grant]

    def first(self, source: str) -> Grant | None:
        """Return the first grant of a principal."""
        held = self._grants.get(source)
        return held[0] if isinstance(held, list) else held

    def has_one(self, source: str) -> bool:
        """Whether a principal has a single grant."""
        return isinstance(self._grants.get(source), Grant)

    def firsts(self) -> Iterator[tuple[str, Grant]]:
        """Yield every principal with its first grant."""
        for source, held in self._grants.items():
            yield source, held[0] if isinstance(held, list) else held

    def of(self, source: str) -> Sequence[tuple[Node, Grant]]:
        """Return the grants of a principal, each with its node."""
        held = self._grants.get(source)
        if isinstance(held, Grant):
            onto = self._hierarchy.node(held.resource, held.declared)
            return ((onto, held),) if onto else ()
        return () if held is None else self._placed(held)

    def grants(self) -> Iterator[Grant]:
        """Yield the grants, principal by principal."""
        for held in self._grants.values():
            yield from held if isinstance(held, list) else (held,)

    def items(self) -> Iterable[tuple[str, Sequence[tuple[Node, Grant]]]]:
        """Return every principal with its grants and their nodes."""
        return ((source, self._placed(held)) for source, held in self._grants.items())

    def _placed(self, held: Grant | list[Grant]) -> Sequence[tuple[Node, Grant]]:
        node = self._hierarchy.node
        grants = held if isinstance(held, list) else (held,)
        return [(onto, grant) for grant in grants if (onto := node(grant.resource, grant.declared))]


def alike(grant: Grant) -> tuple[str, str] | None:
    """Return what alike grants have in common; None if the role may be another one in the next configuration."""
    role = grant.role
    is_googles = isinstance(role, str) and role.startswith("roles/") and "${" not in role
    return (str(role), grant.resource.kind) if is_googles else None
