"""The direct edges: the access that a principal has to an account, or to a container of accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property

from iamlint.access.asking import access_of
from iamlint.access.decision import Decision
from iamlint.estate import CONTAINERS, Estate, Node, identity, principal_node, role_scope
from iamlint.facts import NOBODY, CustomRole, Declaration, Grant, Principal, ServiceAccount, Text
from iamlint.graph.edge_index import Edge, EdgeIndex
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS, PRIVILEGED, TO_GRANT, changes
from iamlint.graph.held_grants import HeldGrants, Strong, packed, strongest_of
from iamlint.graph.of_roles import RolePermissions, kinds_of_edges, rank, relevant_permissions, strongest, useful
from iamlint.graph.own_access import OwnAccess
from iamlint.graph.placement import ON_ACCOUNTS
from iamlint.graph.workload_privileges import PEOPLE, privileges_of_workloads
from iamlint.location import Location
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.methods.index import deployments
from iamlint.principals import is_of_builds
from iamlint.unknown import Truth, Unknown

_LOOKED_AT = 50
"""Maximum number of privileged accounts of a container that are compared with a principal's own privileges."""
_COMPARED = 5
"""Number of such an account's strongest privileges that are compared with those of the principal."""
_MOST_KEPT = 100
"""Maximum number of remembered answers of a kind: those about a principal or a project mostly come together."""
_MOST_BELOW = 2_000
"""The same for privileged accounts below a resource, where principals with the same access share an answer."""


