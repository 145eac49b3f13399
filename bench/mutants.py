"""Mutation testing: changes one thing in the code at a time, and lists the changes that no test notices.

    python bench/mutants.py [ROOM...] [--functions NAME...] [--again REPORT] [--sample 40] [--seed 1] [--tests PATH...]

ROOM is a package of iamlint: access, estate, graph, conditions and patterns where none is named. With NAME, only
functions of these names (without their class) are changed; with REPORT, the output of an earlier run, only its
survivors are run again. The tests are collected and run once, to see which functions each of them calls. Each mutant
then runs in a fork, which has the changed function in its place, and only with the tests that call it: the quickest
first, up to the first that fails, or the first row of a table that fails. A function that runs only when its module
is imported is changed in a new process, which runs the tests of its room. A process that fails, or whose test takes
ten times as long, has killed its mutant.

Mutants that behave as the original does are in ``equivalent_mutants.txt``, with the reason; they are not sampled.
Exits with 0 if all are killed, else with 1.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import os
import pickle
import random
import re
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("access", "estate", "graph", "conditions", "patterns")
_FLIPPED: dict[type[ast.AST], type[Any]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
_TRUTHS = {"TRUE": "FALSE", "FALSE": "TRUE", "UNKNOWN": "FALSE"}


@dataclass(frozen=True)
class Mutant:
    """A change of one node: the module's file, the qualified name of the function around it, and which node it is.

    ``node`` counts the nodes of the function's body, ``which`` the changes of the node; ``inner`` is the name of the
    function within the function that the node is in, if it is in one.
    """

    path: Path
    function: str
    line: int
    change: str
    node: int
    which: int
    inner: str = ""

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} {self.function}: {self.change}"

    @property
    def name(self) -> str:
        """What stays the same when other lines of the module change."""
        return f"{self.path.relative_to(ROOT)} {self.function}: {self.change}"


def equivalents() -> frozenset[str]:
    """Return the names of the mutants that no test can kill. A line that is indented says why."""
    lines = (ROOT / "bench" / "equivalent_mutants.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith((" ", "#")))


# -- changes -------------------------------------------------------------------------------------------------------


def changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """What can be changed in a node: the change in words, and what makes it in a copy of the node."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _FLIPPED:
            yield f"comparison flipped in `{ast.unparse(node)}`", lambda one: one.ops.__setitem__(0, _flipped(op))
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in _FLIPPED:
            yield f"operator flipped in `{ast.unparse(node)}`", lambda one: setattr(one, "op", _flipped(op))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield f"condition `{ast.unparse(test)}` negated", _negate
        case ast.Return(value=ast.Constant(value=None | False)):
            pass  # None is false where a truth value is asked for; False is flipped below
        case ast.Return(value=ast.expr() as value):
            yield f"`{ast.unparse(node)}` returns None", lambda one: setattr(one, "value", ast.Constant(None))
        case ast.Constant(value=bool() as value):
            yield f"{value} flipped", lambda one: setattr(one, "value", not value)
        case ast.Constant(value=int() as value):
            yield f"{value} is {value + 1}", lambda one: setattr(one, "value", value + 1)
        case ast.Attribute(value=ast.Name(id="Truth"), attr=name) if name in _TRUTHS:
            yield f"Truth.{name} is Truth.{_TRUTHS[name]}", lambda one: setattr(one, "attr", _TRUTHS[name])
        case ast.Name(id="TRUE" | "FALSE" as name, ctx=ast.Load()):
            yield f"{name} is {_TRUTHS[name]}", lambda one: setattr(one, "id", _TRUTHS[name])


def _flipped(op: ast.AST) -> ast.AST:
    made: ast.AST = _FLIPPED[type(op)]()
    return made


def _negate(one: Any) -> None:
    one.test = ast.UnaryOp(ast.Not(), one.test)


def mutants(path: Path) -> Iterator[Mutant]:
    """All mutants of a module's functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name, function in _functions(tree, ""):
        inner = {id(node): one for one, nodes in _within(function) for node in nodes}
        seen: Counter[str] = Counter()
        for at, node in enumerate(_inside(function)):
            for which, (change, _) in enumerate(changes(node)):
                line = getattr(node, "lineno", function.lineno)
                seen[change] += 1
                numbered = f"{change} [{seen[change]}]" if seen[change] > 1 else change
                yield Mutant(path, name, line, numbered, at, which, inner.get(id(node), ""))


def _within(function: ast.FunctionDef) -> Iterator[tuple[str, list[ast.AST]]]:
    """Yield the names of the functions in a function, each with its nodes; the innermost come last."""
    for node in _inside(function):
        if isinstance(node, ast.FunctionDef):
            yield node.name, _inside(node)
        elif isinstance(node, ast.Lambda):
            yield "<lambda>", list(ast.walk(node.body))


def _inside(function: ast.FunctionDef) -> list[ast.AST]:
    """The nodes of a function's body, without annotations, which no run evaluates."""
    nodes = [node for statement in function.body for node in ast.walk(statement)]
    annotated = [node.annotation for node in nodes if isinstance(node, ast.AnnAssign)]
    unused = {id(node) for annotation in annotated for node in ast.walk(annotation)}
    return [node for node in nodes if id(node) not in unused]


