"""Locations: texts, spans in them, and the lines and columns that a reader sees."""

from __future__ import annotations

from bisect import bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable


class _FoundLater:
    """A slot for the place of a `Location` whose lines and columns have not been asked for."""

    __slots__ = ("_span",)
    _span: Span


@frozen(order=True)
class Location(_FoundLater):
    """A range in a file. Lines and columns count from 1, columns in Unicode code points; the end is exclusive.

    ``path`` is as the user would type it: relative to the working directory if the file is in it, with ``/``.
    """

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1

    @staticmethod
    def later(span: Span) -> Location:
        """Return the location of a span, found when it is asked for."""
        location = object.__new__(Location)
        location._span = span
        return location

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Find the lines and columns."""
            if name not in Location.__slots__:
                raise AttributeError(name)
            at = self._span
            self.path = at.source.path
            if name == "path":
                return self.path
            self.line, self.column = at.source.position(at.start)
            self.end_line, self.end_column = at.source.position(max(at.start, at.end))
            del self._span
            return getattr(self, name)

    @property
    def at(self) -> Location:
        """Itself. A part whose value is written where it is used has a location in place of a `facts.Place`."""
        return self

    @property
    def origin(self) -> None:
        """None: the value is written here."""

    @property
    def made(self) -> None:
        """None: no called module makes the value."""

    @property
    def order(self) -> tuple[str, int, int, int, int]:
        """The sort key, as plain values, which compare ten times faster."""
        line = self.line  # finds all others, too
        return self.path, line, self.column, self.end_line, self.end_column


COMMAND_LINE = "command line"
"""The ``path`` of errors in the command line, which are in no file."""


MARKS = ("iamlint", "iam-lint", "iam_lint", "Iamlint", "IamLint", "IAMLint", "IAMLINT")
"""How a comment to iamlint begins, and what people write instead, which has no effect."""


class SourceText:
    """The text of one file, which converts offsets to locations. Compared by identity: one object per file and run.

    A text that is not here is loaded when something is asked that is not known. ``size`` is the number of characters.
    """

    __slots__ = ("_is_marked", "_load", "_starts", "path", "size", "text")
    is_kept = True
    """Whether a run keeps the text, so that places in it may be found later."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.size = len(text)
        self._starts: list[int] | None = None
        self._is_marked: bool | None = None

    @staticmethod
    def later(path: str, size: int, load: Callable[[], str], *, is_marked: bool) -> SourceText:
        """Return a text that is not here."""
        source = object.__new__(SourceText)
        source.path, source.size, source._load = path, size, load
        source._starts, source._is_marked = None, is_marked
        return source

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Load the text."""
            if name != "text":
                raise AttributeError(name)
            self.text = self._load()
            return self.text

    def forget(self, load: Callable[[], str]) -> None:
        """Keep what is known of the text without the text."""
        self._is_marked, self._load, self._starts = self.is_marked, load, None
        with suppress(AttributeError):  # it is not here
            del self.text

    def __repr__(self) -> str:
        return f"SourceText({self.path!r}, {self.size} characters)"

    @property
    def is_marked(self) -> bool:
        """Whether the text may have comments to iamlint."""
        if self._is_marked is None:
            self._is_marked = any([mark in self.text for mark in MARKS])  # noqa: C419  # a list is faster
        return self._is_marked

    @property
    def line_starts(self) -> list[int]:
        """The start offset of each line; computed on first use."""
        if self._starts is None:
            starts, at = [0], self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def line(self, number: int) -> str:
        """Return the text of a line (from 1), without its end; empty if the line does not exist."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of an offset."""
        starts = self.line_starts
        row = bisect_right(starts, offset) - 1
        return row + 1, offset - starts[row] + 1

    def location(self, start: int, end: int) -> Location:
        """Return the location of the range from ``start`` to ``end`` (exclusive), as offsets into the text."""
        return Location(self.path, *self.position(start), *self.position(max(start, end)))

    def offsets(self, at: Location) -> tuple[int, int]:
        """Return the offsets of a location into the text, in code points; what lies beyond the text is at its end."""
        return self._offset(at.line, at.column), self._offset(at.end_line, at.end_column)

    def utf16_columns(self, at: Location) -> tuple[int, int]:
        """Return the columns of a location in UTF-16 code units, from 1, as editors count them."""
        return self._utf16(at.line, at.column), self._utf16(at.end_line, at.end_column)

    def _offset(self, line: int, column: int) -> int:
        starts = self.line_starts
        start = starts[line - 1] if 1 <= line <= len(starts) else len(self.text)
        return min(start + column - 1, len(self.text))

    def _utf16(self, line: int, column: int) -> int:
        before = self.line(line)[: column - 1]
        return column + sum(ord(character) > 0xFFFF for character in before)


@frozen
class Span:
    """A range of a source text, by offsets; cheap to make, converted to a `Location` only when it is reported."""

    source: SourceText
    start: int
    end: int

    @property
    def location(self) -> Location:
        """The same range in lines and columns."""
        return self.source.location(self.start, self.end)

    @property
    def text(self) -> str:
        """The characters in the range."""
        return self.source.text[self.start : self.end]


@frozen
class Made(Span):
    """Where a called module makes a value: a template, or an attribute of its resource.

    ``named`` is the expression of the calling module that takes the value from the output; None before one does.
    """

    named: Span | None = None


@frozen
class Unreadable:
    """Input that could not be read: where, why, and what to do. Kept with the results, never raised."""

    at: Location
    reason: str
    hint: str = ""
