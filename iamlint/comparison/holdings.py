"""Who holds which role on one side: itself, through a set that contains it, or as an account that it can become."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from iamlint.access.asking import access_of
from iamlint.basics.frozen import frozen
from iamlint.budget import Budget
from iamlint.comparison.identities import Identities
from iamlint.estate import Node, identity, principal_node
from iamlint.estate.names import is_there
from iamlint.facts import NOBODY, Bucket, Declaration, Grant, Resource, Text, short_name
from iamlint.federation.unmatched import why_blocked
from iamlint.graph.edge_permissions import PRIVILEGED
from iamlint.paths.search import Reach
from iamlint.unknown import Truth, Unknown, UnknownPart

_MOST_STEPS = 200_000
"""Maximum number of hops followed to find what one principal can become."""


@frozen
class Held:
    """A grant, its holder and resource by common names, and whether it counts."""

    grant: Grant
    principal: str
    node: Node
    truth: Truth
    permissions: frozenset[str]
    unknown: Unknown | None

    @property
    def unknown_answers(self) -> tuple[str, ...]:
        """Why it is not known whether the grant exists, or which role it grants.

        The definition of a custom role tells what it grants; a part of its name may be unknown.
        """
        declared, role = self.grant.declared, self.grant.role
        unknown = (self.unknown.reason,) if isinstance(role, Unknown) and self.unknown else ()
        uncertain = (declared.uncertain,) if declared.uncertain else ()
        return (*uncertain, *is_there(declared).reasons, *unknown)

    @property
    def is_strong(self) -> bool:
        """Whether the role reaches other accounts, or widens access."""
        return not self.permissions.isdisjoint(PRIVILEGED)


class Holdings:
    """The grants of one side by holder.

    ``work`` is for the searches; once it is spent, what a principal can become is known only in part.
    """

    def __init__(self, names: Identities, work: Budget | None = None) -> None:
        self._work = work
        self.names = names
        self.estate = names.side.estate
        self._access = access_of(self.estate)
        self._reached: dict[str, frozenset[str]] = {}

    @cached_property
    def _grants(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = defaultdict(list)
        for grant in self.estate.of(Grant):
            who = principal_node(grant)
            if who:
                found[self.names.name(who)].append(grant)
        return found

    @cached_property
    def _nodes(self) -> dict[Node, tuple[Node, Resource | None, Declaration | None]]:
        """The side's own nodes of buckets and of the grants' resources, each as declared, by their common names."""
        hierarchy = self.estate.hierarchy
        found: dict[Node, tuple[Node, Resource | None, Declaration | None]] = {}
        buckets = ((Resource("storage_bucket", one.name), one.declared) for one in self.estate.of(Bucket))
        for resource, declared in (*buckets, *((one.resource, one.declared) for one in self.estate.of(Grant))):
            node = hierarchy.node(resource, declared)
            if node:
                found.setdefault(self.names.node(node), (node, resource, declared))
        for node in self.names.side.declared:
            found.setdefault(self.names.node(node), (node, None, None))
        return found

    def own(self, principal: str) -> Iterator[Held]:
        """Yield what a principal holds itself, by its common name."""
        for grant in self._grants.get(principal, ()):
            found = self.held(grant)
            if found:
                yield found

    def on(self, nodes: frozenset[Node]) -> Iterator[Held]:
        """Yield the grants on some resources, by their common names."""
        for grants in self._grants.values():
            for grant in grants:
                node = self.estate.hierarchy.node(grant.resource, grant.declared)
                if node and self.names.node(node) in nodes:
                    found = self.held(grant)
                    if found:
                        yield found

    def held(self, grant: Grant) -> Held | None:
        """Return a grant with its holder; None if the holder or the resource is unknown."""
        who, node = principal_node(grant), self.estate.hierarchy.node(grant.resource, grant.declared)
        if who is None or node is None:
            return None
        decided = self._access.decide(grant, ())
        truth = (Truth.UNKNOWN if decided.later else decided.truth) & self._access.enabled(grant).truth
        blocked = why_blocked(grant, self.estate)
        truth &= Truth.TRUE if blocked is None else Truth.UNKNOWN if isinstance(blocked, Unknown) else Truth.FALSE
        if grant.principal.kind in NOBODY:
            truth = Truth.FALSE
        permissions, unknown = self.estate.permissions(grant.role, grant.declared)
        return Held(grant, self.names.name(who), self.names.node(node), truth, permissions, unknown)

    def chain(self, node: Node) -> frozenset[Node] | None:
        """Return a resource and what it is in, by common names; None where the side does not know it."""
        own = self._nodes.get(node)
        if own is None:
            return None
        return frozenset(self.names.node(one) for one in self._above(*own))

    def _above(self, node: Node, resource: Resource | None, declared: Declaration | None) -> Iterable[Node]:
        """Return a node of the side and its containers. ``resource`` is the same, as ``declared`` names it."""
        hops, hierarchy = self.names.side.hops, self.estate.hierarchy
        if node[0] == "service_account":
            return hops.around(node[1]) if node[1] in hops.names.accounts else (node,)
        if resource is None or declared is None or resource.is_container:
            return hierarchy.containers(node)
        named = project_in(resource.name)
        project = hierarchy.node(Resource("project", named), declared) if named else None
        above = hierarchy.containers(project) if project else hierarchy.above(resource, declared, certain=True)
        return (node, *above)

    def covers(self, wanted: Held, nodes: frozenset[Node], principals: Iterator[str]) -> bool:
        """Whether these principals have all permissions of a role on one of these resources, or the role itself."""
        role = identity(wanted.grant.role, wanted.grant.declared)
        missing = wanted.permissions
        for principal in principals:
            for one in self.own(principal):
                if one.truth is not Truth.TRUE or one.node not in nodes:
                    continue
                if wanted.unknown and one.unknown and identity(one.grant.role, one.grant.declared) == role:
                    return True
                missing -= one.permissions
                if not missing and not wanted.unknown:
                    return True
        return not missing and not wanted.unknown

    def itself(self, principal: str) -> Iterator[str]:
        """Yield a principal and the sets that it is in, by their common names."""
        yield principal
        for hop in self.names.side.hops.sets_of(self.names.own(principal)):
            yield self.names.name(hop.target)

    def becomes(self, principal: str) -> Iterator[str]:
        """Yield a principal, the sets that it is in, and the accounts that it certainly can become."""
        yield from self.itself(principal)
        if principal not in self._reached:
            own = self.names.own(principal)
            reach = Reach(self.names.side.hops, own, Budget(_MOST_STEPS, self._work))
            self._reached[principal] = frozenset(
                self.names.name(one) for one in reach if reach.states[one, False] == "open"
            )
        for one in self._reached[principal]:
            if self._work:
                self._work.left -= 1
            yield one


def project_in(name: Text) -> Text | None:
    """Return the project that a resource's name begins with, known or not: that of ``P/T`` or ``projects/P/topics/T``.

    None if the name has no project. A location in its place is a project that nothing is granted on.
    """
    if isinstance(name, str):
        project, slash, _ = short_name(name).partition("/")
        return project if slash and not name.startswith(("organizations/", "folders/")) else None
    match name.parts:
        case (UnknownPart() as part, str(rest), *_) | ("projects/", UnknownPart() as part, str(rest), *_):
            return Unknown(name.reason, (part,)) if rest.startswith("/") else None
        case (str(first), *_) if not first.startswith(("organizations/", "folders/")):
            project, slash, _ = first.removeprefix("projects/").partition("/")
            return project if slash else None
        case _:
            return None
