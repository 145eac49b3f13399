"""What a run may spend: steps first, time as the last resort."""

from __future__ import annotations

import pytest

from iamlint.budget import STEPS, STEPS_A_BYTE, Allowance, Budget, Exhausted, TimeUp


def test_what_one_spends_all_above_it_spend() -> None:
    run = Budget(100)
    root = Budget(60, run)
    Budget(50, root).spend(40)
    assert (root.left, run.left) == (20, 60)
    with pytest.raises(Exhausted):
        Budget(50, root).spend(30)
    assert root.is_spent
    assert not run.is_spent


def test_what_is_read_allows_more_steps() -> None:
    allowance = Allowance()
    assert allowance.steps.left == STEPS
    allowance.read(1000)
    assert allowance.steps.left == STEPS + int(1000 * STEPS_A_BYTE)


@pytest.mark.parametrize(("seconds", "times"), [(1, 1), (600, 1), (1800, 3)])
def test_more_time_allows_more_steps(seconds: float, times: int) -> None:
    assert Allowance(seconds).steps.left == STEPS * times


def test_a_document_has_its_own_steps_and_some_of_the_run() -> None:
    allowance = Allowance()
    before = allowance.documents.left
    work = allowance.document(1000)
    work.spend(1000)
    assert allowance.documents.left == before + int(1000 * STEPS_A_BYTE) - 1000
    assert allowance.steps.left == STEPS


def test_the_time_is_over_when_the_clock_says_so() -> None:
    now = [0.0]
    allowance = Allowance(100, lambda: now[0])
    now[0] = 59
    allowance.check(0.6)
    now[0] = 61
    with pytest.raises(TimeUp):
        allowance.check(0.6)
    allowance.check()
    now[0] = 100
    with pytest.raises(TimeUp), allowance.interrupting():
        pytest.fail("there is no time to begin")


def _endless() -> None:
    while True:
        pass


def test_what_takes_too_long_is_interrupted() -> None:
    with pytest.raises(TimeUp), Allowance(0.2).interrupting():
        _endless()


def test_what_ends_in_time_is_not_interrupted() -> None:
    with Allowance(60).interrupting():
        pass


def test_further_steps_are_given_once() -> None:
    asked: list[int] = []

    def more() -> int:
        asked.append(1)
        return 10

    budget = Budget(5, more=more)
    budget.spend(8)
    assert (budget.left, len(asked)) == (7, 1)
    assert budget.reaches(7)
    assert not budget.reaches(8)
    with pytest.raises(Exhausted):
        budget.spend(8)
    assert len(asked) == 1
