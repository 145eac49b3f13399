"""TOML texts as values with places: tomllib reads the data, a scanner finds where each value is written."""

from __future__ import annotations

import math
import re
import tomllib
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Value
from iamlint.location import SourceText, Span, Unreadable

_LARGEST = 1_000_000
"""Maximum size of a text in characters."""
_BLANK = regex(r"(?:[ \t\r\n]|#[^\n]*)*")
_TEXTS = (
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}',
    r"'''(?:[^']|'(?!''))*+'{3,5}",
    r'"(?:[^"\\\n]|\\.)*+"',
    r"'[^'\n]*+'",
)
_TEXT = regex("|".join(_TEXTS), re.DOTALL)
_KEY = regex(r"[A-Za-z0-9_-]+")
_MOST_PARTS = 100
"""Maximum number of parts of a dotted key: the standard library takes time that grows with its square."""
_PART = rf"(?:{_TEXTS[2]}|{_TEXTS[3]}|[A-Za-z0-9_-]++)"
_PIECES = regex(
    rf"{_TEXTS[0]}|{_TEXTS[1]}|(?P<keys>{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)|(?P<open>[\"'])"
    r"|#[^\n]*+|[^\"'#A-Za-z0-9_-]++",
    re.DOTALL,
)
"""Pieces of a text: texts of several lines, keys with dots, a text without an end, comments, the rest."""
_PARTS = regex(_PART, re.DOTALL)
_PLAIN = regex(r"[^,\]}\n#]+")
_AT = regex(r"at line (\d+), column (\d+)|at end of document")

Path = tuple[str | int, ...]


def read_toml(source: SourceText) -> Value | Unreadable:
    """Return the value of a TOML text; dates and times are text, as in YAML."""
    if len(source.text) > _LARGEST:
        return Unreadable(source.location(0, 1), f"a TOML text of more than {_LARGEST} characters")
    text = source.text.replace("\r\n", "\n")
    deep = _deep_key(text)
    if deep is not None:
        return Unreadable(source.location(0, 1), f"a TOML key on line {deep} has more than {_MOST_PARTS} parts")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _refused(error, source)
    except (RecursionError, ValueError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        return Unreadable(source.location(0, 1), f"this is not TOML: {why}")
    try:
        return _valued(data, (), _Scanner(source.text).places(), source, (0, len(source.text)))
    except RecursionError:
        return Unreadable(source.location(0, 1), "this is not TOML: nested too deep")


def _deep_key(text: str) -> int | None:
    """Return the line of the first key with too many parts, up to a text without an end; None without one."""
    if not any(line.count(".") >= _MOST_PARTS for line in text.split("\n")):
        return None
    for found in _PIECES.finditer(text):
        if found["open"]:
            return None  # the text is refused for it
        keys = found["keys"] or ""
        if keys.count(".") >= _MOST_PARTS and len(_PARTS.findall(keys)) > _MOST_PARTS:
            return text.count("\n", 0, found.start()) + 1
    return None


def _refused(error: tomllib.TOMLDecodeError, source: SourceText) -> Unreadable:
    reason = _AT.sub("", str(error)).replace("()", "").strip()
    found = _AT.search(str(error))
    at = len(source.text.rstrip())
    if found and found[1]:
        starts = source.line_starts
        at = min(starts[min(int(found[1]), len(starts)) - 1] + int(found[2]) - 1, len(source.text))
    return Unreadable(source.location(at, at + 1), f"this is not TOML: {reason}")


def _valued(
    data: Any, path: Path, places: dict[Path, tuple[int, int]], source: SourceText, above: tuple[int, int]
) -> Value:
    """Return data as a value at its place, else at that of the value around it."""
    start, end = places.get(path, above)
    at = Span(source, start, end)
    here = (start, end)
    match data:
        case dict():
            return Value({key: _valued(one, (*path, key), places, source, here) for key, one in data.items()}, at)
        case list():
            return Value(tuple(_valued(one, (*path, n), places, source, here) for n, one in enumerate(data)), at)
        case date() | datetime() | time():
            return Value(data.isoformat(), at)
        case float():
            return Value(Decimal(str(data)) if math.isfinite(data) else str(data), at)
        case _:
            return Value(data, at)


class _Scanner:
    """Finds the places of values in a text that is valid TOML."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._found: dict[Path, tuple[int, int]] = {}
        self._tables: dict[Path, int] = {}

    def places(self) -> dict[Path, tuple[int, int]]:
        """Return start and end of each value, by its path of keys and indices."""
        table: Path = ()
        while self._blank() < len(self._text):
            start = self._at
            if self._text[start] == "[":
                several = self._text.startswith("[[", start)
                self._at += 2 if several else 1
                table = self._table(self._keys(), several=several)
                self._at = self._text.find("]", self._at) + (2 if several else 1)
                self._found.setdefault(table, (start, self._at))
            else:
                self._pair(table)
            if self._at <= start:  # nothing that tomllib accepts gets here
                break
        return self._found

    def _table(self, keys: tuple[str, ...], *, several: bool) -> Path:
        """Return the path of a table; the keys of earlier lists of tables mean their last one."""
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            last = number == len(keys) - 1
            if last and several:
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _pair(self, table: Path) -> None:
        """Read ``key = value``."""
        path = (*table, *self._keys())
        self._at = self._text.find("=", self._at) + 1
        self._value(path)

    def _keys(self) -> tuple[str, ...]:
        """Read a dotted key."""
        keys: list[str] = []
        while True:
            self._blank()
            quoted = _TEXT.match(self._text, self._at)
            found = quoted or _KEY.match(self._text, self._at)
            if not found:
                return tuple(keys)
            self._at = found.end()
            keys.append(tomllib.loads(f"k = {found[0]}")["k"] if quoted else found[0])
            self._blank()
            if self._text[self._at : self._at + 1] != ".":
                return tuple(keys)
            self._at += 1

    def _value(self, path: Path) -> None:
        start = self._blank()
        match self._text[start : start + 1]:
            case "[":
                self._several(lambda number: self._value((*path, number)), "]")
            case "{":
                self._several(lambda _number: self._pair(path), "}")
            case _:
                found = _TEXT.match(self._text, start) or _PLAIN.match(self._text, start)
                self._at = start + len(found[0].rstrip()) if found else start + 1
        self._found[path] = (start, self._at)

    def _several(self, read: Any, close: str) -> None:
        """Read the items of an array or an inline table."""
        self._at += 1
        number = 0
        while self._blank() < len(self._text) and self._text[self._at] != close:
            read(number)
            number += 1
            if self._text[self._blank() : self._at + 1] == ",":
                self._at += 1
        self._at += 1

    def _blank(self) -> int:
        """Skip white space and comments; returns the position."""
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at
