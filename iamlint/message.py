"""Messages: the sentence of a rule's document, filled in with the words of what it found."""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamlint.facts import CustomRole, Grant, Impersonation, Text
from iamlint.match import Match

PLACEHOLDER = re.compile(r"\{(\w+)\}")

WORDS: Mapping[str, tuple[str, ...]] = {
    "grant": ("principal", "role", "resource", "permission", "permissions"),
    "custom_role": ("role", "permission", "permissions"),
}
"""The placeholders that the message of a pattern over each kind of fact may have."""


def filled(message: str, words: Mapping[str, str]) -> str:
    """A message with its placeholders filled in; on one line, whatever the words have in them."""
    return " ".join(PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), message).split())


def words_of(match: Match) -> dict[str, str]:
    """The words for a match: those of its fact, of its permissions, and those that a query adds."""
    words = {"permission": _short(match.permissions), "permissions": ", ".join(match.permissions)}
    match match.fact:
        case Grant() as grant:
            words |= {
                "principal": grant.principal.text,
                "role": shown(grant.role),
                "resource": str(grant.resource),
            }
        case CustomRole() as role:
            words["role"] = shown(role.name)
        case Impersonation() as impersonation:
            words["target"] = shown(impersonation.target)
        case _:
            pass
    return {**words, **match.words}


def shown(text: Text) -> str:
    """A text as a reader sees it, with holes where it is not known."""
    return text if isinstance(text, str) else text.text


def _short(permissions: tuple[str, ...]) -> str:
    """The first permission, and how many more there are."""
    return permissions[0] + _more(len(permissions) - 1) if permissions else ""


def _more(number: int) -> str:
    return f" and {number} more" if number else ""
