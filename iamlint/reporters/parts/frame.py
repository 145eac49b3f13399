"""A line of source for a terminal, with one part underlined."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from iamlint.finding import Severity
from iamlint.location import COMMAND_LINE, Location, SourceText
from iamlint.reporters.parts.excerpt import line_span
from iamlint.reporters.parts.plain import neutral

COLORS: dict[Severity, str] = {"critical": "1;35", "high": "1;31", "medium": "1;33", "low": "1;36", "info": "1;34"}
"""The colour of each severity."""
_WIDEST = 110
"""Maximum width of a shown line; longer ones are cut around the relevant part."""
_NARROWEST = 30
"""Minimum width of a shown line, however narrow the terminal is."""
_BEFORE = 20
"""Number of these characters before the relevant part of a cut line."""
_TAB = "    "


class Paint:
    """Applies colour, or nothing: called with a code (``1;31``, as in ECMA-48's SGR) and a text."""

    def __init__(self, *, on: bool) -> None:
        self._on = on

    def __call__(self, code: str, text: str) -> str:
        """Return the text in that colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._on and code and text else text


def place(at: Location) -> str:
    """Return a place in the form that editors and terminals link: ``path:line:column``."""
    return at.path if at.path == COMMAND_LINE else f"{neutral(at.path)}:{at.line}:{at.column}"


def frame(at: Location, text: SourceText | None, color: str, paint: Paint, width: int | None = None) -> Iterator[str]:
    """Yield the first line of a place, with its part underlined; nothing if the text is not available.

    ``width`` is that of the terminal in columns, if it is one.
    """
    if text is None:
        return
    first, last = line_span(text, at.line)
    start = first + at.column - 1
    end = first + at.end_column - 1 if at.end_line == at.line else last
    room = _WIDEST if width is None else max(_NARROWEST, min(_WIDEST, width - len(str(at.line)) - 3))
    head, guilty, tail = _cut(text.text, (first, last), start, min(max(end, start + 1), max(last, start)), room)
    margin, bar = " " * len(str(at.line)), paint("34", "|")
    under = "^" * max(1, columns(guilty)) + (" ..." if at.end_line > at.line else "")
    yield f"{margin} {bar}"
    yield f"{paint('34', str(at.line))} {bar} {_visible(head + guilty + tail)}".rstrip()
    yield f"{margin} {bar} {' ' * columns(head)}{paint(color, under)}"


def _cut(text: str, line: tuple[int, int], start: int, end: int, room: int) -> tuple[str, str, str]:
    """Return the shown parts of a line before, in and after the range from ``start`` to ``end``."""
    first, last = line
    if last - first <= room:
        return text[first:start], text[start:end], text[end:last]
    room -= 0 if room == _WIDEST else len("......")
    left = max(first, min(start - _BEFORE, last - room))
    right = min(last, left + room)
    end = min(end, right)
    head = ("..." if left > first else "") + text[left:start]
    return head, text[start:end], text[end:right] + ("..." if right < last else "")


def _visible(text: str) -> str:
    return neutral(text).replace("\t", _TAB)


def columns(text: str) -> int:
    """Return the width of a text on a terminal: wide characters take two columns, combining marks none."""
    visible = _visible(text)
    return len(visible) if visible.isascii() else sum(map(_width, visible))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
