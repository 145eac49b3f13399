"""Findings of one binding that differ in their principals only: kept as one, and made when they are asked for.

A large export has a hundred thousand of them, and most formats need them one by one, or only their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

from iamlint.basics.frozen import frozen
from iamlint.facts import Grant
from iamlint.finding import Finding, Flow, Severity, Step
from iamlint.location import Location


@frozen
class Alike:
    """Findings about grants of a binding, in the order of their places: each is at its principal.

    ``like`` is one of them, or another one of the binding. No other finding of a report is between or at these places.
    """

    like: Finding
    grants: Sequence[Grant]

    @property
    def rule(self) -> str:
        """The rule of each."""
        return self.like.rule

    @property
    def severity(self) -> Severity:
        """The severity of each."""
        return self.like.severity

    @property
    def order(self) -> tuple[object, ...]:
        """The beginning of the sort key of each: no other finding is at their places."""
        return self.at.order

    @property
    def address(self) -> None:
        """The address of each: exports have none."""

    @property
    def principal(self) -> str:
        """The principal of the first."""
        return self.grants[0].principal.text

    @property
    def at(self) -> Location:
        """The place of the first."""
        return self.grants[0].principal_place.at

    @property
    def end(self) -> Location:
        """The place of the last."""
        return self.grants[-1].principal_place.at

    @property
    def principals(self) -> list[str]:
        """The principals, in order."""
        return [grant.principal.text for grant in self.grants]

    @property
    def each(self) -> Iterator[Alike]:
        """Each of them alone."""
        return (Alike(self.like, (grant,)) for grant in self.grants)

    @property
    def first(self) -> Finding:
        """The first finding."""
        return self._about(self.grants[0])

    def __len__(self) -> int:
        return len(self.grants)

    def __iter__(self) -> Iterator[Finding]:
        return map(self._about, self.grants)

    def _about(self, grant: Grant) -> Finding:
        like, place, other = self.like, grant.principal_place.at, grant.role_place.at
        if place is like.at:
            return like
        found = Finding(
            like.rule,
            like.family,
            like.severity,
            like.confidence,
            "",
            place,
            principal=grant.principal.text,
            role=like.role,
            permissions=like.permissions,
            resource=grant.resource,
            related=like.related,
            former=like.former,
            ends=like.ends,
            flow=_moved(like.flow, grant) if like.flow else None,
            root=like.root,
            parts=(place,) if other is place else (place, other),
        )
        found.say_later(like.sentence)
        return found


def _moved(flow: Flow, grant: Grant) -> Flow:
    """Return the same path from another principal of the binding."""
    first, *others = flow.steps
    step = Step(
        grant.principal.text,
        first.target,
        grant.principal_place.at,
        first.method,
        first.permission,
        first.role,
        first.resource,
    )
    return Flow((step, *others), flow.left_out, flow.end)


Part = Finding | Alike


class Findings(Sequence[Finding]):
    """Findings in order; ``parts`` are these, with alike ones as one."""

    __slots__ = ("_count", "parts")

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)
        self._count = sum([len(one) if isinstance(one, Alike) else 1 for one in self.parts])

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Finding]:
        for one in self.parts:
            if isinstance(one, Alike):
                yield from one
            else:
                yield one

    @overload
    def __getitem__(self, number: int) -> Finding: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Finding]: ...

    def __getitem__(self, number: int | slice) -> Finding | Sequence[Finding]:
        if isinstance(number, slice):
            return tuple(islice(self, *number.indices(len(self))))
        return next(islice(self, range(len(self))[number], None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def parts_of(findings: Iterable[Finding]) -> Iterable[Part]:
    """Return the findings, with alike ones as one."""
    return findings.parts if isinstance(findings, Findings) else findings


def representatives(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Yield one of alike findings with their number: they have all but principal, place and path in common."""
    for one in parts_of(findings):
        yield (one.like, len(one)) if isinstance(one, Alike) else (one, 1)
