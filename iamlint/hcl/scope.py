"""The scope of an expression: names, and the files that functions may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget
from iamlint.documents.values import Value
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import SourceText, Unreadable


@frozen
class Files:
    """The files that ``file()`` and the like may read: those below ``roots``; relative paths start at ``base``.

    ``load`` returns a file as a text with places. ``assumed`` collects missing directories that were assumed to be
    empty; they may exist when Terraform runs. ``looked_at`` collects all paths that functions look at, without links.
    ``tree`` is the file tree. ``budget`` limits the listing of directories.
    """

    roots: tuple[Path, ...] = ()
    base: Path = Path()
    load: Callable[[Path], SourceText | Unreadable] | None = None
    assumed: set[str] = field(default_factory=set, compare=False)
    looked_at: set[Path] = field(default_factory=set, compare=False)
    tree: Tree = DISK
    budget: Budget | None = field(default=None, compare=False)

    def within(self, budget: Budget) -> Files:
        """Return the same files, with a budget."""
        return Files(self.roots, self.base, self.load, self.assumed, self.looked_at, self.tree, budget)


MOST_STEPS = 400_000
"""Maximum steps of one expression with everything evaluated in its scope; a second or two."""


@frozen
class Scope:
    """The names that an expression can use, and the text that contains it.

    ``lookup`` returns the value of a root name (``var``, ``each``, a resource type), None for an unknown one.
    ``in_template`` says that the expression is in a text that ``templatefile()`` or ``templatestring()`` renders,
    ``in_try`` that it is in a ``try`` or ``can`` whose names were checked.
    """

    source: SourceText
    lookup: Callable[[str], Value | None]
    files: Files = Files()
    in_template: bool = False
    in_try: bool = False
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS))

    def in_a_try(self) -> Scope:
        """Return the scope inside a ``try`` or ``can`` whose names were checked."""
        return Scope(self.source, self.lookup, self.files, self.in_template, in_try=True, budget=self.budget)

    def child(self, names: Mapping[str, Value]) -> Scope:
        """Return the scope inside a ``for``, a splat or a dynamic block, where these names come first."""
        outer = self.lookup

        def lookup(name: str) -> Value | None:
            return names[name] if name in names else outer(name)

        return Scope(self.source, lookup, self.files, self.in_template, self.in_try, self.budget)
