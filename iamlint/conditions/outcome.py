"""What a condition comes to: true, false or not evaluable, as far as each is possible, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from iamlint.unknown import Truth

ReasonKind = Literal[
    "expired",  # a time that has passed
    "not_yet",  # a time that is still to come
    "time",  # it changes in the course of the day
    "malformed",  # a value that makes no sense: Google cannot evaluate it either
    "unavailable",  # the resource does not provide the attribute: this part never grants
    "false",  # it does not hold, whatever the time
    "tag",  # the input does not show tags
    "request",  # it depends on the request
    "resource",  # it depends on the resource
    "principal",  # it depends on who asks
    "limit",  # only some roles may be granted
    "unknown",  # a part of the expression is not known yet
    "unparsable",  # the expression is no CEL
    "foreign",  # an attribute or function that iamlint does not know
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a condition is not simply true: a clause that a reader can act on, and what kind of reason it is."""

    kind: ReasonKind
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Outcome:
    """The values that a condition may have, and whether it may fail to be evaluated.

    ``values`` holds those of True and False that are possible; ``fails`` says that it may not be evaluable at all.
    """

    values: frozenset[bool]
    fails: bool = False
    reasons: tuple[Reason, ...] = ()

    @property
    def truth(self) -> Truth:
        """Whether it holds, as an allow policy sees it: what cannot be evaluated never grants."""
        if True not in self.values:
            return Truth.FALSE
        return Truth.UNKNOWN if self.fails or False in self.values else Truth.TRUE

    @property
    def denies(self) -> Truth:
        """Whether a deny rule under this condition applies: it does where the condition cannot be evaluated.

        Source: https://cloud.google.com/iam/docs/deny-overview#deny-conditions
        """
        if False not in self.values:
            return Truth.TRUE
        return Truth.UNKNOWN if self.fails or True in self.values else Truth.FALSE

    @property
    def why(self) -> tuple[str, ...]:
        """The reasons as text."""
        return tuple(reason.text for reason in self.reasons)

    def has(self, *kinds: ReasonKind) -> bool:
        """Whether a reason of one of these kinds is among its reasons."""
        return any(reason.kind in kinds for reason in self.reasons)


def merged(reasons: Iterable[Iterable[Reason]]) -> tuple[Reason, ...]:
    """All reasons, each once, in order."""
    return tuple(dict.fromkeys(one for some in reasons for one in some))
