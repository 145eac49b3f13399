"""Compressed files: gzip, which Python reads itself, or zstd, which it reads from 3.14 on."""

from __future__ import annotations

import importlib
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import IO, Any, Self, cast

from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, Unreadable

_GZIP, _ZSTD = ".gz", ".zst"
SUFFIXES = (_GZIP, _ZSTD)
_BEGINNINGS = {b"\x1f\x8b": _GZIP, b"\x28\xb5\x2f\xfd": _ZSTD}
_AT_ONCE = 1 << 16


def is_compressed(path: Path) -> bool:
    """Whether a file is compressed, by its name."""
    return _suffix(path) in SUFFIXES


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def opened(path: Path, tree: Tree = DISK) -> IO[bytes]:
    """Return a file that is decompressed while it is read. Raises OSError, EOFError or zlib.error, now or later.

    Memory is limited: a zstd frame that needs more than 128 MB is refused, and so is a file with far more text than
    exports have.
    """
    if _suffix(path) == _ZSTD and _zstd() is None:
        raise OSError(_WANTING)
    file = tree.open(path)
    return cast("IO[bytes]", _Decompressed(file, _suffix(path))) if is_compressed(path) else file


def packed(data: bytes) -> str | None:
    """Return the suffix of the compression of these bytes, by the first of them; None if they are not compressed."""
    return next((suffix for beginning, suffix in _BEGINNINGS.items() if data.startswith(beginning)), None)


def unpacked(data: bytes) -> Iterator[bytes]:
    """Yield the decompressed bytes in pieces.

    Raises OSError, EOFError or zlib.error for an error, after the pieces before it.
    """
    suffix = packed(data) or _GZIP
    if suffix == _ZSTD and _zstd() is None:
        raise OSError(_WANTING)
    file = cast("IO[bytes]", _Decompressed(io.BytesIO(data), suffix))
    with file:
        while piece := file.read1(_AT_ONCE):  # type: ignore[attr-defined]  # both kinds of files have it
            yield piece


def wanting(path: Path, shown: str) -> Unreadable | None:
    """Return what must be installed before a file can be read, if anything."""
    if _suffix(path) != _ZSTD or _zstd() is not None:
        return None
    return Unreadable(Location(shown), _WANTING, 'pip install "iamlint[zstd]", or decompress it with zstd -d')


_WANTING = "the file is compressed by zstd, for which a library is not installed"


def _zstd() -> ModuleType | None:
    try:
        return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ModuleNotFoundError:
        return None


MOST_TIMES = 100
"""Maximum ratio of a file's text to its compressed size; exports have 10 to 30."""
FREE = 16_000_000
"""Bytes of text that any compressed file may have, however small it is."""


class _Decompressed:
    """A compressed file that raises OSError for any error, like other files."""

    def __init__(self, raw: IO[bytes], suffix: str) -> None:
        self._size, self._raw = 0, raw
        if suffix == _ZSTD:
            zstd = cast("ModuleType", _zstd())
            self._wrong: type[Exception] = zstd.ZstdError
            self._file: Any = zstd.open(self._raw)
        else:
            import gzip

            self._wrong, self._file = zlib.error, gzip.GzipFile(fileobj=self._raw)

    def read1(self, size: int) -> bytes:
        """Return at most this many bytes; none at the end."""
        return self._bounded(self._file.read1, size)

    def readline(self, size: int) -> bytes:
        """Return a line, or this much of it."""
        return self._bounded(self._file.readline, size)

    def _bounded(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            found = bytes(read(size))
        except self._wrong as error:
            raise OSError(str(error)) from error
        self._size += len(found)
        if self._size > FREE and self._size > MOST_TIMES * self._raw.tell():
            raise OSError(f"it has more than {MOST_TIMES} times its compressed size in text, as no export has")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._raw.close()
