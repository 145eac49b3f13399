"""The directories that a walk skips, and whether they contain Terraform, which is then reported.

Only names are read, and a limited number, since a link may lead anywhere and `node_modules` is endless.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Set
from dataclasses import field
from pathlib import Path

from iamlint.basics.frozen import frozen, mutable
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.sources.names import is_configuration

SKIPPED = frozenset({"node_modules", "__pycache__"})
"""Directories that are always skipped, in addition to links and names that begin with a dot."""
_WITHOUT_ROOTS = frozenset({".git", ".hg", ".svn", ".terragrunt-cache"})
"""Internal folders of version control and Terragrunt: only copies are in them."""
_OF_TERRAFORM = frozenset({"modules", "providers"})
"""Folders of ``terraform init`` in ``.terraform``: modules are read through their calls."""
MOST_NAMES = 200_000
"""Maximum number of names read in a run; a second or two."""


@frozen
class Unwalked:
    """The first directory with unread Terraform files below a skipped one, ``top``, and why that was skipped."""

    path: Path
    reason: str
    top: Path


def not_called(unwalked: Iterable[Unwalked], walked: set[Path], called: set[Path], tree: Tree) -> Iterator[Unwalked]:
    """Yield the directories again, without those of called modules, but with what else is below the same one."""
    look = Look(walked, tree, called=called)
    for one in unwalked:
        if tree.resolved(one.path) in called:
            yield from look.told([one.top])
        else:
            yield one


def is_walked(directory: Path, tree: Tree) -> bool:
    """Whether a walk enters a directory."""
    return not (directory.name.startswith(".") or directory.name in SKIPPED or tree.is_link(directory))


@mutable
class Look:
    """A search in skipped directories; ``walked`` are the others, ``called`` those that are read, all resolved."""

    walked: set[Path]
    tree: Tree = DISK
    left: int = MOST_NAMES
    called: Set[Path] = frozenset()
    _without: set[Path] = field(default_factory=set)

    def told(self, directories: Iterable[Path]) -> Iterator[Unwalked]:
        """Yield the first place in each directory that has, or may have, Terraform files not read elsewhere."""
        for directory in directories:
            if directory.name in _WITHOUT_ROOTS:
                continue
            found = self._first(directory)
            if found:
                name = "this directory" if found == directory else f"{directory.name} above it"
                why = f"{name} is not searched, {_why(directory, self.tree)}"
                yield Unwalked(found, f"Terraform files here are not read: {why}", directory)
            elif self.left < 0:
                why = f"iamlint looks at {MOST_NAMES} names in such directories"
                yield Unwalked(directory, f"whether there are Terraform files here is not known: {why}", directory)

    def _first(self, top: Path) -> Path | None:
        """Return the first directory, from the top down, that contains a Terraform file; None without any."""
        waiting, seen = deque([top]), set[Path]()
        while waiting:
            directory = waiting.popleft()
            real = self.tree.resolved(directory)
            if real in seen or real in self.walked or real in self._without:
                continue
            seen.add(real)
            for name, is_file in self._entries(directory):
                if is_file and is_configuration(name) and real not in self.called:
                    return directory
                if not is_file and name not in _WITHOUT_ROOTS and not _is_of_init(directory, name):
                    waiting.append(directory / name)
            if self.left < 0:
                return None
        self._without |= seen
        return None

    def _entries(self, directory: Path) -> list[tuple[str, bool]]:
        """Return the files (True) and directories in a directory, by name; links are resolved."""
        found: list[tuple[str, bool]] = []
        try:
            for entry in self.tree.entries(directory):
                self.left -= 1
                if self.left < 0:
                    break
                if entry.kind in ("file", "directory"):
                    found.append((entry.name, entry.kind == "file"))
        except OSError:
            pass  # Terraform cannot read it either
        return sorted(found)


def _is_of_init(directory: Path, name: str) -> bool:
    return directory.name == ".terraform" and name in _OF_TERRAFORM


def _why(directory: Path, tree: Tree) -> str:
    if tree.is_link(directory):
        return "since it is a symbolic link"
    if directory.name in SKIPPED:
        return "since directories with its name contain code of others"
    return "since its name begins with a dot"
