"""Bytes to text: one file, bounded, and only a regular one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from iamlint.location import Location, SourceText, Unreadable

LARGEST = 256 * 1024 * 1024
"""Bytes. A file beyond this is not read."""


def resolved(path: Path) -> Path:
    """A path without symbolic links; as it is where they lead in a circle, or where it is no path at all."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a NUL character in it
        return path.absolute()


def load(path: Path, shown: str) -> SourceText | Unreadable:
    """The text of a file in UTF-8, its byte order mark taken off; ``shown`` is the path that messages name."""
    at = Location(shown)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return Unreadable(at, "this is a directory, where a file is expected")
        if not stat.S_ISREG(status.st_mode):
            return Unreadable(at, "this is no regular file")
        if status.st_size > LARGEST:
            return Unreadable(at, f"the file is larger than the {LARGEST // 1024**2} MB that iamlint reads")
        data = path.read_bytes()
    except OSError as error:
        return Unreadable(at, f"the file cannot be read: {error.strerror or error}")
    except ValueError as error:  # a NUL byte in the path
        return Unreadable(at, f"the file cannot be read: {error}")
    return _decoded(data, at)


def _decoded(data: bytes, at: Location) -> SourceText | Unreadable:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Unreadable(at, "the file is in UTF-16, where UTF-8 is expected", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = Location(at.path, line, 1, line, 1)
        return Unreadable(where, f"this is not text in UTF-8 (byte {error.start})", "is it a binary file?")
    nul = text.find("\0")
    if nul >= 0:
        source = SourceText(at.path, text)
        return Unreadable(source.location(nul, nul + 1), "the file has a NUL character", "is it a binary file?")
    return SourceText(at.path, text)
