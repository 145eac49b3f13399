"""The roles that a principal gains or loses, itself or as an account that it can become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget
from iamlint.comparison.access import AccountAccess, SideAccess
from iamlint.comparison.cone import Changed
from iamlint.comparison.holdings import Held, Holdings
from iamlint.comparison.identities import Identities
from iamlint.comparison.pairs import Difference
from iamlint.comparison.steps import unknown_answers_of
from iamlint.estate import Node, principal_node
from iamlint.facts import CustomRole, Fact, Folder, Grant, Pool, Project, Provider, Resource, ServiceAccount
from iamlint.paths.hops import Hop
from iamlint.pools import is_federated
from iamlint.unknown import Truth, Unknown, shown

_MOST_LOOKED_AT = 50_000
"""Maximum number of account roles that are checked for the principals that can become the account."""
MOST_STEPS = 500_000
"""Maximum number of hops searched, in one direction, to find who has a role as another account."""


@frozen
class Gain:
    """A role that a principal has on one side and not on the other, by common names.

    ``hops`` lead to the account that holds it. ``facts`` are the evidence.
    """

    principal: str
    held: Held
    resource: Resource
    node: Node
    hops: tuple[Hop, ...]
    facts: tuple[Fact, ...]

    @property
    def identity(self) -> tuple[str, str, frozenset[str], Node]:
        """The key of a gain: principal, role and resource. Names with unknown parts may be those of several roles."""
        return self.principal, shown(self.held.grant.role), self.held.permissions, self.node

    @property
    def is_certain(self) -> bool:
        """Whether the role certainly counts."""
        return (
            self.held.truth is Truth.TRUE and not self.held.unknown_answers and not any(unknown_answers_of(self.hops))
        )


class Gains:
    """The roles that the side ``now`` has and the side ``then`` does not.

    ``left_out`` is the number of roles whose further holders are not known: the search for them ended.
    """

    def __init__(self, now: Changed, access: SideAccess, then: Identities) -> None:
        self._work = Budget(MOST_STEPS)
        self._now, self._access, self._then = now, access, Holdings(then, self._work)
        self._here = Holdings(now.names)
        self._accounts: dict[str, AccountAccess | None] = {}
        self.left_out = 0

    def find(self, pairs: Sequence[Difference]) -> list[Gain]:
        """Return the gains, each once; those of the pairs that open are among them."""
        found: dict[tuple[object, ...], Gain] = {}
        opened = {(one.principal, one.account) for one in pairs}
        direct = [one for one in self._candidates() if self._is_new(one, deep=False)]
        for one in direct:
            if one.node[0] != "service_account" or (one.principal, one.node[1]) not in opened:
                found.setdefault(one.identity, one)
        for one in self._through(direct, pairs):
            if one.identity in found:
                continue
            is_new = not self._work.is_spent and self._is_new(one, deep=True)
            if self._work.is_spent:  # then what the other side has is known only in part
                self.left_out += 1
            elif is_new:
                found[one.identity] = one
        return sorted(found.values(), key=_order)

    # -- what may be gained -----------------------------------------------------------------------------------------

    def _candidates(self) -> Iterator[Gain]:
        """Yield the roles that a changed fact may give."""
        estate = self._now.names.side.estate
        roles = [fact for fact in self._now.facts if isinstance(fact, CustomRole)]
        providers = [fact for fact in self._now.facts if isinstance(fact, Pool | Provider)]
        for fact in self._now.facts:
            match fact:
                case Grant():
                    yield from self._granted(fact)
                case ServiceAccount():
                    name = self._now.names.side.estate.hierarchy.node(
                        Resource("service_account", fact.email), fact.declared
                    )
                    for held in self._here.own(self._now.names.name(name[1])) if name else ():
                        yield _gain(held, held.grant, fact)
                case Project() | Folder():
                    yield from self._inherited(fact)
                case _:
                    pass
        for grant in estate.of(Grant) if providers else ():
            if is_federated(grant.principal):
                yield from self._granted(grant, *providers)
        if roles:
            for grant in estate.of(Grant):
                role = estate.custom_role(grant.role, grant.declared)
                if any(role is one for one in roles):
                    yield from self._granted(grant, *filter(None, (role,)))

    def _granted(self, grant: Grant, *more: Fact) -> Iterator[Gain]:
        held = self._here.held(grant)
        if held:
            yield _gain(held, grant, *more)

    def _inherited(self, fact: Project | Folder) -> Iterator[Gain]:
        """Yield the roles on what a project or folder is in now and was not before."""
        resource = Resource("project", fact.project_id) if isinstance(fact, Project) else Resource("folder", fact.name)
        node = self._now.names.side.estate.hierarchy.node(resource, fact.declared)
        common = self._now.names.node(node) if node else None
        before, after = (self._then.chain(common), self._here.chain(common)) if common else (None, None)
        if common and before is not None and after is not None and after - before:
            for held in self._here.on(after - before):
                yield Gain(held.principal, held, resource, common, (), (held.grant, fact))

    def _through(self, direct: Iterable[Gain], pairs: Iterable[Difference]) -> Iterator[Gain]:
        """Yield what those gain who can become an account: its new roles, and all its roles where that is new."""
        work = _MOST_LOOKED_AT
        for gain in direct:
            if gain.node[0] == "service_account":
                continue
            if self._work.is_spent:
                self.left_out += self._access.has(gain.principal)
                continue
            account = self._account(gain.principal)
            for principal in account.principals() if account else ():
                self._work.left -= 1
                path = account.path(principal) if account else None
                if path and path.state == "open":
                    work -= 1
                    if work < 0:
                        self.left_out += 1
                        continue
                    yield Gain(principal, gain.held, gain.resource, gain.node, path.hops, gain.facts)
        for pair in pairs:
            if not pair.certain or not pair.whole:
                continue
            for held in self._here.own(pair.account):
                if held.node[0] == "service_account":
                    continue
                work -= 1
                if work < 0:
                    self.left_out += 1
                    continue
                yield Gain(pair.principal, held, held.grant.resource, held.node, pair.hops, (held.grant,))

    def _account(self, name: str) -> AccountAccess | None:
        if name not in self._accounts:
            found = self._access.account(name)
            self._work.left -= found.steps if found else 0
            self._accounts[name] = found
        return self._accounts[name]

    # -- what is new ------------------------------------------------------------------------------------------------

    def _is_new(self, gain: Gain, *, deep: bool) -> bool:
        """Whether the other side does not have it: by the permissions of the role, not by its name.

        A role on the project covers one on a resource in it. The project of a bucket is the one that the other side
        states: a second block of the bucket could otherwise hide what is gained.
        """
        if gain.held.truth is Truth.FALSE:
            return False
        then, is_bucket = self._then, gain.node[0] == "storage_bucket"
        chain = then.chain(gain.node) or (None if is_bucket else self._here.chain(gain.node)) or frozenset({gain.node})
        who = then.becomes(gain.principal) if deep else then.itself(gain.principal)
        return not then.covers(gain.held, chain, who)


def nameless(now: Changed) -> Iterator[tuple[Grant, str]]:
    """Yield the changed grants that are not compared, with the reason: the principal or the resource has no name."""
    for fact in now.facts:
        if not isinstance(fact, Grant):
            continue
        if principal_node(fact) is None:
            yield fact, fact.principal.unknown.reason if fact.principal.unknown else "the principal has no name"
        elif now.names.side.estate.hierarchy.node(fact.resource, fact.declared) is None:
            name = fact.resource.name
            yield fact, name.reason if isinstance(name, Unknown) else "the resource's name is empty"


def _gain(held: Held, *facts: Fact) -> Gain:
    return Gain(held.principal, held, held.grant.resource, held.node, (), facts)


def _order(one: Gain) -> tuple[object, ...]:
    return not one.held.is_strong, len(one.hops), one.principal, one.node, shown(one.held.grant.role)
