"""The evaluations that a session remembers: each is used again while all that it asked is the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import cast

from iamlint.basics.frozen import mutable
from iamlint.budget import Allowance, Budget
from iamlint.cache.memory import Memory, Name
from iamlint.facts import Fact
from iamlint.files.tree import Asked
from iamlint.location import Unreadable
from iamlint.sources.terraform.configuration.library import MODULE, Library, RootModules
from iamlint.sources.terraform.configuration.module import Dialect, Module
from iamlint.sources.terraform.evaluation.kept.calls import KeptCalls, is_odd
from iamlint.sources.terraform.evaluation.kept.fingerprints import fingerprint
from iamlint.sources.terraform.evaluation.kept.states import CIRCULAR, OUTPUTS, STATE
from iamlint.sources.terraform.evaluation.run import Run
from iamlint.sources.terraform.evaluation.states import States
from iamlint.sources.terraform.resources.facts import is_wanted
from iamlint.sources.terraform.sharing import Evaluated, Share
from iamlint.sources.workspace import Workspace

_PROGRAMS = {question: dialect for dialect, question in MODULE.items()}
_READERS = {question: dialect for dialect, question in STATE.items()}
_Place = tuple[Dialect, str]


@mutable
class _Kept:
    """The facts of a root module, the errors of its settings, and the steps that it took.

    ``states`` are the root modules that keep the states it read, by program and place. ``is_exact`` says that the steps
    are those of an evaluation without memory.
    """

    facts: tuple[Fact, ...]
    errors: tuple[Unreadable, ...] | None
    steps: int
    states: dict[tuple[Dialect, str], tuple[Path, ...]]
    is_exact: bool

    def evaluated(self) -> Evaluated:
        """Return the evaluation, with lists of its own."""
        return Evaluated(list(self.facts), None if self.errors is None else list(self.errors))


@mutable
class KeptRoots:
    """The root modules of a check, and what the session knows of them.

    ``context`` identifies what each evaluation depends on besides what it reads from the file tree. ``is_exact`` says
    that all steps so far are those of evaluations without memory: with remembered calls they may be a few more.
    """

    memory: Memory
    context: object
    library: Library
    workspace: Workspace
    allowance: Allowance
    is_exact: bool = True
    _name: Name = ()
    _runs: list[Run] = field(default_factory=list)

    def remember_calls(self, run: Run, modules: RootModules, kind: str) -> None:
        """Let the evaluation of a root module use the calls of earlier checks, unless that makes a difference."""
        self._runs.append(run)
        if self._name and not self.memory.is_careful:
            name = (*self._name, kind, modules.dialect, fingerprint(run.workspace))
            run.calls = KeptCalls(
                self.memory, name, run, self.allowance, self._again, partial(_touch, modules), is_wanted
            )

    def evaluated(
        self,
        kind: str,
        directory: Path,
        share: Share,
        states: Callable[[Dialect], States],
        evaluate: Callable[[], Evaluated],
    ) -> Evaluated:
        """Return the evaluation of a root module in a way (``kind``): the one of an earlier check, or a new one."""
        name = ("root", kind, directory, self.context)
        part = self.memory.part(*name)
        if part is not None and _is_kept(part.value, states):
            self._again(part.did)
            self.is_exact &= part.value.is_exact
            if _spends(part.value.steps, share.budget):
                return cast("Evaluated", part.value.evaluated())
            if not share.last:
                share.foresee()
                return Evaluated([], None)
        postponed = self.memory.postponed(directory, *name)
        if postponed is not None:
            known: _Kept = self.memory.moved(postponed.value)
            postponed.value = known
            self._again(postponed.did)
            _spends(known.steps, share.budget)
            return known.evaluated()
        granted, left, started = self.allowance.granted, share.left, time.perf_counter()
        with self.memory.tracing() as trace:
            found = self._evaluated(name, share, evaluate)
        is_exact = not any(run.calls for run in self._runs)
        self.is_exact &= is_exact
        if not share.cut and CIRCULAR not in trace.asked and (OUTPUTS, str(directory)) not in trace.asked:
            steps = left + self.allowance.granted - granted - share.left
            errors = None if found.errors is None else tuple(found.errors)
            kept = _Kept(tuple(found.facts), errors, steps, dict(_kept(trace.asked, states)), is_exact)
            self.memory.keep(name, kept, trace, time.perf_counter() - started)
        return found

    def _evaluated(self, name: Name, share: Share, evaluate: Callable[[], Evaluated]) -> Evaluated:
        """Return a new evaluation, with remembered calls if no value depends on the order of evaluation."""
        odd = self.memory.same("odd roots", None, set[Name])
        beginning, granted = share.state(), self.allowance.granted
        self._runs, self._name = [], () if name in odd else name
        found = evaluate()
        self._name = ()
        if not any(map(is_odd, self._runs)):
            odd.discard(name)
        elif name not in odd:
            odd.add(name)
            self._runs = []
            share.set_back(beginning, self.allowance.granted - granted)
            found = evaluate()
        return found

    def _again(self, did: Iterable[Asked]) -> None:
        """Read the modules and files of an evaluation: they are of this check, too."""
        self.workspace.again(did)
        for question, name in did:
            if question in _PROGRAMS:
                self.library.module(Path(name), _PROGRAMS[question])


def _touch(modules: RootModules, module: Module) -> None:
    modules.touch(module.directory)


def _kept(asked: Iterable[Asked], states: Callable[[Dialect], States]) -> Iterator[tuple[_Place, tuple[Path, ...]]]:
    """Yield the places where an evaluation looked for a state, each with the root modules that keep one there."""
    for question, place in asked:
        if question in _READERS:
            at = (_READERS[question], place)
            yield at, _keepers(at, states)


def _keepers(at: _Place, states: Callable[[Dialect], States]) -> tuple[Path, ...]:
    return tuple(module.directory for module in states(at[0]).kept_at(at[1]))


def _is_kept(known: _Kept, states: Callable[[Dialect], States]) -> bool:
    """Whether the states that an evaluation read are still those of the same root modules."""
    return all(_keepers(at, states) == keepers for at, keepers in known.states.items())


def _spends(steps: int, budget: Budget) -> bool:
    """Spend the steps of an evaluation; False if there are too few."""
    if not budget.reaches(steps) or (budget.above and budget.above.left < steps):
        return False
    budget.spend(steps)
    return True
