"""What a result depends on besides the files that a run reads: the program, arguments, environment, and the day."""

from __future__ import annotations

import os
import sys
import time
from functools import lru_cache

import iamlint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

VARIABLES = ("TF_WORKSPACE", "GITHUB_WORKSPACE", "NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES")
"""The environment variables that change what `check` finds or prints."""
OFF = "IAMLINT_NO_CACHE"
_AT_ONCE = 1 << 18
_PACKAGE = os.path.dirname(os.path.abspath(iamlint.__file__))
_RULES = os.path.join(os.path.dirname(_PACKAGE), "rules")
"""The built-in rules of a checkout; those of an installed package are in it."""


def day() -> str:
    """Return today's date in UTC: conditions and acceptance expire."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def question(arguments: Sequence[str], known: Known) -> bytes:
    """Return the bytes that are equal for equal runs of one program. Raises OSError if the program cannot be read.

    ``known`` remembers the hash of the program.
    """
    parts = [
        known.hash_of((_PACKAGE, _RULES) if _is_checkout() else (_PACKAGE,)),
        sys.version,
        sys.platform,
        *map(repr, (sys.implementation.name, sys.flags.optimize, sys.getfilesystemencoding())),
        *_installed(),
        day(),
        os.getcwd(),
        *(f"{name}={os.environ.get(name)!r}" for name in VARIABLES),
        *map(_about, (sys.stdout, sys.stderr)),
        "arguments",
        *arguments,
    ]
    return b"".join(b"%d:%s" % (len(part), part) for part in (one.encode("utf-8", "surrogatepass") for one in parts))


def _about(stream: TextIO) -> str:
    """Return how a stream is written to: its encoding, and the size of its terminal."""
    size = ""
    if stream.isatty():
        try:
            size = str(os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1))
        except (OSError, ValueError):
            size = "unknown"
    return f"{stream.encoding} {stream.errors} {size}"


def _installed() -> Iterator[str]:
    """Yield name and version of each installed package: a library's other version may read a file in another way."""
    for folder in dict.fromkeys(filter(os.path.isabs, sys.path)):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        yield from sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))


@lru_cache(maxsize=1)
def _is_checkout() -> bool:
    return not os.path.isdir(os.path.join(_PACKAGE, "rules", "shipped"))


class Known:
    """The hash of the program's files, remembered for as long as no file changes.

    ``read`` returns the text that ``write`` kept last. The system sets the time of the last change of a file itself,
    so equal sizes and times mean equal contents; but on Windows, where it is another time.
    """

    def __init__(self, read: Callable[[], bytes | None], write: Callable[[bytes], object]) -> None:
        self._read, self._write = read, write

    def hash_of(self, folders: Sequence[str]) -> str:
        """Return a hash of all files in these folders: code, rules, catalogue. Raises OSError if one cannot be read."""
        before, last = times(folders) if os.name != "nt" else (b"", 0.0)
        known = self._read() if before else None
        if known and known.startswith(before + b" "):
            return known[len(before) + 1 :].decode()
        found = " ".join(map(program, folders))
        if before and time.time() - last > _SETTLED and times(folders)[0] == before:
            self._write(before + b" " + found.encode())
        return found


_SETTLED = 2.0
"""Seconds after which another change of a file has another time, on each file system."""


def times(folders: Sequence[str]) -> tuple[bytes, float]:
    """Return a hash of the sizes and times of all files in these folders, and the latest time.

    Raises OSError if a file is not there.
    """
    from iamlint.basics.hashes import blake2b

    found, last = blake2b(digest_size=32), 0
    for folder in folders:
        for path in _files(folder):
            status = os.stat(path)
            last = max(last, status.st_ctime_ns, status.st_mtime_ns)
            about = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            found.update(f"{path}:{about}\n".encode("utf-8", "surrogatepass"))
    return found.hexdigest().encode(), last / 1e9


@lru_cache(maxsize=2)
def program(package: str) -> str:
    """Return a hash of all files in a folder. Raises OSError if one cannot be read."""
    from iamlint.basics.hashes import blake2b

    found = blake2b(iamlint.__version__.encode())
    for path in _files(package):
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # `open` takes longer
        try:
            found.update(f"{path[len(package) :]}:".encode("utf-8", "surrogatepass"))
            while piece := os.read(opened, _AT_ONCE):
                found.update(b"%d:" % len(piece))
                found.update(piece)
        finally:
            os.close(opened)
    return found.hexdigest()


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda one: one.name)
    for one in found:
        if one.is_dir():
            yield from _files(one.path) if one.name != "__pycache__" else ()
        else:
            yield one.path


def is_own(path: str) -> bool:
    """Whether a path is one of the program's own files, which `program` reads."""
    return f"{path}{os.sep}".startswith((_PACKAGE + os.sep, _RULES + os.sep) if _is_checkout() else _PACKAGE + os.sep)


def is_wanted(arguments: Sequence[str]) -> bool:
    """Whether the cache may be used: for a check, unless an option or ``IAMLINT_NO_CACHE`` excludes it.

    A terminal of Windows, and a stream that takes no bytes, are left to the run itself.
    """
    if not all(hasattr(one, "buffer") and not (os.name == "nt" and one.isatty()) for one in (sys.stdout, sys.stderr)):
        return False
    return list(arguments[:1]) == ["check"] and "--no-cache" not in arguments and not os.environ.get(OFF)
