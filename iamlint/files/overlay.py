"""Files overlaid with an editor's buffers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import IO

from iamlint.files.tree import Entry, Status, Tree


class Overlay(Tree):
    """Another tree, with texts that replace or add files.

    ``buffers`` are the contents by absolute path; a path may go through symbolic links of the tree below.
    """

    def __init__(self, below: Tree, buffers: Mapping[Path, bytes]) -> None:
        self._below = below
        self._buffers = {below.resolved(path): content for path, content in buffers.items()}
        self._inside: dict[Path, set[str]] = {}
        for path in self._buffers:
            for child, parent in zip((path, *path.parents), path.parents, strict=False):
                self._inside.setdefault(parent, set()).add(child.name)

    @property
    def inside(self) -> Set[tuple[Path, str]]:
        """Each directory above a buffer, with a name in it that leads to one."""
        return {(directory, name) for directory, names in self._inside.items() for name in names}

    def buffer(self, path: Path) -> bytes | None:
        """Return the content of a buffer, by its path without symbolic links; None without a buffer."""
        return self._buffers.get(path)

    def status(self, path: Path) -> Status:
        """Return what a path leads to."""
        real = self._below.resolved(path)
        if real in self._buffers:
            return Status("file", len(self._buffers[real]))
        if real in self._inside and not self._below.is_directory(real):
            return Status("directory", 0)
        return self._below.status(path)

    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links."""
        return self._below.resolved(path)

    def is_link(self, path: Path) -> bool:
        """Whether a path itself is a symbolic link."""
        return self._below.is_link(path)

    def open(self, path: Path) -> IO[bytes]:
        """Open a buffer, or the file below."""
        real = self._below.resolved(path)
        return io.BytesIO(self._buffers[real]) if real in self._buffers else self._below.open(path)

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the names in a directory, those of buffers too."""
        real = self._below.resolved(path)
        inside = self._inside.get(real, set())
        if not inside or self._below.is_directory(real):
            for entry in self._below.entries(path):
                if entry.name not in inside or entry.link:
                    yield entry
                    inside = inside - {entry.name}
        for name in inside:
            yield Entry(name, "file" if real / name in self._buffers else "directory")
