"""What an expression can see: names, and the files that functions may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from iamlint.budget import Budget
from iamlint.documents.values import Value
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import SourceText, Unreadable


@dataclass(frozen=True, slots=True)
class Files:
    """The files that ``file()`` and its like may read: those below ``roots``; relative paths start at ``base``.

    ``load`` gives a file as a text that places can point into. ``assumed`` collects the directories that were taken to
    be empty, since they are not there now; they may be when Terraform runs. ``tree`` is where files are looked for.
    """

    roots: tuple[Path, ...] = ()
    base: Path = Path()
    load: Callable[[Path], SourceText | Unreadable] | None = None
    assumed: set[str] = field(default_factory=set, compare=False)
    tree: Tree = DISK


MOST_STEPS = 400_000
"""Steps of one expression with all that is evaluated in its scope; a second or two."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression can see, and the text that it stands in.

    ``lookup`` gives the value of a root name (``var``, ``each``, a resource type), None for one that is not there.
    ``in_template`` says that the expression stands in the text that ``templatefile()`` or ``templatestring()`` renders,
    ``in_try`` that it stands in a ``try`` or ``can``, for which it was checked that its names are declared.
    """

    source: SourceText
    lookup: Callable[[str], Value | None]
    files: Files = Files()
    in_template: bool = False
    in_try: bool = False
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS))

    def child(self, names: Mapping[str, Value]) -> Scope:
        """The scope inside a ``for``, a splat or a dynamic block, where these names come first."""
        outer = self.lookup

        def lookup(name: str) -> Value | None:
            return names[name] if name in names else outer(name)

        return Scope(self.source, lookup, self.files, self.in_template, self.in_try, self.budget)
