"""The outcome of a condition: true, false or not evaluable, each possible or not, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.unknown import Truth

ReasonKind = Literal[
    "expired",  # a time that has passed
    "not_yet",  # a time in the future
    "time",  # it changes during the day
    "malformed",  # an invalid value: Google cannot evaluate it either
    "unavailable",  # the resource does not provide the attribute: this part never grants
    "false",  # it does not hold, whatever the time
    "tag",  # the input does not show tags
    "request",  # it depends on the request
    "resource",  # it depends on the resource
    "principal",  # it depends on the caller
    "limit",  # only some roles may be granted
    "unknown",  # a part of the expression is not known yet
    "unparsable",  # the expression is not valid CEL
    "foreign",  # iamlint does not know the attribute or function
]


@frozen
class Reason:
    """Why a condition is not simply true: a clause that a reader can act on, and the kind of reason."""

    kind: ReasonKind
    text: str


@frozen
class Outcome:
    """The values that a condition may have, and whether its evaluation may fail.

    ``values`` contains True or False if they are possible; ``fails`` says that evaluation may fail.
    """

    values: frozenset[bool]
    fails: bool = False
    reasons: tuple[Reason, ...] = ()
    why: tuple[str, ...] = field(init=False, compare=False)
    """The reasons as text."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", tuple(reason.text for reason in self.reasons))

    @property
    def truth(self) -> Truth:
        """Whether it holds for an allow policy: a condition that cannot be evaluated never grants."""
        if True not in self.values:
            return Truth.FALSE
        return Truth.UNKNOWN if self.fails or False in self.values else Truth.TRUE

    @property
    def denies(self) -> Truth:
        """Whether a deny rule with this condition applies: it also applies if the condition cannot be evaluated.

        Source: https://cloud.google.com/iam/docs/deny-overview#deny-conditions
        """
        if False not in self.values:
            return Truth.TRUE
        return Truth.UNKNOWN if self.fails or True in self.values else Truth.FALSE

    def has(self, *kinds: ReasonKind) -> bool:
        """Whether one of its reasons is of one of these kinds."""
        return any(reason.kind in kinds for reason in self.reasons)


def merged(reasons: Iterable[Iterable[Reason]]) -> tuple[Reason, ...]:
    """Return all reasons, each once, in order."""
    return tuple(dict.fromkeys(one for some in reasons for one in some))
