"""The entries of a folder: one file each, read and written whole, the oldest removed first."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from iamlint.cache.folder import content, is_apart, is_private, location, made, secret, write
from iamlint.cache.question import Known, day, is_wanted, question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_BYTES = 128 * 1024 * 1024
"""Maximum size of all entries."""
MOST_ENTRIES = 512
_NEW = ".new-"
_FORGOTTEN = 3600
"""Seconds after which a file that was never finished is removed."""


RESULT, PARTS = "", ".parts"
"""The entries of a run, by the end of their names: its result, and the parts of its work that another run may use."""


class Store:
    """The entries of one run: of the same arguments and program, in the same place, on the same day."""

    def __init__(self, folder: str, asked: bytes, key: bytes) -> None:
        self.key = key
        self._folder, self._day = folder, day()
        self._asked = asked

    def _named(self, kind: str) -> tuple[str, str]:
        from iamlint.cache.entry import name_of

        name = name_of(self._asked, self.key) + kind
        return name, os.path.join(self._folder, name)

    def read(self, kind: str = RESULT) -> bytes | None:
        """Return the content of an entry; None without a good one."""
        from iamlint.cache.entry import MOST, opened

        name, path = self._named(kind)
        stored = content(path, MOST)
        found = opened(name, stored, self.key) if stored else None
        if found is not None:
            with suppress(OSError):
                os.utime(path)  # used last, removed last
        return found

    def write(self, data: bytes, kind: str = RESULT) -> None:
        """Replace an entry, and remove entries above the limit. After an error, the entry does not exist."""
        from iamlint.cache.entry import sealed

        name, path = self._named(kind)
        stored = sealed(name, data, self.key)
        if day() != self._day or len(stored) > MOST_BYTES // 4:
            return
        _replace(self._folder, path, stored)
        with suppress(OSError):
            _prune(self._folder)


def _prune(folder: str) -> None:
    """Remove the entries that were not used for longest, until the rest is within the limits."""
    found = []
    with os.scandir(folder) as entries:
        for one in entries:
            status = one.stat(follow_symlinks=False)
            if one.name.startswith(_NEW):
                if time.time() - status.st_mtime > _FORGOTTEN:
                    os.unlink(one.path)
            elif len(one.name.removesuffix(PARTS)) == _LENGTH:
                found.append((status.st_mtime, status.st_size, one.path))
    size, found = sum(size for _, size, _ in found), sorted(found)
    for number, (_, own, path) in enumerate(found):
        if size <= MOST_BYTES and len(found) - number <= MOST_ENTRIES:
            break
        os.unlink(path)
        size -= own


_LENGTH = 64
"""Length of an entry's name."""


def _known(folder: str, key: bytes) -> Known:
    """Return what remembers the hash of the program, in a file of the folder."""
    from iamlint.cache.entry import opened, sealed

    path = os.path.join(folder, _PROGRAM)

    def read() -> bytes | None:
        stored = content(path, _MOST_OF_PROGRAM)
        return opened(_PROGRAM, stored, key) if stored else None

    return Known(read, lambda data: _replace(folder, path, sealed(_PROGRAM, data, key)))


_PROGRAM = "program"
_MOST_OF_PROGRAM = 4096


def _replace(folder: str, path: str, data: bytes) -> None:
    """Replace a file. After an error the earlier file is there, or no file."""
    new = os.path.join(folder, f"{_NEW}{os.urandom(8).hex()}")
    try:
        write(new, data)
        os.replace(new, path)
    except OSError:
        with suppress(OSError):
            os.unlink(new)


def store_for(arguments: Sequence[str], *, new: bool) -> Store | None:
    """Return the entry of these arguments; None without a trusted folder.

    ``new`` makes the folder if it is missing.
    """
    try:
        folder = location(os.environ) if is_wanted(arguments) else None
        if folder is None or not is_apart(folder, arguments, os.environ.get("GITHUB_WORKSPACE")):
            return None
        if not (made(folder) if new else is_private(folder)):
            return None
        key = secret(folder)
        return Store(folder, question(arguments, _known(folder, key)), key) if key else None
    except (OSError, ValueError):  # a working directory that is gone, a program that cannot be read
        return None
