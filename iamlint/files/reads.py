"""Records what a run asks the disk, and what the disk answers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

from iamlint.basics.hashes import blake2b
from iamlint.files.looks import BEGINNING, CONTENT, ENTRIES, Looks, failure_of
from iamlint.files.taps import Taps

_BUFFER = 1 << 16


class Reads(Taps[tuple[str, str]]):
    """The answers that a run got from the disk, by question and path.

    ``steady`` is False once the same question had two answers, or an answer cannot be compared later: then nothing can
    be said about another run. ``looks`` are the answers that were got just before the run.
    """

    def __init__(self, start: blake2b, looks: Looks | None = None) -> None:
        super().__init__()
        self.start = start
        self.looks = looks or Looks(start)
        self.answers: dict[tuple[str, str], str] = {}
        self.steady = True

    def known(self, question: str, path: Path) -> str | None:
        """Return the answer that was got just before the run, and record it; None without one, or after an error."""
        answer = self.looks.answers.get((question, str(path)))
        if answer is None or answer.startswith("error"):
            return None
        self.note(question, path, answer)
        return answer

    def listing(self, path: Path) -> list[tuple[str, str | None, bool]] | None:
        """Return the entries of a folder that was listed just before the run, and record them; None without them."""
        found = self.looks.listings.get(str(path))
        if found is not None:
            self.note(ENTRIES, path, self.looks.answers[ENTRIES, str(path)])
        return found

    def note(self, question: str, path: Path, answer: str) -> None:
        """Record an answer."""
        key = (question, str(path))
        if self.answers.setdefault(key, answer) != answer or "\0" in key[1]:
            self.steady = False
        for tap in self._taps:
            tap.add(key)

    def failed(self, question: str, path: Path, error: Exception) -> None:
        """Record that a question ended in an error."""
        self.note(question, path, failure_of(error))

    def content(self, path: Path, content: bytes) -> None:
        """Record the whole content of a file."""
        found = self.start.copy()
        found.update(content)
        self.note(CONTENT, path, found.hexdigest())

    def watched(self, path: Path, file: io.RawIOBase) -> IO[bytes]:
        """Return a file that records what was read from it when it is closed."""
        return io.BufferedReader(_Watched(path, file, self), _BUFFER)


class _Watched(io.RawIOBase):
    """A file that is read from its beginning on."""

    def __init__(self, path: Path, file: io.RawIOBase, reads: Reads) -> None:
        self._path, self._file, self._reads = path, file, reads
        self._hash, self._size, self._ended = reads.start.copy(), 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what a buffered reader gives
        try:
            found = self._file.readinto(buffer) or 0
        except OSError:
            self._reads.steady = False
            raise
        self._hash.update(bytes(memoryview(buffer)[:found]))
        self._size += found
        self._ended = self._ended or not found
        return found

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move: what is read then is not the beginning any more."""
        if (offset, whence) != (0, io.SEEK_CUR):
            self._reads.steady = False
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        if not self.closed:
            end = "." if self._ended else ""
            self._reads.note(f"{BEGINNING}{self._size}{end}", self._path, self._hash.hexdigest())
            self._file.close()
        super().close()
