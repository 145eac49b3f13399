"""What evaluations of root modules ask the disk, also through the outputs of other root modules that they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from iamlint.basics.frozen import mutable
from iamlint.basics.hashes import hash_of
from iamlint.cache.units import Asked, Trace, Units, file_asked
from iamlint.sources.terraform.configuration.library import Library, Uses
from iamlint.sources.terraform.configuration.module import Dialect
from iamlint.sources.terraform.evaluation.kept.states import Place, Top
from iamlint.sources.workspace import Noted, Workspace

_Top = tuple[Dialect, Top]


@mutable
class Log:
    """What one evaluation asked, or all evaluations of the instance of a root module whose outputs are read.

    ``asked`` are questions to the disk, ``uses`` the modules, ``data`` the files that expressions read and
    ``looked_at`` those that they looked for, ``places`` where it looked for states, ``tops`` the instances whose
    outputs it read: what those asked may be known already, and is not asked again.
    """

    asked: set[Asked] = field(default_factory=set)
    uses: Uses = field(default_factory=Uses)
    data: dict[Path, None] = field(default_factory=dict)
    looked_at: set[Path] = field(default_factory=set)
    places: dict[tuple[Dialect, str], None] = field(default_factory=dict)
    tops: dict[_Top, None] = field(default_factory=dict)

    def add(self, other: Log) -> None:
        """Add what another log has."""
        self.asked |= other.asked
        self.uses.modules |= other.uses.modules
        self.uses.known_manifest |= other.uses.known_manifest
        self.data |= other.data
        self.looked_at |= other.looked_at
        self.places |= other.places
        self.tops |= other.tops


@mutable
class Logs:
    """The logs of a run. ``context`` identifies what evaluations depend on besides the disk."""

    units: Units
    context: str
    library: Library
    workspace: Workspace
    _of: dict[_Top, Log] = field(default_factory=dict)
    _current: list[Log] = field(default_factory=list)

    @contextmanager
    def recording(self, log: Log) -> Iterator[None]:
        """Add what is asked inside the block to a log, and to those outside of it."""
        library, workspace = self.library, self.workspace
        before = library.uses, workspace.asked_data
        inside = Log()
        library.uses, workspace.asked_data = inside.uses, inside.data
        self._current.append(inside)
        try:
            with self.units.reads.tracing(inside.asked):
                yield
        finally:
            self._current.pop()
            library.uses, workspace.asked_data = before
            log.add(inside)
            if self._current:
                self._current[-1].add(inside)

    def __post_init__(self) -> None:
        self.workspace.looked_at = Noted(self._look)

    def _look(self, path: Path) -> None:
        if self._current:
            self._current[-1].looked_at.add(path)

    def whole(self, log: Log) -> Log:
        """Return a log with all that the instances asked whose outputs were read."""
        found, waiting = Log(), [log]
        seen: set[_Top] = set()
        while waiting:
            one = waiting.pop()
            found.add(one)
            new = one.tops.keys() - seen
            seen |= new
            waiting += (self._of[top] for top in new)
        return found

    def is_circular(self, log: Log) -> bool:
        """Whether an instance reads its own outputs through others: then values depend on who was evaluated first."""
        return any(top in self.whole(self._of[top]).tops for top in self.whole(log).tops)

    def states(self, dialect: Dialect) -> StateLogs:
        """Return what notes the states of one program."""
        return StateLogs(self, dialect)

    def of(self, top: _Top) -> Log:
        """Return the log of an instance; who asks for it has used it."""
        if self._current:
            self._current[-1].tops[top] = None
        return self._of.setdefault(top, Log())

    def ask(self, dialect: Dialect, place: str) -> None:
        """Note that the current evaluation looked for a state."""
        if self._current:
            self._current[-1].places[dialect, place] = None

    def asked(self, log: Log) -> set[Asked]:
        """Return all questions that the result of an evaluation depends on, with those that were asked before it."""
        found = set(log.asked)
        for directory, _ in log.uses.modules:
            found |= self.library.asked(directory)
        for _, (directory, _) in log.tops:
            found |= self.library.asked(directory) | self.library.asked_for_manifest(directory)
        for path in log.data:
            found |= file_asked(path, self.workspace.resolved(path))
        return found

    @contextmanager
    def apart(self) -> Iterator[Log]:
        """Give the log of what is asked inside the block; it is not part of an evaluation outside of it."""
        before, self._current = self._current, []
        log = Log()
        try:
            with self.units.reads.apart(), self.recording(log):
                yield log
        finally:
            self._current = before


@mutable
class StateLogs:
    """Notes what is asked for the states of the root modules, as one program reads them."""

    logs: Logs
    dialect: Dialect

    def place(self, directory: Path, work: Callable[[], Place]) -> Place:
        """Return where a root module keeps its state: of the earlier run, or of the work."""
        units = self.logs.units
        name = hash_of(self.logs.context, "place of state", self.dialect, str(directory))
        known = units.unchanged(name)
        if known is not None:
            return known if isinstance(known, str) else tuple(known)
        with self.logs.apart() as log:
            place = work()
        if not log.tops and not log.places and not log.uses.known_manifest:
            asked = self.logs.asked(log) | self.logs.library.asked(directory)
            asked |= self.logs.library.asked_for_manifest(directory)
            units.keep(name, Trace(asked), place if isinstance(place, str) else list(place))
        return place

    def ask(self, place: str) -> None:
        """Note that it matters who keeps the state at a place."""
        self.logs.ask(self.dialect, place)

    @contextmanager
    def of(self, top: Top) -> Iterator[None]:
        """Note what is asked inside the block as what an instance of a root module asks: who uses it asks all of it."""
        with self.logs.recording(self.logs.of((self.dialect, top))):
            yield
