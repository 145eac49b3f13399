"""Values of narrowing: uses, evidence, proposals, and unknown answers."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from iamlint.basics.frozen import frozen
from iamlint.facts import Grant
from iamlint.location import Location

MINIMUM_DAYS = 90
"""Days that evidence must span by default, as long as Google's recommendations observe.

Source: https://cloud.google.com/policy-intelligence/docs/role-recommendations-overview
"""


@frozen
class Use:
    """A permission that a principal used in a project, or on an account.

    ``principal`` is spelled as in policies. ``project`` is an id or a number, "" if unknown; ``resource`` the
    name in the source. ``permission`` is "" if the source does not name it.
    """

    principal: str
    permission: str
    project: str
    resource: str
    at: Location


@frozen
class Log:
    """Audit log entries of one file: the time that they span, the projects that they are from, and the uses."""

    path: str
    first: datetime
    last: datetime
    entries: int
    projects: frozenset[str]
    uses: tuple[Use, ...]


@frozen
class Advice:
    """A recommendation of Google's: a role of a member on a resource, and the roles to grant instead.

    ``days`` is how long the use was observed; None if the recommendation does not say it.
    """

    member: str
    role: str
    resource: str
    instead: tuple[str, ...]
    days: int | None
    at: Location


@frozen
class Proposal:
    """A grant with permissions that its principal does not use, and its replacement.

    ``roles`` are the roles to grant instead; none without ``permissions`` means to remove the grant. ``permissions``
    belong to a custom role with exactly the used ones. ``used`` are the permissions in use with this grant,
    ``checked`` is the number of known uses that still work with the proposal, ``closes`` the access that it closes.
    """

    grant: Grant
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    used: tuple[str, ...]
    before: int
    after: int
    evidence: str
    checked: int
    closes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What to do: "remove", "replace" by a role of Google's, or "custom"."""
        return "replace" if self.roles else "custom" if self.permissions else "remove"


@frozen
class Open:
    """A grant that cannot be judged, with the missing evidence."""

    grant: Grant
    reasons: tuple[str, ...]


@frozen
class Narrowing:
    """The answer: proposals, grants that cannot be judged, and grants that fit their use."""

    proposals: tuple[Proposal, ...] = ()
    unknown: tuple[Open, ...] = ()
    fitting: tuple[Grant, ...] = ()
    left_out: int = field(default=0)
