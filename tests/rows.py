"""Collects the rows of a table as one test, which runs all of them and reports each that fails.

A test of its own costs pytest and xdist several milliseconds: in two thirds of our rows more than the row itself.
Rows are run together if no row has a mark. A fixture of the function's scope is made anew for each row, one of a wider
scope is shared; one that asks pytest for more, as ``capsys`` does, keeps the rows apart. ``--each-row``, ``-k`` and
``file.py::test[row]`` collect each row as a test of its own; ``-x`` ends at the first row that fails.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from inspect import isgeneratorfunction
from typing import Any

import pytest

Row = Mapping[str, Any]
Function = Callable[..., None]
FOLDER, PATCH = "tmp_path", "monkeypatch"
"""The fixtures of pytest that each row gets anew, made as pytest makes them."""
ROWS = "rows"
"""The property of a test that has the number of its rows."""
Fresh = Mapping[str, Callable[..., Any] | None]
"""The fixtures that each row gets anew, with what makes them; None for those of pytest."""
_FOLDERS = "tmp_path_factory"
_NUMBERS = itertools.count()
"""Of the folders of rows: pytest looks for a free number among all folders, each time."""


def option(parser: pytest.Parser) -> None:
    parser.addoption("--each-row", action="store_true", help="collect each row of a table as a test of its own")


def are_joined(config: pytest.Config) -> bool:
    """Whether the rows of a table are one test: not if single ones were asked for."""
    return not (config.option.each_row or config.option.keyword or any("[" in one for one in config.args))


def joined(collector: pytest.Module | pytest.Class, name: str, function: Any) -> pytest.Function | None:
    """Return the test of all rows of a function, or of one without rows; None if pytest has to make the tests."""
    if inspect.isfunction(function) and not isgeneratorfunction(function) and not _is_parametrized(collector, function):
        return _whole(collector, name, function)
    rows = rows_of(function)
    fresh = None if rows is None else fresh_of(collector, function, rows)
    if rows is None or fresh is None or any(True for _ in collector.iter_markers()):
        return None
    first = collector.config.option.maxfail == 1
    run = all_of(function, rows, fresh, first=first)
    test: pytest.Function = pytest.Function.from_parent(collector, name=name, callobj=run)
    test.user_properties.append((ROWS, len(rows)))
    return test


def _is_parametrized(collector: pytest.Module | pytest.Class, function: Any) -> bool:
    marks = (*getattr(function, "pytestmark", ()), *collector.iter_markers("parametrize"))
    return any(mark.name == "parametrize" for mark in marks)


def _whole(collector: pytest.Module | pytest.Class, name: str, function: Any) -> pytest.Function | None:
    """Return the test of a function without rows; None if a fixture has several values.

    Pytest makes two objects of each such function: one to find its rows, and the test.
    """
    test: pytest.Function = pytest.Function.from_parent(collector, name=name, callobj=function)
    defined = itertools.chain.from_iterable(test._fixtureinfo.name2fixturedefs.values())
    return None if any(one.params for one in defined) else test


def fresh_of(collector: pytest.Module | pytest.Class, function: Function, rows: list[Row]) -> Fresh | None:
    """Return the fixtures that each row gets anew: those of the function's scope, and what makes them.

    None if one of them needs more than other fixtures. Those that are used without being taken come first.
    """
    alone: pytest.Function = pytest.Function.from_parent(collector, name=function.__name__, callobj=function)
    info = alone._fixtureinfo
    known = {name: defs[-1] for name, defs in info.name2fixturedefs.items() if name not in rows[0]}
    found = {name: known[name] for name in info.names_closure if name in known and known[name].scope == "function"}
    fresh = {name: None if name in (FOLDER, PATCH) else one.func for name, one in found.items()}
    for name, one in found.items():
        if fresh[name] and (one.params or {"request", name} & {*one.argnames}):
            return None
    return {name: fresh[name] for name in (*info.initialnames, *fresh) if name in fresh}


def rows_of(function: Any) -> list[Row] | None:
    """Return the arguments of each row; None if a row needs more than its arguments."""
    marks = getattr(function, "pytestmark", [])
    if not inspect.isfunction(function) or hasattr(function, "hypothesis") or not marks:
        return None
    tables = []
    for mark in reversed(marks):
        if mark.name == "usefixtures":
            continue
        if mark.name != "parametrize" or len(mark.args) != 2 or mark.kwargs.keys() - {"ids"}:
            return None
        names, values = mark.args
        table = [_row(names, value) for value in values]
        if not table or None in table:
            return None
        tables.append(table)
    rows = [dict(itertools.chain.from_iterable(parts)) for parts in itertools.product(*tables)] if tables else [{}]
    return rows if tables and rows[0].keys() <= inspect.signature(function).parameters.keys() else None


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


def all_of(function: Function, rows: list[Row], fresh: Fresh, *, first: bool = False) -> Function:
    """Return a function that calls another one with each row, and then raises what its calls raised.

    It takes the fixtures that all rows share. With ``first`` it ends at the first row that fails.
    """
    makers = [function, *(make for make in fresh.values() if make)]
    taken = dict.fromkeys(name for one in makers for name in inspect.signature(one).parameters)
    shared = [name for name in taken if name not in rows[0] and name not in fresh]
    if FOLDER in fresh:
        shared.append(_FOLDERS)

    @functools.wraps(function)
    def run(**given: Any) -> None:
        raised: list[BaseException] = []
        failed: list[BaseException] = []
        for one in _raised(function, rows, given, fresh):
            raised.append(one)
            if not isinstance(one, pytest.skip.Exception):
                failed.append(one)
                if first:
                    break
        if failed:
            raise BaseExceptionGroup(f"{len(failed)} of {len(rows)} rows (--each-row shows each of them)", failed)
        if len(raised) == len(rows):
            raise raised[0]

    del run.__dict__["pytestmark"]
    # What pytest shall see.
    named = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in dict.fromkeys(shared)]
    run.__signature__ = inspect.Signature(named)
    return run


def _raised(function: Function, rows: list[Row], shared: Row, fresh: Fresh) -> Iterator[BaseException]:
    parameters = inspect.signature(function).parameters
    for row in rows:
        try:
            with ExitStack() as after:
                own = {**shared, **row}
                for name in (*fresh, *parameters):
                    _make(name, own, fresh, after, function.__name__)
                function(**{name: own[name] for name in parameters})
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
            error.add_note("row: " + ", ".join(f"{name}={_short(value)}" for name, value in row.items()))
            yield error


def _make(name: str, own: dict[str, Any], fresh: Fresh, after: ExitStack, test: str) -> None:
    """Make a fixture of a row, and before it those that it takes."""
    if name in own:
        return
    make = fresh[name]
    if make:
        taken = _parameters(make)
        for other in taken:
            _make(other, own, fresh, after, test)
        given = {other: own[other] for other in taken}
        own[name] = after.enter_context(contextmanager(make)(**given)) if isgeneratorfunction(make) else make(**given)
    elif name == PATCH:
        own[name] = after.enter_context(pytest.MonkeyPatch.context())
    else:
        own[name] = own[_FOLDERS].getbasetemp() / f"{test[:30]}-{next(_NUMBERS)}"
        own[name].mkdir()


@functools.cache
def _parameters(make: Callable[..., Any]) -> tuple[str, ...]:
    """Return the fixtures that a fixture takes; each row asks."""
    return tuple(inspect.signature(make).parameters)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def summary(reporter: Any) -> str:
    """Return a sentence about the tables that ran; "" if there were none."""
    ran = [one for kind in ("passed", "failed") for one in reporter.stats.get(kind, ())]
    counts = [count for one in ran for name, count in one.user_properties if name == ROWS]
    return f"{len(counts)} of the tests are tables, with {sum(counts)} rows" if counts else ""
