"""Nothing is guessed: a value that becomes unknown makes no answer more certain."""

from __future__ import annotations

import tempfile
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from unittest import mock

import pytest
from diagnosis.mutations import mutations
from diagnosis.small_inputs import DAY, Case, read_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from many import some

from iamlint.diagnosis import asking
from iamlint.diagnosis.answer import Answer
from iamlint.diagnosis.asked.identity_files import Input
from iamlint.diagnosis.asking import Asked, BadQuestionError, answer_from
from iamlint.diagnosis.recognition.said import read_error
from iamlint.diagnosis.stages.decision import CONTRADICTED
from iamlint.estate import Estate
from iamlint.facts import Fact
from iamlint.roles import catalog

MODULES = tuple(
    import_module(f"diagnosis.questions.{path.stem}")
    for path in sorted((Path(__file__).parent / "questions").glob("test_*_questions.py"))
)
CASES: tuple[Case, ...] = tuple(one for module in MODULES for one in getattr(module, "CASES", ()))


@cache
def _input(index: int) -> Input:
    with tempfile.TemporaryDirectory() as folder:
        return read_files(Path(folder), CASES[index].files)


@cache
def _before(index: int) -> Answer:
    return _answer(index, _input(index).reading.facts)


def _answer(index: int, facts: list[Fact]) -> Answer:
    one = CASES[index]
    asked = Asked(as_of=DAY, caller=one.caller, target=one.target, **one.more)
    with mock.patch.object(asking, "read_error", _read_error):
        return answer_from(asked, Estate(facts, catalog(), DAY), (), _input(index).clients)


_read_error = cache(read_error)
"""Each text once: to recognise it takes longer than the rest of an answer, and no fact counts."""


def _compare(index: int, what: str, facts: list[Fact]) -> None:
    """Asserts that the answer from changed facts is no more certain than that from the facts of the input."""
    before = _before(index)
    try:
        after = _answer(index, facts)
    except BadQuestionError:  # the input no longer has what the question leaves out
        return
    told = f"{CASES[index].name}, {what}: {before.verdict} {before.step} -> {after.verdict} {after.step}"
    if before.verdict == "unknown" and before.headline != CONTRADICTED:  # an unknown condition contradicts no error
        assert after.verdict in ("unknown", "not-iam"), told
    assert {before.verdict, after.verdict} != {"works", "fails"}, told


FEWER = some(4, 1)
"""One of as many cases is asked: to read the files of a case takes longer than to ask it."""


@pytest.mark.parametrize("index", range(0, len(CASES), FEWER))
def test_an_unknown_value_makes_nothing_certain(index: int) -> None:
    """In the suite every sixth value of every fourth case, others in each case."""
    step = some(6, 1)
    for what, facts in islice(mutations(_input(index).reading.facts), index // FEWER % step, None, step):
        _compare(index, what, facts)


@settings(max_examples=some(20, 200), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_two_unknown_values_make_nothing_certain(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(CASES) - 1))
    first = list(mutations(_input(index).reading.facts))
    if not first:
        return
    one, facts = data.draw(st.sampled_from(first), label="first")
    other, facts = data.draw(st.sampled_from(list(mutations(facts)) or [(one, facts)]), label="second")
    _compare(index, f"{one} and {other}", facts)
