"""Files whose answers are kept until they change: an editor's session asks the same again after every key."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from iamlint.basics.frozen import mutable
from iamlint.basics.hashes import blake2b
from iamlint.files.looks import ENTRIES, KIND
from iamlint.files.overlay import Overlay
from iamlint.files.taps import Taps
from iamlint.files.tree import FILE, Asked, Entry, Kind, Status, Tree

QUESTIONS = frozenset({KIND, ENTRIES, FILE})
"""What is asked of a path: what is there, the names in a directory, the size and the content of a file."""
_RECENT = 2_000_000_000
"""Nanoseconds after a change while equal times do not prove that a file is unchanged: clocks of files are coarse."""

Look = tuple[int, ...] | None
"""What shows most changes of a file or directory without reading it; None if nothing is there."""
Entries = dict[Entry, Path | None] | int
"""The names in a directory, with where links lead; or the number of the error, if it cannot be read."""


@mutable
class _Seen:
    """What is known of a path. ``digest`` is that of its content, None if it was not read whole.

    ``entries`` are None if nobody asked for them. ``status`` is None if nothing is there. ``fleeting`` says that
    ``look`` does not show every change.
    """

    look: Look
    fleeting: bool
    status: Status | None
    entries: Entries | None = None
    digest: bytes | None = None
    is_read: bool = False

    @property
    def kind(self) -> Kind | None:
        """What is there."""
        return self.status.kind if self.status else None

    def list(self, entries: Entries) -> None:
        """Keep the names in a directory. What a link leads to may change without a trace in the directory."""
        self.entries = entries
        self.fleeting |= isinstance(entries, dict) and any(one.link for one in entries)


class Watched(Tree, Taps[Asked]):
    """The disk below an editor's buffers. Each question is asked once, until `refresh` finds that its answer changed.

    Every question inside `tracing` is added to its set, also one whose answer is known.
    """

    def __init__(self, below: Tree) -> None:
        super().__init__()
        self._below = below
        self._overlay = Overlay(below, {})
        self._real: dict[Path, Path] = {}
        self._links: dict[Path, bool] = {}
        self._seen: dict[Path, _Seen] = {}
        self._torn: set[Asked] = set()

    # -- what is asked ---------------------------------------------------------------------------------------------

    def note(self, *asked: Asked) -> None:
        """Say what was asked, by somebody who knows the answer."""
        for tap in self._taps:
            tap.update(asked)

    # -- changes ---------------------------------------------------------------------------------------------------

    def refresh(self, buffers: Mapping[Path, bytes]) -> set[Asked] | None:
        """Take over an editor's buffers, by absolute path; return the questions whose answers are now others.

        None if a symbolic link appeared or changed, so that everything may be elsewhere.
        """
        before = set(self._overlay.inside)
        self._overlay = Overlay(self._below, buffers)
        named = {directory for directory, _ in before ^ set(self._overlay.inside)}
        changed, self._torn = self._torn, set()
        elsewhere = False
        for path, seen in list(self._seen.items()):
            look = self._look(path)
            if look == seen.look and not seen.fleeting and path not in named:
                continue
            elsewhere |= self._again(path, seen, look, changed)
        return None if elsewhere and self._moved() else changed

    def _again(self, path: Path, seen: _Seen, look: Look, changed: set[Asked]) -> bool:
        """Ask again about a path; return whether a link may have appeared."""
        now = self._first(path, look)
        structure = now.kind != seen.kind
        if structure:
            changed |= {(KIND, str(path)), (FILE, str(path)), (ENTRIES, str(path))}
        if seen.entries is not None:
            now.list(self._listed(path))
            if now.entries != seen.entries:
                changed.add((ENTRIES, str(path)))
                structure = True
        if now.kind == "file" and seen.kind == "file":
            now.is_read = seen.is_read
            if seen.digest is not None:
                now.digest = self._digest_now(path)
            if now.status != seen.status or now.digest != seen.digest or (seen.is_read and seen.digest is None):
                changed.add((FILE, str(path)))
            structure |= look != seen.look and self._below.resolved(path) != path
        self._seen[path] = now
        return structure

    def _moved(self) -> bool:
        """Follow all links again; return whether a path leads elsewhere."""
        links = any(self._below.is_link(path) != before for path, before in self._links.items())
        if not links and all(self._below.resolved(path) == before for path, before in self._real.items()):
            return False
        self._real.clear()
        self._links.clear()
        self._seen.clear()
        return True

    def _look(self, path: Path) -> Look:
        content = self._overlay.buffer(path)
        if content is not None:
            return (hash(content),)
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return None
        return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _first(self, path: Path, look: Look) -> _Seen:
        try:
            status = self._overlay.status(path)
        except (OSError, ValueError):
            status = None
        fleeting = look is not None and len(look) > 1 and time.time_ns() - max(look[-1], look[-2]) < _RECENT
        return _Seen(look, fleeting, status)

    def _digest_now(self, path: Path) -> bytes | None:
        try:
            return _digest(self._overlay.read(path))
        except (OSError, ValueError):
            return None

    def _listed(self, path: Path) -> Entries:
        try:
            return {
                one: self._below.resolved(path / one.name) if one.link else None for one in self._overlay.entries(path)
            }
        except OSError as error:
            return error.errno or 0

    # -- answers ---------------------------------------------------------------------------------------------------

    def _known(self, path: Path) -> _Seen:
        seen = self._seen.get(path)
        if seen is None:
            seen = self._seen[path] = self._first(path, self._look(path))
        return seen

    def kind(self, path: Path) -> Kind | None:
        """Return what a path leads to; None where nothing is there, or it cannot be looked at."""
        real = self.resolved(path)
        self.note((KIND, str(real)))
        return self._known(real).kind

    def status(self, path: Path) -> Status:
        """Return what a path leads to."""
        real = self.resolved(path)
        self.note((FILE, str(real)))
        status = self._known(real).status
        return self._overlay.status(path) if status is None else status  # it raises what is wrong

    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links."""
        found = self._real.get(path)
        if found is None:
            found = self._real[path] = self._below.resolved(path)
        return found

    def is_link(self, path: Path) -> bool:
        """Whether a path itself is a symbolic link."""
        if path not in self._links:
            self._links[path] = self._below.is_link(path)
        return self._links[path]

    def open(self, path: Path) -> IO[bytes]:
        """Open a file."""
        real = self.resolved(path)
        self.note((FILE, str(real)))
        self._known(real).is_read = True
        return self._overlay.open(path)

    def read(self, path: Path) -> bytes:
        """Return the content of a file."""
        real = self.resolved(path)
        self.note((FILE, str(real)))
        seen = self._known(real)
        content = self._overlay.read(path)
        digest = _digest(content)
        if seen.digest not in (None, digest):
            self._torn.add((FILE, str(real)))  # it changed after somebody read it
        seen.is_read, seen.digest = True, digest
        return content

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the names in a directory, those of buffers too."""
        real = self.resolved(path)
        self.note((ENTRIES, str(real)))
        seen = self._known(real)
        if seen.entries is None:
            seen.list(self._listed(real))
        if isinstance(seen.entries, dict):
            yield from seen.entries
        else:
            yield from self._overlay.entries(path)  # it raises what is wrong


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()
