"""What paths lead to: privileges, and the routes to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from iamlint.basics.frozen import frozen
from iamlint.estate import principal_node
from iamlint.facts import Grant
from iamlint.logic.verdict import distinct
from iamlint.paths.hops import Hop
from iamlint.unknown import worded

_FEW = 8
"""Maximum number of holders that are looked at one by one."""
_MOST_REASONS = 5

Holders = Mapping[str, tuple[Grant, tuple[str, ...]]]


@frozen
class End:
    """A privilege: a role on a project, folder or organization. ``rank`` is its position, the strongest first."""

    rank: int
    grant: Grant
    _holders: tuple[Grant, ...] | Holders = field(compare=False)

    @classmethod
    def of(cls, rank: int, grant: Grant, holders: Holders) -> End:
        """Return a privilege that a grant gives. Of few holders that have it certainly, only the grants are kept."""
        grants = tuple([one for one, reasons in holders.values() if not reasons])
        if len(grants) < len(holders) or len(grants) > _FEW:
            return cls(rank, grant, holders)
        return cls(rank, grant, () if len(grants) == 1 and grants[0] is grant else grants)

    @property
    def holders(self) -> Holders:
        """The accounts and groups that have it, each with its grant and with why it is not certain."""
        if not isinstance(self._holders, tuple):
            return self._holders
        return {principal_node(one) or "": (one, ()) for one in self._holders or (self.grant,)}

    @property
    def is_held_by_few(self) -> bool:
        """Whether its holders are few enough to look at each of them for every finding that leads to it."""
        return len(self._holders) <= _FEW

    @property
    def text(self) -> str:
        """The role and the resource: "roles/owner on project shop"."""
        return f"{worded(self.grant.role)} on {self.grant.resource}"


@frozen
class Route:
    """The hops from an account to one that has a privilege; none if it has it itself.

    A long route has its first hops and the last one; ``left_out`` is the number of hops between these two.
    """

    hops: tuple[Hop, ...]
    end: End
    holder: str
    left_out: int = 0

    @property
    def length(self) -> int:
        """The number of hops, unlisted ones included."""
        return len(self.hops) + self.left_out

    @property
    def grant(self) -> Grant:
        """The grant that gives the privilege."""
        return self.end.holders[self.holder][0]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the route is not certain."""
        hops = (reason for hop in self.hops if hop.way and hop.state != "open" for reason in hop.way.verdict.reasons)
        found = distinct((*hops, *self.end.holders[self.holder][1]))
        return found[:_MOST_REASONS] or ("a hop, or what the role of its end contains, is not certain",)
