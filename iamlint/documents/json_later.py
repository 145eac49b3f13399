"""Reads valid JSON lazily: each part of a value is read when it is asked for.

Most of a plan or an export is never looked at. The standard library's scanner, which is written in C, finds the end of
a part and whether it is valid; the part's own values are read on first use, by the same scanner. It returns no places:
they are found when one is asked for, which is rare, since most values are never reported. A text that is invalid, or
unusual in any way, is left to `json_text`, which reads all of it and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from json import JSONDecoder
from typing import TYPE_CHECKING, Any, cast

from iamlint.basics.lazy_regex import regex
from iamlint.documents.json_text import FOLLOWING, KEY, MAX_DEPTH, STRING, JsonError, Reader
from iamlint.documents.numbers import MAX_DIGITS, number
from iamlint.documents.values import Data, Later, Value
from iamlint.location import Location, SourceText, Span

_PAIR = regex(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*([,}])[ \t\n\r]*')
"""A member of an object with a text as its value, without escapes, and what follows it."""
_FIRST = regex(r'\{[ \t\n\r]*"([^"\\]*)"[ \t\n\r]*:[ \t\n\r]*"([^"\\]*)"')
"""The first member of an object, if it is a text."""
_OPENED = regex(r"[\[{][ \t\n\r]*")
_EMPTY = regex(r"\[[ \t\n\r]*\]|\{[ \t\n\r]*\}")
_LITERAL = regex(r"(?:true|false|null)(?=[ \t\n\r]*+[,\]}])")
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_LARGE = 1 << 16
"""Length in characters of a text whose upper levels are read at once: to look for their ends would take as long.

An array or object of this length is read level by level, so that there is never plain data of all of it.
"""
_SURROGATE = regex(r"\\u[dD][89a-fA-F]")
"""An escape that may be half a character: the standard library keeps it, `json_text` replaces it as Go does."""


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
    if (len(text) > MAX_DIGITS or "e" in text or "E" in text) and number(text) is None:
        raise _UnusualError


def _whole_in_range(text: str) -> None:
    """Check that a whole number is not out of range."""
    if len(text) > MAX_DIGITS:
        raise _UnusualError


def _refused(_text: str) -> None:
    """Refuse NaN and Infinity, which the standard library accepts."""
    raise _UnusualError


_Scan = Callable[[str, int], tuple[object, int]]
_SKIPPING: Any = JSONDecoder(parse_int=str, parse_float=str)
_SKIP: _Scan = _SKIPPING.scan_once
"""Finds the end of a text that has been checked; no number is converted."""
_READING: Any = JSONDecoder(parse_float=number)
_READ: _Scan = _READING.scan_once
"""Reads a text that has been checked as plain data, with exact numbers."""


def text_of(value: Value, name: str, *without: str) -> str | None:
    """Return a member of an object that is not read, if it is a plain text; it costs a fifth of reading the object.

    None also for an object with one of the members ``without``, and for one that is read, or is spelt unusually.
    """
    part = value.at
    return part.text_of(name, without) if isinstance(part, _Part) else None


def plain_of(value: Value, name: str) -> Any:
    """Return a member of a small object that is not read, as plain data; None for any other value."""
    plain = at.plain() if isinstance(at := value.at, _Part) and at.is_small else None
    return plain.get(name) if isinstance(plain, dict) else None


class Members:
    """The members of an object, as plain data; each has a place, which is found when it is asked for.

    Plain data are dicts, lists, texts, booleans, None and exact numbers. Reading a small object like this costs a tenth
    of reading its values. The parts of an object that is large, or has been read, are values: `get` returns their data.
    """

    __slots__ = ("_inside", "_plain", "_values", "own")

    def __init__(self, own: Value, values: Mapping[str, Value], inside: _Unread | None, plain: dict[str, Any]) -> None:
        self.own = own
        self._inside = inside
        self._plain = plain
        self._values = values

    @staticmethod
    def of(value: Value) -> Members | None:
        """Return the members of an object; None for any other value."""
        at = value.at
        if isinstance(at, _Unread) and at.is_small:
            plain = at.plain()
            if isinstance(plain, dict):
                return Members(value, {}, at, plain)
        return Members(value, value.data, None, {}) if isinstance(value.data, dict) else None

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain if self._inside else self._values)

    def __len__(self) -> int:
        return len(self._plain if self._inside else self._values)

    def get(self, name: str) -> Any:
        """Return a member as plain data, or its data if it is a value; None if it is absent."""
        if self._inside:
            return self._plain.get(name)
        value = self._values.get(name)
        return value.data if value else None

    def plain(self, name: str) -> Any:
        """Return a member as plain data; None if it is absent."""
        return self._plain.get(name) if self._inside else _plain(self._values.get(name))

    def members(self, name: str) -> Members | None:
        """Return the members of a member that is an object; None for any other."""
        plain = self._plain.get(name)
        if self._inside is None or not isinstance(plain, dict):
            value = self.value(name)
            return Members.of(value) if value else None
        inside = _Found.of(self._inside, name, plain)
        return Members(Value.later(inside), {}, inside, plain)

    def value(self, name: str) -> Value | None:
        """Return a member with its place; None if it is absent."""
        if self._inside is None:
            return self._values.get(name)
        return _value(self._plain[name], self._inside, name) if name in self._plain else None

    def at(self, name: str) -> Span | None:
        """Return the place of a member."""
        if self._inside is None:
            value = self._values.get(name)
            return value.at if value else None
        return _Found.of(self._inside, name, None)


def _plain(value: Value | None) -> Any:
    match value.data if value else None:
        case dict(members):
            return {name: _plain(one) for name, one in members.items()}
        case tuple(items):
            return [_plain(one) for one in items]
        case plain:
            return plain


class _Unread(Later):
    """The place of an array or object that is not yet read, or that has been read without the places in it."""

    __slots__ = ("_beginnings",)
    _beginnings: Mapping[str | int, int]

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Span) and _range(self) == _range(other))

    def __hash__(self) -> int:
        return hash(Span(self.source, self.start, self.end))

    def __repr__(self) -> str:
        return repr(Span(self.source, self.start, self.end))

    @property
    def location(self) -> Location:
        """The same range in lines and columns, found when it is asked for."""
        return Location.later(self)

    @property
    def is_small(self) -> bool:
        """Whether all of it may be read at once, with the scanner's texts."""
        raise NotImplementedError

    def plain(self) -> object:
        """Return the value as plain data; None if it has been read."""
        raise NotImplementedError

    def parts(self) -> _Parts:
        """Return the reader of the text."""
        raise NotImplementedError

    def beginning(self, key: str | int) -> int:
        """Return where a member or item begins. The first time only what comes before it is read."""
        if not hasattr(self, "_beginnings"):
            self._beginnings = {}
            return self.parts().beginnings(self.start, key)[key]
        if not self._beginnings:
            self._beginnings = self.parts().beginnings(self.start)
        return self._beginnings[key]


