"""Globs over partly known texts: ``*`` matches any text, ``?`` any one character."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from functools import lru_cache

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Text
from iamlint.unknown import Truth, Unknown, UnknownPart

_LONGEST = 4096
"""Maximum length of a partly known text that is compared with globs."""
_MOST_STARS = 10
"""Maximum number of stars of a glob that is compared with a partly known text."""
_UNKNOWN_PART = UnknownPart("?")
_HEAD = regex(r"[^*?]+")
"""What the texts that match a glob begin with."""
_WILD = regex(r"[*?]+")
_EMBEDDED = regex(r"(\$\{[^{}]*\})")
_STARS = regex(r"\*{2,}")


def text_is(globs: Iterable[str], text: Text) -> Truth:
    """Whether a text matches one of these globs; unknown if that depends on its unknown parts."""
    globs = tuple(globs)
    if isinstance(text, Unknown) and text.options:
        truths = {text_is(globs, one) for one in text.options}
        return truths.pop() if len(truths) == 1 else Truth.UNKNOWN
    if isinstance(text, str) and "${" not in text:
        plain, needed = _sorted_out(globs)
        if text in plain:
            return Truth.TRUE
        for one in needed:
            if one in text:
                return Truth.of(_any_of(globs).match(text) is not None)
        return Truth.FALSE
    return _matched(globs, tuple(part if isinstance(part, str) else _UNKNOWN_PART for part in _parts(text)))


@lru_cache(maxsize=8192)
def _matched(globs: tuple[str, ...], parts: tuple[str | UnknownPart, ...]) -> Truth:
    """Whether a partly known text matches one of these globs; cached: many differ only in unknown parts' names."""
    begins = parts[0] if parts and isinstance(parts[0], str) else ""
    # Most globs and texts differ in their beginnings.
    near = [glob for glob in globs if _begins_alike(glob, begins)]
    open_ = [glob for glob in near if _may_match(glob, parts)]
    if not open_:
        return Truth.FALSE
    filled = ["".join(part if isinstance(part, str) else fill for part in parts) for fill in _FILLS]
    for glob in open_:
        matches = compiled(glob).match
        if all(map(matches, filled)):
            return Truth.TRUE
    return Truth.UNKNOWN


def _begins_alike(glob: str, begins: str) -> bool:
    """Whether a text with this beginning can match a glob, by the glob's beginning."""
    head = _HEAD.match(glob)
    return head is None or begins.startswith(head[0]) or head[0].startswith(begins)


@lru_cache(maxsize=4096)
def _sorted_out(globs: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the globs, and texts: whatever matches a glob with a star or question mark contains one of them."""
    # Globs differ in their ends: many begin with user:.
    parts = (max(reversed(_WILD.split(glob)), key=len) for glob in globs if is_glob(glob))
    return frozenset(globs), tuple(dict.fromkeys(parts))


@lru_cache(maxsize=4096)
def _any_of(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern of all globs with a star or question mark."""
    return re.compile("|".join(compiled(glob).pattern for glob in globs if is_glob(glob)))


def _parts(text: Text) -> tuple[str | UnknownPart, ...]:
    """Return the known and unknown parts of a text; an account known by its address has an unknown part, too."""
    if isinstance(text, Unknown):
        return text.parts or (_UNKNOWN_PART,)
    if "${" not in text:
        return (text,)
    pieces = (piece for piece in _EMBEDDED.split(text) if piece)
    return tuple(UnknownPart(piece[2:-1]) if _EMBEDDED.fullmatch(piece) else piece for piece in pieces)


_FILLS = ("", "\0", "\0\0\0")
"""Replacements for an unknown part, to test whether a glob matches any value: no letter of a glob equals them."""


def is_glob(text: str) -> bool:
    """Whether a text has anything but plain letters."""
    return "*" in text or "?" in text


@lru_cache(maxsize=4096)
def compiled(glob: str) -> re.Pattern[str]:
    """Return a glob as a regular expression over a whole text."""
    # Brackets are plain letters here: they occur in principals and addresses. fnmatch turns stars into atomic groups,
    # which do not backtrack.
    return regex(fnmatch.translate(glob.replace("[", "[[]")))


def _may_match(glob: str, parts: tuple[str | UnknownPart, ...]) -> bool:
    """Whether unknown parts can be filled so that the glob matches; follows all positions in the glob in parallel."""
    if sum(len(part) for part in parts if isinstance(part, str)) > _LONGEST or glob.count("*") > _MOST_STARS:
        return True
    any_text, any_letter, letters, end = _positions(glob)
    positions = 1 | (any_text & 1) << 1
    for part in parts:
        if isinstance(part, UnknownPart):
            positions = 2 * end - (positions & -positions)  # the first of these, and all after it
            continue
        for letter in part:
            after = (positions & (letters.get(letter, 0) | any_letter)) << 1 | (positions & any_text)
            positions = after | (after & any_text) << 1
            if not positions:
                return False
    return bool(positions & end)


@lru_cache(maxsize=4096)
def _positions(glob: str) -> tuple[int, int, dict[str, int], int]:
    """Return the positions in a glob, each a bit: of stars, of question marks, of each letter, and the end."""
    glob = _STARS.sub("*", glob)
    at: dict[str, int] = {}
    for position, letter in enumerate(glob):
        at[letter] = at.get(letter, 0) | 1 << position
    return at.pop("*", 0), at.pop("?", 0), at, 1 << len(glob)
