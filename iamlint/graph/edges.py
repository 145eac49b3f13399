"""The direct edges: which principal has which power over an account, or over a container of accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from iamlint.access import Decision, access_of, counts_on
from iamlint.estate import CONTAINERS, Estate, Node, identity, principal_node, role_scope
from iamlint.facts import CustomRole, Declaration, Grant, Principal, ServiceAccount, Text
from iamlint.graph.powers import POWERS, STRONG, EdgeKind, changes
from iamlint.location import Location
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.methods import agent_methods, bound_methods, deploy_permissions, deployments
from iamlint.unknown import Truth, Unknown

_WHOLE = frozenset(STRONG)
"""What the holder of a policy administrator's role must be able to grant to count as one."""
_STRONGEST = (*reversed(POWERS["ancestor"]), *POWERS["policy"], *POWERS["token"], *POWERS["key"], *POWERS["attach"])
_LOOKED_AT = 50
"""Privileged accounts of a container beyond which none is looked for that a principal has not the power of."""
_COMPARED = 5
"""The strongest privileges of such an account that are compared with those of the principal."""
_PEOPLE = ("user:", "group:", "domain:")
_ON_ACCOUNTS = ("service_account", *CONTAINERS)


@dataclass(frozen=True, slots=True)
class Edge:
    """A power that a grant gives ``source`` over ``onto``: an account, or everything in a container.

    ``permissions`` are those that make it, empty where it is not known whether the role has them. ``verdict`` says
    whether it is open: true, or unknown with the reasons. One that is ``closed`` leads nowhere and is there to be told:
    its verdict is unknown, with what closes it.
    """

    source: str
    onto: Node
    kind: EdgeKind
    grant: Grant
    permissions: tuple[str, ...]
    verdict: Verdict
    closed: bool = False


@dataclass(frozen=True, slots=True)
class _Powers:
    """What is of interest in a role: all its permissions, and those that make edges.

    ``changes`` says whether it does more than look, ``unknown`` why there may be more.
    """

    all: frozenset[str]
    held: frozenset[str]
    changes: bool
    unknown: Unknown | None


class _Edges:
    """Edges by what they lead to, and those to tokens and delegations by who has them; what is closed apart."""

    def __init__(self) -> None:
        self.onto: dict[Node, list[Edge]] = defaultdict(list)
        self.closed: dict[Node, list[Edge]] = defaultdict(list)
        self.calls: dict[str, list[Edge]] = defaultdict(list)
        self.closed_calls: dict[str, list[Edge]] = defaultdict(list)

    def add(self, edges: Iterable[Edge]) -> None:
        for edge in edges:
            (self.closed if edge.closed else self.onto)[edge.onto].append(edge)
            if edge.kind in ("token", "delegate"):
                (self.closed_calls if edge.closed else self.calls)[edge.source].append(edge)


