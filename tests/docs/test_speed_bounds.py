"""The page about speed names the bounds that the code has."""

from __future__ import annotations

import pytest
from speed_tables import PAGE

from iamlint.accepted import changed
from iamlint.assertions import checking
from iamlint.budget import SECONDS
from iamlint.comparison.compare import MOST_ACCOUNTS, MOST_HOPS
from iamlint.conditions import abstract_values
from iamlint.documents import yaml_text
from iamlint.federation import unmatched
from iamlint.fixes import proof
from iamlint.graph import delegation
from iamlint.hcl import scope
from iamlint.hcl.functions.texts import patterns
from iamlint.paths import answers, onward, search
from iamlint.sources.terraform.evaluation import run

BOUNDS = {
    "expressions": (scope.MOST_STEPS, run.MOST_STEPS_IN_ROOT, run.MOST_INSTANCES),
    "patterns": (patterns.MOST_WORK,),
    "aliases": (yaml_text.MOST_ALIASED,),
    "conditions": (abstract_values.MOST,),
    "federated": (unmatched.MOST_PAIRS,),
    "chains": (delegation.MOST_FOLLOWED,),
    "routes": (onward._MOST_WORK,),
    "`iamlint paths`": (search.MOST_STEPS, answers.MOST_STEPS),
    "`iamlint compare`": (MOST_ACCOUNTS, MOST_HOPS),
    "assertions": (checking.MOST_PAIRS,),
    "`--fix`": (proof.MOST_RUNS, proof.MOST_CHECKED),
    "the lines": (changed._MOST_PAIRS,),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_is_that_of_the_code(name: str) -> None:
    (row,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {name}")]
    bounds = row.split("|")[3]
    assert [f"{one:,}" in bounds for one in BOUNDS[name]] == [True] * len(BOUNDS[name])


def test_a_run_ends_when_the_page_says() -> None:
    assert f"after {SECONDS} seconds" in PAGE.read_text(encoding="utf-8")
