"""Reads valid JSON to values of which a part is read when it is asked for.

Most of a plan or an export is never looked at. The standard library's scanner, which is written in C, finds the end of
a part and whether it is valid; the part's own values and their places are read on first use. A text that is invalid, or
unusual in any way, is left to `json_text`, which reads all of it and says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from json import JSONDecoder
from typing import Any, cast

from iamlint.documents.json_text import FOLLOWING, KEY, MAX_DEPTH, STRING, JsonError, Reader, number
from iamlint.documents.values import Data, Later, Value
from iamlint.location import SourceText, Span

_PAIR = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*([,}])[ \t\n\r]*')
"""A member of an object with a text as its value, without escapes, and what follows it."""
_OPENED = re.compile(r"[\[{][ \t\n\r]*")
_EMPTY = re.compile(r"([\[{])[ \t\n\r]*[\]}]")
_LARGE = 1 << 16
"""Length in characters of a text whose upper levels are read at once: to look for their ends would take as long."""


def read(source: SourceText) -> tuple[Value, ...] | None:
    """Return the values of consecutive JSON texts; None if the text is not plainly valid JSON.

    Plainly valid is without repeated keys, numbers out of range, and nesting beyond `json_text.MAX_DEPTH`.
    """
    try:
        return tuple(_Parts(source).documents())
    except (JsonError, ValueError, StopIteration, RecursionError):
        return None


class _UnusualError(ValueError):
    """Raised for what `json_text` has to decide."""


def _unique(pairs: list[tuple[str, Any]]) -> None:
    """Check that no key is repeated; the object itself is not kept."""
    if len(pairs) > 1 and len({key for key, _ in pairs}) < len(pairs):
        raise _UnusualError


def _in_range(text: str) -> None:
    """Check that a number is not out of range; the number itself is not kept."""
    if number(text) is None:
        raise _UnusualError


def _refused(_text: str) -> None:
    """Refuse NaN and Infinity, which the standard library accepts."""
    raise _UnusualError


_DECODER: Any = JSONDecoder(
    object_pairs_hook=_unique, parse_int=_in_range, parse_float=_in_range, parse_constant=_refused
)
_SCAN: Callable[[str, int], tuple[object, int]] = _DECODER.scan_once  # public, but not in the types of the library


class _Part(Later):
    """The place of an array or object that is valid, and not yet read."""

    __slots__ = ("_parts",)
    _parts: _Parts

    @classmethod
    def of(cls, parts: _Parts, start: int, end: int) -> _Part:
        """Return the place of a part of a text."""
        part = cls(parts.source, start, end)
        part._parts = parts
        return part

    def read(self) -> Data:
        """Return the items or members."""
        return self._parts.content(self.start, 0, now=False)[0]


class _Parts:
    """Reads values whose arrays and objects are read later; most methods return the value, or its data, and its end."""

    def __init__(self, source: SourceText) -> None:
        self.text = source.text
        self.source = source
        self._strict = Reader(source.text)
        self._large = len(source.text) > _LARGE

    def documents(self) -> list[Value]:
        """Return the values; those after the first are objects or arrays."""
        found, at = list[Value](), self._strict.start()
        while at < len(self.text):
            if found and self.text[at] not in "{[":
                raise _UnusualError
            data, end = self._data(at, 0, now=True)
            found.append(Value(data, Span(self.source, at, end)))
            at = self._strict.skip(end)
        return found

    def _data(self, at: int, depth: int, *, now: bool) -> tuple[Data, int]:
        if self.text.startswith(("{", "["), at):
            return self.content(at, depth, now=now)
        node = self._strict.value(at, depth)
        return cast("Data", node.value), node.end  # neither an array nor an object

    def content(self, start: int, depth: int, *, now: bool) -> tuple[Data, int]:
        """Return the items or members of an array or object; ``now`` if its text has not been checked."""
        if depth >= MAX_DEPTH:
            raise _UnusualError
        return self._members(start, depth, now=now) if self.text[start] == "{" else self._items(start, depth)

    def _items(self, start: int, depth: int) -> tuple[tuple[Value, ...], int]:
        items, at = list[Value](), self._inside(start)
        if self.text.startswith("]", at):
            return (), at + 1
        while True:
            item, end = self._one(at, depth + 1, now=False)
            items.append(item)
            at, ended = self._after(end, "]")
            if ended:
                return tuple(items), at

    def _members(self, start: int, depth: int, *, now: bool) -> tuple[dict[str, Value], int]:
        members, at = dict[str, Value](), self._inside(start)
        text, source, size, now = self.text, self.source, 0, now and self._large
        if text.startswith("}", at):
            return members, at + 1
        while True:
            match = _PAIR.match(text, at)
            if match:  # the most frequent member: a plain text
                key, string, following = match.groups()
                first, end = match.span(2)
                members[key] = Value(string, Span(source, first - 1, end + 1))
                size += 1
                if len(members) < size:
                    raise _UnusualError
                if following == "}":
                    return members, match.end(3)
                at = match.end()
                continue
            match = KEY.match(text, at)
            if match:
                key, at = match.group(1), match.end()
            else:
                node, at = self._strict.key(at, start)
                key = str(node.value)
            members[key], end = self._one(at, depth + 1, now=now)
            size += 1
            if len(members) < size:
                raise _UnusualError
            at, ended = self._after(end, "}")
            if ended:
                return members, at

    def _one(self, at: int, depth: int, *, now: bool) -> tuple[Value, int]:
        """Return a value: one with parts is read later, unless ``now``."""
        string = STRING.match(self.text, at)
        if string:
            end = string.end()
            return Value(string.group(1), Span(self.source, at, end)), end
        if now or not self.text.startswith(("{", "["), at):
            data, end = self._data(at, depth, now=now)
            return Value(data, Span(self.source, at, end)), end
        empty = _EMPTY.match(self.text, at)
        if empty:
            end = empty.end()
            if depth >= MAX_DEPTH:
                raise _UnusualError
            return Value(() if empty.group(1) == "[" else {}, Span(self.source, at, end)), end
        end = _SCAN(self.text, at)[1]
        if self.text.count("{", at, end) + self.text.count("[", at, end) + depth > MAX_DEPTH:
            data, end = self._data(at, depth, now=True)
            return Value(data, Span(self.source, at, end)), end
        return Value.later(_Part.of(self, at, end)), end

    def _inside(self, start: int) -> int:
        """Return the offset of the first item or member."""
        inside = _OPENED.match(self.text, start)
        return inside.end() if inside else start + 1

    def _after(self, at: int, close: str) -> tuple[int, bool]:
        """Return the offset of the next item or member, or the end of the whole and True."""
        following = FOLLOWING.match(self.text, at)
        if following and following.group(1) == ",":
            return following.end(), False
        if following and following.group(1) == close:
            return following.end(1), True
        raise _UnusualError
