"""What runs as accounts, and what is bound to them: resources, workloads and federated identities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from iamlint.access.asking import access_of
from iamlint.basics.frozen import frozen
from iamlint.estate import Estate, Node, identity
from iamlint.facts import Attachment, Declaration, Grant, Pool, Resource, Text, default_account
from iamlint.graph.counted import Counted, Counts
from iamlint.graph.edge_permissions import OF_CALLS
from iamlint.graph.placement import BOUND_KINDS, by_node
from iamlint.pools import pool_in
from iamlint.unknown import shown

if TYPE_CHECKING:
    from iamlint.estate.blockers import Blocker


@frozen
class Running:
    """A resource that runs as an account: the places where grants count for the resource, and for the account."""

    attachment: Attachment
    around: tuple[Node, ...]
    account: tuple[Node, ...]
    disabled: Blocker | None

    @property
    def onto(self) -> Node:
        """The account."""
        return self.account[0]

    @property
    def at(self) -> tuple[Node, ...]:
        """The nodes where grants count."""
        return (*self.around, *self.account)

    @property
    def beyond(self) -> Iterable[Node]:
        """The nodes among these that do not contain the account."""
        return (node for node in self.around if node not in self.account)


@frozen
class Bound:
    """A grant that lets workloads or identities of a project become an account, ``onto``.

    ``around`` are the containers of the account. ``counts`` says whether the grant gives them this.
    """

    grant: Grant
    kind: str
    project: tuple[Node, ...]
    onto: Node
    around: tuple[Node, ...]
    counts: Counts

    @property
    def at(self) -> tuple[Node, ...]:
        """The nodes where grants count."""
        return self.project

    @property
    def beyond(self) -> Iterable[Node]:
        """The nodes among these that do not contain the account."""
        return (node for node in self.project if node not in self.around)


_Use = TypeVar("_Use", Running, Bound)


class Uses(Generic[_Use]):
    """Uses of accounts, by the account, and by the nodes where a grant may let its holder take part in them.

    ``beyond`` has them by the nodes that do not contain the account.
    """

    def __init__(self, every: Iterable[_Use] = ()) -> None:
        self.every: Sequence[_Use] = tuple(every)
        self.of: Mapping[Node, tuple[_Use, ...]] = by_node((one.onto, one) for one in self.every)
        self.at: Mapping[Node, tuple[_Use, ...]] = by_node((node, one) for one in self.every for node in one.at)
        self.beyond: Mapping[Node, tuple[_Use, ...]] = by_node((node, one) for one in self.every for node in one.beyond)


class Used:
    """The accounts of an estate that something runs as, or may become."""

    def __init__(self, estate: Estate) -> None:
        self._estate, self._hierarchy = estate, estate.hierarchy
        self._counted, self._access = Counted(estate), access_of(estate)

    @cached_property
    def running(self) -> Uses[Running]:
        """The resources that run as accounts."""
        return Uses(self._running())

    @cached_property
    def bound(self) -> Uses[Bound]:
        """The grants that let Kubernetes workloads and federated identities become accounts."""
        return Uses(self._bound())

    def _running(self) -> Iterator[Running]:
        for one in self._estate.of(Attachment):
            account = self._account_of(one)
            if account:
                own = self._hierarchy.node(one.resource, one.declared)
                around = (*((own,) if own else ()), *self._above(one.project, one.declared))
                yield Running(one, around, account, self._access.disabled(account[0][1], one.declared))

    def _account_of(self, one: Attachment) -> tuple[Node, ...]:
        """Return the account that something runs as, with its containers: the named one, or the project's default."""
        if one.account is not None:
            return self._hierarchy.around(one.account, one.declared)
        project = self._above(one.project, one.declared)[:1]
        return self._defaults.get((str(one.default), project[0]), ()) if project else ()

    @cached_property
    def _defaults(self) -> Mapping[tuple[str, Node], tuple[Node, ...]]:
        """Return the default accounts that have grants, by what they are for and by their project.

        Cloud Build's is left out: what it runs as by default depends on the project's age.
        """
        found: dict[tuple[str, Node], tuple[Node, ...]] = {}
        for grant in self._estate.of(Grant):
            email = grant.principal.account or ""
            use = default_account(email)
            around = self._hierarchy.around(email, grant.declared) if use and use != "cloud_build" else ()
            if use and len(around) > 1:
                found.setdefault((use, around[1]), around)
        return found

    def _above(self, project: Text | None, declared: Declaration) -> tuple[Node, ...]:
        if project is None:
            return ()
        return self._hierarchy.above(Resource("project", project), declared)

    def _bound(self) -> Iterator[Bound]:
        for grant in self._estate.of(Grant):
            kind = BOUND_KINDS.get(grant.principal.kind)
            if kind is None or grant.resource.kind != "service_account":
                continue
            name = identity(grant.resource.name, grant.declared)
            if name is None:
                continue
            tokens = self._estate.permissions(grant.role, grant.declared)[0] & OF_CALLS
            around = self._above(self._project(grant), grant.declared) if tokens else ()
            counts = self._counted.decided(grant, *sorted(tokens)) if around else None
            if counts:
                above = self._hierarchy.around(grant.resource.name, grant.declared)[1:]
                yield Bound(grant, kind, around, ("service_account", name), above, counts)

    def _project(self, grant: Grant) -> str | None:
        """Return the project of a federated principal's pool, as the principal names it."""
        pool = pool_in(grant.principal.text)
        if pool is None or pool.project is None:
            return None
        key = identity(pool.project, grant.declared)
        return self._pools.get(key, pool.project) if key else None

    @cached_property
    def _pools(self) -> Mapping[str, str]:
        """Return the projects of the declared pools, by the reference to their number."""
        found: dict[str, str] = {}
        for pool in self._estate.of(Pool):
            named = pool_in(shown(pool.name))
            key = identity(f"${{{pool.declared.address}.project_number}}", pool.declared)
            if key and named and named.project:
                found[key] = named.project
        return found
