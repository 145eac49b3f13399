"""What a file says besides its comments: two files with the same have the same tree."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from iamlint.hcl.syntax import Body, File

LARGEST = 100_000
"""Maximum number of characters of a file. A larger one has none: limits of size may concern it."""


def without_comments(file: File) -> tuple[str, ...]:
    """Return the text of a file without the comments at the ends of its lines, and that without empty lines, too.

    In files with the same first text, each thing is at the same place; with the same second one, at the same place of
    its line. Empty if that may not be all that a file says: for one with errors or comments to iamlint, and for JSON.
    Comments and empty lines inside of an argument are kept, since the text of an expression may be shown, and so are
    comments in ``/*``.
    """
    text = file.source.text
    if file.errors or file.source.is_marked or file.source.path.endswith(".json") or len(text) > LARGEST:
        return ()
    arguments = _arguments(file.body)
    cuts = [
        start for start, _ in file.comments if not text.startswith("/*", start) and not _is_within(start, arguments)
    ]
    exact: list[str] = []
    loose: list[str] = []
    at, number = 0, 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        content = line
        if number < len(cuts) and cuts[number] < at:
            content = line[: cuts[number] - start].rstrip(" \t") + "\r" * line.endswith("\r")
        while number < len(cuts) and cuts[number] < at:  # a comment may be read twice
            number += 1
        exact.append(content)
        if content.strip() or _is_within(start, arguments):
            loose.append(content)
    return tuple("\n".join(lines).rstrip() for lines in (exact, loose))


def _arguments(body: Body) -> list[tuple[int, int]]:
    """Return where each argument of a file begins and ends, in order."""
    found, waiting = [], [body]
    while waiting:
        one = waiting.pop()
        found += [(argument.start, argument.end) for argument in one.arguments.values()]
        waiting += (block.body for block in one.blocks)
    return sorted(found)


def _is_within(offset: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether an offset is in one of these spans, none of which overlap."""
    before = bisect_right(spans, offset, key=lambda one: one[0]) - 1
    return before >= 0 and offset < spans[before][1]
