"""Collects the rows of a table as one test, which runs all of them and reports each that fails.

A test of its own costs pytest and xdist several milliseconds: in two thirds of our rows more than the row itself.
Rows are run together if no row has a mark, and what the function takes besides its parameters is in `FRESH`, which
each row gets anew, or has a wider scope than the function. ``--each-row``, ``-k`` and ``file.py::test[row]`` collect
each row as a test of its own.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from checking import checker

Row = Mapping[str, Any]
Function = Callable[..., None]
FRESH = frozenset({"tmp_path", "monkeypatch", "check"})
"""Fixtures that each row gets anew, made as pytest and the conftest make them."""
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
    if rows is None or any(True for _ in collector.iter_markers()) or _has_its_own(collector, "check"):
        return None
    test: pytest.Function = pytest.Function.from_parent(collector, name=name, callobj=all_of(function, rows))
    test.user_properties.append((ROWS, len(rows)))
    found = test._fixtureinfo.name2fixturedefs.values()
    return None if any(one[-1].scope == "function" for one in found) else test


def _has_its_own(collector: pytest.Module | pytest.Class, name: str) -> bool:
    """Whether a fixture here has the name of one in `FRESH`, and hides it."""
    found = collector.session._fixturemanager.getfixturedefs(name, collector) or ()
    return len(found) > 1


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
    return rows if rows[0].keys() <= inspect.signature(function).parameters.keys() else None


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


def all_of(function: Function, rows: list[Row]) -> Function:
    """Return a function that calls another one with each row, and then raises what its calls raised.

    It takes the fixtures that all rows share.
    """
    parameters = inspect.signature(function).parameters
    fresh = FRESH & parameters.keys()
    shared = [*(parameters.keys() - rows[0].keys() - fresh), *(["tmp_path_factory"] if fresh - {"monkeypatch"} else [])]

    @functools.wraps(function)
    def run(**given: Any) -> None:
        folders = given.get("tmp_path_factory")
        given = {name: one for name, one in given.items() if name in parameters}
        raised = list(_raised(function, rows, given, fresh, folders))
        failed = [one for one in raised if not isinstance(one, pytest.skip.Exception)]
        if failed:
            raise BaseExceptionGroup(f"{len(failed)} of {len(rows)} rows (--each-row shows each of them)", failed)
        if len(raised) == len(rows):
            raise raised[0]

    del run.__dict__["pytestmark"]
    # What pytest shall see.
    named = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in dict.fromkeys(shared)]
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return run


def _raised(
    function: Function, rows: list[Row], shared: Row, fresh: frozenset[str], folders: pytest.TempPathFactory | None
) -> Iterator[BaseException]:
    for row in rows:
        try:
            with ExitStack() as after:
                patch = after.enter_context(pytest.MonkeyPatch.context())
                own: dict[str, Any] = {"monkeypatch": patch}
                if folders:
                    folder = own["tmp_path"] = folders.mktemp(function.__name__[:30])
                    own["check"] = checker(folder, patch) if "check" in fresh else None
                function(**row, **shared, **{name: own[name] for name in fresh})
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
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
