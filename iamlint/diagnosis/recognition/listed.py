"""Permissions that a text lists together with the one that was refused: each of them is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.roles import catalog

MOST = 20
"""Permissions of one list that are read."""
_ITEM = regex(r"(?<![\w./@-])[a-z]\w*(?:\.\w+){2,3}(?![\w/@-])")
_QUOTES = " \t\r\n'\"`[]()"
_JOINS = frozenset((",", ";", "and", ",and", ", and", "&"))
_BULLETS = frozenset(("", "-", "*", "\u2022"))
"""What is between two items that are on lines of their own."""
_ALTERNATIVES = regex(r"(?i)\b(?:(?:one|any)(?: or more)? of|either)\b[^.]{0,40}\Z")
_OR = regex(r"(?i)[\s'\"`\[\](),]*\bor\b[\s'\"`\[\](]*(?=[a-z]\w*\.\w+\.\w)")


def listed(text: str, permission: str) -> tuple[str, ...]:
    """Return the permissions of the list that a permission is in, in the text's order; only itself without a list.

    A list of alternatives ("requires one of", "or") counts as no list.
    """
    for run in _runs(text):
        names = [found[0] for found in run]
        if permission not in names or len(names) == 1:
            continue
        before = text[max(0, run[0].start() - 80) : run[0].start()]
        if _ALTERNATIVES.search(before.rstrip(_QUOTES + ":")) or _OR.match(text, run[-1].end()):
            break
        known = (name for name in names if name == permission or catalog().is_permission(name))
        return tuple(dict.fromkeys(known))[:MOST]
    return (permission,)


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield the runs of names that only commas, "and" or line ends separate."""
    run: list[re.Match[str]] = []
    for found in _ITEM.finditer(text):
        if run and not _is_joined(text[run[-1].end() : found.start()]):
            yield run
            run = []
        run.append(found)
    if run:
        yield run


def _is_joined(between: str) -> bool:
    mark = between.strip(_QUOTES)
    return len(between) <= 40 and (mark in _JOINS or (mark in _BULLETS and "\n" in between))
