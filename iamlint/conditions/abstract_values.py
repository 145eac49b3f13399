"""Abstract values: the values that an expression may have: one, some, a range of time, or anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, TypeAlias

from iamlint.basics.frozen import frozen
from iamlint.conditions.outcome import Reason, merged

MOST = 256
"""Maximum number of combinations of values; a result with more counts as anything."""


@frozen
class Some:
    """One of these values, or, if it ``fails``, none: then Google cannot evaluate it.

    Values are plain Python: bool, int, float, str, bytes, None, datetime, timedelta, tuple, dict.
    """

    values: tuple[Any, ...]
    fails: bool = False
    reasons: tuple[Reason, ...] = ()


@frozen
class Between:
    """A time or duration from ``start`` to ``end``, the end excluded."""

    start: datetime | timedelta
    end: datetime | timedelta
    reasons: tuple[Reason, ...] = ()


@frozen
class Anything:
    """A value about which nothing is known, or only that it is a name, or the name of something ``within`` it."""

    reasons: tuple[Reason, ...]
    within: str = ""

    def begins_with(self, text: str) -> bool | None:
        """Whether it begins with a text, as a name within another one; None if that is open."""
        if not self.within or text.startswith(f"{self.within}/"):
            return None
        return self.within.startswith(text)


Possible: TypeAlias = Some | Between | Anything


def known(value: Any) -> Some:
    """Return exactly this value."""
    return Some((value,))


def failed(reason: Reason) -> Some:
    """Return a failure: no value at all."""
    return Some((), fails=True, reasons=(reason,))


class Malformed(Exception):
    """Raised for a value that an operation cannot work with."""


class Beyond(Exception):
    """Raised for a value that is larger than iamlint makes."""


def applied(work: Callable[..., Any], operands: Sequence[Possible]) -> Possible:
    """Apply a function to every combination of the operands' values; `Malformed` fails, `Beyond` leaves it open."""
    never = [one for one in operands if isinstance(one, Some) and not one.values]
    if never:
        return Some((), fails=True, reasons=merged(one.reasons for one in never))
    loose = [one for one in operands if not isinstance(one, Some)]
    reasons = merged(one.reasons for one in operands)
    combinations = 1
    for one in operands:
        combinations *= len(one.values) if isinstance(one, Some) else 1
    if loose or combinations > MOST:
        return Anything(reasons)
    results: list[Any] = []
    fails = any(one.fails for one in operands if isinstance(one, Some))
    for values in product(*(one.values for one in operands if isinstance(one, Some))):
        try:
            results.append(work(*values))
        except Malformed as error:
            fails = True
            reasons = merged((reasons, (Reason("malformed", str(error)),)))
        except Beyond as error:
            return Anything(merged((reasons, (Reason("unknown", str(error)),))))
    found = distinct(results)
    return Some(found, fails, reasons if fails or len(found) != 1 else ())


def distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return each value once; 1 and true are two values."""
    return tuple({(type(value), repr(value)): value for value in values}.values())


def boolean(possible: Possible) -> Some:
    """Return the same as a truth value; any other type cannot be evaluated as one."""
    match possible:
        case Anything(reasons):
            return Some((True, False), reasons=reasons)
        case Between():
            return failed(Reason("malformed", "a time where true or false is needed"))
        case Some(values, _, reasons):
            truths = tuple(value for value in values if isinstance(value, bool))
            if len(truths) == len(values):
                return possible
            wrong = Reason("malformed", "a value other than true or false where one of them is needed")
            return Some(truths, True, merged((reasons, (wrong,))))


def conjunction(parts: Sequence[Some]) -> Some:
    """``&&``: false wins, even over a failed evaluation."""
    combined = _combined(parts, wins=False)
    return Some(combined[0], combined[1], _why(parts, True))


def disjunction(parts: Sequence[Some]) -> Some:
    """``||``: true wins, even over a failed evaluation."""
    combined = _combined(parts, wins=True)
    if combined == ((True,), False):
        return Some((True,))
    return Some(combined[0], combined[1], _why(parts, False))


def _combined(parts: Sequence[Some], *, wins: bool) -> tuple[tuple[bool, ...], bool]:
    """Return the outcomes that a chain can have, with each part on its own."""
    outcomes: set[bool | None] = {not wins}
    for part in parts:
        theirs: set[bool | None] = {*part.values, *((None,) if part.fails else ())}
        outcomes = {_pair(one, other, wins) for one in outcomes for other in theirs}
    return tuple(value for value in (True, False) if value in outcomes), None in outcomes


def _pair(one: bool | None, other: bool | None, wins: bool) -> bool | None:
    if wins in (one, other):
        return wins
    return None if None in (one, other) else not wins


def _why(parts: Sequence[Some], neutral: bool) -> tuple[Reason, ...]:
    """Return the reasons of the parts that decide: those that can never be true, else all uncertain ones."""
    never = [part for part in parts if True not in part.values]
    open_ = [part for part in parts if part.values != (neutral,) or part.fails]
    return merged(part.reasons for part in (never if neutral and never else open_ or parts))
