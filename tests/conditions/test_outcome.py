"""What an outcome means: to an allow policy, which needs a condition that holds, and to a deny rule, which does not."""

from __future__ import annotations

import pytest

from iamlint.conditions.outcome import Outcome, Reason, merged
from iamlint.unknown import Truth

YES, NO, EITHER, NEITHER = frozenset({True}), frozenset({False}), frozenset({True, False}), frozenset[bool]()


@pytest.mark.parametrize(
    ("values", "fails", "allows", "denies"),
    [
        (YES, False, Truth.TRUE, Truth.TRUE),
        (NO, False, Truth.FALSE, Truth.FALSE),
        (EITHER, False, Truth.UNKNOWN, Truth.UNKNOWN),
        (YES, True, Truth.UNKNOWN, Truth.TRUE),
        (NO, True, Truth.FALSE, Truth.UNKNOWN),
        (EITHER, True, Truth.UNKNOWN, Truth.UNKNOWN),
        (NEITHER, True, Truth.FALSE, Truth.TRUE),
    ],
)
def test_what_cannot_be_evaluated_never_grants_and_always_denies(
    values: frozenset[bool], fails: bool, allows: Truth, denies: Truth
) -> None:
    outcome = Outcome(values, fails)
    assert (outcome.truth, outcome.denies) == (allows, denies)


def test_reasons_are_said_once_in_order() -> None:
    one, other = Reason("unknown", "one"), Reason("unparsable", "other")
    assert merged([(one, other), (other, one)]) == (one, other)
    outcome = Outcome(EITHER, reasons=(one,))
    assert outcome.why == ("one",)
    assert outcome.has("unknown", "unparsable")
    assert not outcome.has("unparsable")
