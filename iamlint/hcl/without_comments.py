"""What a file says besides its comments, and besides arguments that nothing read.

Two files with the same have the same tree, but for the expressions of these arguments.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from iamlint.hcl.syntax import Argument, Body, File, Object, Tuple

LARGEST = 100_000
"""Maximum number of characters of a file. A larger one has none: limits of size may concern it."""
_VALUE, _BODIES = "\0", "\0{"
"""The placeholders of an expression that nothing read: of a value, and of one that may be blocks."""


def without_comments(file: File, unread: int = 0) -> tuple[str, ...]:
    """Return the text of a file without the comments at the ends of its lines, and that without empty lines, too.

    In files with the same first text, each thing is at the same place; with the same second one, at the same place of
    its line. Empty if that may not be all that a file says: for one with errors or comments to iamlint, and for JSON.
    Comments and empty lines inside of an argument are kept, since the text of an expression may be shown, and so are
    comments in ``/*``. The arguments in ``unread``, which `unread_arguments` returns, are without their expressions.
    """
    text = file.source.text
    if file.errors or file.source.is_marked or file.source.path.endswith(".json") or len(text) > LARGEST:
        return ()
    arguments = sorted((one.start, one.written.end) for one in (*file.body.arguments.values(), *_nested(file.body)))
    starts, lines = file.source.line_starts, text.split("\n")
    for start, _ in file.comments:
        if not text.startswith("/*", start) and not _is_within(start, arguments):
            number = bisect_right(starts, start) - 1
            line = lines[number]
            lines[number] = line[: start - starts[number]].rstrip(" \t") + "\r" * line.endswith("\r")
    empty = [number for number, line in enumerate(lines) if not line.strip()]
    gone = {number for number in empty if not _is_within(starts[number], arguments)}
    for argument in _chosen(_nested(file.body), unread) if unread else ():
        gone.update(_leave_out(argument, file, lines))
    loose = [content for number, content in enumerate(lines) if number not in gone]
    return tuple("\n".join(one).rstrip() for one in (lines, loose))


def unread_arguments(file: File) -> int:
    """Return the arguments in the blocks of a file whose expressions nothing read: the bits of a number, in order."""
    return sum(1 << number for number, one in enumerate(_nested(file.body)) if not one.is_read)


def _chosen(arguments: Sequence[Argument], bits: int) -> Iterator[Argument]:
    return (one for number, one in enumerate(arguments) if bits >> number & 1)


def _leave_out(argument: Argument, file: File, lines: list[str]) -> range:
    """Leave the expression of an argument out of the lines; returns those that only it is in.

    It stays if something follows in its last line, whose place depends on it.
    """
    (first, column), (last, end) = map(file.source.position, (argument.written.start, argument.written.end))
    rest = lines[last - 1][end - 1 :]
    if rest.strip():
        return range(0)
    mark = _BODIES if isinstance(argument.written, Object | Tuple) else _VALUE
    lines[first - 1] = lines[first - 1][: column - 1] + mark
    lines[first:last] = [""] * (last - first)
    return range(first, last)


def _nested(body: Body) -> list[Argument]:
    """Return the arguments in the blocks of a body, at any depth, in the order of the file."""
    found: list[Argument] = []
    waiting = [*body.blocks]
    while waiting:
        inner = waiting.pop().body
        found += inner.arguments.values()
        waiting += inner.blocks
    return sorted(found, key=lambda one: one.start)


def _is_within(offset: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether an offset is in one of these spans, which do not overlap."""
    before = bisect_right(spans, offset, key=lambda one: one[0]) - 1
    return before >= 0 and offset < spans[before][1]
