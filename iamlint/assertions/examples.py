"""Runs the examples of assertions: each must be violated or satisfied, as it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from iamlint.assertions.checking import check_assertions
from iamlint.assertions.documents import Assertion, Case
from iamlint.budget import Allowance
from iamlint.estate import Estate
from iamlint.location import Unreadable
from iamlint.roles import catalog
from iamlint.sources import read
from iamlint.sources.reading import Options


def run_examples(one: Assertion, allowance: Allowance) -> list[Unreadable]:
    """Return the problems of an assertion's examples; empty if all pass."""
    return [problem for case in one.examples for problem in _run(one, case, allowance)]


def _run(one: Assertion, case: Case, allowance: Allowance) -> Iterator[Unreadable]:
    with TemporaryDirectory() as directory:
        Path(directory, "main.tf").write_text(case.terraform, encoding="utf-8")
        reading = read([Path(directory)], Options(allowance=allowance))
    for error in reading.errors:
        yield Unreadable(case.at, f"the example cannot be read: line {error.at.line}: {error.reason}", error.hint)
    found = check_assertions([one], Estate(reading.facts, catalog(), datetime.now(tz=UTC).date()))
    unknown = "".join(f"; {unknown_answer.reason}" for unknown_answer in found.unknown_answers)
    if case.violates and not found.findings:
        yield Unreadable(case.at, f"the example does not violate the assertion{unknown}")
    for finding in found.findings if not case.violates else ():
        yield Unreadable(case.at, f"the example violates the assertion: {finding.message}")
    if not case.violates and any(unknown_answer.severity for unknown_answer in found.unknown_answers):
        yield Unreadable(case.at, f"whether the example holds is unknown{unknown}")
