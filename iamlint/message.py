"""Messages: the sentence of a rule's document, filled in with the words of what it found."""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamlint.kinds import kind_of
from iamlint.match import Match

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def filled(message: str, words: Mapping[str, str]) -> str:
    """A message with its placeholders filled in; on one line, whatever the words have in them."""
    text = " ".join(PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), message).split())
    return text.removesuffix(".") if text.endswith("?.") else text


def words_of(match: Match) -> dict[str, str]:
    """The words for a match: those of its fact, of its permissions, and those that a query adds."""
    words = {"permission": _short(match.permissions), "permissions": ", ".join(match.permissions)}
    words |= {word: of(match.fact) for word, of in kind_of(match.fact).shown.items()}
    return {**words, **match.words}


def _short(permissions: tuple[str, ...]) -> str:
    """The first permission, and how many more there are."""
    return permissions[0] + _more(len(permissions) - 1) if permissions else ""


def _more(number: int) -> str:
    return f" and {number} more" if number else ""
