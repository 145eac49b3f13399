"""What a session remembers between two checks: each part of the work, with all that it asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from iamlint.files.watched import QUESTIONS, Asked, Watched
from iamlint.frozen import mutable

Found = TypeVar("Found")
Name = tuple[object, ...]


@mutable
class Part:
    """The result of a part of the work, and all that it asked: it is the same while no answer changes.

    ``did`` are the asked things that are no questions to the disk: their use must be repeated with the part's.
    """

    value: Any
    asked: frozenset[Asked]
    did: tuple[Asked, ...]
    used: int


class Memory:
    """The parts of earlier checks. `begin` drops those whose answers changed, `end` those that the check did not use.

    A part must depend on its name and on what it asks ``tree``, and on nothing else. ``shown`` are paths as messages
    have them.
    """

    def __init__(self, tree: Watched) -> None:
        self.tree = tree
        self.shown: dict[Path, str] = {}
        self._parts: dict[Name, Part] = {}
        self._last: dict[str, tuple[object, object]] = {}
        self._check = 0

    def begin(self, buffers: Mapping[Path, bytes]) -> None:
        """Begin a check: forget what depends on anything that changed since the last one."""
        self._check += 1
        changed = self.tree.refresh(buffers)
        if changed is None:
            self._parts.clear()
        elif changed:
            self._parts = {name: part for name, part in self._parts.items() if part.asked.isdisjoint(changed)}

    def end(self) -> None:
        """End a whole check: forget what it did not use."""
        self._parts = {name: part for name, part in self._parts.items() if part.used == self._check}

    # -- parts -----------------------------------------------------------------------------------------------------

    def part(self, *name: object) -> Part | None:
        """Return a part that is as it was; what it asked is asked now."""
        part = self._parts.get(name)
        if part is not None:
            part.used = self._check
            self.tree.note(*part.asked)
        return part

    def keep(self, name: Name, value: object, asked: Set[Asked]) -> Part:
        """Remember the result of a part."""
        did = tuple(one for one in asked if one[0] not in QUESTIONS)
        part = self._parts[name] = Part(value, frozenset(asked), did, self._check)
        return part

    def recall(self, name: Name, work: Callable[[], Found]) -> Found:
        """Return the result of a part, from memory or of the work, which must not be changed."""
        part = self.part(*name)
        if part is not None:
            return cast("Found", part.value)
        with self.tracing() as asked:
            value = work()
        self.keep(name, value, asked)
        return value

    @contextmanager
    def tracing(self) -> Iterator[set[Asked]]:
        """Give the set of all that is asked inside the block."""
        asked: set[Asked] = set()
        with self.tree.tracing(asked):
            yield asked

    def same(self, of: str, key: object, work: Callable[[], Found]) -> Found:
        """Return the result of work, the last of its kind while the key is equal."""
        known = self._last.get(of)
        if known is None or known[0] != key:
            known = self._last[of] = (key, work())
        return cast("Found", known[1])

    def token(self, of: str, value: object) -> object:
        """Return an object for the name of a part, the same one while a value is equal to the last of its kind."""
        return self.same(of, value, object)
