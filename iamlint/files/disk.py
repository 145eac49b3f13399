"""Files on disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from iamlint.files.tree import Entry, Kind, Status, Tree


class Disk(Tree):
    """The file system of this machine."""

    def status(self, path: Path) -> Status:
        """Return what a path leads to."""
        found = os.stat(path)
        return Status(_kind(found.st_mode), found.st_size)

    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links."""
        try:
            return Path(os.path.realpath(path))
        except ValueError:  # a NUL character in it
            return path.absolute()

    def is_link(self, path: Path) -> bool:
        """Whether a path itself is a symbolic link."""
        return os.path.islink(path)

    def open(self, path: Path) -> IO[bytes]:
        """Open a file."""
        return path.open("rb")

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the names in a directory."""
        with os.scandir(path) as found:
            for entry in found:
                yield Entry(entry.name, _kind_of(entry), entry.is_symlink())


DISK = Disk()
"""The disk; it has no state."""


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return "file"
    return "directory" if stat.S_ISDIR(mode) else "other"


def _kind_of(entry: os.DirEntry[str]) -> Kind | None:
    """Return what an entry leads to; most directories have this without another system call."""
    try:
        if entry.is_file():
            return "file"
        if entry.is_dir():
            return "directory"
    except OSError:
        return None
    return "other" if os.path.exists(entry.path) else None
