"""Files that are compressed: by gzip, which Python reads itself, or by zstd, which it does from 3.14 on."""

from __future__ import annotations

import gzip
import importlib
import sys
from pathlib import Path
from types import ModuleType, TracebackType
from typing import IO, Any, Self, cast

from iamlint.location import Location, Unreadable

_GZIP, _ZSTD = ".gz", ".zst"
SUFFIXES = (_GZIP, _ZSTD)


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

    def __init__(self, path: Path, zstd: ModuleType) -> None:
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
