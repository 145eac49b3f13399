"""The folder of the cache: where it is, whether it can be trusted, and its secret."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEY_FILE = "key"
"""Name of the file with the folder's random bytes, the key of every hash: nobody else can make or name an entry."""
_SIZE = 32
_TAG = "CACHEDIR.TAG"
_TAG_TEXT = b"Signature: 8a477f597d28d172789f06886806bc55\n# Results of iamlint; safe to delete.\n"
"""Backup programs leave the folder out. Source: https://bford.info/cachedir/"""
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_READABLE = 0o077
"""The permissions that nobody else may have."""


def location(environment: Mapping[str, str]) -> str | None:
    """Return the platform's folder for caches of iamlint; None without a home.

    ``XDG_CACHE_HOME`` counts everywhere but on Windows, if it is absolute. Sources:
    https://specifications.freedesktop.org/basedir-spec/latest/ and
    https://developer.apple.com/library/archive/documentation/FileManagement/Conceptual/FileSystemProgrammingGuide/FileSystemOverview/FileSystemOverview.html
    """
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA", "")
        return os.path.join(local, "iamlint", "Cache") if os.path.isabs(local) else None
    given, home = environment.get("XDG_CACHE_HOME", ""), environment.get("HOME", "")
    if os.path.isabs(given):
        return os.path.join(given, "iamlint")
    if not os.path.isabs(home):
        return None
    return os.path.join(home, *(("Library", "Caches") if sys.platform == "darwin" else (".cache",)), "iamlint")


def is_apart(folder: str, words: Iterable[str], workspace: str | None) -> bool:
    """Whether a folder is outside of all that is checked, so that nothing checked can bring a cache.

    It may not be in a repository, in the working directory, in GitHub's ``workspace``, or below a path that a word of
    the command line names.
    """
    real = os.path.realpath(folder)
    above = [real]
    while (parent := os.path.dirname(above[-1])) != above[-1]:
        above.append(parent)
    if any(os.path.lexists(os.path.join(one, ".git")) for one in above):
        return False
    named = [word for whole in words for word in (whole, whole.partition("=")[2]) if word]
    checked = {os.path.realpath(one) for one in (os.getcwd(), *filter(None, [workspace]), *named) if "\0" not in one}
    return checked.isdisjoint(above)


def is_private(folder: str) -> bool:
    """Whether a folder is a directory of the user's own, no link, that nobody else may read or change."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and _is_own(found)


def _is_own(found: os.stat_result) -> bool:
    if os.name == "nt":  # the user's profile has access lists of its own
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & _READABLE


def made(folder: str) -> bool:
    """Make the folder and its secret where they are missing; returns whether it can be used."""
    with suppress(OSError):
        os.mkdir(os.path.dirname(folder), 0o700)
    if os.name == "nt":
        with suppress(OSError):
            os.makedirs(folder)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except OSError:
        return False
    if not is_private(folder):
        return False
    if secret(folder) is None:
        _write_anew(folder, _TAG, _TAG_TEXT)
        _write_anew(folder, KEY_FILE, os.urandom(_SIZE))
    return secret(folder) is not None


def _write_anew(folder: str, name: str, content: bytes) -> None:
    with suppress(OSError):
        new = os.path.join(folder, f".new-{os.urandom(8).hex()}")
        write(new, content)
        os.replace(new, os.path.join(folder, name))


def secret(folder: str) -> bytes | None:
    """Return the folder's random bytes; None without usable ones."""
    found = content(os.path.join(folder, KEY_FILE), _SIZE)
    return found if found and len(found) == _SIZE else None


def content(path: str, most: int) -> bytes | None:
    """Return the content of a file of the user's own; None if it is missing, larger, a link, or somebody else's."""
    try:
        opened = os.open(path, os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or not _is_own(found) or found.st_size > most:
            return None
        with open(opened, "rb", closefd=False) as file:
            return file.read(most + 1)
    except OSError:
        return None
    finally:
        os.close(opened)


def write(path: str, data: bytes) -> None:
    """Write a new file that only the user may read. Raises OSError, also if there is one."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600)
    with open(opened, "wb") as file:
        file.write(data)
