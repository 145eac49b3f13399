"""What a result depends on besides the files that a run reads: the program, arguments, environment, and the day."""

from __future__ import annotations

import os
import sys
import time
from functools import lru_cache

import iamlint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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


def question(arguments: Sequence[str]) -> bytes:
    """Return the bytes that are equal for equal runs of one program. Raises OSError if the program cannot be read."""
    parts = [
        program(_PACKAGE),
        program(_RULES) if _is_checkout() else "",
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


@lru_cache(maxsize=2)
def program(package: str) -> str:
    """Return a hash of all files in a folder: code, rules, catalogue. Raises OSError if one cannot be read."""
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
