"""A JSON parser that returns a tree of nodes with the span of every value and key.

It keeps what the standard library's decoder drops: positions, repeated keys, exact numbers. Strict RFC 8259, except
that a byte order mark at the start is accepted.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeAlias

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.documents.numbers import number
from iamlint.location import SourceText, Unreadable

MAX_DEPTH = 128
"""Maximum nesting of arrays and objects; plans of real configurations stay below 60."""


@mutable(eq=False)
class JsonNode:
    """A value and its span, quotes and brackets included; an array is a tuple of nodes, an object its `Members`."""

    start: int
    end: int
    value: JsonValue

    @property
    def exact(self) -> bool:
        """Whether a string is written without escapes: then its character ``i`` is at ``start + 1 + i``."""
        return isinstance(self.value, str) and self.end - self.start == len(self.value) + 2


@mutable(eq=False)
class Members:
    """The members of an object as (key, value), in order, with repeated keys."""

    pairs: list[tuple[JsonNode, JsonNode]]


JsonValue: TypeAlias = bool | int | Decimal | str | tuple[JsonNode, ...] | Members | None


def parse(source: SourceText) -> JsonNode | Unreadable:
    """Return the one JSON value in a text, or where and why it is invalid."""
    reader = Reader(source.text)
    try:
        return reader.document()
    except JsonError as error:
        return Unreadable(source.location(error.start, error.end), error.reason, error.hint)


def parse_all(source: SourceText) -> tuple[JsonNode, ...] | Unreadable:
    """Return the consecutive JSON values in a text, with or without line ends, or where and why it is invalid."""
    reader = Reader(source.text)
    try:
        return reader.documents()
    except JsonError as error:
        return Unreadable(source.location(error.start, error.end), error.reason, error.hint)


def repeated(node: JsonNode, text: str) -> JsonNode | None:
    """Return the first key that an object within a value repeats with a different value; None without one.

    ``text`` is the parsed text.
    """
    waiting = [node]
    while waiting:
        match waiting.pop().value:
            case Members(pairs):
                found: dict[JsonValue, JsonNode] = {}
                for key, value in pairs:
                    first = found.setdefault(key.value, value)
                    if first is not value and text[first.start : first.end] != text[value.start : value.end]:
                        return key
                waiting += (value for _, value in reversed(pairs))
            case tuple() as items:
                waiting += reversed(items)
            case _:
                pass
    return None


def parse_among_lines(source: SourceText) -> tuple[JsonNode, ...] | Unreadable:
    """Return the JSON objects of a text with other lines: each object begins on a line of its own, or after another.

    Lines that do not begin with ``{`` are skipped outside objects.
    """
    reader = Reader(source.text)
    try:
        return reader.objects()
    except JsonError as error:
        return Unreadable(source.location(error.start, error.end), error.reason, error.hint)


class JsonError(Exception):
    """Raised where a text is not JSON: the place, why, and what to write."""

    def __init__(self, start: int, end: int, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.start, self.end, self.reason, self.hint = start, end, reason, hint


_BEGINNING = regex(r"^[ \t]*\{", re.MULTILINE)
_SPACE = regex(r"[ \t\n\r]*")
_PLAIN = regex(r'[^"\\\x00-\x1f]*')
STRING = regex(r'"([^"\\\x00-\x1f]*)"')
FOLLOWING = regex(r"[ \t\n\r]*([,\]}])[ \t\n\r]*")
KEY = regex(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_NUMBER = regex(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.+-])")
_WORD = regex(r"[-+.0-9A-Za-z_]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_ESCAPE = regex(r'\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))')
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Reader:
    """Recursive descent, two frames per level; each method reads from an offset and returns a node with its end."""

    def __init__(self, text: str) -> None:
        self.text = text

    def document(self) -> JsonNode:
        """Return the value, with nothing after it."""
        node = self.value(self.start(), 0)
        rest = self.skip(node.end)
        if rest < len(self.text):
            raise self._unexpected(rest, "only the end of the file")
        return node

    def documents(self) -> tuple[JsonNode, ...]:
        """Return the values; those after the first are objects or arrays."""
        found = [self.value(self.start(), 0)]
        at = self.skip(found[0].end)
        while at < len(self.text):
            if self.text[at] not in "{[":
                raise self._unexpected(at, "only the end of the file")
            found.append(self.value(at, 0))
            at = self.skip(found[-1].end)
        return tuple(found)

    def objects(self) -> tuple[JsonNode, ...]:
        """Return the objects that begin lines, and those directly after them."""
        found, at = list[JsonNode](), 0
        while True:
            if not self.text.startswith("{", at):
                match = _BEGINNING.search(self.text, at)
                if match is None:
                    return tuple(found)
                at = match.end() - 1
            found.append(self.value(at, 0))
            end = found[-1].end
            at = self.skip(end)
            if not self.text.startswith("{", at) and "{" in self.text[end : self._line_end(end)]:
                raise self._unexpected(at, "only an object or the end of the line")

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return end if end >= 0 else len(self.text)

    def start(self) -> int:
        """Return the offset of the first value; raises `JsonError` without one."""
        start = self.skip(1 if self.text.startswith("\ufeff") else 0)
        if start == len(self.text):
            raise JsonError(start, start, "the file is empty, where a JSON value is expected")
        return start

    def skip(self, at: int) -> int:
        """Return the offset after blanks."""
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def value(self, at: int, depth: int) -> JsonNode:
        """Return the value that begins at an offset."""
        string = STRING.match(self.text, at)
        if string:
            return JsonNode(at, string.end(), string.group(1))
        first = self.text[at : at + 1]
        if first == '"':
            return self._string(at)
        if first in ("{", "["):
            if depth == MAX_DEPTH:
                raise JsonError(at, at + 1, f"nested deeper than {MAX_DEPTH} levels", "flatten the document")
            return self._object(at, depth + 1) if first == "{" else self._array(at, depth + 1)
        match = _NUMBER.match(self.text, at)
        if match:
            value = number(match.group())
            if value is None:
                raise JsonError(at, match.end(), "a number out of range")
            return JsonNode(at, match.end(), value)
        word = _WORD.match(self.text, at)
        if word and word.group() in _WORDS:
            return JsonNode(at, word.end(), _WORDS[word.group()])
        raise self._unexpected(at, "a JSON value")

    def _array(self, start: int, depth: int) -> JsonNode:
        text, items = self.text, list[JsonNode]()
        at = self.skip(start + 1)
        if text.startswith("]", at):
            return JsonNode(start, at + 1, ())
        while True:
            item = self.value(at, depth)
            items.append(item)
            following = FOLLOWING.match(text, item.end)
            if following and following.group(1) == ",":
                at = following.end()
            elif following and following.group(1) == "]":
                return JsonNode(start, following.end(1), tuple(items))
            else:
                raise self._unclosed(self.skip(item.end), start, '"," or "]" after an array item')

    def _object(self, start: int, depth: int) -> JsonNode:
        text, pairs = self.text, list[tuple[JsonNode, JsonNode]]()
        at = self.skip(start + 1)
        if text.startswith("}", at):
            return JsonNode(start, at + 1, Members(pairs))
        while True:
            match = KEY.match(text, at)
            if match:
                key, at = JsonNode(at, match.end(1) + 1, match.group(1)), match.end()
            else:
                key, at = self.key(at, start)
            value = self.value(at, depth)
            pairs.append((key, value))
            following = FOLLOWING.match(text, value.end)
            if following and following.group(1) == ",":
                at = following.end()
            elif following and following.group(1) == "}":
                return JsonNode(start, following.end(1), Members(pairs))
            else:
                raise self._unclosed(self.skip(value.end), start, '"," or "}" after an object member')

    def key(self, at: int, start: int) -> tuple[JsonNode, int]:
        """Return a key with escapes or errors, and the offset of its value."""
        if not self.text.startswith('"', at):
            raise self._unclosed(at, start, "a property name in double quotes")
        key = self._string(at)
        at = self.skip(key.end)
        if not self.text.startswith(":", at):
            raise self._unexpected(at, '":" after a property name')
        return key, self.skip(at + 1)

    def _string(self, start: int) -> JsonNode:
        text, at, pieces = self.text, start + 1, list[str]()
        while True:
            match = _PLAIN.match(text, at)
            if match:
                pieces.append(match.group())
                at = match.end()
            stop = text[at : at + 1]
            if stop == '"':
                return JsonNode(start, at + 1, pieces[0] if len(pieces) == 1 else "".join(pieces))
            if stop != "\\":
                raise self._unclosed_string(start, at)
            piece, at = self._escape(at)
            pieces.append(piece)

    def _escape(self, at: int) -> tuple[str, int]:
        """Return the character of an escape, two for a surrogate pair; half a pair becomes U+FFFD, as in Go."""
        match = _ESCAPE.match(self.text, at)
        if match is None:
            raise JsonError(at, at + 2, "an escape that JSON does not have", r'Write "\\" for a backslash.')
        if match.group(1):
            return _ESCAPES.get(match.group(1), match.group(1)), match.end()
        code = int(match.group(2), 16)
        if not 0xD800 <= code < 0xE000:
            return chr(code), match.end()
        low = _ESCAPE.match(self.text, match.end())
        if code < 0xDC00 and low and low.group(2) and 0xDC00 <= int(low.group(2), 16) < 0xE000:
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low.group(2), 16) - 0xDC00), low.end()
        return "\ufffd", match.end()

    def _unclosed_string(self, start: int, at: int) -> JsonError:
        if at == len(self.text) or self.text[at] in "\r\n":
            return JsonError(start, at, "a string that is not closed on its line", 'close it with a double quote (")')
        return JsonError(at, at + 1, "a control character in a string", r"write it as an escape, such as \t")

    def _unclosed(self, at: int, opened: int, expected: str) -> JsonError:
        if at < len(self.text):
            return self._unexpected(at, expected)
        what, close = ("object", "}") if self.text[opened] == "{" else ("array", "]")
        return JsonError(opened, opened + 1, f"this {what} is never closed", f'close it with "{close}"')

    def _unexpected(self, at: int, expected: str) -> JsonError:
        if at == len(self.text):
            return JsonError(at, at, f"the file ends where {expected} is expected")
        word = _WORD.match(self.text, at)
        found = word.group()[:20] if word else self.text[at]
        return JsonError(at, at + len(found), f"{found!r} where {expected} is expected")
