"""The custom roles that principals hold: who may change one and holds it has each of its new permissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from iamlint.estate import Estate, Node, principal_node
from iamlint.facts import Grant, Resource
from iamlint.unknown import shown


class CustomRoles:
    """The custom roles of an estate by their holders, each with where it is granted and where it is defined."""

    def __init__(self, estate: Estate, grants: Iterable[Grant]) -> None:
        self._estate = estate
        self._held: dict[str, set[tuple[Node, Node | None]]] = defaultdict(set)
        for grant in grants:
            if isinstance(grant.role, str) and grant.role.startswith("roles/"):
                continue
            node = estate.hierarchy.node(grant.resource, grant.declared)
            name = principal_node(grant)
            if node and name:
                self._held[name].add((node, _home_of(grant, estate)))

    def __contains__(self, name: str) -> bool:
        return name in self._held

    def lend(self, member: str, sets: Iterable[str]) -> None:
        """Let a principal hold the roles of the sets that it is in."""
        self._held[member].update(*(self._held.get(one, ()) for one in sets))

    def is_held(self, name: str, node: Node) -> bool:
        """Whether a principal holds a role on a node or above it that who may change the roles of the node can change.

        These are the roles that are defined there or below.
        """
        containers = self._estate.hierarchy.containers
        around = frozenset(containers(node))
        held = self._held.get(name, ())
        return any(on in around and (home is None or node in containers(home)) for on, home in held)


def _home_of(grant: Grant, estate: Estate) -> Node | None:
    """Return the project or organization that a custom role belongs to; None if its name does not say."""
    kind, _, name = shown(grant.role).partition("/roles/")[0].partition("/")
    if "$" in name or kind not in ("projects", "organizations"):
        return None
    return estate.hierarchy.node(Resource(kind.removesuffix("s"), name), grant.declared)
