"""The facts of root modules from an earlier run: used again while all that a module's evaluation asked is the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from iamlint.budget import Allowance
from iamlint.cache.units import Trace, Units, file_asked, hash_of
from iamlint.facts import Fact
from iamlint.frozen import mutable
from iamlint.location import Unreadable
from iamlint.sources.fact_data import NotData, data_of, value_of
from iamlint.sources.terraform.configuration.library import DIALECTS, Library, Uses
from iamlint.sources.terraform.configuration.module import Dialect
from iamlint.sources.terraform.evaluation.states import States
from iamlint.sources.terraform.sharing import Share
from iamlint.sources.workspace import Workspace


@mutable
class Evaluated:
    """What the evaluation of a root module has: its facts, and the errors of its settings, None if they are unread."""

    facts: list[Fact]
    errors: list[Unreadable] | None


@mutable
class RememberedRoots:
    """The evaluations of an earlier run, and those of this one.

    ``context`` is a hash of all that each evaluation depends on besides what it asks the disk: the values that the user
    gives, and what other documents say. An evaluation that asks another root module for its outputs is not remembered.
    """

    units: Units
    context: str
    library: Library
    workspace: Workspace
    allowance: Allowance

    def evaluated(
        self,
        kind: str,
        directory: Path,
        share: Share,
        states: Callable[[Dialect], States],
        evaluate: Callable[[], Evaluated],
    ) -> Evaluated:
        """Return the evaluation of a root module in a way (``kind``): from the earlier run, or a new one.

        ``share`` are its steps, ``states`` those that it may read, by program.
        """
        name = hash_of(self.context, kind, str(directory))
        known = self.units.unchanged(name)
        if known is not None and self._takes(known, share):
            facts, errors = value_of(known["value"])
            return Evaluated(list(facts), errors if errors is None else list(errors))
        granted, left = self.allowance.granted, share.budget.left
        self.library.uses, self.workspace.asked_data = Uses(), {}
        for dialect in DIALECTS:
            states(dialect).is_used = False
        with self.units.tracing() as trace:
            found = evaluate()
        if share.cut or self.library.uses.known_manifest or any(states(dialect).is_used for dialect in DIALECTS):
            return found
        steps = left + self.allowance.granted - granted - share.budget.left
        self._keep(name, directory, trace, found, steps)
        return found

    def _takes(self, known: Any, share: Share) -> bool:
        """Read the files of an evaluation, which a report shows, and spend its steps; False if there are too few."""
        for directory, dialect in known["modules"]:
            self.library.module(Path(directory), dialect)
        for path in known["data"]:
            self.workspace.load_data(Path(path))
        budget = share.budget
        if budget.left < known["steps"] or (budget.above and budget.above.left < known["steps"]):
            return False
        budget.spend(known["steps"])
        return True

    def _keep(self, name: str, directory: Path, trace: Trace, found: Evaluated, steps: int) -> None:
        uses, data = self.library.uses, self.workspace.asked_data
        trace.asked |= self.library.asked(directory) | self.library.asked_for_manifest(directory)
        for one, _ in uses.modules:
            trace.asked |= self.library.asked(one)
        for path in data:
            trace.asked |= file_asked(path, self.workspace.resolved(path))
        errors = None if found.errors is None else tuple(found.errors)
        try:
            value = data_of((tuple(found.facts), errors))
        except NotData:
            return
        modules = [[str(one), dialect] for one, dialect in uses.modules]
        self.units.keep(name, trace, {"modules": modules, "data": [*map(str, data)], "steps": steps, "value": value})
