"""Syntax errors that come from a merge which git could not finish: the marks of both sides are in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from iamlint.basics.lazy_regex import regex
from iamlint.location import SourceText, Unreadable

_CONFLICT = regex(
    r"^<<<<<<< (?P<ours>[^\n]*)\n(?:(?!=======|<<<<<<< )[^\n]*\n)*=======\r?\n"
    r"(?:(?!>>>>>>> |=======)[^\n]*\n)*>>>>>>> [^\n]*",
    re.MULTILINE,
)
"""Source: https://git-scm.com/docs/git-merge#_how_conflicts_are_presented"""


def with_conflicts(errors: Iterable[Unreadable], texts: Mapping[str, SourceText]) -> list[Unreadable]:
    """Return the errors, with one about the conflict instead of those that its marks in a file cause."""
    found: dict[Unreadable, None] = {}
    for error in errors:
        text = texts.get(error.at.path)
        found.setdefault((_conflict(text, error.at.line) if text else None) or error)
    return list(found)


def _conflict(source: SourceText, line: int) -> Unreadable | None:
    """Return the error of the conflict that a line is in, or just after."""
    if "\n>>>>>>> " not in source.text:
        return None
    for conflict in _CONFLICT.finditer(source.text):
        first, last = source.position(conflict.start())[0], source.position(conflict.end())[0]
        if first <= line <= last + 1:
            at = source.location(conflict.start(), conflict.start("ours"))
            return Unreadable(
                at, "the file has an unresolved conflict of a merge", "resolve it with git, then check again"
            )
    return None
