"""Messages: the sentence of a rule's document, filled in with the words of what it found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from iamlint.kinds import kind_of
from iamlint.match import Match

_NOT_KNOWN = "(not known)"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def filled(message: str, words: Mapping[str, str]) -> str:
    """A message with its placeholders filled in; on one line, whatever the words have in them."""
    parts = [words.get(part, whole) if part else whole for whole, part in _parts(message)]
    text = " ".join("".join(parts).split()).replace("${?}", _NOT_KNOWN)
    return text.removesuffix(".") if text.endswith("?.") else text


@lru_cache(maxsize=1024)
def _parts(message: str) -> tuple[tuple[str, str], ...]:
    """The stretches of a message as they are written, each with the name of its placeholder, "" for a plain one."""
    pieces = PLACEHOLDER.split(message)
    return tuple((f"{{{piece}}}", piece) if number % 2 else (piece, "") for number, piece in enumerate(pieces))


def words_of(match: Match) -> dict[str, str]:
    """The words for a match: those of its fact, of its permissions, and those that a query adds."""
    words = {"permission": _short(match.permissions), "permissions": ", ".join(match.permissions)}
    for word, of in kind_of(match.fact).shown.items():
        words[word] = of(match.fact)
    words.update(match.words)
    return words


def _short(permissions: tuple[str, ...]) -> str:
    """The first permission, and how many more there are."""
    return permissions[0] + _more(len(permissions) - 1) if permissions else ""


def _more(number: int) -> str:
    return f" and {number} more" if number else ""
