"""Combinations of partly known values."""

from __future__ import annotations

import pytest

from iamlint.conditions.abstract_values import Some, conjunction, disjunction, failed, known
from iamlint.conditions.outcome import Reason

ONE, OTHER = Reason("unknown", "one"), Reason("unknown", "other")
YES, NO, EITHER, FAILED = known(True), known(False), Some((True, False), reasons=(ONE,)), failed(OTHER)


@pytest.mark.parametrize(
    ("parts", "both", "any_"),
    [
        ([YES, YES], YES, YES),
        ([YES, NO], NO, YES),
        ([NO, NO], NO, NO),
        ([YES, EITHER], EITHER, YES),
        ([NO, EITHER], NO, EITHER),
        ([YES, FAILED], FAILED, YES),
        ([NO, FAILED], Some((False,), reasons=(OTHER,)), FAILED),
        ([EITHER, FAILED], Some((False,), True, (OTHER,)), Some((True,), True, (ONE, OTHER))),
        ([EITHER, EITHER], EITHER, EITHER),
    ],
)
def test_a_chain_is_decided_by_what_wins(parts: list[Some], both: Some, any_: Some) -> None:
    assert conjunction(parts) == conjunction(parts[::-1]) == both
    assert disjunction(parts).values == disjunction(parts[::-1]).values == any_.values
    assert (disjunction(parts).fails, set(disjunction(parts).reasons)) == (any_.fails, set(any_.reasons))


def test_what_is_certainly_false_gives_no_reason_why_a_choice_is_open() -> None:
    refused = Some((False,), reasons=(OTHER,))
    assert disjunction([refused, EITHER]).reasons == (ONE,)
    assert conjunction([refused, EITHER]) == refused