class _Part(_Unread):
    """The place of an array or object that is valid, and not yet read."""

    __slots__ = ("_parts",)
    _parts: _Parts

    @classmethod
    def of(cls, parts: _Parts, start: int, end: int) -> _Part:
        """Return the place of a part of a text."""
        part = cls(parts.source, start, end)
        part._parts = parts
        return part

    def parts(self) -> _Parts:
        """Return the reader of the text."""
        return self._parts

    def text_of(self, name: str, without: tuple[str, ...]) -> str | None:
        """Return a member that is a text, without escapes, of an object without some others."""
        text, start, end = self.source.text, self.start, self.end
        if text.find("\\", start, end) >= 0 or not text.startswith("{", start):
            return None
        for other in without:
            if text.find(f'"{other}"', start, end) >= 0:
                return None
        found = _FIRST.match(text, start)
        if found is None or found.group(1) != name:
            at = self._parts.beginnings(start, name).get(name)
            found = STRING.match(text, at) if at else None
        return found.groups()[-1] if found else None

    @property
    def is_small(self) -> bool:
        """Whether all of it may be read at once, with the scanner's texts, and places in it found later."""
        return self.end - self.start <= _LARGE and self.source.is_kept and not self._parts.has_surrogates(self)

    def plain(self) -> object:
        """Return the value as plain data."""
        return _READ(self.source.text, self.start)[0]

    def read(self) -> tuple[Data, Span]:
        """Return the items or members, and the place. Parts of a large one are read when they are asked for."""
        data = _within(self.plain(), self) if self.is_small else self._parts.content(self.start, 0, checked=True)[0]
        return data, Span(self.source, self.start, self.end)


