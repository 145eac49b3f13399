"""Converts bytes to text: one file, limited in size, and only a regular one."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable

LARGEST = 256 * 1024 * 1024
"""Maximum size of a file in bytes."""
LARGEST_UNPACKED = 16 * 1024 * 1024
"""Maximum bytes of text in a compressed file that is not a line-by-line export: a small file can expand to a huge one.
"""
MISSING = ("there is no such file or directory", "check the path")
"""What is wrong with a path where nothing is, and what to do."""
_SAMPLE = 1 << 20
"""Number of bytes of an unreadable file that are searched for its intended type."""
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before that of UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def resolved(path: Path) -> Path:
    """Return a path without symbolic links; unchanged if they form a circle, or if the path is invalid."""
    return DISK.resolved(path)


def load(path: Path, shown: str, tree: Tree = DISK) -> SourceText | Unreadable:
    """Return the text of a file in UTF-8 without its byte order mark; ``shown`` is the path for messages."""
    at = Location(shown)
    try:
        status = tree.status(path)
        if status.kind == "directory":
            return Unreadable(at, "this is a directory, where a file is expected")
        if status.kind != "file":
            return Unreadable(at, "this is not a regular file", "write the output of a pipe to a file first")
        if status.size > LARGEST:
            return Unreadable(at, f"the file is larger than the {LARGEST // 1024**2} MB that iamlint reads")
        data = tree.read(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not tree.exists(path):
            return Unreadable(at, *MISSING)
        hint = "check its permissions" if isinstance(error, PermissionError) else ""
        return Unreadable(at, f"the file cannot be read: {error.strerror or error}", hint)
    except ValueError as error:  # a NUL byte in the path
        return Unreadable(at, f"the file cannot be read: {error}")
    return _decoded(data, at)


def load_export(path: Path, shown: str, tree: Tree = DISK) -> SourceText | Unreadable | None:
    """Return the text of a plan or an export in UTF-16 or UTF-32, by its byte order mark, or compressed.

    PowerShell's ``>`` writes UTF-16. None if the file is neither, or cannot be read at all.
    """
    import zlib

    from iamlint.files.compressed import packed, unpacked

    at = Location(shown)
    try:
        status = tree.status(path)
        if status.kind != "file" or status.size > LARGEST:
            return None
        data = tree.read(path)
    except (OSError, ValueError):
        return None
    if not packed(data):
        return _wide(data, at)
    try:
        text = _at_most(unpacked(data), LARGEST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        return Unreadable(at, f"the compressed file cannot be read: {error}", "is it whole?")
    if len(text) > LARGEST_UNPACKED:
        most = f"{LARGEST_UNPACKED // 1024**2} MB"
        return Unreadable(at, f"the compressed file holds more than {most} in one document", "decompress it")
    return _wide(text, at) or _decoded(text, at)


def _at_most(pieces: Iterable[bytes], size: int) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) >= size:
            break
    return bytes(found)


def _wide(data: bytes, at: Location) -> SourceText | Unreadable | None:
    encoding = next((name for mark, name in _WIDE if data.startswith(mark)), None)
    if encoding is None:
        return None
    try:
        return SourceText(at.path, data.decode(encoding))
    except UnicodeDecodeError as error:
        return Unreadable(at, f"this is not text in {encoding.upper()} (byte {error.start})", "save it as UTF-8")


def beginning(path: Path, size: int, tree: Tree = DISK) -> str:
    """Return the first bytes of a file, each as a character; "" if it is not a regular file. Raises OSError."""
    if not tree.is_file(path):
        return ""
    with tree.open(path) as file:
        return file.read(size).decode("latin-1").removeprefix("\xef\xbb\xbf")


def sample(path: Path, tree: Tree = DISK) -> str:
    """Return the beginning of an unreadable file, decompressed; "" if it is not a regular file.

    Each byte is a character, without the zero bytes, which UTF-16 has many of: the marks of all formats are ASCII.
    Raises OSError.
    """
    import zlib

    from iamlint.files.compressed import packed, unpacked

    if not tree.is_file(path):
        return ""
    with tree.open(path) as file:
        data = file.read(_SAMPLE)
    if packed(data):
        pieces: list[bytes] = []
        with suppress(OSError, EOFError, zlib.error):  # what comes before the place that is wrong is enough
            size = 0
            for piece in unpacked(data):
                pieces.append(piece)
                size += len(piece)
                if size >= _SAMPLE:
                    break
        data = b"".join(pieces)
    return data.replace(b"\0", b"").decode("latin-1")


def _decoded(data: bytes, at: Location) -> SourceText | Unreadable:
    wide = next((name for mark, name in _WIDE if data.startswith(mark)), None)
    if wide:
        return Unreadable(at, f"the file is in {wide.upper()}, where UTF-8 is expected", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = Location(at.path, line, 1, line, 1)
        hint = "save it as UTF-8; a binary file cannot be read"
        return Unreadable(where, f"this is not text in UTF-8, from byte {error.start} on", hint)
    nul = text.find("\0")
    if nul >= 0:
        source = SourceText(at.path, text)
        return Unreadable(source.location(nul, nul + 1), "the file has a NUL character", "is it a binary file?")
    return SourceText(at.path, text)
