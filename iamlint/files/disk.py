"""Files on disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO, TypeVar, cast

from iamlint.files.looks import (
    BEGINNING,
    CONTENT,
    ENTRIES,
    KIND,
    LINK,
    RESOLVED,
    STATUS,
    kind_in,
    kind_of,
    listing_of,
    status_of,
)
from iamlint.files.reads import Reads
from iamlint.files.tree import Entry, Kind, Status, Tree

Answer = TypeVar("Answer")


class Disk(Tree):
    """The file system of this machine."""

    def __init__(self) -> None:
        self._reads: Reads | None = None

    @contextmanager
    def recording(self, reads: Reads) -> Iterator[None]:
        """Record each question to the disk, and its answer, inside the block."""
        before, self._reads = self._reads, reads
        try:
            yield
        finally:
            self._reads = before

    def status(self, path: Path) -> Status:
        """Return what a path leads to."""
        known = self._reads.known(STATUS, path) if self._reads else None
        if known and known.startswith("file "):
            return Status("file", int(known[len("file ") :]))
        found = self._asked(STATUS, path, os.stat)
        answer = status_of(found.st_mode, found.st_size)
        if self._reads:
            self._reads.note(STATUS, path, answer)
        return Status(cast("Kind", answer.partition(" ")[0]), found.st_size)

    def kind(self, path: Path) -> Kind | None:
        """Return what a path leads to; None where nothing is there, or it cannot be looked at."""
        reads = self._reads
        if reads and (known := reads.known(KIND, path)):
            return cast("Kind", known)
        try:
            found = self._asked(KIND, path, os.stat)
        except (OSError, ValueError):
            return None
        answer = kind_in(status_of(found.st_mode, found.st_size))
        if reads:
            reads.note(KIND, path, answer)
        return cast("Kind", answer)

    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links."""
        known = self._reads.known(RESOLVED, path) if self._reads else None
        if known is not None:
            return path if known == str(path) else Path(known)
        try:
            found = Path(os.path.realpath(path))
        except ValueError:  # a NUL character in it
            found = path.absolute()
        if self._reads:
            self._reads.note(RESOLVED, path, str(found))
        return found

    def resolved_in(self, path: Path, folder: Callable[[Path], Path]) -> Path:
        """Return the path without symbolic links: that of its folder, unless the path itself is a link.

        To follow the links of all folders above each file takes ten times as long.
        """
        known = self._reads.known(RESOLVED, path) if self._reads else None
        if known is not None:
            return path if known == str(path) else Path(known)  # a new path takes as long as all else here
        if os.name == "nt" or path.name in ("", ".."):  # Windows also has short names
            return self.resolved(path)
        try:
            is_link = stat.S_ISLNK(os.lstat(path).st_mode)
        except (OSError, ValueError):
            is_link = True
        if is_link:
            return self.resolved(path)
        parent = path.parent
        real = folder(parent)
        found = path if real == parent else real / path.name
        if self._reads:
            self._reads.note(RESOLVED, path, str(found))
        return found

    def is_link(self, path: Path) -> bool:
        """Whether a path itself is a symbolic link."""
        found = os.path.islink(path)
        if self._reads:
            self._reads.note(LINK, path, str(found))
        return found

    def open(self, path: Path) -> IO[bytes]:
        """Open a file."""
        if self._reads is None:
            return path.open("rb")
        return self._reads.watched(path, self._asked(f"{BEGINNING}0", path, _raw))

    def read(self, path: Path) -> bytes:
        """Return the content of a file."""
        content = self._asked(CONTENT, path, Path.read_bytes)
        if self._reads:
            self._reads.content(path, content)
        return content

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the names in a directory."""
        found = self._reads.listing(path) if self._reads else None
        if found is None:
            found = self._asked(ENTRIES, path, _listed)
            if self._reads:
                self._reads.note(ENTRIES, path, listing_of(found, self._reads.start))
        yield from (Entry(name, cast("Kind | None", kind), link) for name, kind, link in found)

    def _asked(self, question: str, path: Path, ask: Callable[[Path], Answer]) -> Answer:
        """Ask the system; an error is an answer, too."""
        try:
            return ask(path)
        except (OSError, ValueError) as error:
            if self._reads:
                self._reads.failed(question, path, error)
            raise


DISK = Disk()
"""The disk. It has no state, except while a run records what it reads."""


def _raw(path: Path) -> FileIO:
    return path.open("rb", buffering=0)


def _listed(path: Path) -> list[tuple[str, str | None, bool]]:
    with os.scandir(path) as entries:
        return [(one.name, kind_of(one), one.is_symlink()) for one in entries]