class Graph:
    """The direct edges of an estate, by who has them and by what they lead to. Made in time linear in the grants."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.hierarchy = estate.hierarchy
        self._access = access_of(estate)
        self._powers: dict[tuple[str, str], _Powers] = {}
        self._relevant: dict[str, list[tuple[Node, Grant]]] = defaultdict(list)
        self._on_accounts = _Edges()
        self._own: dict[str, dict[Node, list[frozenset[str]]]] = {}
        self._sources: dict[Node, Mapping[str, Sequence[Edge]]] = {}
        self._tokens: dict[str, Set[Node]] = {}
        self._on: dict[str, Mapping[Node, list[tuple[int, Grant]]]] = {}
        self._granted: set[Node] = set()
        self._whole: set[Node] = set()
        viewer, _ = estate.permissions("roles/viewer", Declaration(Location("")))
        self._viewer = viewer
        for grant in estate.of(Grant):
            self._add(grant)
        for one in estate.replaced:  # an export shows the whole, though Terraform may say all of it again
            node = self.hierarchy.node(one.grant.resource, one.grant.declared)
            if node:
                self._whole.add(node)

    def _add(self, grant: Grant) -> None:
        if grant.resource.kind not in _ON_ACCOUNTS:
            return
        onto = self.hierarchy.node(grant.resource, grant.declared)
        if onto:
            self._granted.add(onto)
            if grant.origin in ("export", "policy"):
                self._whole.add(onto)
        placed = self._placed(grant, onto)
        if onto and placed:
            source, powers = placed
            self._relevant[source].append((onto, grant))
            if onto[0] == "service_account":
                self._on_accounts.add(self._edges(grant, source, onto, powers))

    def _placed(self, grant: Grant, onto: Node | None) -> tuple[str, _Powers] | None:
        """Who holds a grant and what is of interest in its role; None where nothing is."""
        powers = self.powers(grant.role, grant.declared)
        weighty = grant.resource.kind in ("folder", "organization") and powers.changes
        if onto is None or (not powers.held and not powers.unknown and not weighty):
            return None
        return principal_node(grant) or f"nobody known, {id(grant)}", powers

    @cached_property
    def _every(self) -> _Edges:
        """The edges onto containers, too: most of all, which nobody asks about where nothing is delegated."""
        found = _Edges()
        for grant in self.estate.of(Grant):
            known = grant.resource.kind in _ON_ACCOUNTS
            onto = self.hierarchy.node(grant.resource, grant.declared) if known else None
            placed = self._placed(grant, onto)
            if onto and placed:
                found.add(self._edges(grant, placed[0], onto, placed[1]))
        return found

    def _onto(self, node: Node) -> _Edges:
        return self._on_accounts if node[0] == "service_account" else self._every

    def _edges(self, grant: Grant, source: str, onto: Node, powers: _Powers) -> Iterator[Edge]:
        for kind, held in _kinds(powers.held, onto[0], may_be_any=powers.unknown is not None):
            if held and self._access.is_plain(grant):
                yield Edge(source, onto, kind, grant, held, TRUE)
                continue
            found = self._decided(grant, held or POWERS[kind])
            if found.blocked:
                yield Edge(source, onto, kind, grant, held, _told(found), closed=True)
            elif found.truth is not Truth.FALSE:
                yield Edge(source, onto, kind, grant, found.permissions if held else (), _verdict(found))

    def _decided(self, grant: Grant, permissions: tuple[str, ...]) -> Decision:
        return self._access.decide(grant, permissions, to_grant=_WHOLE)

    def counts(self, grant: Grant, permissions: tuple[str, ...]) -> Verdict:
        """Whether one of the permissions counts; where all are closed, unknown with what closes them."""
        if self._access.is_plain(grant):
            return TRUE
        found = self._decided(grant, permissions)
        return _told(found) if found.blocked else _verdict(found)

    def powers(self, role: Text, declared: Declaration) -> _Powers:
        """What is of interest in a role; worked out once for each."""
        name = identity(role, declared)
        key = name or "", role_scope(role, declared)
        if name is None or key not in self._powers:
            held, unknown = self.estate.permissions(role, declared)
            found = _Powers(held, held & relevant_permissions(), changes(held, self._viewer), unknown)
            if name is None:
                return found
            self._powers[key] = found
        return self._powers[key]

    # -- edges ------------------------------------------------------------------------------------------------------

    def onto(self, account: Text, declared: Declaration) -> Iterator[Edge]:
        """The edges onto an account: those on itself first, then those that it inherits."""
        for node in self.hierarchy.around(account, declared):
            yield from self.on(node)

    def closed_onto(self, account: Text, declared: Declaration) -> Iterator[Edge]:
        """What would be such edges if nothing closed them."""
        for node in self.hierarchy.around(account, declared):
            yield from self.closed_on(node)

    def calls(self, account: str) -> list[Edge]:
        """The edges by which an account asks for tokens, or is let to the next in a chain: tokens and delegations."""
        return self._every.calls.get(account, [])

    def closed_calls(self, account: str) -> list[Edge]:
        """What would be such edges if nothing closed them."""
        return self._every.closed_calls.get(account, [])

    def callers_in(self, node: Node) -> list[str]:
        """The accounts of a container, or the account itself, that have edges of this kind."""
        if node[0] == "service_account":
            return [node[1]] if self.calls(node[1]) or self.closed_calls(node[1]) else []
        return self._callers_in.get(node, [])

    def around_caller(self, account: str) -> tuple[Node, ...]:
        """An account that has edges of this kind, and what it lies in; nothing for who is no account."""
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
        """The delegations onto accounts themselves, not onto what they lie in; those that are closed come last."""
        for edges_on in (self._on_accounts.onto, self._on_accounts.closed):
            for edges in edges_on.values():
                yield from (edge for edge in edges if edge.kind == "delegate")

    def on(self, node: Node) -> Sequence[Edge]:
        """The edges onto one node, without what it inherits."""
        return self._onto(node).onto.get(node, ())

    def closed_on(self, node: Node) -> Sequence[Edge]:
        """What would be edges onto one node if nothing closed them."""
        return self._onto(node).closed.get(node, ())

    def sources_on(self, node: Node) -> Mapping[str, Sequence[Edge]]:
        """The edges onto one node by who has them."""
        if node not in self._sources:
            self._sources[node] = found = defaultdict[str, list[Edge]](list)
            for edge in self.on(node):
                found[edge.source].append(edge)
        return self._sources[node]

    def tokens_of(self, account: str) -> Set[Node]:
        """What an account may ask for tokens of itself: accounts, and containers of them."""
        if account not in self._tokens:
            self._tokens[account] = {edge.onto for edge in self.calls(account) if edge.kind == "token"}
        return self._tokens[account]

    @property
    def has_closed(self) -> bool:
        """Whether any edge is closed."""
        return bool(self.estate.blockers) and bool(self._every.closed)

    def is_granted_on(self, node: Node) -> bool:
        """Whether the input has any grant on a resource."""
        return node in self._granted

    def has_policy(self, node: Node) -> bool:
        """Whether the input has the whole policy of a resource: an export, or a Terraform policy that owns it."""
        return node in self._whole

    # -- privilege --------------------------------------------------------------------------------------------------

    def privileges(self, source: str) -> list[tuple[Grant, Verdict]]:
        """The grants that make an account privileged, each with whether it counts.

        Those that certainly count come first, the strongest of them first; one that is closed is unknown, with what
        closes it. On a project, folder or organization a role that reaches other accounts or widens access, such as
        Owner and Editor, or that attaches accounts where the principal also deploys; on a folder or organization any
        role that does more than look. Unknown roles are not taken for strong.
        """
        return self._privileges.get(source, [])

    @cached_property
    def _privileges(self) -> dict[str, list[tuple[Grant, Verdict]]]:
        found: dict[str, list[tuple[Grant, Verdict]]] = {}
        for source, held in self._relevant.items():
            if held[0][1].principal.text.startswith(_PEOPLE):  # nobody asks what they have
                continue
            deploys = set() if self._all_strong(held) else self._deploys_on(held)
            strong = [(grant, self._enabled(grant) & self._privilege(onto, grant, deploys)) for onto, grant in held]
            open_ = [(grant, verdict) for grant, verdict in strong if verdict.truth is not Truth.FALSE]
            if len(open_) == 1:
                found[source] = open_
            elif open_:
                found[source] = sorted(open_, key=lambda one: (one[1].truth is not Truth.TRUE, self._weakness(one[0])))
        return found

    def _deploys_on(self, held: list[tuple[Node, Grant]]) -> set[Node]:
        """Where these grants let their holder deploy as an account that it may attach."""
        found: dict[Node, frozenset[str]] = defaultdict(frozenset)
        for onto, grant in held:
            if onto[0] in CONTAINERS:
                found[onto] |= self.powers(grant.role, grant.declared).held
        around = {onto: [found[one] for one in self.hierarchy.containers(onto) if one in found] for onto in found}
        return {onto for onto, held_around in around.items() if deployments(frozenset[str]().union(*held_around))}

    def _all_strong(self, held: list[tuple[Node, Grant]]) -> bool:
        """Whether each of these grants certainly makes its holder privileged, who may deploy or not."""
        if self.estate.blockers:
            return False
        return all(grant.condition is None and self._held(grant, STRONG) for _, grant in held)

    def _enabled(self, grant: Grant) -> Verdict:
        """Whether a principal can act at all: nobody has the tokens of an account that is disabled."""
        step = self._access.enabled(grant)
        return TRUE if step.truth is Truth.TRUE else Verdict(Truth.UNKNOWN, step.reasons)

    def _privilege(self, onto: Node, grant: Grant, deploys: set[Node]) -> Verdict:
        """Whether a grant makes its holder privileged, who deploys on these resources."""
        if onto[0] not in CONTAINERS:
            return FALSE
        strong = self._held(grant, STRONG)
        if self._held(grant, POWERS["attach"]) and not deploys.isdisjoint(self.hierarchy.containers(onto)):
            strong = (*strong, *POWERS["attach"])
        changes = onto[0] != "project" and self.powers(grant.role, grant.declared).changes
        return self.counts(grant, strong) if strong or changes else FALSE

    def _held(self, grant: Grant, permissions: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the permissions that a grant gives where it is made."""
        return _useful(permissions, self.powers(grant.role, grant.declared).held, grant.resource.kind)

    def _weakness(self, grant: Grant) -> tuple[int, int]:
        """How a privilege is sorted among others: the strongest permissions first, then the widest resource."""
        held = self.powers(grant.role, grant.declared).held
        return _rank(held), -CONTAINERS.index(grant.resource.kind)

    def beyond(self, account: str, other: str, most: int | None = None) -> list[tuple[Grant, Verdict]]:
        """The privileges of an account that another principal does not hold itself, on the same thing or above.

        ``most`` is how many of the account's privileges are looked at, the strongest first.
        """
        return list(self._beyond(account, other, most))

    def gained(self, account: str, other: str) -> tuple[Grant, Verdict] | None:
        """The first of these privileges that certainly counts, else the first; None where there is none."""
        first: tuple[Grant, Verdict] | None = None
        for found in self._beyond(account, other):
            if found[1].truth is Truth.TRUE:
                return found
            first = first or found
        return first

    def _beyond(self, account: str, other: str, most: int | None = None) -> Iterator[tuple[Grant, Verdict]]:
        own = self._permissions_on(other)
        for grant, verdict in self.privileges(account)[:most]:
            node = self.hierarchy.node(grant.resource, grant.declared) if own else None
            wanted = self.powers(grant.role, grant.declared).all
            above = self.hierarchy.containers(node) if node else ()
            if not any(_within(wanted, held) for onto in above for held in own.get(onto, ())):
                yield grant, verdict

    def _permissions_on(self, source: str) -> dict[Node, list[frozenset[str]]]:
        """The permissions of each role of interest that a principal holds, by what it holds it on."""
        if source not in self._own:
            own: dict[Node, list[frozenset[str]]] = {}
            for onto, grant in self._relevant.get(source, ()):
                own.setdefault(onto, []).append(self.powers(grant.role, grant.declared).all)
            self._own[source] = own
        return self._own[source]

    # -- what lies below a container --------------------------------------------------------------------------------

    @cached_property
    def holders(self) -> dict[str, list[tuple[str, Principal]]]:
        """All who hold a role of interest, by their kinds."""
        found: dict[str, list[tuple[str, Principal]]] = defaultdict(list)
        for source, held in self._relevant.items():
            principal = held[0][1].principal
            found[principal.kind].append((source, principal))
        return found

    def privileged_accounts(self) -> list[tuple[str, Grant]]:
        """The accounts that have privileges, each with the strongest grant that gives one."""
        return self._privileged_accounts

    @cached_property
    def _privileged_accounts(self) -> list[tuple[str, Grant]]:
        strongest = ((source, strong[0][0]) for source, strong in self._privileges.items())
        return [(source, grant) for source, grant in strongest if _is_account(grant.principal)]

    @property
    def privileged_nodes(self) -> Set[Node]:
        """The privileged accounts, and the containers that they lie in."""
        return self._privileged_below.keys()

    def accounts_below(self, node: Node) -> Sequence[str]:
        """The privileged accounts in a container, or the account itself."""
        return self._privileged_below.get(node, ())

    def privileged_below(self, node: Node, source: str) -> tuple[str, Grant] | None:
        """A privileged account in a container, other than the one that asks, with the grant that makes it so."""
        for account in self._privileged_below.get(node, [])[:_LOOKED_AT]:
            if account != source:
                found = next(self._beyond(account, source, _COMPARED), None)
                if found and found[1].truth is Truth.TRUE:
                    return account, found[0]
        return None

    @cached_property
    def _privileged_below(self) -> dict[Node, list[str]]:
        below: dict[Node, list[str]] = defaultdict(list)
        for source, grant in self.privileged_accounts():
            if grant.principal.kind in ("service_account", "default_service_account"):
                for node in self.hierarchy.around(grant.principal.email or "", grant.declared):
                    below[node].append(source)
        return below

    @property
    def grants(self) -> Iterator[tuple[Node, Grant]]:
        """The grants of interest, each with what it is on."""
        return (placed for held in self._relevant.values() for placed in held)

    def held_on(self, source: str) -> Mapping[Node, list[tuple[int, Grant]]]:
        """The grants of interest of a principal by what they are on, each with its place in their order."""
        if source not in self._on:
            self._on[source] = found = defaultdict[Node, list[tuple[int, Grant]]](list)
            for number, (onto, grant) in enumerate(self._relevant.get(source, ())):
                found[onto].append((number, grant))
        return self._on[source]

    def grants_of(self, role: CustomRole) -> list[Grant]:
        """The grants of a custom role that the input defines."""
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
        """The accounts that the input declares, by their one name."""
        return {
            name: account
            for account in reversed(self.estate.of(ServiceAccount))
            if (name := identity(account.email, account.declared))
        }


