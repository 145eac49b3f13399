"""The facts of root modules from an earlier run: used again while all that a module's evaluation asked is the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlint.basics.frozen import frozen, mutable
from iamlint.budget import Allowance
from iamlint.facts import Fact
from iamlint.location import Unreadable
from iamlint.sources.terraform.configuration.module import Dialect
from iamlint.sources.terraform.sharing import Evaluated, Share
from iamlint.sources.workspace import Workspace

if TYPE_CHECKING:
    from iamlint.cache.units import Units
    from iamlint.sources.terraform.configuration.library import Library
    from iamlint.sources.terraform.evaluation.states import States
    from iamlint.sources.terraform.state_logs import Log, Logs


class StoredFacts(list[Fact]):
    """The facts of an evaluation of an earlier run: data, until they are read. The list itself is empty."""

    def __init__(self, data: str) -> None:
        super().__init__()
        self._data = data

    def read(self) -> list[Fact]:
        """Return the facts."""
        from iamlint.sources.fact_data import value_of

        return list(value_of(json.loads(self._data)))


@frozen
class _Stated:
    """The facts and the errors of an evaluation as JSON, and the paths of the places in them."""

    value: list[str]
    located: list[str]


def _stated(found: Evaluated) -> _Stated | None:
    """Return what an evaluation states as data; None if it has no form as data."""
    from iamlint.sources.fact_data import NotData, data_of, located_in

    try:
        parts = (tuple(found.facts), None if found.errors is None else tuple(found.errors))
        value = [json.dumps(data_of(one), separators=(",", ":")) for one in parts]
    except NotData:
        return None
    return _Stated(value, sorted(set().union(*map(located_in, value))))


def _errors(data: str) -> list[Unreadable] | None:
    from iamlint.sources.fact_data import value_of

    errors = value_of(json.loads(data))
    return None if errors is None else list(errors)


@mutable
class RememberedRoots:
    """The evaluations of an earlier run, and those of this one.

    ``context`` is a hash of all that each evaluation depends on besides what it asks the disk: the values that the user
    gives, and what other documents say. An evaluation that reads the outputs of other root modules depends on what they
    asked for these, too, and on who keeps the states that it looked for. ``is_exact`` says that none of these is used
    again: the steps that it takes depend on the order of evaluations.
    """

    units: Units
    context: str
    library: Library
    workspace: Workspace
    allowance: Allowance
    is_exact: bool = True
    logs: Logs = field(init=False)
    _stated: dict[tuple[str, Path], _Stated | None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        from iamlint.sources.terraform.state_logs import Logs

        self.logs = Logs(self.units, self.context, self.library, self.workspace)

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
        from iamlint.basics.hashes import hash_of
        from iamlint.sources.terraform.state_logs import Log

        name = hash_of(self.context, kind, str(directory))
        known = self.units.unchanged(name)
        if known is not None and _keepers(known["states"], states) == known["states"]:
            self._read_again(known)
            if self._spends(known["steps"], share):
                self.is_exact &= not known["states"]
                self._stated[kind, directory] = _Stated(known["value"], known["located"])
                return Evaluated(StoredFacts(known["value"][0]), _errors(known["value"][1]))
            if not share.last:
                share.foresee()
                return Evaluated([], None)
        granted, left = self.allowance.granted, share.left
        log = Log()
        with self.logs.recording(log):
            found = evaluate()
        stated = self._stated[kind, directory] = None if share.cut else _stated(found)
        if stated is not None:
            steps = left + self.allowance.granted - granted - share.left
            self._keep(name, directory, log, stated, steps, states)
        return found

    def hash_of(self, jobs: Iterable[tuple[str, Path, str]]) -> str | None:
        """Return a hash of these evaluations and of the use of their facts; None if one cannot be written as data."""
        from iamlint.basics.hashes import hash_of

        parts: list[str] = []
        for kind, directory, use in jobs:
            stated = self._stated.get((kind, directory))
            if stated is None:
                return None
            parts += (kind, str(directory), use, *stated.value)
            self.units.locates(stated.located)
        return hash_of(*parts)

    def _read_again(self, known: Any) -> None:
        """Read the files of an evaluation: they are of this run, and a report shows them."""
        for directory, dialect in known["modules"]:
            self.library.module(Path(directory), dialect)
        for path in known["data"]:
            self.workspace.load_data(Path(path))
        for path in known["looked at"]:
            self.workspace.looked_at.add(Path(path))

    @staticmethod
    def _spends(steps: int, share: Share) -> bool:
        """Spend the steps of an evaluation; False if there are too few."""
        budget = share.budget
        if not budget.reaches(steps) or (budget.above and budget.above.left < steps):
            return False
        budget.spend(steps)
        return True

    def _keep(
        self,
        name: str,
        directory: Path,
        log: Log,
        stated: _Stated,
        steps: int,
        states: Callable[[Dialect], States],
    ) -> None:
        from iamlint.cache.units import Trace

        whole = self.logs.whole(log)
        circular = self.logs.is_circular(log) or any(top == directory for _, (top, _) in whole.tops)
        if circular or whole.uses.known_manifest:
            return  # the order of evaluations matters, or not all of the manifest was asked now
        asked = self.logs.asked(whole) | self.library.asked(directory) | self.library.asked_for_manifest(directory)
        known = {
            "modules": [[str(one), dialect] for one, dialect in log.uses.modules],
            "data": [*map(str, log.data)],
            "looked at": sorted(map(str, log.looked_at)),
            "states": _keepers([[dialect, place, []] for dialect, place in whole.places], states),
            "steps": steps,
            "value": stated.value,
            "located": stated.located,
        }
        self.units.keep(name, Trace(asked), known)


def _keepers(places: Iterable[Any], states: Callable[[Dialect], States]) -> list[Any]:
    """Return program and place of each state that was looked for, with the root modules that keep one there now."""
    return [
        [dialect, place, [[str(one), states(dialect).is_named(one)] for one in states(dialect).directories(place)]]
        for dialect, place, _ in places
    ]
