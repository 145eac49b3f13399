"""Reads valid JSON to values of which a part is read when it is asked for.

Most of a plan or an export is never looked at. The standard library's scanner, which is written in C, finds the end of
a part and whether it is valid; the part's own values and their places are read on first use. A text that is invalid, or
unusual in any way, is left to `json_text`, which reads all of it and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from json import JSONDecoder
from typing import Any, cast

from iamlint.documents.json_text import FOLLOWING, KEY, MAX_DEPTH, STRING, JsonError, Reader, number
from iamlint.documents.values import Data, Later, Value
from iamlint.lazy_regex import regex
from iamlint.location import SourceText, Span

_PAIR = regex(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*([,}])[ \t\n\r]*')
"""A member of an object with a text as its value, without escapes, and what follows it."""
_OPENED = regex(r"[\[{][ \t\n\r]*")
_EMPTY = regex(r"([\[{])[ \t\n\r]*[\]}]")
_LITERAL = regex(r"(?:true|false|null)(?=[ \t\n\r]*+[,\]}])")
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
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


def _in_range(text: str) -> None:
    """Check that a number is not out of range; the number itself is not kept."""
    if number(text) is None:
        raise _UnusualError


def _refused(_text: str) -> None:
    """Refuse NaN and Infinity, which the standard library accepts."""
    raise _UnusualError


_Scan = Callable[[str, int], tuple[object, int]]
_VALID: Any = JSONDecoder(parse_int=str, parse_float=str)
_SKIP: _Scan = _VALID.scan_once
"""Finds the end of a text that has been checked; no number is converted."""


def glimpse(value: Value) -> dict[str, object] | None:
    """Return the members of an object that has not been read, as plain data without places; None for any other value.

    Its parts are dicts, lists and texts; numbers are texts. It costs a tenth of reading the object.
    """
    part = value.at
    if not isinstance(part, _Part) or not part.source.text.startswith("{", part.start):
        return None
    found = _SKIP(part.source.text, part.start)[0]
    return found if isinstance(found, dict) else None


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
        return self._parts.content(self.start, 0, checked=True)[0]


class _Parts:
    """Reads values whose arrays and objects are read later; most methods return the value, or its data, and its end."""

    def __init__(self, source: SourceText) -> None:
        self.text = source.text
        self.source = source
        self._strict = Reader(source.text)
        self._large = len(source.text) > _LARGE
        self._objects: list[list[tuple[str, Any]]] = []
        decoder: Any = JSONDecoder(
            object_pairs_hook=self._objects.append,
            parse_int=_in_range,
            parse_float=_in_range,
            parse_constant=_refused,
        )
        self._scan: _Scan = decoder.scan_once  # public, but not in the types of the library

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

    def content(self, start: int, depth: int, *, now: bool = False, checked: bool = False) -> tuple[Data, int]:
        """Return the items or members of an array or object; ``checked`` if its text has been checked.

        ``now`` asks for the upper levels of a large text: its parts are not checked as a whole before they are read.
        """
        if depth >= MAX_DEPTH:
            raise _UnusualError
        if self.text[start] == "{":
            return self._members(start, depth, now=now and self._large, checked=checked)
        return self._items(start, depth, checked=checked)

    def _items(self, start: int, depth: int, *, checked: bool) -> tuple[tuple[Value, ...], int]:
        items, at, text = list[Value](), self._inside(start), self.text
        if text.startswith("]", at):
            return (), at + 1
        while True:
            item, end = self._one(at, depth + 1, now=False, checked=checked)
            items.append(item)
            following = FOLLOWING.match(text, end)
            found = following.group(1) if following else None
            if following and found == ",":
                at = following.end()
            elif following and found == "]":
                return tuple(items), following.end(1)
            else:
                raise _UnusualError

    def _members(self, start: int, depth: int, *, now: bool, checked: bool) -> tuple[dict[str, Value], int]:
        members, at = dict[str, Value](), self._inside(start)
        text, source, size = self.text, self.source, 0
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
            members[key], end = self._one(at, depth + 1, now=now, checked=checked)
            size += 1
            if len(members) < size:
                raise _UnusualError
            match = FOLLOWING.match(text, end)
            found = match.group(1) if match else None
            if match and found == "}":
                return members, match.end(1)
            if match is None or found != ",":
                raise _UnusualError
            at = match.end()

    def _one(self, at: int, depth: int, *, now: bool, checked: bool) -> tuple[Value, int]:
        """Return a value: one with parts is read later, unless ``now``."""
        text = self.text
        string = STRING.match(text, at)
        if string:
            end = string.end()
            return Value(string.group(1), Span(self.source, at, end)), end
        word = _LITERAL.match(text, at)
        if word:
            end = word.end()
            return Value(_LITERALS[word.group()], Span(self.source, at, end)), end
        if now or not text.startswith(("{", "["), at):
            data, end = self._data(at, depth, now=now)
            return Value(data, Span(self.source, at, end)), end
        empty = _EMPTY.match(text, at)
        if empty:
            end = empty.end()
            if depth >= MAX_DEPTH:
                raise _UnusualError
            return Value(() if empty.group(1) == "[" else {}, Span(self.source, at, end)), end
        if checked:
            end = _SKIP(text, at)[1]
            return Value.later(_Part.of(self, at, end)), end
        end = self._checked(at)
        if text.count("{", at, end) + text.count("[", at, end) + depth > MAX_DEPTH:
            data, end = self._data(at, depth, now=True)
            return Value(data, Span(self.source, at, end)), end
        return Value.later(_Part.of(self, at, end)), end

    def _checked(self, at: int) -> int:
        """Return the end of the array or object at an offset, after a check that no key in it is repeated.

        The sums take no step in Python for an object: a plan has a million of them.
        """
        objects = self._objects
        try:
            end = self._scan(self.text, at)[1]
            if sum(map(len, objects)) != sum(map(len, map(dict, objects))):
                raise _UnusualError
        finally:
            objects.clear()
        return end

    def _inside(self, start: int) -> int:
        """Return the offset of the first item or member."""
        inside = _OPENED.match(self.text, start)
        return inside.end() if inside else start + 1
