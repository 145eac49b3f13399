"""Hops: one step from a principal to an account, or to a group that contains it."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cache
from typing import Literal

from iamlint.access.asking import access_of
from iamlint.basics.frozen import frozen
from iamlint.budget import Budget
from iamlint.estate import CONTAINERS, Estate, Node
from iamlint.estate.membership import within
from iamlint.facts import Attachment, Grant, Membership, Resource
from iamlint.graph.counted import asked_alike
from iamlint.graph.default_builds import builds_as_legacy
from iamlint.graph.edge_permissions import TO_GRANT
from iamlint.graph.forbidden import may_be_forbidden, why_forbidden
from iamlint.graph.of_roles import agent_mints
from iamlint.graph.placement import places
from iamlint.graph.ways import Known, Way, Ways
from iamlint.logic.verdict import Verdict
from iamlint.methods.index import bound_methods, is_reported, methods, strength
from iamlint.methods.model import Method, Place
from iamlint.paths.apart import members_apart, members_of_sets
from iamlint.paths.custom_roles import CustomRoles
from iamlint.paths.names import Account, Names, names_of
from iamlint.principals import is_of_builds, read_principal
from iamlint.unknown import Truth

State = Literal["open", "conditional", "closed"]
STATES: tuple[State, ...] = ("open", "conditional", "closed")
"""From the best to the worst."""

_COSTS: Mapping[str, int] = {
    "token": 10,
    "sign": 11,
    "key": 12,
    "delegate": 12,
    "policy": 14,
    "role": 60,  # last: it is looked at apart whether the caller holds the role that it changes
    "attach-create": 20,
    "attach-update": 20,
    "use-attached": 22,
}
_NEAREST = ("account", "account_project", "project", "folder", "organization")
"""The places of permissions, from the nearest to the account on."""
_OTHER = 25
_LIKELY = 10
"""Additional cost of a method that is only likely to work."""
_LESS = 5
"""Additional cost of a method that only gives calls as the account, not its token."""
_MOST_KNOWN = 50_000
"""Combinations of methods whose hops are remembered."""
MEMBER = 1
"""Cost of a membership."""
_NOT_ALONE = frozenset({"sa-enable-key"})
"""Methods that also need something that no grant gives: the private half of an old key."""
_AS_DELEGATE = frozenset({"token", "sign"})
"""The groups of methods whose calls take delegates.

Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
"""
_CALLS_OF_IAM = _AS_DELEGATE | {"id-token", "delegate", "key", "policy"}
"""The groups of methods that are calls of IAM and of its Service Account Credentials API."""
_RUNS_AS = frozenset({"attach-create", "attach-update", "use-attached"})
"""The groups of methods that run code as an account."""
_ON_ACCOUNTS = ("iam.serviceAccounts.", "iam.serviceAccountKeys.")
"""Prefixes of permissions that are checked on the account itself, not on its container."""
_OF_PROJECT = ("project", "account_project", "resource")
"""The places of permissions that are checked in a project: that of the account, or of what runs as it."""
_FULL = frozenset({"identity", "code", "calls"})
"""The yields of methods whose holder can act as the account afterwards."""


@frozen
class Hop:
    """One step of a path. ``source`` and ``target`` are names as in `Names`.

    ``way`` is the method with its grants; None for a membership, and for a machine that runs as the account. Of these,
    ``member`` is the fact that states it, if any: a domain or a pool follows from the name. ``cost`` is higher for
    longer or less certain hops. ``delegates`` says that the source only becomes a delegate of the target, not the
    target itself.
    """

    source: str
    target: str
    way: Way | None
    cost: int
    state: State = "open"
    member: Membership | Attachment | None = None
    delegates: bool = False

    @property
    def method(self) -> str:
        """The id of the method, "member", or "runs-as" for a machine."""
        if self.way:
            return self.way.method.id
        return "runs-as" if isinstance(self.member, Attachment) else "member"

    @property
    def permission(self) -> str:
        """The first permission of the method; "" for a membership."""
        return self.way.method.permissions[0] if self.way and self.way.method.permissions else ""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The grants that give the method its permissions, in their order."""
        return self.way.grants if self.way else ()

    @property
    def calls_iam(self) -> bool:
        """Whether it is a call of IAM, whose token needs the scope cloud-platform or iam."""
        return self.way is not None and self.way.method.group in _CALLS_OF_IAM

    @property
    def takes_delegates(self) -> bool:
        """Whether the source may make this call for a caller whose delegate it is."""
        return self.way is not None and takes_delegates(self.way)


