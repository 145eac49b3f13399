"""Files of a commit in a git repository, without a checkout."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from iamlint.basics.frozen import frozen
from iamlint.files.disk import DISK
from iamlint.files.git import MissingRevision, Objects, Repository
from iamlint.files.tree import Entry, Status, Tree

MOST_ENTRIES = 2_000_000
"""Maximum number of names in a commit that is read."""
_REGULAR = ("100644", "100755", "100664")
_LINK, _DIRECTORY = "120000", "040000"
"""Modes in a tree. Source: https://git-scm.com/docs/git-fast-import#_filemodify"""
_MOST_LINKS = 40
"""Symbolic links that one path may go through, as on Linux."""


@frozen
class Node:
    """What a commit has at a path. ``name`` is the id of the object; ``size`` is in bytes, 0 where it is not known."""

    mode: str
    name: str
    size: int

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, and neither a symbolic link nor a submodule."""
        return self.mode in _REGULAR


_WINDOWS = os.name == "nt"


def leads_out(path: str, *, windows: bool = _WINDOWS) -> bool:
    """Whether a path in a commit leads out of the tree: on Windows, backslashes and drives can, too."""
    if ".." in PurePosixPath(path).parts or path.startswith("/"):
        return True
    return windows and ("\\" in path or bool(PureWindowsPath(path).drive))


class Revision(Tree):
    """The files of one commit, at the paths that they have in the work tree ``top``.

    They are as git stores them: no filter, no conversion of line ends. A submodule is an empty directory. Symbolic
    links are followed, and lead only to what the commit has; one that leads out of the repository leads to nothing.
    What lies outside of the repository is not there. Use it in a ``with`` statement: it keeps a git process.
    """

    def __init__(self, repository: Repository, commit: str) -> None:
        """Read the names of all files of a commit, by its full id. Raises `MissingRevision`."""
        self.repository, self.top, self.commit = repository, repository.top, commit
        self._nodes: dict[str, Node] = {}
        self._below: dict[str, list[str]] = {"": []}
        self._objects = Objects(repository)
        self._resolved: dict[Path, Path] = {}
        listed = repository.run(
            *("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit), missing=f"the commit {commit} is not there"
        )
        for line in listed.split(b"\0")[:-1]:
            self._add(line)

    def _add(self, line: bytes) -> None:
        head, _, written = line.partition(b"\t")
        mode, _, name, size = head.decode("ascii").split()
        path = os.fsdecode(written)
        if leads_out(path):
            raise MissingRevision(f"the commit has a file with a path that leads out: {path}")
        if len(self._nodes) == MOST_ENTRIES:
            raise MissingRevision(f"the commit has more than {MOST_ENTRIES} files")
        self._nodes[path] = Node(mode, name, int(size) if size.isdigit() else 0)
        above, _, last = path.rpartition("/")
        self._below.setdefault(above, []).append(last)

    def close(self) -> None:
        """End the git process."""
        self._objects.close()

    def nodes(self, path: str) -> Iterator[tuple[str, Node]]:
        """Yield the files, links and submodules at a path and below it, by path from the top, sorted."""
        within = "" if path == "." else f"{path}/"
        for found, node in sorted(self._nodes.items()):
            if node.mode != _DIRECTORY and (found == path or found.startswith(within)):
                yield found, node

    def content(self, node: Node) -> bytes:
        """Return the content of a file or link. Raises OSError where the clone does not have it."""
        return self._objects.content(node.name)

    # -- as a tree ---------------------------------------------------------------------------------------------------

    def status(self, path: Path) -> Status:
        """Return what a path leads to."""
        inside = self._inside(self.resolved(path))
        if inside in ("", ".git"):  # what holds the files is a repository
            return Status("directory", 0)
        node = self._nodes.get(inside) if inside is not None else None
        if node is None or node.mode == _LINK:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return Status("file", node.size) if node.is_regular else Status("directory", 0)

    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links: those of the commit, and above the repository those of the disk."""
        given = Path(os.path.abspath(path)) if ".." not in path.parts else Path.cwd() / path
        if given not in self._resolved:
            self._resolved[given] = self._followed(given)
        return self._resolved[given]

    def _followed(self, given: Path) -> Path:
        at, waiting, links = self._start(given)
        while waiting:
            part = waiting.pop()
            if part in ("..", "."):
                at = at.parent if part == ".." else at
                continue
            at = at / part
            inside = self._inside(at)
            if inside is None:
                at = DISK.resolved(at)
                continue
            node = self._nodes.get(inside)
            if node is None or node.mode != _LINK:
                continue
            links += 1
            if links > _MOST_LINKS:
                return given
            target = Path(os.fsdecode(self.content(node)))
            at = Path(target.anchor) if target.is_absolute() else at.parent
            waiting += reversed([part for part in target.parts if part != target.anchor])
        return at

    def _start(self, given: Path) -> tuple[Path, list[str], int]:
        """Where to begin, the parts of the path that come then, the next one last, and the links so far."""
        if given.is_relative_to(self.top):
            return self.top, list(reversed(given.relative_to(self.top).parts)), 0
        return Path(given.anchor), list(reversed(given.parts[1:])), 0

    def _inside(self, path: Path) -> str | None:
        """Return a path from the top, ``""`` for the top; None for what lies outside."""
        if not path.is_relative_to(self.top):
            return None
        found = path.relative_to(self.top).as_posix()
        return "" if found == "." else found

    def is_link(self, path: Path) -> bool:
        """Whether a path itself is a symbolic link."""
        inside = self._inside(self.resolved(path.parent) / path.name)
        node = self._nodes.get(inside) if inside else None
        return node is not None and node.mode == _LINK

    def open(self, path: Path) -> IO[bytes]:
        """Open a file."""
        inside = self._inside(self.resolved(path))
        node = self._nodes.get(inside) if inside else None
        if node is None or not node.is_regular:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return io.BytesIO(self.content(node))

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the names in a directory."""
        if self.status(path).kind != "directory":
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        real = self.resolved(path)
        inside = self._inside(real) or ""
        for name in self._below.get(inside, ()):
            node = self._nodes[f"{inside}/{name}" if inside else name]
            link = node.mode == _LINK
            kind = self.kind(real / name) if link else "file" if node.is_regular else "directory"
            yield Entry(name, kind, link)


def revision(name: str, directory: Path) -> Revision:
    """Return the files of a revision of the repository around a directory. Raises `MissingRevision`."""
    repository = Repository.around(directory)
    return Revision(repository, repository.commit(name))
