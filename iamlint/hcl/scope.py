"""What an expression can see: names, and the files that functions may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from iamlint.location import SourceText
from iamlint.values import Value


@dataclass(frozen=True, slots=True)
class Files:
    """The files that ``file()`` and its like may read: those below ``roots``; relative paths start at ``base``."""

    roots: tuple[Path, ...] = ()
    base: Path = Path()


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression can see, and the text that it stands in.

    ``lookup`` gives the value of a root name (``var``, ``each``, a resource type), None for one that is not there.
    """

    source: SourceText
    lookup: Callable[[str], Value | None]
    files: Files = Files()

    def child(self, names: Mapping[str, Value]) -> Scope:
        """The scope inside a ``for``, a splat or a dynamic block, where these names come first."""
        outer = self.lookup

        def lookup(name: str) -> Value | None:
            return names[name] if name in names else outer(name)

        return Scope(self.source, lookup, self.files)