def _is_account(principal: Principal) -> bool:
    return principal.text.startswith("serviceAccount:") and bool(principal.email)


def _told(closed: Decision) -> Verdict:
    """What stays in view of what is closed: it leads nowhere, and a reader shall see why."""
    return Verdict(Truth.UNKNOWN, closed.reasons, facts=closed.facts)


def _verdict(found: Decision) -> Verdict:
    return Verdict(found.truth, found.reasons)


# The same few roles are granted again and again, so that what is asked of them alone is asked once.


@lru_cache(maxsize=4096)
def _kinds(held: frozenset[str], on: str, *, may_be_any: bool) -> tuple[tuple[EdgeKind, tuple[str, ...]], ...]:
    """The kinds of edges that permissions make on a kind of resource, each with those that make it."""
    kinds = [(kind, _useful(listed, held, on)) for kind, listed in POWERS.items()]
    possible = [(kind, useful) for kind, useful in kinds if kind != "ancestor" or on != "service_account"]
    return tuple((kind, useful) for kind, useful in possible if useful or may_be_any)


@lru_cache(maxsize=4096)
def _useful(permissions: tuple[str, ...], held: frozenset[str], on: str) -> tuple[str, ...]:
    """Those of the permissions that are held, and are of use on a kind of resource."""
    return tuple(one for one in permissions if one in held and counts_on(one, on))


@lru_cache(maxsize=4096)
def _rank(held: frozenset[str]) -> int:
    """Where the strongest of the permissions stands among the strongest of all."""
    return min((rank for rank, permission in enumerate(_STRONGEST) if permission in held), default=len(_STRONGEST))


@lru_cache(maxsize=4096)
def _within(wanted: frozenset[str], held: frozenset[str]) -> bool:
    """Whether one role has all that another has."""
    return wanted <= held


@cache
def relevant_permissions() -> frozenset[str]:
    """Return the permissions of edges and privileges, and those to deploy or to use an agent, a cluster or a pool."""
    others = {need.permission for method in (*agent_methods(), *bound_methods()) for need in method.needs}
    return frozenset(STRONG) | {one for listed in POWERS.values() for one in listed} | deploy_permissions() | others


def graph_of(estate: Estate) -> Graph:
    """The graph of an estate, made when first asked for and kept with it."""
    return estate.made(Graph)