class Hops:
    """The hops of an estate, computed on demand; only those by ``grants``, if they are given."""

    def __init__(self, estate: Estate, grants: Iterable[Grant] | None = None) -> None:
        grants = estate.of(Grant) if grants is None else tuple(grants)
        self.estate = estate
        self.names: Names = names_of(estate)
        self._access = access_of(estate)
        always = _hop_methods()
        among = [one for one in _in_order() if one.id in always or _mints_as_agent(one, estate)]
        self._ways = Ways(estate, among, grants, best_only=True)
        self._sets = {one: self._sets_of(one) for one in members_apart(estate, self.names, self._ways.sources)}
        self.apart = self.lend_apart(self._ways)
        """Members of sets that have the grants of these as their own: a policy or state may concern them alone."""
        members = members_of_sets(self.names, self._ways.sources)
        self._ways.lend({member: self._sets_of(member) for member in members if member not in self.apart})
        self._on: dict[Node, tuple[list[Way], list[Way]]] = {}
        self._perhaps_below: dict[Node, list[str]] = {}
        self._lone: dict[tuple[int, bool], tuple[Known, Known]] = {}
        self._custom = CustomRoles(estate, grants)
        for member in self.apart:
            self._custom.lend(member, self._sets[member])

    def _sets_of(self, name: str) -> Sequence[str]:
        """Return the groups and the sets that a principal is in: by declarations, or by its name."""
        return *self.names.all_groups_of(name), *self.names.sets_of(name)

    @property
    def sources(self) -> Collection[str]:
        """The principals that hold a permission of a method."""
        return self._ways.sources

    def around(self, account: str) -> Sequence[Node]:
        """Return the nodes of an account and its containers, the account first."""
        one = self.names.accounts[account]
        if self.names.is_agent(account):
            return (("service_account", account),)
        return self.estate.hierarchy.around(one.email, one.declared) or (("service_account", account),)

    def certain_around(self, account: str) -> tuple[Node, ...]:
        """Return the nodes of an account and the containers that it is certainly in."""
        one = self.names.accounts[account]
        if self.names.is_agent(account):
            return (("service_account", account),)
        return self.estate.hierarchy.around(one.email, one.declared, certain=True)

    def alike(self, node: Node, target: str) -> Iterator[Hop]:
        """Yield the hops by grants on a node that are the same for every account below it."""
        yield from (_hop(way, target) for way in self._sorted(node)[0] if self._is_open_to(way, target))

    def special(self, node: Node, target: str) -> Iterator[Hop]:
        """Yield the hops by grants on a node that depend on the account: by a condition, or by what may block them."""
        done = set[tuple[str, str]]()  # the first that is open is the best of its source
        for way in self._sorted(node)[1]:
            key = way.source, way.method.apart
            hop = self.hop(way, target) if key not in done and self._is_open_to(way, target) else None
            if hop:
                yield hop
                if hop.state == "open":
                    done.add(key)

    def onto(self, way: Way) -> Iterator[str]:
        """Yield the accounts that a way leads to: that of its node, or those below it."""
        if not is_container(way.onto):
            yield way.onto[1]
            return
        if not is_by_default(way):
            yield from self.names.below(way.onto)
        yield from self.onto_builds(way)

    def onto_builds(self, way: Way) -> Iterator[str]:
        """Yield the accounts of Cloud Build that a way onto a container leads to."""
        yield from (one for one in self.names.builds_below(way.onto) if self._is_open_to(way, one))

    def _is_open_to(self, way: Way, target: str) -> bool:
        """Whether a way gives this account: Cloud Build's own account has no tokens or keys, code runs as it."""
        if is_by_default(way):
            return target in self.names.accounts and self.names.is_of_builds(target)
        return way.method.group in _RUNS_AS or target not in self.names.accounts or not self.names.is_of_builds(target)

    def _sorted(self, node: Node) -> tuple[list[Way], list[Way]]:
        if node not in self._on:
            alike: list[Way] = []
            special: list[Way] = []
            for way in filter(self._counts, self._ways.onto_node(node)):
                (alike if self.is_alike(way) else special).append(way)
            self._on[node] = alike, special
        return self._on[node]

    def through(self, target: str) -> Iterator[Hop]:
        """Yield the hops onto an account through resources that run as it, or through workloads that become it."""
        yield from filter(None, (self.hop(way, target) for way in self._ways.through(("service_account", target))))

    def of(self, source: str) -> Iterator[Way]:
        """Yield the ways of a principal onto accounts and containers."""
        yield from filter(self._counts, self._ways.of(source))

    def named_by(self, source: str) -> Iterator[Way]:
        """Yield the ways of a principal onto the resources of its grants."""
        yield from filter(self._counts, self._ways.named_by(source))

    def lone(self, source: str) -> Sequence[Way]:
        """Return the ways of a principal with plain grants on one container, as most accounts of an export have.

        They give all its hops. Each is open, and the same for all accounts there. Other principals have none of these.
        """
        if source in self._custom:
            return ()
        ways = self._ways.lone(source, self._hops_of_lone)
        return () if ways and ways[0].grants[0].principal.kind == "unknown" else ways

    def _hops_of_lone(self, node: Node, known: Known) -> Known:
        """Return those of the methods that plain grants on a container give which make hops.

        Principals with alike grants have the same ones, which are stored, so that no others get their identity.
        """
        if self._ways.leads_beyond(node):
            return ()
        no_builds = not self.names.builds_below(node)
        key = id(known), no_builds
        if key not in self._lone:
            if len(self._lone) >= _MOST_KNOWN:
                self._lone.clear()
            methods_ = [
                one for one in known if one[0].group != "role" and not (no_builds and one[0].reaches == "default")
            ]
            is_whole = _whole_methods().issuperset(method.id for method, _ in methods_)
            has_hops = is_whole and any(method.group != "delegate" for method, _ in methods_)
            self._lone[key] = known, tuple(methods_) if has_hops else ()
        return self._lone[key][1]

    def through_by(self, source: str, covered: Set[Node], work: Budget) -> Iterator[Way]:
        """Yield the ways of a principal through what runs as accounts, or may become them.

        Those onto accounts of the ``covered`` containers are left out. ``work`` limits what is looked at.
        """
        yield from self._ways.through_by(source, covered, work)

    def _counts(self, way: Way) -> bool:
        """Whether who may change custom roles also holds one of these there: without, it gains nothing by that."""
        return way.method.group != "role" or self._custom.is_held(way.source, way.onto)

    def is_alike(self, way: Way) -> bool:
        """Whether a way onto a container is the same for every account in it."""
        return not _is_over_folders(way) and not is_by_default(way) and self._ways.is_alike(way)

    def answered_as(self, way: Way) -> Hashable:
        """Return what is equal for ways that give hops in the same state to each account of a container.

        A grant with a condition gives hundreds of ways, as none of them is certain.
        """
        if is_by_default(way) or _is_over_folders(way) or may_be_forbidden(way.method):
            return way.onto, way.method.id
        asked = frozenset(
            (id(grant), asked_alike(permission, grant, self._access))
            for grant, (permission, place) in zip(way.grants, places(way.method), strict=False)
            if permission.startswith(_ON_ACCOUNTS) or place in _OF_PROJECT
        )
        state = way.closed, way.verdict.truth, way.verdict.reasons
        return way.onto, asked, state, way.method.group == "delegate", takes_delegates(way), id(way.grants[0])

    def hop(self, way: Way, target: str) -> Hop | None:
        """Return the hop that a way gives to an account; None if a grant certainly does not count there."""
        if self.is_alike(way):
            return _hop(way, target)
        if is_by_default(way):
            return self._by_default(way, target)
        if _is_over_folders(way) and not any(kind == "folder" for kind, _ in self.around(target)):
            return None
        account = self.names.accounts[target]
        closed, verdict = way.closed, way.verdict
        for grant, (permission, place) in zip(way.grants, places(way.method), strict=False):
            asked = self._asked_on(way, permission, place, account)
            if asked is None or asked.kind == grant.resource.kind:
                continue
            if self._access.is_plain(grant, permission, asked, account.declared):
                continue
            found = self._access.decide(grant, (permission,), asked, declared=account.declared, to_grant=TO_GRANT)
            if found.truth is Truth.FALSE and not found.blocked:
                return None
            forbidden = why_forbidden(way.method, replace(grant, resource=asked), self.estate)
            if forbidden:
                closed, verdict = (
                    closed or forbidden.truth is Truth.FALSE,
                    verdict & Verdict(Truth.UNKNOWN, forbidden.reasons),
                )
            closed = closed or found.blocked
            verdict &= Verdict(Truth.UNKNOWN if found.blocked else found.truth, found.reasons, facts=found.facts)
        return _hop(replace(way, closed=closed, verdict=verdict), target)

    def _asked_on(self, way: Way, permission: str, place: Place, account: Account) -> Resource | None:
        """Return the resource on which a permission of a way must hold for an account: a deny policy may be there.

        None if that is the same for all accounts of the grant's resource, or not known.
        """
        if permission.startswith(_ON_ACCOUNTS):
            return Resource("service_account", account.email)
        if place not in _OF_PROJECT or isinstance(way.through, Grant):
            return None
        project = self.estate.hierarchy.project_of(account.email, account.declared)
        if isinstance(way.through, Attachment):
            project = way.through.project
        return Resource("project", project) if project else None

    def _by_default(self, way: Way, target: str) -> Hop | None:
        """Return the hop to the account that builds run as by default; None for other accounts."""
        account = self.names.accounts[target]
        project = self.estate.hierarchy.project_of(account.email, account.declared)
        if project is None or not self.names.is_of_builds(target):
            return None
        runs = builds_as_legacy(way.grants[0], project, self.estate)
        verdict = way.verdict & Verdict(Truth.UNKNOWN if runs.truth is Truth.FALSE else runs.truth, runs.reasons)
        return _hop(replace(way, closed=way.closed or runs.truth is Truth.FALSE, verdict=verdict), target)

    # -- accounts whose containers are not known --------------------------------------------------------------------

    @property
    def above_projects(self) -> Sequence[Node]:
        """The folders and organizations with grants that may give a method."""
        return self._ways.above_projects

    def holders_on(self, node: Node) -> Collection[str]:
        """Return the principals that these grants on a folder or organization are for."""
        return self._ways.holders_on(node)

    def may_contain(self, node: Node, account: str) -> bool:
        """Whether the input does not show if a folder or organization contains an account."""
        if self.names.is_agent(account) or self.names.is_of_builds(account) or node in self.around(account):
            return False
        return within(self.certain_around(account), node) is Truth.UNKNOWN

    def perhaps_on(self, node: Node, target: str) -> Iterator[Hop]:
        """Yield the hops that grants on a folder or organization give to an account that may be in it."""
        for way in (*self._sorted(node)[0], *self._sorted(node)[1]):
            yield self.perhaps(way, target)

    def perhaps_below(self, node: Node) -> Sequence[str]:
        """Return the accounts that may be in a folder or organization, as far as the input shows."""
        if node not in self._perhaps_below:
            self._perhaps_below[node] = [one for one in self.names.accounts if self.may_contain(node, one)]
        return self._perhaps_below[node]

    def perhaps(self, way: Way, target: str) -> Hop:
        """Return the hop that a way onto a folder or organization gives to an account, if it contains the account."""
        account = self.names.accounts[target]
        project = self.estate.hierarchy.project_of(account.email, account.declared)
        inner = Resource("project", project) if project else Resource("service_account", account.email)
        on = next(grant.resource for grant in way.grants if grant.resource.kind == way.onto[0])
        reason = f"the input does not show whether {inner} is in {on}"
        return _hop(replace(way, verdict=way.verdict & Verdict(Truth.UNKNOWN, (reason,))), target)

    def lend_apart(self, ways: Ways) -> Set[str]:
        """Let the members that a blocker may concern alone have the grants of their sets as their own; return them."""
        return ways.lend_as({one: read_principal(self.names.label(one)) for one in self._sets}, self._sets)

    def followed_members_of(self, name: str) -> Iterator[Hop]:
        """Yield the memberships of a group, without the members that have its grants as their own."""
        yield from (hop for hop in self.members_of(name) if hop.source not in self.apart)

    def followed_sets_of(self, name: str) -> Iterator[Hop]:
        """Yield the memberships of a principal; none if it has the grants of its sets as its own."""
        yield from () if name in self.apart else self.sets_of(name)

    def members_of(self, name: str) -> Iterator[Hop]:
        """Yield the memberships that the input declares of a group."""
        for member, fact in self.names.members.get(name, {}).items():
            yield Hop(member, name, None, MEMBER, member=fact)

    def sets_of(self, name: str) -> Iterator[Hop]:
        """Yield the memberships of a principal: declared ones, and those that follow from its name."""
        for group, fact in self.names.groups.get(name, {}).items():
            yield Hop(name, group, None, MEMBER, member=fact)
        for one in self.names.sets_of(name):
            if one in self.names.principals:
                yield Hop(name, one, None, MEMBER)


