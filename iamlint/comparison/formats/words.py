"""The sentences of a comparison that its formats share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from iamlint.basics.frozen import frozen
from iamlint.comparison.model import Comparison, Pair, Privilege, Step
from iamlint.methods.index import method
from iamlint.reporters.parts.plain import counted
from iamlint.unknown import shown

MOST_GROUPS = 30
"""Maximum number of groups of pairs and of roles that are shown of each kind."""
_NAMED = 3


@frozen
class Group:
    """Pairs of one principal that have the same cause and the same methods."""

    first: Pair
    pairs: tuple[Pair, ...]


def grouped(pairs: Iterable[Pair]) -> list[Group]:
    """Return pairs that are alike as one: a grant on a project reaches all of its accounts in the same way."""
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
    return [Group(several[0], tuple(several)) for several in found.values()]


@frozen
class Roles:
    """The same role on resources of one kind, with the same cause.

    ``privileges`` are those of one principal; ``principals`` are all that have them, as the same account.
    """

    first: Privilege
    privileges: tuple[Privilege, ...]
    principals: tuple[str, ...]

    @property
    def account(self) -> str:
        """The account as which the principals have the role; "" for the principal itself."""
        return account_of(self.first)

    @property
    def who(self) -> str:
        """The principals: the first ones by name, and how many there are."""
        several = len(self.principals) > 1
        return f"{len(self.principals):,} principals ({listed(self.principals)})" if several else self.principals[0]

    @property
    def on(self) -> str:
        """The resources: the first ones by name, and how many there are."""
        names = [shown(one.resource.name) for one in self.privileges]
        if len(names) == 1:
            return str(self.first.resource)
        return f"{len(names):,} {self.first.resource.kind.replace('_', ' ')}s ({listed(names)})"


def grouped_roles(privileges: Iterable[Privilege]) -> list[Roles]:
    """Return privileges that are alike as one.

    A block with many instances gives the same role on many resources, and what an account gets, all who can become it
    have as that account.
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
    return [
        Roles(alike[0][0], tuple(alike[0]), tuple(several[0].principal for several in alike))
        for alike in found.values()
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


def listed(names: Sequence[str], most: int = _NAMED) -> str:
    """Return the first names, and how many there are besides."""
    first = ", ".join(names[:most])
    return f"{first} and {len(names) - most:,} more" if len(names) > most else first


def how(step: Step) -> str:
    """Return by what a hop goes, in words."""
    if step.method == "member":
        return "is a member"
    where = f" ({step.role} on {step.resource})" if step.role else ""
    return f"{method(step.method).title}{where}"


def where(one: Pair | Privilege) -> str:
    """Return the line that is the cause, as a clause."""
    cause = one.cause
    if cause is None:
        return "no single line of the input is the cause"
    gone = ", which the head does not have" if cause.side == "base" else ""
    return f"{cause.shown}:{cause.line}{gone}"