class _Found(_Unread):
    """The place of a value in a part that has been read, found when it is asked for."""

    __slots__ = ("_data", "_inside", "_key")
    _inside: _Unread
    _key: str | int
    _data: object

    @staticmethod
    def of(inside: _Unread, key: str | int, data: object) -> _Found:
        """Return the place of a member or item; ``data`` are those of an array or object, else None."""
        found = object.__new__(_Found)
        found._inside, found._key, found._data = inside, key, data
        return found

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Find the place."""
            if name == "source":
                self.source = self._inside.source
            elif name == "start":
                self.start = self._inside.beginning(self._key)
            elif name == "end":
                self.end = self.parts().end(self.start)
            else:
                raise AttributeError(name)
            return getattr(self, name)

    def parts(self) -> _Parts:
        """Return the reader of the text."""
        return self._inside.parts()

    @property
    def is_small(self) -> bool:
        """Whether all of it may be read at once, with the scanner's texts: it is a part of such a one."""
        return True

    def plain(self) -> object:
        """Return the value as plain data; None if it has been read."""
        return self._data

    def read(self) -> tuple[Data, Span]:
        """Return the items or members, and the place."""
        data, self._data = self._data, None
        return _within(data, self), self


def _range(at: Span) -> tuple[SourceText, int, int]:
    return at.source, at.start, at.end


def _within(plain: object, at: _Unread) -> Data:
    """Return plain items or members as values with their places."""
    if isinstance(plain, dict):
        return {key: _value(one, at, key) for key, one in plain.items()}
    return tuple(_value(one, at, index) for index, one in enumerate(cast("list[object]", plain)))


def _value(plain: Any, inside: _Unread, key: str | int) -> Value:
    if isinstance(plain, dict | list):
        if plain:
            return Value.later(_Found.of(inside, key, plain))
        plain = {} if isinstance(plain, dict) else ()
    return Value(plain, _Found.of(inside, key, None))


class _Parts:
    """Reads values whose arrays and objects are read later; most methods return the value, or its data, and its end."""

    def __init__(self, source: SourceText) -> None:
        self.text = source.text
        self.source = source
        self._strict = Reader(source.text)
        self._large = len(source.text) > _LARGE
        self._surrogates = _SURROGATE.search(source.text) is not None
        self._objects: list[list[tuple[str, Any]]] = []
        decoder: Any = JSONDecoder(
            object_pairs_hook=self._objects.append,
            parse_int=_whole_in_range,
            parse_float=_in_range,
            parse_constant=_refused,
        )
        self._scan: _Scan = decoder.scan_once  # public, but not in the types of the library

    def has_surrogates(self, at: Span) -> bool:
        """Whether a text in a range may contain half a character."""
        return self._surrogates and _SURROGATE.search(self.text, at.start, at.end) is not None

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

    def beginnings(self, start: int, last: str | int | None = None) -> Mapping[str | int, int]:
        """Return where each member or item of an array or object that has been checked begins, to a ``last`` one."""
        text, at, found = self.text, self._inside(start), dict[str | int, int]()
        is_object = text[start] == "{"
        while True:
            name: str | int = len(found)
            if is_object:
                key = KEY.match(text, at)
                if key:
                    name, at = key.group(1), key.end()
                else:
                    node, at = self._strict.key(at, start)
                    name = str(node.value)
            found[name] = at
            if name == last:
                return found
            following = FOLLOWING.match(text, self.end(at))
            if following is None or following.group(1) != ",":
                return found
            at = following.end()

    def end(self, at: int) -> int:
        """Return where a value that has been checked ends."""
        string = STRING.match(self.text, at)
        return string.end() if string else _SKIP(self.text, at)[1]

    def _one(self, at: int, depth: int, *, now: bool, checked: bool) -> tuple[Value, int]:
        """Return a value: one with parts is read later, unless ``now``."""
        text = self.text
        has_parts = text.startswith(("{", "["), at)
        string = None if has_parts else STRING.match(text, at)
        if string:
            end = string.end()
            return Value(string.group(1), Span(self.source, at, end)), end
        word = None if has_parts else _LITERAL.match(text, at)
        if word:
            end = word.end()
            return Value(_LITERALS[word.group()], Span(self.source, at, end)), end
        if now or not has_parts:
            data, end = self._data(at, depth, now=now)
            return Value(data, Span(self.source, at, end)), end
        empty = _EMPTY.match(text, at)
        if empty:
            end = empty.end()
            if depth >= MAX_DEPTH:
                raise _UnusualError
            return Value(() if text[at] == "[" else {}, Span(self.source, at, end)), end
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
