"""What a session remembers between two checks: each part of the work, with all that it asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, TypeVar, cast

from iamlint.basics.frozen import mutable
from iamlint.files.tree import FILE, Asked
from iamlint.files.watched import QUESTIONS, Watched

Found = TypeVar("Found")
_GROWTH = 1.02
"""Parts that are kept unused, in addition to those of the last check that looked for them: few, since each is large."""
Name = tuple[object, ...]


@mutable
class Trace:
    """What a part of the work asked, and the parts that it used."""

    asked: set[Asked] = field(default_factory=set)
    inner: set[Name] = field(default_factory=set)


@mutable
class Part:
    """The result of a part of the work, and all that it asked: it is the same while no answer changes.

    ``did`` are the asked things that do not read the disk: they must be repeated when the part is used.
    ``inner`` are the parts that it used, ``used`` is the number of the last check that used it.
    """

    value: Any
    asked: frozenset[Asked]
    did: tuple[Asked, ...]
    inner: frozenset[Name]
    used: int
    seconds: float = 0.0


class GivenUp(BaseException):
    """Raised when a check is no longer wanted. It is raised anywhere in the work, so no handler may catch it."""


class Memory:
    """The parts of earlier checks. `begin` drops those whose answers changed, `end` those that the check did not use.

    A part must depend on its name and on what it asks ``tree``, and on nothing else. ``shown`` are paths as messages
    have them. ``moved`` returns a result of an earlier check with its places as they are in the files now.

    A check with ``patience``, in seconds, is for a first answer: work that takes longer is postponed, and the result of
    an earlier check takes its place. ``is_whole`` says that nothing was postponed.
    """

    def __init__(self, tree: Watched) -> None:
        self.tree = tree
        self.shown: dict[Path, str] = {}
        self._parts: dict[Name, Part] = {}
        self._last: dict[str, tuple[object, object]] = {}
        self._check = 0
        self._outdated: dict[Name, Part] = {}
        self._using: list[Trace] = []
        self._swept = 0
        self._patience: float | None = None
        self._spent = 0.0
        self._near: set[Path] = set()
        self._is_wanted: Callable[[], bool] = _always
        self.moved: Callable[[Any], Any] = _same
        self.is_whole = True
        self.is_careful = False

    def be_careful(self) -> None:
        """Forget all parts, and from now on remember only what takes as many steps as it would without memory."""
        self.is_careful = True
        self._parts.clear()
        self._outdated.clear()

    def begin(
        self,
        buffers: Mapping[Path, bytes],
        patience: float | None = None,
        moved: Callable[[Any], Any] | None = None,
        is_wanted: Callable[[], bool] | None = None,
    ) -> None:
        """Begin a check: forget what depends on anything that changed since the last one.

        ``is_wanted`` is asked before each longer piece of work; without patience only.
        """
        self._check += 1
        self._patience, self._spent, self.is_whole = patience, 0.0, True
        self.moved, self._is_wanted = moved or _same, is_wanted or _always
        changed = self.tree.refresh(buffers)
        if changed is None:
            self._parts.clear()
            self._outdated.clear()
            changed = set()
        parts, self._parts = self._parts, {}
        for name, part in parts.items():
            if part.asked.isdisjoint(changed):
                self._parts[name] = part
            elif part.seconds:
                self._outdated[name] = part
        self._near = {Path(path).parent if question == FILE else Path(path) for question, path in changed}

    def end(self) -> None:
        """End a check that came to its end: forget what a whole one did not use, once that may be much."""
        if not self.is_whole:
            return
        self._outdated.clear()
        if len(self._parts) > self._swept * _GROWTH:
            self._sweep()
            self._swept = len(self._parts)

    def _sweep(self) -> None:
        used = {name for name, part in self._parts.items() if part.used == self._check}
        waiting = list(used)
        while waiting:
            part = self._parts.get(waiting.pop())
            inner = part.inner - used if part else ()
            used.update(inner)
            waiting += inner
        self._parts = {name: part for name, part in self._parts.items() if name in used}

    # -- parts -----------------------------------------------------------------------------------------------------

    def part(self, *name: object) -> Part | None:
        """Return a part that is as it was; what it asked is asked now."""
        part = self._parts.get(name)
        if part is not None:
            part.used = self._check
            self._use(name)
            if self._using:
                self.tree.note(*part.asked)
        return part

    def peek(self, name: Name) -> Part | None:
        """Return a part that is as it was, without a use of it."""
        return self._parts.get(name)

    def _use(self, name: Name) -> None:
        for trace in self._using:
            trace.inner.add(name)

    def keep(self, name: Name, value: object, trace: Trace, seconds: float = 0.0) -> Part:
        """Remember the result of a part. One that took ``seconds`` may replace a later one."""
        done = (one for one in trace.asked if one[0] not in QUESTIONS)
        did = tuple(sorted(done, key=lambda one: (one[0], one[1].split("/"))))  # as folders are walked
        part = Part(value, frozenset(trace.asked), did, frozenset(trace.inner), self._check, seconds)
        self._parts[name] = part
        self._use(name)
        self._outdated.pop(name, None)
        self._spent += seconds
        return part

    def postponed(self, near: Path, *name: object) -> Part | None:
        """Return the result of an earlier check in place of work that takes too long for a first answer.

        None if it is to be done now; raises `GivenUp` if nobody wants it any more. Work ``near`` a changed file, by
        its directory, may take twice as long, whatever the rest takes.
        """
        part = self._parts.get(name) or self._outdated.get(name)
        if self._patience is None or part is None:
            if not self._is_wanted():
                raise GivenUp
            return None
        seconds = part.seconds / 2 if near in self._near else self._spent + part.seconds
        if seconds <= self._patience:
            return None
        self.is_whole = False
        self._parts.pop(name, None)
        self._outdated[name] = part
        return part

    def recall(self, name: Name, work: Callable[[], Found]) -> Found:
        """Return the result of a part, from memory or of the work, which must not be changed."""
        part = self.part(*name)
        if part is not None:
            return cast("Found", part.value)
        with self.tracing() as trace:
            value = work()
        self.keep(name, value, trace)
        return value

    @contextmanager
    def tracing(self) -> Iterator[Trace]:
        """Give the trace of what is done inside the block."""
        trace = Trace()
        self._using.append(trace)
        try:
            with self.tree.tracing(trace.asked):
                yield trace
        finally:
            self._using.pop()

    @contextmanager
    def without(self, trace: Trace) -> Iterator[None]:
        """Add nothing that is done inside the block to a trace, but to those around it."""
        before, self._using = self._using, [one for one in self._using if one is not trace]
        try:
            with self.tree.without(trace.asked):
                yield
        finally:
            self._using = before

    def same(self, of: str, key: object, work: Callable[[], Found]) -> Found:
        """Return the result of work, the last of its kind while the key is equal."""
        known = self._last.get(of)
        if known is None or known[0] != key:
            known = self._last[of] = (key, work())
        return cast("Found", known[1])

    def token(self, of: str, value: object) -> object:
        """Return an object for the name of a part, the same one while a value is equal to the last of its kind."""
        return self.same(of, value, object)


def _always() -> bool:
    return True


def _same(value: Any) -> Any:
    return value
