"""Files that are compressed: by gzip, which Python reads itself, or by zstd, which it does from 3.14 on."""

from __future__ import annotations

import gzip
import importlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import IO, Any, Self, cast

from iamlint.location import Location, Unreadable

_GZIP, _ZSTD = ".gz", ".zst"
SUFFIXES = (_GZIP, _ZSTD)
_BEGINNINGS = {b"\x1f\x8b": _GZIP, b"\x28\xb5\x2f\xfd": _ZSTD}
_AT_ONCE = 1 << 16


def is_compressed(path: Path) -> bool:
    """Whether a file is compressed, by its name."""
    return path.suffix in SUFFIXES


def opened(path: Path) -> IO[bytes]:
    """A file, decompressed as it is read. Raises OSError, EOFError or zlib.error for what is wrong, now or later.

    What is read at once is bounded; a frame of zstd that asks for more than 128 MB of memory is refused.
    """
    if path.suffix == _ZSTD:
        zstd = _zstd()
        if zstd is None:
            raise OSError(_WANTING)
        return cast("IO[bytes]", _Frames(path, zstd))
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == _GZIP else path.open("rb")


def packed(data: bytes) -> str | None:
    """The suffix of what these bytes are compressed by, told by the first of them; None where they are not."""
    return next((suffix for beginning, suffix in _BEGINNINGS.items() if data.startswith(beginning)), None)


def unpacked(data: bytes) -> Iterator[bytes]:
    """What these bytes hold, decompressed a piece at a time.

    Raises OSError, EOFError or zlib.error for what is wrong, after the pieces before it.
    """
    if packed(data) == _ZSTD:
        zstd = _zstd()
        if zstd is None:
            raise OSError(_WANTING)
        file = cast("IO[bytes]", _Frames(io.BytesIO(data), zstd))
    else:
        file = cast("IO[bytes]", gzip.GzipFile(fileobj=io.BytesIO(data)))
    with file:
        while piece := file.read1(_AT_ONCE):  # type: ignore[attr-defined]  # both kinds of files have it
            yield piece


def wanting(path: Path, shown: str) -> Unreadable | None:
    """What is to be installed before a file can be read, if anything is."""
    if path.suffix != _ZSTD or _zstd() is not None:
        return None
    return Unreadable(Location(shown), _WANTING, 'pip install "iamlint[zstd]", or decompress it with zstd -d')


_WANTING = "the file is compressed by zstd, for which a library is not installed"


def _zstd() -> ModuleType | None:
    try:
        return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ModuleNotFoundError:
        return None


class _Frames:
    """A file in zstd, of which what is wrong is an OSError, as with other files."""

    def __init__(self, path: Path | IO[bytes], zstd: ModuleType) -> None:
        self._wrong: type[Exception] = zstd.ZstdError
        self._file: Any = zstd.open(path)

    def read1(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            return bytes(self._file.read1(size))
        except self._wrong as error:
            raise OSError(str(error)) from error

    def readline(self, size: int) -> bytes:
        """A line, or so much of it."""
        try:
            return bytes(self._file.readline(size))
        except self._wrong as error:
            raise OSError(str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
