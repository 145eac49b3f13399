"""Globs over partly known texts: ``*`` matches any text, ``?`` any one character."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from iamlint.facts import Text
from iamlint.unknown import Hole, Truth, Unknown

_LONGEST = 4096
"""Maximum length of a partly known text that is compared with globs."""
_MOST_STARS = 10
"""Maximum number of stars of a glob that is compared with a partly known text."""
_HOLE = Hole("?")
_HEAD = re.compile(r"[^*?]+")
"""What the texts that match a glob begin with."""
_EMBEDDED = re.compile(r"(\$\{[^{}]*\})")


def text_is(globs: Iterable[str], text: Text) -> Truth:
    """Whether a text matches one of these globs; unknown if that depends on its unknown parts."""
    if isinstance(text, str) and "${" not in text:
        plain, pattern = _sorted_out(tuple(globs))
        return Truth.of(text in plain or (pattern is not None and pattern.match(text) is not None))
    return _matched(tuple(globs), tuple(part if isinstance(part, str) else _HOLE for part in _parts(text)))


@lru_cache(maxsize=8192)
def _matched(globs: tuple[str, ...], parts: tuple[str | Hole, ...]) -> Truth:
    """Whether a partly known text matches one of these globs; cached: many texts differ only in holes' names."""
    truth = Truth.FALSE
    for glob in globs:
        truth |= _glob(glob, parts)
    return truth


@lru_cache(maxsize=4096)
def _sorted_out(globs: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Return the literal texts, and one pattern of the others."""
    others = [compiled(glob).pattern for glob in globs if is_glob(glob)]
    return frozenset(globs), re.compile("|".join(others)) if others else None


def _parts(text: Text) -> tuple[str | Hole, ...]:
    """Return the known parts and the holes of a text; an account known by its address has a hole, too."""
    if isinstance(text, Unknown):
        return text.parts or (_HOLE,)
    if "${" not in text:
        return (text,)
    pieces = (piece for piece in _EMBEDDED.split(text) if piece)
    return tuple(Hole(piece[2:-1]) if _EMBEDDED.fullmatch(piece) else piece for piece in pieces)


def _glob(glob: str, parts: tuple[str | Hole, ...]) -> Truth:
    head = _HEAD.match(glob)
    begins = parts[0] if parts and isinstance(parts[0], str) else ""
    if head and not (begins.startswith(head[0]) or head[0].startswith(begins)):
        return Truth.FALSE  # most globs and texts differ in their beginnings
    if all(compiled(glob).match("".join(part if isinstance(part, str) else fill for part in parts)) for fill in _FILLS):
        return Truth.TRUE
    return Truth.UNKNOWN if _may_match(glob, parts) else Truth.FALSE


_FILLS = ("", "\0", "\0\0\0")
"""Replacements for a hole, to test whether a glob matches any value: no letter of a glob equals them."""


def is_glob(text: str) -> bool:
    """Whether a text has anything but plain letters."""
    return "*" in text or "?" in text


@lru_cache(maxsize=4096)
def compiled(glob: str) -> re.Pattern[str]:
    """Return a glob as a regular expression over a whole text."""
    # Brackets are plain letters here: they occur in principals and addresses. fnmatch turns stars into atomic groups,
    # which do not backtrack.
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")))


def _may_match(glob: str, parts: tuple[str | Hole, ...]) -> bool:
    """Whether the holes can be filled so that the glob matches; follows all positions in the glob in parallel."""
    if sum(len(part) for part in parts if isinstance(part, str)) > _LONGEST or glob.count("*") > _MOST_STARS:
        return True
    states = _rest(glob, {0})
    for part in parts:
        if isinstance(part, Hole):
            states = set(range(min(states), len(glob) + 1))
            continue
        for letter in part:
            states = _rest(glob, {after for state in states for after in _step(glob, state, letter)})
            if not states:
                return False
    return len(glob) in states


def _step(glob: str, state: int, letter: str) -> Iterator[int]:
    wanted = glob[state : state + 1]
    if wanted == "*":
        yield state
    elif wanted in ("?", letter) and wanted:
        yield state + 1


def _rest(glob: str, states: set[int]) -> set[int]:
    """Return these positions, and those after stars, which may match nothing."""
    found = set(states)
    for state in states:
        at = state
        while glob[at : at + 1] == "*":
            at += 1
            found.add(at)
    return found
