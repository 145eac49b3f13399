"""Collects the rows of a table as one test, which runs all of them and reports each that fails.

A test of its own costs pytest and xdist several milliseconds: in two thirds of our rows more than the row itself.
Rows are run together if nothing has to be set up for a row: the parameters are all that the function takes, and no
row has a mark. ``--each-row``, ``-k`` and ``file.py::test[row]`` collect each row as a test of its own.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

Row = Mapping[str, Any]
ROWS = "rows"
"""The property of a test that has the number of its rows."""


def option(parser: pytest.Parser) -> None:
    parser.addoption("--each-row", action="store_true", help="collect each row of a table as a test of its own")


def are_joined(config: pytest.Config) -> bool:
    """Whether the rows of a table are one test: not if single ones were asked for."""
    return not (config.option.each_row or config.option.keyword or any("[" in one for one in config.args))


def joined(collector: pytest.Module | pytest.Class, name: str, function: Any) -> pytest.Function | None:
    """Return the test of all rows of a function; None if they have to be tests of their own."""
    rows = rows_of(function)
    if rows is None or any(True for _ in collector.iter_markers()):
        return None
    test: pytest.Function = pytest.Function.from_parent(collector, name=name, callobj=all_of(function, rows))
    test.user_properties.append((ROWS, len(rows)))
    return None if test.fixturenames else test


def rows_of(function: Any) -> list[Row] | None:
    """Return the arguments of each row; None if a row needs more than its arguments."""
    marks = getattr(function, "pytestmark", [])
    if not inspect.isfunction(function) or hasattr(function, "hypothesis") or not marks:
        return None
    tables = []
    for mark in reversed(marks):
        if mark.name != "parametrize" or len(mark.args) != 2 or mark.kwargs.keys() - {"ids"}:
            return None
        names, values = mark.args
        table = [_row(names, value) for value in values]
        if not table or None in table:
            return None
        tables.append(table)
    rows = [dict(itertools.chain.from_iterable(parts)) for parts in itertools.product(*tables)]
    return rows if rows[0].keys() == inspect.signature(function).parameters.keys() else None


def _row(names: str | list[str] | tuple[str, ...], value: Any) -> list[tuple[str, Any]] | None:
    """Return a row's names and values; None if it has marks."""
    each = [one.strip() for one in names.split(",") if one.strip()] if isinstance(names, str) else list(names)
    if hasattr(value, "marks"):
        if value.marks:
            return None
        value = value.values
    elif len(each) == 1 and isinstance(names, str) and "," not in names:
        value = (value,)
    return list(zip(each, value, strict=True))


def all_of(function: Callable[..., None], rows: list[Row]) -> Callable[[], None]:
    """Return a function that calls another one with each row, and then raises what its calls raised."""

    @functools.wraps(function)
    def run() -> None:
        failed = list(_failures(function, rows))
        if failed:
            raise BaseExceptionGroup(f"{len(failed)} of {len(rows)} rows (--each-row shows each of them)", failed)

    del run.__dict__["pytestmark"]
    run.__signature__ = inspect.Signature()  # type: ignore[attr-defined]  # pytest shall see no arguments
    return run


def _failures(function: Callable[..., None], rows: list[Row]) -> Iterator[BaseException]:
    for row in rows:
        try:
            function(**row)
        except (Exception, pytest.fail.Exception) as error:
            error.add_note("row: " + ", ".join(f"{name}={_short(value)}" for name, value in row.items()))
            yield error


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def summary(reporter: Any) -> str:
    """Return a sentence about the tables that ran; "" if there were none."""
    ran = [one for kind in ("passed", "failed") for one in reporter.stats.get(kind, ())]
    counts = [count for one in ran for name, count in one.user_properties if name == ROWS]
    return f"{len(counts)} of the tests are tables, with {sum(counts)} rows" if counts else ""
