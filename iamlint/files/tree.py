"""The port through which everything is read: files and directories by path, wherever they are kept.

There are three kinds of trees: the disk (`iamlint.files.disk`), an editor's buffers laid over another tree
(`iamlint.files.overlay`), and a revision of a git repository (`iamlint.files.revision`). Which paths a run may read is
for its workspace to say, by paths without symbolic links; a tree only answers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from iamlint.basics.frozen import frozen

Asked = tuple[str, str]
"""A question and the path, without symbolic links, or the name that it is about."""
FILE = "file"
"""What is asked of a path, besides `looks`' questions: the size and the content of a file."""

Kind = Literal["file", "directory", "other"]
"""The kind of a path's target. "other" cannot be read like a file: a pipe, a socket, a device."""


@frozen
class Status:
    """What a path leads to, symbolic links followed, and its size in bytes."""

    kind: Kind
    size: int


@frozen
class Entry:
    """A name in a directory. ``kind`` is what it leads to, None where nothing is there; ``link`` marks a link."""

    name: str
    kind: Kind | None
    link: bool = False


class Tree(ABC):
    """Files and directories by path, to be read only. Paths are absolute, or relative to the working directory."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027  # most trees keep nothing
        """Release the resources of the tree."""

    @abstractmethod
    def status(self, path: Path) -> Status:
        """Return what a path leads to. Raises OSError if nothing exists there, ValueError for an invalid path."""

    @abstractmethod
    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links; unchanged if they form a circle, or if the path is invalid."""

    def resolved_in(self, path: Path, folder: Callable[[Path], Path]) -> Path:  # noqa: ARG002  most need no help
        """Return the path without symbolic links, like `resolved`; ``folder`` does so for the folder that it is in."""
        return self.resolved(path)

    @abstractmethod
    def is_link(self, path: Path) -> bool:
        """Whether a path itself is a symbolic link."""

    @abstractmethod
    def open(self, path: Path) -> IO[bytes]:
        """Open a file. Only for what is a regular file: a pipe would be waited for. Raises OSError or ValueError."""

    @abstractmethod
    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the names in a directory, in no order. Raises OSError where it cannot be read."""

    def read(self, path: Path) -> bytes:
        """Return the content of a file. Raises OSError or ValueError."""
        with self.open(path) as file:
            return file.read()

    def kind(self, path: Path) -> Kind | None:
        """Return what a path leads to; None where nothing is there, or it cannot be looked at."""
        try:
            return self.status(path).kind
        except (OSError, ValueError):
            return None

    def is_file(self, path: Path) -> bool:
        """Whether a path leads to a regular file."""
        return self.kind(path) == "file"

    def is_directory(self, path: Path) -> bool:
        """Whether a path leads to a directory."""
        return self.kind(path) == "directory"

    def exists(self, path: Path) -> bool:
        """Whether a path leads to anything."""
        return self.kind(path) is not None

    def names(self, path: Path) -> list[str]:
        """Return the names in a directory, sorted. Raises OSError."""
        return sorted(entry.name for entry in self.entries(path))

    def walk(
        self, top: Path, unreadable: Callable[[OSError], object] = lambda _: None
    ) -> Iterator[tuple[Path, list[str], list[str]]]:
        """Yield each directory from the top down, with the names of its directories and of all else.

        The caller may remove directories from the list; those that are links are in it, and are never walked into.
        ``unreadable`` is called with each directory that cannot be read.
        """
        waiting = [top]
        while waiting:
            directory = waiting.pop()
            try:
                found = list(self.entries(directory))
            except OSError as error:
                unreadable(error)
                continue
            names = [entry.name for entry in found if entry.kind == "directory"]
            yield directory, names, [entry.name for entry in found if entry.kind != "directory"]
            links = {entry.name for entry in found if entry.link}
            waiting += (directory / name for name in reversed(names) if name not in links)
