"""The sentences of a comparison that its formats share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from iamlint.basics.frozen import frozen
from iamlint.basics.words import counted
from iamlint.comparison.model import Comparison, Pair, Privilege, Step, UnknownChange
from iamlint.methods.index import method
from iamlint.reporters.parts.plain import listed
from iamlint.unknown import shown

MOST_GROUPS = 30
"""Maximum number of groups of pairs and of roles that are shown of each kind."""
MOST_NAMED = 10
"""Maximum number of principals of a group that are listed, and of roles."""
_SEVERAL = 3
"""Principals that reach the same account by a hop each are one group from this number on."""


@frozen
class Group:
    """Pairs of one principal that have the same cause and the same methods.

    ``others`` are such groups of further principals: the same change opens or closes the same accounts to each, by a
    grant of its own.
    """

    first: Pair
    pairs: tuple[Pair, ...]
    others: tuple[Group, ...] = ()

    @property
    def every(self) -> tuple[Pair, ...]:
        """The first pair of each principal."""
        return (self.first, *(one.first for one in self.others))


def grouped(pairs: Iterable[Pair]) -> list[Group]:
    """Return pairs that are alike as one.

    A grant on a project reaches all of its accounts in the same way, and a new account is reached by all who have such
    a grant.
    """
    found: dict[tuple[object, ...], list[Pair]] = defaultdict(list)
    for one in pairs:
        key = (
            one.principal,
            one.environments,
            one.cause,
            one.methods,
            len(one.path),
            *(step.address for step in one.path),
        )
        found[key].append(one)
    alike: dict[tuple[object, ...], list[Group]] = defaultdict(list)
    for several in found.values():
        first = several[0]
        by_itself = len(first.path) == 1 and first.cause
        same = (first.cause, first.environments, *(one.account for one in several)) if by_itself else (id(first),)
        alike[same].append(Group(first, tuple(several)))
    return [
        group
        for groups in alike.values()
        for group in (
            [Group(groups[0].first, groups[0].pairs, tuple(groups[1:]))] if len(groups) >= _SEVERAL else groups
        )
    ]


@frozen
class Roles:
    """Roles on the same resources, which are of one kind, with the same cause.

    ``privileges`` are those of one principal and one role; ``principals`` are all that have them, as the same account.
    """

    first: Privilege
    privileges: tuple[Privilege, ...]
    principals: tuple[str, ...]
    roles: tuple[str, ...]

    @property
    def account(self) -> str:
        """The account as which the principals have the role; "" for the principal itself."""
        return account_of(self.first)

    @property
    def who(self) -> str:
        """The principals: the first ones by name, and how many there are."""
        who = self.principals
        return f"{len(who):,} principals ({listed(who)})" if len(who) > 1 else who[0]

    @property
    def what(self) -> str:
        """The roles: the first ones by name, and how many there are."""
        return listed(self.roles, MOST_NAMED)

    @property
    def on(self) -> str:
        """The resources: the first ones by name, and how many there are."""
        names = [shown(one.resource.name) for one in self.privileges]
        if len(names) == 1:
            return str(self.first.resource)
        return f"{len(names):,} {self.first.resource.kind.replace('_', ' ')}s ({listed(names)})"


def grouped_roles(privileges: Iterable[Privilege]) -> list[Roles]:
    """Return privileges that are alike as one.

    A block with many instances gives the same role on many resources, what an account gets, all who can become it have
    as that account, and all roles that an account has on a resource come together.
    """
    of_one: dict[tuple[object, ...], list[Privilege]] = defaultdict(list)
    for one in privileges:
        key = one.principal, one.environments, one.role, one.resource.kind, account_of(one), one.cause
        of_one[key].append(one)
    found: dict[tuple[object, ...], list[list[Privilege]]] = defaultdict(list)
    for several in of_one.values():
        first = several[0]
        who = "" if first.path else first.principal
        resources = frozenset(one.resource for one in several)
        found[who, first.environments, first.role, resources, account_of(first), first.cause].append(several)
    roles: dict[tuple[object, ...], list[list[list[Privilege]]]] = defaultdict(list)
    for (_, environments, _, where_to, as_whom, cause), alike in found.items():
        holders = tuple(several[0].principal for several in alike)
        roles[holders, environments, where_to, as_whom, cause].append(alike)
    return [
        Roles(
            every[0][0][0],
            tuple(every[0][0]),
            tuple(several[0].principal for several in every[0]),
            tuple(alike[0][0].role for alike in every),
        )
        for every in roles.values()
    ]


def account_of(one: Privilege) -> str:
    """Return the account as which a principal has a role; "" for a grant to the principal itself."""
    return one.path[-1].target.removeprefix("serviceAccount:") if one.path else ""


def summary(found: Comparison) -> str:
    """Return how much opens and closes, in one sentence."""
    if not (found.opened or found.closed or found.gained or found.lost or found.unknown):
        return "nothing opens or closes in what could be read" if found.errors else "nothing opens or closes"
    pairs = f"{counted(len(found.opened), 'pair')} opened, {len(found.closed)} closed"
    roles = f"{counted(len(found.gained), 'role')} gained, {len(found.lost)} lost"
    return f"{pairs}; {roles}; {len(found.unknown)} unknown"


def notes(found: Comparison) -> Iterator[str]:
    """Yield what the comparison leaves out."""
    for what, number in found.left_out.items():
        yield f"not shown: {number:,} {what}"


def how(step: Step) -> str:
    """Return by what a hop goes, in words."""
    if step.method == "member":
        return "is a member"
    where = f" ({step.role} on {step.resource})" if step.role else ""
    return f"{method(step.method).title}{where}"


def about(one: UnknownChange) -> str:
    """Return what is not known, as the beginning of a sentence; "" if it is about no pair and no role."""
    opened = one.change == "opened"
    if one.pair:
        return f"whether {one.pair.principal} → {one.pair.account} {'opens' if opened else 'closes'}: "
    if one.privilege:
        role, resource = one.privilege.role, one.privilege.resource
        return f"whether {one.privilege.principal} {'gains' if opened else 'loses'} {role} on {resource}: "
    return ""


def where(one: Pair | Privilege) -> str:
    """Return the line that is the cause, as a clause."""
    cause = one.cause
    if cause is None:
        return "no single line of the input is the cause"
    gone = ", which the head does not have" if cause.side == "base" else ""
    return f"{cause.shown}:{cause.line}{gone}"
