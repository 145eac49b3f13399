"""Output files: whole or not at all, never over an input, and never through a link that leads out of the repository."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from iamlint.basics.lazy_regex import regex
from iamlint.cli.console import repository
from iamlint.location import Location, Unreadable

_DESCRIPTOR = regex(r"/dev/(?P<name>stdout|stderr)|/(?:dev|proc/self)/fd/(?P<number>\d{1,6})")
"""Files that are streams already open. Source: https://man7.org/linux/man-pages/man4/fd.4.html"""


def write(path: Path, parts: Iterable[str], inputs: Collection[Path] = ()) -> Unreadable | None:
    """Write a file, in UTF-8; returns the error if it cannot be written.

    A regular file is written to a temporary file in the same directory and then moved. Devices, pipes and descriptors
    are written to directly. ``inputs`` are files, without symbolic links, that may not be replaced.
    """
    try:
        wrong = _wrong(path, inputs)
        if wrong:
            return Unreadable(Location(path.as_posix()), *wrong)
        _write(path, parts)
    except OSError as error:
        return unwritable(path.as_posix(), error)
    return None


def unwritable(path: str, error: OSError) -> Unreadable:
    """Return the error of a file that could not be written."""
    hint = "check that the directory is there and may be written to"
    return Unreadable(Location(path), f"the file cannot be written: {error.strerror or error}", hint)


def _wrong(path: Path, inputs: Collection[Path]) -> tuple[str, str] | None:
    """Return why a file may not be written, and what to do.

    A pull request can contain any link: ``report.json`` to a file of the user, ``out`` to another directory.
    """
    top = repository(Path.cwd())
    named, real = Path(os.path.abspath(path)), Path(os.path.realpath(path))
    below = next((Path(parent) for parent in named.parents if os.path.realpath(parent) == str(top)), None)
    inside = real.is_relative_to(top) and ".git" not in real.relative_to(top).parts
    if below and top / named.relative_to(below) != real and not inside:
        return "a symbolic link leads out of the repository, so the file is not written", "remove the link"
    if real in inputs:
        return "the file is an input of this run, so it is not overwritten", "name another file"
    return None


def _write(path: Path, parts: Iterable[str]) -> None:
    """Raises OSError."""
    descriptor = _DESCRIPTOR.fullmatch(os.path.abspath(path))
    if descriptor:
        number = {"stdout": 1, "stderr": 2}.get(descriptor["name"] or "") or int(descriptor["number"])
        with _text(os.dup(number)) as file:
            file.writelines(parts)
        return
    real = Path(os.path.realpath(path))
    before = real.stat() if os.path.lexists(real) else None
    if before and not stat.S_ISREG(before.st_mode):
        at_once = getattr(os, "O_NONBLOCK", 0)  # a pipe without a reader is an error, not a wait; Windows has no such
        opened = os.open(real, os.O_WRONLY | at_once)
        if at_once:
            os.set_blocking(opened, True)
        with _text(opened) as file:
            file.writelines(parts)
        return
    with replacing(real, before) as opened, _text(opened) as file:
        file.writelines(parts)


@contextmanager
def replacing(path: Path, before: os.stat_result | None) -> Iterator[int]:
    """Give a descriptor for the new content of a file, which replaces the file at the end, whole or not at all.

    ``before`` is the file's status if there is one: its permissions stay, and until the end only the owner can read the
    new content. The caller closes the descriptor. Raises OSError.
    """
    beside = path.with_name(f".iamlint-{os.urandom(8).hex()}")
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if before else 0o666)
    try:
        yield opened
        if before:
            os.chmod(beside, stat.S_IMODE(before.st_mode))
        os.replace(beside, path)
    except BaseException:  # also an interrupt
        with suppress(OSError):
            os.unlink(beside)
        raise


def _text(descriptor: int) -> IO[str]:
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="")
