"""The directories that a walk leaves out, and whether they hold Terraform: then that is told.

Only names are looked at, and only so many, since a link may lead anywhere and `node_modules` has no bottom.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from iamlint.sources.names import is_configuration
from iamlint.sources.texts import resolved

SKIPPED = frozenset({"node_modules", "__pycache__"})
"""Directories that are never walked into, beside links and those whose name begins with a dot."""
_WITHOUT_ROOTS = frozenset({".git", ".hg", ".svn", ".terragrunt-cache"})
"""What version control and Terragrunt keep for themselves: nothing is applied from there that stands nowhere else."""
_OF_TERRAFORM = frozenset({"modules", "providers"})
"""What ``terraform init`` puts into ``.terraform``: modules are read where they are called."""
MOST_NAMES = 200_000
"""Names that are looked at in a run; a second or two."""


@dataclass(frozen=True, slots=True)
class Unwalked:
    """A directory that is not walked into, and why it is told."""

    path: Path
    reason: str


def is_walked(directory: Path) -> bool:
    """Whether a directory that is met on a walk is walked into."""
    return not (directory.name.startswith(".") or directory.name in SKIPPED or directory.is_symlink())


@dataclass(slots=True)
class Look:
    """A look into directories that were not walked into; ``walked`` are those that were, resolved."""

    walked: set[Path]
    left: int = MOST_NAMES
    _without: set[Path] = field(default_factory=set)

    def told(self, directories: Iterable[Path]) -> Iterator[Unwalked]:
        """Those that hold Terraform files, or may, and are read nowhere else."""
        for directory in directories:
            if directory.name in _WITHOUT_ROOTS:
                continue
            match self._holds(directory):
                case True:
                    yield Unwalked(directory, f"this directory holds Terraform files, and {_why(directory)}")
                case None:
                    why = f"and has more than the names that iamlint looks at ({MOST_NAMES} a run)"
                    yield Unwalked(
                        directory, f"whether this directory holds Terraform is not known: {_why(directory)}, {why}"
                    )
                case _:
                    pass

    def _holds(self, top: Path) -> bool | None:
        """Whether there is a Terraform file in a directory or below it; None where that is too much to look for."""
        waiting, seen = deque([top]), set[Path]()
        while waiting:
            directory = waiting.popleft()
            real = resolved(directory)
            if real in seen or real in self.walked or real in self._without:
                continue
            seen.add(real)
            try:
                with os.scandir(directory) as entries:
                    for entry in entries:
                        self.left -= 1
                        if self.left < 0:
                            return None
                        if is_configuration(entry.name) and entry.is_file():
                            return True
                        if entry.is_dir() and not _is_exempt(directory, entry.name):
                            waiting.append(Path(entry.path))
            except OSError:
                continue  # what cannot be read here, Terraform cannot read either
        self._without |= seen
        return False


def _is_exempt(directory: Path, name: str) -> bool:
    return name in _WITHOUT_ROOTS or (directory.name == ".terraform" and name in _OF_TERRAFORM)


def _why(directory: Path) -> str:
    if directory.is_symlink():
        return "is not walked into, since it is a symbolic link"
    if directory.name in SKIPPED:
        return "is not walked into, since directories of its name hold what others wrote"
    return "is not walked into, since its name begins with a dot"
