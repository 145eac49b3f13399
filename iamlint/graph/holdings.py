"""The grants of principals that give some permissions, by node."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from iamlint.basics.frozen import frozen
from iamlint.estate import Node
from iamlint.facts import Grant

_NONE: Mapping[Node, Sequence[Held]] = {}


@frozen
class Held:
    """A grant on a node, and its relevant permissions."""

    grant: Grant
    permissions: frozenset[str]
    node: Node


class Holdings:
    """The grants of principals. One alone, as most principals of a large estate have, is kept without its own index."""

    def __init__(self) -> None:
        self._of: dict[str, Held | dict[Node, list[Held]]] = {}

    @property
    def sources(self) -> Collection[str]:
        """The principals."""
        return self._of.keys()

    def add(self, source: str, held: Held) -> None:
        """Add a grant of a principal, after its others."""
        before = self._of.setdefault(source, held)
        if before is held:
            return
        if isinstance(before, Held):
            before = self._of[source] = {before.node: [before]}
        before.setdefault(held.node, []).append(held)

    def of(self, source: str) -> Mapping[Node, Sequence[Held]]:
        """Return the grants of a principal by node."""
        found = self._of.get(source)
        if isinstance(found, Held):
            return {found.node: (found,)}
        return _NONE if found is None else found