class Graph:
    """The direct edges of an estate, by source and by target. Built in time linear in ``grants``, by default all."""

    def __init__(self, estate: Estate, grants: Iterable[Grant] | None = None) -> None:
        self.estate = estate
        self.hierarchy = estate.hierarchy
        self._access = access_of(estate)
        self._powers: dict[tuple[str, str], RolePermissions] = {}
        self._predefined: dict[str, RolePermissions] = {}
        self._relevant = HeldGrants(estate.hierarchy)
        self._on_accounts = EdgeIndex()
        self._own = OwnAccess(estate, self._relevant, self._all_of, strongest)
        self._sources: dict[Node, Mapping[str, Sequence[Edge]]] = {}
        self._below: dict[tuple[Node, Hashable], tuple[str, Grant] | None] = {}
        self._tokens: dict[str, Set[Node]] = {}
        self._on: dict[str, Mapping[Node, list[tuple[int, Grant]]]] = {}
        self._all: Sequence[Grant] = estate.of(Grant) if grants is None else tuple(grants)
        for grant in self._all:
            self._add(grant)

    @cached_property
    def _viewer(self) -> frozenset[str]:
        return self.estate.permissions("roles/viewer", Declaration(Location("")))[0]

    def _add(self, grant: Grant) -> None:
        if grant.resource.kind not in ON_ACCOUNTS:
            return
        onto = self.hierarchy.node(grant.resource, grant.declared)
        placed = self._placed(grant, onto)
        if onto and placed:
            source, powers = placed
            self._relevant.add(source, grant)
            if onto[0] == "service_account":
                for edge in self._edges(grant, source, onto, powers):
                    self._on_accounts.add_onto(edge)

    def _placed(self, grant: Grant, onto: Node | None) -> tuple[str, RolePermissions] | None:
        """Return the holder of a grant and the relevant permissions of its role; None if nobody has a relevant one by
        it."""
        if grant.principal.kind in NOBODY:
            return None
        powers = self.powers(grant.role, grant.declared)
        weighty = grant.resource.kind in ("folder", "organization") and powers.changes
        if onto is None or (not powers.held and not powers.unknown and not weighty):
            return None
        return principal_node(grant) or f"nobody known, {id(grant)}", powers

    @cached_property
    def _every(self) -> EdgeIndex:
        """The edges onto containers, too: most edges, but only needed if there are delegations.

        Those onto accounts are known by target already.
        """
        found = EdgeIndex()
        for grant in self.estate.of(Grant):
            known = grant.resource.kind in ON_ACCOUNTS
            onto = self.hierarchy.node(grant.resource, grant.declared) if known else None
            placed = self._placed(grant, onto)
            if onto and placed:
                for edge in self._edges(grant, placed[0], onto, placed[1]):
                    found.add_call(edge)
                    if edge.closed or onto[0] != "service_account":
                        found.add_onto(edge)
        return found

    def _onto(self, node: Node) -> EdgeIndex:
        return self._on_accounts if node[0] == "service_account" else self._every

    def edges_of(self, grant: Grant, source: str, onto: Node) -> Iterator[Edge]:
        """Yield the edges that a relevant grant of a principal makes on its node."""
        return self._edges(grant, source, onto, self.powers(grant.role, grant.declared))

    def _edges(self, grant: Grant, source: str, onto: Node, powers: RolePermissions) -> Iterator[Edge]:
        nothing_blocks = self._access.nothing_blocks(grant)
        for kind, held in kinds_of_edges(powers.held, onto[0], may_be_any=powers.unknown is not None):
            if held and (nothing_blocks or all(self._access.is_plain(grant, one) for one in held)):
                yield Edge(source, onto, kind, grant, held, TRUE)
                continue
            found = self._decided(grant, held or EDGE_PERMISSIONS[kind])
            if found.blocked:
                yield Edge(source, onto, kind, grant, held, _blocked_verdict(found), closed=True)
            elif found.truth is not Truth.FALSE:
                yield Edge(source, onto, kind, grant, found.permissions if held else (), _verdict(found))

    def _decided(self, grant: Grant, permissions: tuple[str, ...]) -> Decision:
        return self._access.decide(grant, permissions, to_grant=TO_GRANT)

    def counts(self, grant: Grant, permissions: tuple[str, ...]) -> Verdict:
        """Whether one of the permissions counts; if all are blocked, unknown, with what blocks them."""
        if self._access.nothing_blocks(grant) or any(self._access.is_plain(grant, one) for one in permissions):
            return TRUE
        if self._access.is_plain(grant):
            return TRUE
        found = self._decided(grant, permissions)
        return _blocked_verdict(found) if found.blocked else _verdict(found)

    def powers(self, role: Text, declared: Declaration) -> RolePermissions:
        """Return the relevant permissions of a role; computed once for each role."""
        known = self._predefined.get(role) if isinstance(role, str) else None
        if known:
            return known
        name = None if isinstance(role, Unknown) and role.options else identity(role, declared)
        key = name or "", role_scope(role, declared)
        if name is None or key not in self._powers:
            held, unknown = self.estate.permissions(role, declared)
            found = RolePermissions(held, held & relevant_permissions(), changes(held, self._viewer), unknown)
            if name is None:
                return found
            self._powers[key] = found
        if not key[1] and role == name:
            self._predefined[name] = self._powers[key]
        return self._powers[key]

    # -- edges ------------------------------------------------------------------------------------------------------

    def onto(self, account: Text, declared: Declaration) -> Iterator[Edge]:
        """Yield the edges onto an account: those on itself first, then the inherited ones."""
        for node in self.hierarchy.around(account, declared):
            yield from self.on(node)

    def calls(self, account: str) -> list[Edge]:
        """Return the edges that let an account request tokens or continue a chain: tokens and delegations."""
        return self._every.calls.get(account, [])

    def closed_calls(self, account: str) -> list[Edge]:
        """Return the blocked edges of this kind."""
        return self._every.closed_calls.get(account, [])

    def callers_in(self, node: Node) -> list[str]:
        """Return the accounts of a container, or the account itself, that have edges of this kind."""
        if node[0] == "service_account":
            return [node[1]] if self.calls(node[1]) or self.closed_calls(node[1]) else []
        return self._callers_in.get(node, [])

    def around_caller(self, account: str) -> tuple[Node, ...]:
        """Return an account that has edges of this kind, with its containers; empty for other names."""
        calls = self.calls(account) or self.closed_calls(account)
        grant = calls[0].grant if calls else None
        if grant is None or not grant.principal.text.startswith("serviceAccount:") or not grant.principal.email:
            return ()
        return self.hierarchy.around(grant.principal.email, grant.declared)

    @cached_property
    def _callers_in(self) -> dict[Node, list[str]]:
        found: dict[Node, list[str]] = defaultdict(list)
        for source in dict.fromkeys((*self._every.calls, *self._every.closed_calls)):
            for node in self.around_caller(source)[1:]:
                found[node].append(source)
        return found

    @property
    def delegations(self) -> Iterator[Edge]:
        """Yield the delegations onto accounts themselves, not onto their containers; blocked ones come last."""
        for edges_on in (self._on_accounts.onto, self._on_accounts.closed):
            for edges in edges_on.values():
                yield from (edge for edge in edges if edge.kind == "delegate")

    def on(self, node: Node) -> Sequence[Edge]:
        """Return the edges onto one node, without inherited ones."""
        return self._onto(node).onto.get(node, ())

    def has_edges_onto(self, account: Node) -> bool:
        """Whether an account has edges onto itself, open or blocked: most of a large estate have none."""
        return account in self._on_accounts.onto or account in self._on_accounts.closed

    def closed_on(self, node: Node) -> Sequence[Edge]:
        """Return the blocked edges onto one node."""
        return self._onto(node).closed.get(node, ())

    def sources_on(self, node: Node) -> Mapping[str, Sequence[Edge]]:
        """Return the edges onto one node, by source."""
        if node not in self._sources:
            self._sources[node] = found = defaultdict[str, list[Edge]](list)
            for edge in self.on(node):
                found[edge.source].append(edge)
        return self._sources[node]

    def tokens_of(self, account: str) -> Set[Node]:
        """Return the nodes whose tokens an account may request by itself: accounts, and containers of accounts."""
        if account not in self._tokens:
            self._tokens[account] = {edge.onto for edge in self.calls(account) if edge.kind == "token"}
        return self._tokens[account]

    @property
    def has_closed(self) -> bool:
        """Whether any edge is blocked."""
        return self._access.any_blocker and bool(self._every.closed)

    def is_granted_on(self, node: Node) -> bool:
        """Whether the input has any grant on a resource."""
        return node in self._granted

    @cached_property
    def _granted(self) -> Set[Node]:
        return self._nodes_of(grant for grant in self._all if grant.resource.kind in ON_ACCOUNTS)

    def has_policy(self, node: Node) -> bool:
        """Whether the input has the whole policy of a resource: an export, or a Terraform policy that owns it."""
        return node in self._whole

    @cached_property
    def _whole(self) -> Set[Node]:
        own = (grant for grant in self._all if grant.resource.kind in ON_ACCOUNTS)
        whole = (grant for grant in own if grant.origin in ("export", "policy"))
        # An export shows everything, even if Terraform repeats all of it.
        return self._nodes_of((*whole, *(one.grant for one in self.estate.replaced)))

    def _nodes_of(self, grants: Iterable[Grant]) -> Set[Node]:
        found = (self.hierarchy.node(grant.resource, grant.declared) for grant in grants)
        return {node for node in found if node}

    # -- privilege --------------------------------------------------------------------------------------------------

    def privileges(self, source: str) -> Sequence[tuple[Grant, Verdict]]:
        """Return the grants that make an account privileged, each with whether it counts.

        Certain grants come first, the strongest of them first; a blocked one is unknown, with what blocks it. On a
        project, folder or organization, a role is a privilege if it reaches other accounts or widens access, such as
        Owner and Editor, or if it attaches accounts and the principal can also deploy; on a folder or organization,
        also any role that does more than read. Unknown roles do not count as privileges.
        """
        found = self._privileges.get(source)
        if found is None and (first := self._relevant.first(source)) and first.principal.text.startswith(PEOPLE):
            found = self._privileges[source] = packed(self._strong(self._relevant.of(source)))
        return ((found, TRUE),) if isinstance(found, Grant) else found or ()

    @cached_property
    def _privileges(self) -> dict[str, Strong]:
        """The privileges of accounts and other workloads; those of people are added on demand, since few are needed."""
        return privileges_of_workloads(self._relevant, self._access, self._strong)

    def _strong(self, held: Sequence[tuple[Node, Grant]]) -> tuple[tuple[Grant, Verdict], ...]:
        if not any([onto[0] in CONTAINERS for onto, _ in held]):  # noqa: C419  # a list is faster than a generator
            return ()
        deploys = set() if self._all_strong(held) else self._deploys_on(held)
        strong = [(grant, self._enabled(grant) & self._privilege(onto, grant, deploys)) for onto, grant in held]
        open_ = [(grant, verdict) for grant, verdict in strong if verdict.truth is not Truth.FALSE]
        if len(open_) < 2:
            return tuple(open_)
        return tuple(sorted(open_, key=lambda one: (one[1].truth is not Truth.TRUE, self.weakness(one[0]))))

    def may_privilege(self, grant: Grant) -> bool:
        """Whether a grant makes, or may make, its holder privileged without another grant."""
        onto = self.hierarchy.node(grant.resource, grant.declared)
        return onto is not None and bool(self._strong([(onto, grant)]))

    def _deploys_on(self, held: Sequence[tuple[Node, Grant]]) -> set[Node]:
        """Return the nodes where these grants let their holder deploy as an account that it may attach."""
        found: dict[Node, frozenset[str]] = defaultdict(frozenset)
        for onto, grant in held:
            if onto[0] in CONTAINERS:
                found[onto] |= self.powers(grant.role, grant.declared).held
        around = {onto: [found[one] for one in self.hierarchy.containers(onto) if one in found] for onto in found}
        return {onto for onto, held_around in around.items() if deployments(frozenset[str]().union(*held_around))}

    def _all_strong(self, held: Sequence[tuple[Node, Grant]]) -> bool:
        """Whether each of these grants certainly makes its holder privileged, with or without deployment."""
        for _, grant in held:
            strong = self._held(grant, PRIVILEGED)
            if not strong:
                return False
            if not self._access.nothing_blocks(grant) and not any(self._access.is_plain(grant, one) for one in strong):
                return False
        return True

    def _enabled(self, grant: Grant) -> Verdict:
        """Whether a principal can act at all: no one gets tokens of a disabled account."""
        if not self._access.any_blocker:
            return TRUE
        step = self._access.enabled(grant)
        return TRUE if step.truth is Truth.TRUE else Verdict(Truth.UNKNOWN, step.reasons)

    def _privilege(self, onto: Node, grant: Grant, deploys: set[Node]) -> Verdict:
        """Whether a grant makes its holder privileged, given the resources where the holder can deploy."""
        if onto[0] not in CONTAINERS:
            return FALSE
        strong = self._held(grant, PRIVILEGED)
        if self._held(grant, EDGE_PERMISSIONS["attach"]) and not deploys.isdisjoint(self.hierarchy.containers(onto)):
            strong = (*strong, *EDGE_PERMISSIONS["attach"])
        changes = onto[0] != "project" and self.powers(grant.role, grant.declared).changes
        return self.counts(grant, strong) if strong or changes else FALSE

    def _held(self, grant: Grant, permissions: tuple[str, ...]) -> tuple[str, ...]:
        """Return the permissions among these that a grant gives on its resource."""
        return useful(permissions, self.powers(grant.role, grant.declared).held, grant.resource.kind)

    def _all_of(self, grant: Grant) -> frozenset[str]:
        return self.powers(grant.role, grant.declared).all

    def weakness(self, grant: Grant) -> tuple[int, int, int]:
        """Return the sort key of privileges: strongest permission, widest resource, and most permissions first."""
        powers = self.powers(grant.role, grant.declared)
        return rank(powers.held), -CONTAINERS.index(grant.resource.kind), -len(powers.all)

    def gained(self, account: str, other: str) -> tuple[Grant, Verdict] | None:
        """Return the first of these privileges that certainly counts, else the first; None without privileges."""
        first: tuple[Grant, Verdict] | None = None
        for found in self._beyond(account, other):
            if found[1].truth is Truth.TRUE:
                return found
            first = first or found
        return first

    def _beyond(self, account: str, other: str) -> Iterator[tuple[Grant, Verdict]]:
        for grant, verdict in self.privileges(account):
            if not self._own.includes(other, grant):
                yield grant, verdict
            elif why := self._own.may_lack(other, grant):
                yield grant, verdict & Verdict(Truth.UNKNOWN, (why.reason,))

    def has_as_much(self, source: str, grant: Grant, *, sure: bool = True) -> bool:
        """Whether a principal has all permissions of a privilege itself, there or on a container.

        ``sure`` asks for those that the role certainly has; without, for all that it may have.
        """
        return self._own.includes(source, grant) and (sure or self._own.may_lack(source, grant) is None)

    # -- what is in a container ---------------------------------------------------------------------------------------

    @cached_property
    def holders(self) -> dict[str, list[tuple[str, Principal]]]:
        """The holders of relevant roles, by kind."""
        found: dict[str, list[tuple[str, Principal]]] = defaultdict(list)
        for source, grant in self._relevant.firsts():
            found[grant.principal.kind].append((source, grant.principal))
        return found

    def privileged_accounts(self) -> Iterator[tuple[str, Grant]]:
        """Yield the accounts that have privileges, each with the strongest grant that gives one."""
        for source in self._privileged:
            held = self._privileges[source]
            yield source, held if isinstance(held, Grant) else strongest_of(held)

    @cached_property
    def privileged_targets(self) -> Sequence[tuple[str, Grant]]:
        """The privileged accounts with edges onto themselves, open or blocked, each with its strongest grant."""
        onto = self._on_accounts
        targets = {node[1] for node in (*onto.onto, *onto.closed)}
        return [(source, grant) for source, grant in self.privileged_accounts() if source in targets] if targets else []

    @cached_property
    def _privileged(self) -> list[str]:
        strong = self._privileges.items()
        return [source for source, held in strong if _is_account(strongest_of(held).principal)]

    @property
    def privileged_nodes(self) -> Set[Node]:
        """The privileged accounts and their containers."""
        return self._privileged_below.keys()

    def privileged_below(self, node: Node, source: str) -> tuple[str, Grant] | None:
        """Return a privileged account in a container, other than ``source``, and the grant that makes it privileged.

        Principals that are alike get the same answer, also one that is in the container: it has each of its privileges
        itself, so it is not the answer either.
        """
        below = self._privileged_below.get(node, ())
        among = (below,) if isinstance(below, str) else below[:_LOOKED_AT]
        if not among:
            return None
        alike = self._own.alike(source)
        key = node, source if alike is None else alike
        if key not in self._below:
            if len(self._below) >= _MOST_BELOW:
                self._below.clear()
            self._below[key] = self._first_beyond(among, source)
        return self._below[key]

    def _first_beyond(self, accounts: Iterable[str], source: str) -> tuple[str, Grant] | None:
        """Return the first of these accounts, other than ``source``, that has certainly more than it, and by what."""
        for account in accounts:
            if account != source:
                held = self.privileges(account)[:_COMPARED]
                found = next((one for one in held if not self._own.includes(source, one[0])), None)
                if found and found[1].truth is Truth.TRUE:
                    return account, found[0]
        return None

    def alike(self, source: str) -> Hashable | None:
        """Return a key that is equal for principals that have the same access everywhere; None if it is not known."""
        return self._own.alike(source)

    @cached_property
    def _privileged_below(self) -> Mapping[Node, str | tuple[str, ...]]:
        """The privileged accounts of containers, and each one at its own node; one alone is not in a tuple."""
        below: dict[Node, list[str]] = defaultdict(list)
        for source, grant in self.privileged_accounts():
            if grant.principal.kind in ("service_account", "default_service_account"):
                around = self.hierarchy.around(grant.principal.account or "", grant.declared)
                for node in around[:1] if is_of_builds(grant.principal.account or "") else around:
                    below[node].append(source)
        return {node: tuple(sources) if len(sources) > 1 else sources[0] for node, sources in below.items()}

    @property
    def grants(self) -> Iterator[Grant]:
        """Yield the relevant grants, principal by principal."""
        return self._relevant.grants()

    @property
    def holders_of_grants(self) -> Iterable[tuple[str, Sequence[tuple[Node, Grant]]]]:
        """The principals, each with its relevant grants and their nodes."""
        return self._relevant.items()

    def held(self, source: str) -> Sequence[tuple[Node, Grant]]:
        """Return the relevant grants of a principal, each with its node."""
        return self._relevant.of(source)

    def held_on(self, source: str) -> Mapping[Node, list[tuple[int, Grant]]]:
        """Return the relevant grants of a principal by node, each with its position in their order."""
        if source not in self._on:
            if len(self._on) >= _MOST_KEPT:
                self._on.clear()
            self._on[source] = found = defaultdict[Node, list[tuple[int, Grant]]](list)
            for number, (onto, grant) in enumerate(self._relevant.of(source)):
                found[onto].append((number, grant))
        return self._on[source]

    def grants_of(self, role: CustomRole) -> list[Grant]:
        """Return the grants of a custom role that the input defines."""
        return self._custom.get(id(role), [])

    @cached_property
    def _custom(self) -> dict[int, list[Grant]]:
        found: dict[int, list[Grant]] = defaultdict(list)
        for grant in self.estate.of(Grant):
            if not isinstance(grant.role, str) or not grant.role.startswith("roles/"):
                role = self.estate.custom_role(grant.role, grant.declared)
                if role is not None:
                    found[id(role)].append(grant)
        return found

    # -- accounts ---------------------------------------------------------------------------------------------------

    @cached_property
    def accounts(self) -> dict[str, ServiceAccount]:
        """The accounts that the input declares, by canonical name."""
        return {
            name: account
            for account in reversed(self.estate.of(ServiceAccount))
            if (name := identity(account.email, account.declared))
        }


def _is_account(principal: Principal) -> bool:
    return principal.text.startswith("serviceAccount:") and bool(principal.account)


def _blocked_verdict(closed: Decision) -> Verdict:
    """Return the verdict of a blocked edge for reports: it leads nowhere, and a reader sees why."""
    return Verdict(Truth.UNKNOWN, closed.reasons, facts=closed.facts)


def _verdict(found: Decision) -> Verdict:
    return Verdict(found.truth, found.reasons)


def graph_of(estate: Estate) -> Graph:
    """Return the graph of an estate, built on first use and kept with the estate."""
    return estate.made(Graph)
