"""The result of a comparison: pairs and privileges that open or close, each with its path and its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.comparison.sides import SideName
from iamlint.facts import Resource
from iamlint.location import Unreadable
from iamlint.paths.hops import State

Change = Literal["opened", "closed"]


@frozen
class Line:
    """A line of a file of one side.

    ``path`` is relative to the compared folder, ``shown`` as the user would type it.
    """

    path: str
    line: int
    side: SideName
    shown: str


@frozen
class Step:
    """One hop of a path: source, target and method, and where it is granted.

    ``source`` and ``target`` are principals as policies write them. ``method`` is an id, or "member".
    """

    source: str
    target: str
    method: str
    permission: str
    state: State
    role: str = ""
    resource: str = ""
    address: str = ""
    at: Line | None = None


@frozen
class Pair:
    """A principal that becomes able, or unable, to act as an account.

    ``methods`` are those that open or close, the strongest first; over several hops, that of the last one. ``path`` is
    the path on the side where it is open. ``roles`` are the account's roles on other resources, as shown ("roles/owner
    on project shop"). ``reasons`` say why it is not certain; empty if it is. ``environments`` are those of the
    configuration that have it.
    """

    principal: str
    account: str
    methods: tuple[str, ...]
    path: tuple[Step, ...]
    cause: Line | None
    roles: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


@frozen
class Privilege:
    """A role on a resource that a principal gains or loses, itself or as an account that it can become.

    ``path`` leads to the account, and is empty for a grant to the principal itself. ``permissions`` is the number of
    permissions that it did not have before; None if the role is unknown.
    """

    principal: str
    role: str
    resource: Resource
    path: tuple[Step, ...]
    cause: Line | None
    permissions: int | None = None
    at: Line | None = None
    reasons: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


@frozen
class UnknownChange:
    """Something that may open or close, or a part of the head that could not be read."""

    reason: str
    at: Line | None
    change: Change | None = None
    pair: Pair | None = None
    privilege: Privilege | None = None
    environments: tuple[str, ...] = ()


@frozen
class Comparison:
    """Who can do more, and who less, after a change.

    ``left_out`` counts, by kind, what is not listed or was not searched. ``errors`` are those of either side.
    """

    base: str
    head: str
    opened: tuple[Pair, ...] = ()
    closed: tuple[Pair, ...] = ()
    gained: tuple[Privilege, ...] = ()
    lost: tuple[Privilege, ...] = ()
    unknown: tuple[UnknownChange, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[Unreadable, ...] = ()

    @property
    def opens(self) -> bool:
        """Whether somebody can do more than before."""
        return bool(self.opened or self.gained)
