"""What the disk answers about a path, as short texts: runs that get the same answers have the same result.

Only light modules are imported: a run that finds its result in the cache imports little more than this one.
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlint.basics.hashes import blake2b as Hash  # noqa: N812  # the one in use

STATUS, KIND, RESOLVED, LINK = "status", "kind", "resolved", "link"
ENTRIES, CONTENT, BEGINNING = "entries", "content", "beginning"
"""What is asked. `KIND` is `STATUS` without the size of a file, which an edit changes.

`BEGINNING` is followed by a number of bytes, and by ``.`` if the file ended there.
"""
_AT_ONCE = 1 << 20


def status_of(mode: int, size: int) -> str:
    """Return the answer for a path that leads to something, by its mode. The size of a directory says nothing."""
    return f"file {size}" if stat.S_ISREG(mode) else "directory" if stat.S_ISDIR(mode) else "other"


def kind_in(status: str) -> str:
    """Return the answer about what a path leads to, of the one about its status: an error stays as it is."""
    return "file" if status.startswith("file ") else status


def failure_of(error: Exception) -> str:
    """Return the answer for a path that cannot be read: the number of the system's error."""
    return f"error {error.errno}" if isinstance(error, OSError) else "error"


def listing_of(entries: Iterable[tuple[str, str | None, bool]], start: Hash) -> str:
    """Return the answer for the entries of a directory, each with what it leads to, and whether it is a link."""
    lines = sorted(f"{name}/{kind}/{link}" for name, kind, link in entries)
    found = start.copy()
    found.update("\n".join(lines).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def kind_of(entry: os.DirEntry[str]) -> str | None:
    """Return what an entry leads to, None if nothing is there; most directories need no other system call for it."""
    try:
        if entry.is_file():
            return "file"
        if entry.is_dir():
            return "directory"
    except OSError:
        return None
    return "other" if os.path.exists(entry.path) else None


def _regular(path: str, flags: int) -> int:
    """Open a file, without waiting for the other end of a pipe. Raises OSError, also for a pipe or a device."""
    opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(opened).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # `open` refuses a directory
        os.close(opened)
        raise OSError(errno.EINVAL, "this is not a regular file")
    return opened


class Looks:
    """Asks the disk again. Each question is asked once, and each folder's links are followed once.

    ``listings`` has the entries of each folder that was listed, as `listing_of` takes them.
    """

    def __init__(self, start: Hash) -> None:
        self.start = start
        self._real: dict[str, str] = {}
        self.answers: dict[tuple[str, str], str] = {}
        self.listings: dict[str, list[tuple[str, str | None, bool]]] = {}

    def answer(self, question: str, path: str) -> str:
        """Return what the disk answers now, or what it has answered before."""
        found = self.answers.get((question, path))
        if found is None:
            try:
                found = self._answer(question, path)
            except (OSError, ValueError) as error:
                found = failure_of(error)
            self.answers[question, path] = found
        return found

    def _answer(self, question: str, path: str) -> str:
        if question == STATUS:
            found = os.stat(path)
            return status_of(found.st_mode, found.st_size)
        if question == KIND:
            return kind_in(self.answer(STATUS, path))
        if question == RESOLVED:
            return self._resolved(path)
        if question == LINK:
            return str(os.path.islink(path))
        if question == ENTRIES:
            with os.scandir(path) as entries:
                listing = [(one.name, kind_of(one), one.is_symlink()) for one in entries]
            self.listings[path] = listing
            return listing_of(listing, self.start)
        if question == CONTENT:
            return self._content(path)
        return self._beginning(path, question.removeprefix(BEGINNING))

    def _content(self, path: str) -> str:
        found = self.start.copy()
        opened = _regular(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:  # a file object takes longer than the file
            at_once = min(os.fstat(opened).st_size + 1, _AT_ONCE)
            while piece := os.read(opened, at_once):
                found.update(piece)
        finally:
            os.close(opened)
        return found.hexdigest()

    def again(self, path: str, most: int) -> bytes | None:
        """Return the content of a small file; None for one above ``most`` bytes, or one that has just changed."""
        try:
            with open(path, "rb", buffering=0, opener=_regular) as file:
                data = file.read(most + 1) or b""
        except (OSError, ValueError):
            return None
        found = self.start.copy()
        found.update(data)
        return data if len(data) <= most and found.hexdigest() == self.answer(CONTENT, path) else None

    def _beginning(self, path: str, extent: str) -> str:
        left, found = int(extent.rstrip(".")), self.start.copy()
        with open(path, "rb", buffering=0, opener=_regular) as file:
            while left and (piece := file.read(min(left, _AT_ONCE))):
                found.update(piece)
                left -= len(piece)
            goes_on = extent.endswith(".") and file.read(1)
        return "longer" if goes_on else found.hexdigest()

    def _resolved(self, path: str) -> str:
        """Return what ``os.path.realpath`` returns."""
        head, slash, name = path.rpartition("/")
        if os.name == "nt" or not slash or name in ("", ".", ".."):
            return os.path.realpath(path)
        real = self._real.get(head)
        if real is None:
            real = self._real[head] = self._resolved(head).rstrip("/") if head else ""
        whole = f"{real}/{name}"
        return os.path.realpath(path) if os.path.islink(whole) else whole