def changed_code(mutant: Mutant) -> CodeType:
    """The code of the mutant's function."""
    return _code_of(changed_module(mutant), mutant.function)


def changed_module(mutant: Mutant) -> CodeType:
    """The code of the mutant's module."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    node = _inside(dict(_functions(tree, ""))[mutant.function])[mutant.node]
    list(changes(node))[mutant.which][1](node)
    return compile(ast.fix_missing_locations(tree), str(mutant.path), "exec")


def _functions(node: ast.AST, before: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module and the methods of its classes, by qualified name; those within them belong to them."""
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.FunctionDef):
            yield f"{before}{one.name}", one
        elif isinstance(one, ast.ClassDef):
            yield from _functions(one, f"{before}{one.name}.")


def _code_of(code: CodeType, name: str) -> CodeType:
    for part in name.split("."):
        code = next(one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == part)
    return code


def put_in_place(mutant: Mutant) -> None:
    """Give the living function the mutant's code."""
    name = ".".join(mutant.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    owner: Any = importlib.import_module(name)
    *outer, last = mutant.function.split(".")
    for part in outer:
        owner = getattr(owner, part)
    found = vars(owner)[last]
    for wrapper in ("__func__", "__wrapped__", "fget", "func"):
        found = getattr(found, wrapper, found)
    changed = {id(old): new for old, new in _pairs(found.__code__, changed_code(mutant))}
    gc.unfreeze()  # else the collector does not list what lives since the tests were collected
    for living in gc.get_objects():  # with the functions that it made before: decorators and tables do so at import
        if isinstance(living, FunctionType) and id(living.__code__) in changed:
            living.__code__ = changed[id(living.__code__)]


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the code of a function with its changed one, and of all functions within it."""
    yield old, new
    for one, other in zip(old.co_consts, new.co_consts, strict=False):
        if isinstance(one, CodeType) and isinstance(other, CodeType):
            yield from _pairs(one, other)


# -- tests ---------------------------------------------------------------------------------------------------------


class Plugin:
    """Runs mutants instead of the tests that pytest has collected."""

    def __init__(self, rooms: list[str], sample: int, seed: int, functions: list[str], again: frozenset[str]) -> None:
        self.rooms, self.sample, self.seed = rooms, sample, seed
        self.functions, self.again = frozenset(functions), again
        self.survivors: list[Mutant] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Sample mutants, and run the tests of each."""
        equivalent = equivalents()
        every = [
            mutant
            for room in self.rooms
            for path in sorted((ROOT / "iamlint" / room).rglob("*.py"))
            for mutant in mutants(path)
            if not self.functions or mutant.function.rpartition(".")[2] in self.functions
            if (mutant.name in self.again if self.again else mutant.name not in equivalent)
        ]
        chosen = random.Random(self.seed).sample(every, min(self.sample, len(every)))
        calls, took = _watched(session)
        say(f"{len(every)} mutants, {len(chosen)} sampled; {len(session.items)} tests, {sum(took):.0f} CPU seconds")
        for mutant in chosen:
            names = {mutant.function.rpartition(".")[2], mutant.inner}
            tests = {at for name in names for at in calls[(str(mutant.path), name)]}
            quickest_first = sorted(tests, key=took.__getitem__)
            state = _judged(session, mutant, quickest_first, took)
            if state != "killed":
                self.survivors.append(mutant)
            say(f"{state:<9} {mutant}  ({len(tests)} tests)")
        say(f"{len(chosen) - len(self.survivors)} of {len(chosen)} killed")
        return True


def say(line: str) -> None:
    """Write a line at once."""
    print(line, file=sys.__stdout__, flush=True)


def _watched(session: pytest.Session) -> tuple[dict[tuple[str, str], set[int]], list[float]]:
    """The numbers of the tests that call each function, by its file and name; and the CPU seconds of each test."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.close(reading)
        _quiet()
        calls: dict[tuple[str, str], set[int]] = defaultdict(set)
        took, failed = [], []
        for at, item in enumerate(session.items):
            start = time.process_time()
            if not _passes(session, at, calls):
                failed.append(item.nodeid)
            took.append(time.process_time() - start)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump((dict(calls), took, failed), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found, took, failed = pickle.load(pipe)
    os.waitpid(child, 0)
    if failed:
        sys.exit(f"these tests fail without any mutant: {' '.join(failed)}")
    return defaultdict(set, found), took


def _passes(session: pytest.Session, at: int, calls: dict[tuple[str, str], set[int]] | None = None) -> bool:
    """Whether a test passes; ``calls`` gets the functions that it calls."""
    before, own = session.testsfailed, str(ROOT / "iamlint")

    def called(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and calls is not None and frame.f_code.co_filename.startswith(own):
            calls[(frame.f_code.co_filename, frame.f_code.co_name)].add(at)

    for one in _caches():
        one.cache_clear()
    if calls is not None:
        sys.settrace(called)
    item, following = session.items[at], session.items[at + 1] if at + 1 < len(session.items) else None
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    sys.settrace(None)
    return session.testsfailed == before


@cache
def _caches() -> list[Any]:
    """Return the caches of functions in the rooms: what one test computed is not called again in the next.

    The grammar of conditions stays: to make it takes longer than most tests.
    """
    rooms = tuple(f"iamlint.{room}." for room in ROOMS)
    gc.unfreeze()  # else the collector does not list what lives since the tests were collected
    found = [one for one in gc.get_objects() if isinstance(one, type(_caches))]
    gc.freeze()
    return [one for one in found if f"{one.__module__}.".startswith(rooms) and one.__name__ != "_grammar"]


def _judged(session: pytest.Session, mutant: Mutant, tests: list[int], took: list[float]) -> str:
    if not tests:
        return _judged_from_import(mutant)
    if not (child := os.fork()):
        _quiet()
        session.items[:] = [session.items[at] for at in tests]
        try:
            put_in_place(mutant)
            os._exit(0 if all(_passes_in(session, at, 3 + 10 * took[of]) for at, of in enumerate(tests)) else 1)
        finally:
            os._exit(1)
    return "SURVIVED" if os.waitpid(child, 0)[1] == 0 else "killed"


def _passes_in(session: pytest.Session, at: int, seconds: float) -> bool:
    """Whether a test passes; the process ends if it takes more CPU seconds than these."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 1, most))
    return _passes(session, at)


def _judged_from_import(mutant: Mutant) -> str:
    """Run the tests of a room in a process that imports the mutant. One that never runs survives."""
    room = mutant.path.relative_to(ROOT / "iamlint").parts[0]
    if not (child := os.fork()):
        _quiet()
        mutated = [str(mutant.path), mutant.function, str(mutant.node), str(mutant.which)]
        os.execv(sys.executable, [sys.executable, __file__, "--tests", f"tests/{room}", "--imported", *mutated])
    return "UNTESTED" if os.waitpid(child, 0)[1] == 0 else "killed"


def _quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def survivors(report: Path) -> frozenset[str]:
    """Return the names of the mutants that survived an earlier run."""
    text = report.read_text(encoding="utf-8")
    found = re.findall(r"^(?:SURVIVED|UNTESTED) +(\S+\.py):\d+ (.+)  \(\d+ tests\)$", text, re.MULTILINE)
    return frozenset(f"{path} {rest}" for path, rest in found)


def _import_changed(mutant: Mutant) -> None:
    """Let the import of the mutant's module run the mutant."""
    original = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        return changed_module(mutant) if Path(loader.path) == mutant.path else original(loader, name)

    SourceFileLoader.get_code = get_code


def main() -> int:
    """Run the sampled mutants; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", metavar="ROOM")
    parser.add_argument("--functions", nargs="+", metavar="NAME", default=[])
    parser.add_argument("--again", type=Path, metavar="REPORT")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", default=[f"tests/{room}" for room in ROOMS])
    parser.add_argument("--imported", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.chdir(ROOT)
    options = ["-q", "-s", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *asked.tests]
    if asked.imported:
        path, function, node, which = asked.imported
        _import_changed(Mutant(Path(path), function, 0, "", int(node), int(which)))
        return int(pytest.main(options))
    plugin = Plugin(
        asked.rooms or [room for room in ROOMS if (ROOT / "iamlint" / room).exists()],
        asked.sample,
        asked.seed,
        asked.functions,
        survivors(asked.again) if asked.again else frozenset(),
    )
    code = pytest.main(options, plugins=[plugin])
    return 1 if plugin.survivors else int(code)


if __name__ == "__main__":
    sys.exit(main())
