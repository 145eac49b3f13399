"""The second reader: python-hcl2 (https://github.com/amplify-education/python-hcl2), mapped to the same tree.

It is never used instead of the native reader, only to hold the two against each other, so the mapping says what
python-hcl2 made of the text, its deviations from HCL included. It leaves heredocs whole; their templates are read by
ours, within the bounds that it gave them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.hcl.lexer import ParseError
from iamlint.hcl.python_hcl2_tree import Mapping
from iamlint.hcl.syntax import Body, File
from iamlint.location import SourceText, Unreadable

if TYPE_CHECKING:
    from lark import Lark

MAX_LENGTH = 1_000_000
"""How many characters a file may have; python-hcl2 reads less than half a megabyte a second."""

MAX_BLANKS = 2_000
"""How many blanks and newlines may follow each other; in a heredoc python-hcl2's time grows with their square."""

_LIMIT = "python-hcl2 has limits that Terraform has not; read this passage with care, or write it in a simpler way."


def read(source: SourceText) -> File:
    """What python-hcl2 makes of a file; where it fails the tree is empty and the reason is among the errors."""
    from lark.exceptions import LarkError

    file = File(source, Body(0, len(source.text)))
    if len(source.text) > MAX_LENGTH:
        file.errors.append(_unreadable(source, 0, f"longer than {MAX_LENGTH} characters"))
        return file
    if any(match.end() - match.start() > MAX_BLANKS for match in re.finditer(r"\s+", source.text)):
        file.errors.append(_unreadable(source, 0, f"more than {MAX_BLANKS} blanks in a row"))
        return file
    text = source.text.replace("\ufeff", " ", 1) if source.text.startswith("\ufeff") else source.text
    try:
        # A newline at the end is what hcl2.parses_to_tree adds, too: the grammar knows no end of file.
        mapping = Mapping(text, _parser().parse(text + "\n"))
        file.body = mapping.file_body()
        file.comments = mapping.comments()
    except LarkError as error:
        offset = getattr(error, "pos_in_stream", None)
        found = getattr(error, "token", None) or text[offset : offset + 1] if isinstance(offset, int) else ""
        file.errors.append(_unreadable(source, offset or 0, f"unexpected {str(found)[:20]!r}"))
    except ParseError as error:
        file.errors.append(_unreadable(source, error.start, error.reason))
    except RecursionError:
        file.errors.append(_unreadable(source, 0, "nested too deeply for it"))
    return file


def _unreadable(source: SourceText, offset: int, reason: str) -> Unreadable:
    at = min(max(offset, 0), len(source.text))
    return Unreadable(source.location(at, at), f"python-hcl2 cannot read this file: {reason}", _LIMIT)


@cache
def _parser() -> Lark:
    """The parser as python-hcl2 builds it, but for the place of the cached grammar.

    python-hcl2 keeps that beside its own modules, where most installations cannot write, and then takes two seconds
    to build the grammar in every run.
    """
    import hcl2
    from hcl2.postlexer import PostLexer
    from lark import Lark

    grammar = Path(hcl2.__file__).with_name("hcl2.lark")
    where = cache_file()
    return Lark.open(
        str(grammar),
        parser="lalr",
        cache=str(where) if where else False,
        propagate_positions=True,
        postlex=PostLexer(),
    )


def cache_file() -> Path | None:
    """Where the grammar is cached; None where no place is there that only this user can write to.

    The cache is a pickle, so whoever could write to it could run code here.
    """
    folder = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        base = Path(folder) if Path(folder).is_absolute() else Path.home() / ".cache"
        own = base / "iamlint"
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = own / f"python-hcl2-{version('python-hcl2')}.grammar"
        if not (_is_own(own, stat.S_ISDIR) and _others_cannot_write(own) and _keeps_its_entries(base)):
            return None
        if os.path.lexists(file) and not _is_own(file, stat.S_ISREG):
            return None
    except (OSError, RuntimeError):
        return None
    return file if os.access(own, os.W_OK | os.X_OK) else None


def _is_own(path: Path, kind: Callable[[int], bool]) -> bool:
    """Whether a path itself, no link followed, is of a kind and belongs to this user."""
    status = path.lstat()
    return kind(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def _others_cannot_write(folder: Path) -> bool:
    return not hasattr(os, "getuid") or not folder.stat().st_mode & 0o022


def _keeps_its_entries(folder: Path) -> bool:
    """Whether nobody else may replace what is in a folder: others cannot write to it, or only add to it (sticky)."""
    return _others_cannot_write(folder) or bool(folder.stat().st_mode & stat.S_ISVTX)
