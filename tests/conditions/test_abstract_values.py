"""Combinations of partly known values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iamlint.conditions.abstract_values import (
    MOST,
    Anything,
    Between,
    Malformed,
    Possible,
    Some,
    applied,
    boolean,
    conjunction,
    disjunction,
    distinct,
    failed,
    known,
)
from iamlint.conditions.outcome import Reason
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.syntax import negated
from iamlint.unknown import Unknown

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


DAY = Between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), (ONE,))
WRONG = Reason("malformed", "a value other than true or false where one of them is needed")


@pytest.mark.parametrize(
    ("value", "truths"),
    [
        (YES, YES),
        (EITHER, EITHER),
        (FAILED, FAILED),
        (Anything((ONE,)), Some((True, False), reasons=(ONE,))),
        (DAY, failed(Reason("malformed", "a time where true or false is needed"))),
        (known(1), Some((), True, (WRONG,))),
        (Some((True, 1), reasons=(ONE,)), Some((True,), True, (ONE, WRONG))),
        (Some(("a", False), True), Some((False,), True, (WRONG,))),
    ],
)
def test_a_value_as_a_truth_value(value: Possible, truths: Some) -> None:
    assert boolean(value) == truths


def joined(*texts: str) -> str:
    if "x" in texts:
        raise Malformed("an x")
    return "".join(texts)


@pytest.mark.parametrize(
    ("operands", "result"),
    [
        ([known("a"), known("b")], known("ab")),
        ([Some(("a", "b"), reasons=(ONE,)), known("c")], Some(("ac", "bc"), reasons=(ONE,))),
        ([Some(("a", "a"), reasons=(ONE,))], known("a")),
        ([FAILED, Anything((ONE,))], Some((), True, (OTHER,))),
        ([FAILED, failed(ONE)], Some((), True, (OTHER, ONE))),
        ([Anything((ONE,)), known("a")], Anything((ONE,))),
        ([DAY, known("a")], Anything((ONE,))),
        ([Some(("a",), True, (ONE,))], Some(("a",), True, (ONE,))),
        ([known("x")], Some((), True, (Reason("malformed", "an x"),))),
        ([Some(("a", "x"), reasons=(ONE,))], Some(("a",), True, (ONE, Reason("malformed", "an x")))),
    ],
)
def test_a_function_of_partly_known_values(operands: list[Possible], result: Possible) -> None:
    assert applied(joined, operands) == result


@pytest.mark.parametrize(("number", "known_"), [(MOST, True), (MOST + 1, False)])
def test_combinations_are_counted(number: int, known_: bool) -> None:
    some = Some(tuple(map(str, range(number))), reasons=(ONE,))
    found = applied(joined, [some])
    assert isinstance(found, Some) is known_
    assert found.reasons == (ONE,)
    two = Some(("a", "b"), reasons=(OTHER,))
    assert isinstance(applied(joined, [Some(some.values[: MOST // 2]), two]), Some)
    assert isinstance(applied(joined, [Some(some.values[: MOST // 2 + 1]), two]), Anything)


def test_each_value_is_kept_once_and_true_is_not_one() -> None:
    assert [*map(repr, distinct([1, True, 1, "1", 1.0, True]))] == ["1", "True", "'1'", "1.0"]


@pytest.mark.parametrize(
    ("expression", "negation"),
    [
        ("!a.b", "a.b"),
        ("a.b", "!a.b"),
        ("a.b == 1", "a.b != 1"),
        ("a.b != 1", "a.b == 1"),
        ("a.b < 1", "a.b >= 1"),
        ("a.b <= 1", "a.b > 1"),
        ("a.b > 1", "a.b <= 1"),
        ("a.b >= 1", "a.b < 1"),
        ("a.b in [1]", "!(a.b in [1])"),
        ("a.b && c.d == 1", "!a.b || c.d != 1"),
        ("a.b || !c.d", "!a.b && c.d"),
        ("a.b ? c.d : e.f == 1", "a.b ? !c.d : e.f != 1"),
        ("true", "false"),
        ("false", "true"),
        ("1", "!1"),
        ("f(a.b)", "!f(a.b)"),
    ],
)
def test_a_negation_is_moved_inside(expression: str, negation: str) -> None:
    node, expected = parse(expression), parse(negation)
    assert not isinstance(node, Unparsable | Unknown)
    assert negated(node) == expected