def _is_over_folders(way: Way) -> bool:
    """Whether a grant on an organization gives the right to set the policies of its folders, and of nothing else."""
    return way.onto[0] == "organization" and any(need.on == "folder" for need in way.method.needs)


def is_by_default(way: Way) -> bool:
    """Whether a way reaches the account that code runs as if it names none."""
    return way.method.reaches == "default"


def takes_delegates(way: Way) -> bool:
    """Whether the method is a call that takes delegates."""
    return way.method.group in _AS_DELEGATE


@cache
def _hop_methods() -> frozenset[str]:
    """Return the ids of the methods that make hops in every estate."""
    return frozenset(one.id for one in methods() if _makes_hop(one))


@cache
def _whole_methods() -> frozenset[str]:
    """Return the ids of the methods that a plain grant on a container gives onto all accounts in it."""
    return frozenset(
        one.id for one in methods() if one.reaches != "default" and "folder" not in [need.on for need in one.needs]
    )


def _makes_hop(method: Method) -> bool:
    if method.group == "delegate":
        return not method.ended
    if method.id in _NOT_ALONE:
        return False
    if method.reaches in ("workloads", "federated"):
        return method in bound_methods()
    if method.reaches == "default":
        return is_reported(method) and method.agent is not None and is_of_builds(method.agent.email)
    return is_reported(method) and method.yields in _FULL and method.reaches in ("named", "below", "attached")


