"""The files that a command names: scripts that it runs, and texts that it reads."""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.hcl.functions.filesystem.files import LARGEST
from iamlint.hcl.functions.filesystem.paths import LONGEST_PATH, changes, is_inside, located
from iamlint.hcl.functions.types import UnknownResult
from iamlint.hcl.scope import Files
from iamlint.unknown import HOLE

_WORD = regex(r"(?:[^\s\"'`;|&<>()=\\]|\\.|\"[^\"\n]{0,255}\"|'[^'\n]{0,255}')+")
"""A word of a shell, which may be quoted in part."""
_QUOTES = regex(r"\\(.)|[\"']")
_PART = regex(r"[^\s\"'`;|&<>()=]+")
"""A word inside of a quoted text: ``bash -c "./grant.sh now"``."""
_ENTERED = regex(r"\b(?:cd|pushd)[ \t]+([^\s;|&]+)")
_IS_SCRIPT = regex(r"(?i)[^/]\.(?:bash|bat|cmd|go|[cm]?js|php|pl|ps1|py|rb|sh|ts)\Z")
_WITHOUT_ENDING = regex(r"(?:\A|/)\.?[^./]*\Z")
_STEPS_OF_A_NAME = 50
"""Steps of looking at one path."""


def _may_be_script(name: str) -> bool:
    """Whether a file is a script by its name, or may be one: its name has no ending."""
    return (_IS_SCRIPT.search(name) or _WITHOUT_ENDING.search(name)) is not None


@frozen
class Script:
    """A file that a command names. ``text`` is None if it cannot be read, for this reason."""

    name: str
    text: str | None
    reason: str = ""


def named_files(
    text: str, files: Files, directories: Iterable[str], spares: Callable[[int], bool], *, is_command: bool
) -> Iterator[Script]:
    """Yield the files that a command names, from the root module or from one of these directories.

    Directories that the command enters (``cd scripts``) count as well. A file that does not exist is left out: the
    command may create it. ``spares`` spends steps, and is false if there are no more. In a text that may be no command
    only paths and names of scripts count.
    """
    if not is_command and "/" not in text and "." not in text:
        return
    words = dict.fromkeys(chain(map(_unquoted, _WORD.findall(text)), _PART.findall(text)))
    entered = (posixpath.normpath(_unquoted(name)) for name in _ENTERED.findall(text))
    in_part = [name for name in words if HOLE in name and _IS_SCRIPT.search(name)]
    paths = [name for name in words if "/" in name and HOLE not in name]
    bare = frozenset(name for name in words if "/" not in name and (is_command or _IS_SCRIPT.search(name)))
    if not (paths or bare or in_part):
        return
    base = _names(files, "")
    for directory in dict.fromkeys(("", *directories, *(one for one in entered if one != "."))):
        if not spares(_STEPS_OF_A_NAME):
            return
        if not _begins(directory, base):
            continue
        names = _names(files, directory) if directory else base
        if not spares(len(names)):
            return
        for name in chain((path for path in paths if _begins(path, names)), sorted(names & bare)):
            if not spares(_STEPS_OF_A_NAME):
                return
            script = _read(files, posixpath.join(directory, name))
            if script:
                yield script
        for name in chain.from_iterable(_fitting(files, directory, one.split("/"), spares) for one in in_part):
            script = _read(files, name) if spares(_STEPS_OF_A_NAME) else None
            if script:
                yield Script(f"{script.name}, which it may run", script.text, script.reason)


def _fitting(files: Files, directory: str, parts: list[str], spares: Callable[[int], bool]) -> Iterator[str]:
    """Yield the paths that a path with unknown parts may be; none if its beginning is unknown or it leads up."""
    if not parts:
        yield directory
        return
    part, rest = parts[0], parts[1:]
    if HOLE not in part:
        yield from _fitting(files, posixpath.join(directory, part or "/"), rest, spares)
        return
    names = _names(files, directory)
    if not spares(len(names)):
        return
    first, *between, last = map(re.escape, re.split(f"{HOLE}+", part))
    pattern = re.compile("".join((first, *(f"(?>.*?{text})" for text in between), ".*", last)), re.DOTALL)
    for name in sorted(filter(pattern.fullmatch, names)):
        yield from _fitting(files, posixpath.join(directory, name), rest, spares)


def repository_file(name: str, files: Files, spares: Callable[[int], bool]) -> Script | None:
    """Return the file that is named from the top of a repository: from the nearest folder above that has it."""
    for number in range(len(files.base.parts)):
        script = _read(files, "../" * number + name.lstrip("/")) if spares(_STEPS_OF_A_NAME) else None
        if script:
            return Script(name, script.text, script.reason)
    return None


def scripts_at(path: str, files: Files, spares: Callable[[int], bool]) -> Iterator[Script]:
    """Yield the file at a path from the root module, or those at one with unknown parts, if it may be a script."""
    if not _may_be_script(path):
        return
    if HOLE in path:
        yield from named_files(path, files, (), spares, is_command=False)
        return
    script = _read(files, path) if spares(_STEPS_OF_A_NAME) else None
    if script:
        yield script


def _begins(path: str, names: frozenset[str]) -> bool:
    """Whether a path may be there: its first part is one of the names in its directory, or it leads elsewhere."""
    first = path.partition("/")[0]
    return first in names or first in ("", ".", "..")


def _unquoted(word: str) -> str:
    return _QUOTES.sub(r"\1", word)


def _names(files: Files, directory: str) -> frozenset[str]:
    """Return the names in a directory; none if it is not there, or outside of the roots."""
    try:
        return frozenset(files.tree.names(located(files, directory or ".")))
    except (UnknownResult, OSError, ValueError):
        return frozenset()


def _read(files: Files, name: str) -> Script | None:
    """Return a file that a command names; None if it does not exist, or may not be read.

    A program of the machine (``/bin/bash``) may not be read; a link in the checkout that leads to one is not read.
    """
    if "\0" in name or len(name) > LONGEST_PATH:
        return None
    whole = Path(posixpath.normpath((files.base / name).as_posix()))
    if not is_inside(files, whole) or changes(files, name):
        return None
    try:
        path = located(files, name)
    except UnknownResult as error:
        is_there = files.tree.is_link(whole) or files.tree.is_file(whole)
        return Script(name, None, error.why.reason) if is_there else None
    try:
        status = files.tree.status(path)
        if status.kind != "file":
            return None
        if status.size > LARGEST:
            reason = f"the file {name} is larger than {LARGEST} bytes"
            return Script(name, None, reason) if _may_be_script(name) else None
        return Script(name, _decoded(files.tree.read(path)))
    except (OSError, ValueError):
        return None


def _decoded(content: bytes) -> str:
    """Return the text of a script in any encoding: only the letters of commands matter."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8", "replace").replace("\0", "")
