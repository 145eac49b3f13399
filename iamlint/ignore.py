"""Ignore comments: what someone accepted, and why.

    # iamlint: ignore[broad-token-creator] the pipeline's own sandbox

The comment stands at the end of the line that it is about, or on a line of its own directly above. It names rules, with
commas between them, and gives a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache

from iamlint.location import Location, SourceText, Unreadable

_MENTION = re.compile(r"(?:^|\s)(?:#|//)[ \t]*iamlint:[ \t]*(?P<order>.*)$")
_ORDER = re.compile(r"ignore\[(?P<names>[^\[\]]*)\][ \t]*(?P<reason>.*?)[ \t]*$")
_ALONE = re.compile(r"[ \t]*(?:#|//)")
LONGEST = 10_000
"""Characters of a line beyond which it has no comments: a plan or an export is often one long line."""
_FORM = "write `iamlint: ignore[RULE] REASON`"


@dataclass(frozen=True, slots=True)
class Comment:
    """One ignore comment: the rules that it names, the reason that it gives, and where it stands."""

    names: frozenset[str]
    reason: str
    at: Location


def accepted(names: Set[str], places: Iterable[Location], texts: Mapping[str, SourceText]) -> Comment | None:
    """The comment that accepts a rule (by one of its names) at one of these places."""
    for place in places:
        text = texts.get(place.path)
        for comment in _about(text, place.line) if text else ():
            if not comment.names.isdisjoint(names):
                return comment
    return None


def mistakes(texts: Iterable[SourceText], known: Set[str]) -> Iterator[Unreadable]:
    """The comments that accept nothing, since they name no rule that there is, or give no reason."""
    for text in texts:
        if not _speaks(text):
            continue
        for number in range(1, len(text.line_starts) + 1):
            yield from _mistakes_of(text, number, known)


@lru_cache(maxsize=4096)
def _speaks(text: SourceText) -> bool:
    """Whether a text has anything to say to iamlint; most have not, and a plan is one line of many megabytes."""
    return "iamlint:" in text.text


def _about(text: SourceText, line: int) -> Iterator[Comment]:
    """The comments about a line: its own, and those above it that have their line to themselves."""
    if not _speaks(text):
        return
    found = _comment(text, line)
    if found:
        yield found
    while line > 1 and _ALONE.match(text.line(line - 1)):
        line -= 1
        found = _comment(text, line)
        if found:
            yield found


def _mention(text: SourceText, number: int) -> re.Match[str] | None:
    line = text.line(number)
    return _MENTION.search(line) if len(line) <= LONGEST else None


def _comment(text: SourceText, number: int) -> Comment | None:
    mention = _mention(text, number)
    order = _ORDER.match(mention["order"]) if mention else None
    if mention is None or order is None or not order["reason"]:
        return None
    names = frozenset(name.strip() for name in order["names"].split(","))
    return Comment(names, order["reason"], _at(text, number, mention))


def _at(text: SourceText, number: int, mention: re.Match[str]) -> Location:
    return Location(text.path, number, mention.start("order") + 1, number, mention.end("order") + 1)


def _mistakes_of(text: SourceText, number: int, known: Set[str]) -> Iterator[Unreadable]:
    mention = _mention(text, number)
    if mention is None:
        return
    at, order = _at(text, number, mention), _ORDER.match(mention["order"])
    if order is None:
        yield Unreadable(at, "this comment to iamlint is not understood", _FORM)
        return
    if not order["reason"]:
        yield Unreadable(at, "this comment accepts a finding without a reason", _FORM)
    for name in sorted({name.strip() for name in order["names"].split(",")} - known):
        yield Unreadable(at, f"this comment names `{name}`, which is no rule", "`iamlint rules` lists them")