def _hop(way: Way, target: str) -> Hop:
    return Hop(way.source, target, way, _cost(way.method), _state(way), delegates=way.method.group == "delegate")


def hop_onto_each(way: Way) -> Hop:
    """Return the hop of a way that is the same for every account of a container, without a target."""
    return _hop(way, "")


def _mints_as_agent(method: Method, estate: Estate) -> bool:
    """Whether the holder of a method acts as every account of the project by an agent of Google's that it runs as."""
    return is_reported(method) and method.yields in _FULL and agent_mints(method, estate)


@cache
def _in_order() -> tuple[Method, ...]:
    """Return all methods, the cheapest first."""
    return tuple(sorted(methods(), key=_first))


def _first(method: Method) -> tuple[object, ...]:
    """Return the sort key of methods: the cheapest first; of several, the plainest.

    That is the one with the fewest permissions, on the place nearest to the account, and with the shortest name.
    """
    *strong, name = strength(method)
    nearest = min((_NEAREST.index(need.on) for need in method.needs if need.on in _NEAREST), default=0)
    return _cost(method), *strong, len(method.needs), nearest, len(name), name


@cache
def _cost(method: Method) -> int:
    cost = _COSTS.get(method.group, _OTHER) + (_LIKELY if method.certainty != "certain" else 0)
    return cost + (_LESS if method.yields == "calls" else 0)


def _state(way: Way) -> State:
    if way.closed:
        return "closed"
    nobody = way.grants[0].principal.kind == "unknown"
    return "open" if way.verdict.truth is Truth.TRUE and not nobody else "conditional"


def is_container(node: Node) -> bool:
    """Whether a node is a project, folder or organization."""
    return node[0] in CONTAINERS


def hops_of(estate: Estate) -> Hops:
    """Return the hops of an estate, kept with it."""
    return estate.made(Hops)
