"""Parses YAML documents to values with places."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from iamlint.documents.numbers import number as number_of
from iamlint.documents.values import Data, Value, plain
from iamlint.location import SourceText, Span, Unreadable

MOST_ALIASED = 100_000
"""Maximum number of values from all aliases of a YAML text: a few lines of them can make billions."""
DEEPEST = 128
"""Maximum nesting of a YAML document."""


def parse(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of the documents in a YAML text.

    Timestamps and other types outside JSON stay text. A repeated key is an error, as in YAML.
    """
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    bom = source.text.startswith("\ufeff")  # PyYAML's positions do not count it
    text = source.text[bom:]
    try:
        return tuple(_YamlReader(source, bom, yaml.parse(text, Loader=loader)).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = bom + (mark.index if mark else 0)
        problem = error.problem or error.context or ""
        if "nesting depth" in problem:  # newer versions of libyaml have a limit of their own
            return Unreadable(source.location(at, at + 1), f"nested deeper than {DEEPEST} levels")
        return Unreadable(source.location(at, at + 1), f"this is not YAML: {problem}", _hint(problem))
    except yaml.YAMLError as error:
        at = bom + _characters(text, getattr(error, "position", 0))
        return Unreadable(source.location(at, at + 1), f"this is not YAML: {str(error).splitlines()[0]}")
    except UnicodeEncodeError as error:
        at = bom + error.start
        return Unreadable(source.location(at, at + 1), "half of a surrogate pair, which is not a character")
    except _RefusedError as error:
        return Unreadable(source.location(error.at, error.at + 1), error.reason)


def _hint(problem: str) -> str:
    """Return what usually helps, by what libyaml says."""
    if "mapping values are not allowed" in problem:
        return 'check the indentation, and put a text with ": " in quotes'
    if "cannot start any token" in problem:
        return "indent with spaces, and put a text that begins with a sign in quotes"
    return "indent with spaces" if " tab " in problem else "check the brackets, quotes and indentation up to here"


def _characters(text: str, size: int) -> int:
    """Return the number of characters in the first ``size`` bytes of a text in UTF-8."""
    return len(text.encode(errors="replace")[:size].decode(errors="ignore"))


class _RefusedError(Exception):
    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at, self.reason = at, reason


class _YamlReader:
    """Builds values from YAML's events.

    PyYAML's nodes are not used: its composer in C recurses without limit, and a few thousand brackets crash the
    process.
    """

    def __init__(self, source: SourceText, start: int, events: Iterator[Event]) -> None:
        self._source = source
        self._start = start
        self._events = events
        self._anchors: dict[str, tuple[Value, int, int] | None] = {}
        self._nodes = 0
        self._aliased = 0
        self._reached = 0

    def documents(self) -> Iterator[Value]:
        """Yield the value of each document."""
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._anchors = {}
                yield self._value(next(self._events), 0)

    def _span(self, event: Event) -> tuple[int, int]:
        """Return the place of an event; only events made by hand have no marks."""
        start, end = event.start_mark, event.end_mark
        return (self._start + start.index, self._start + end.index) if start and end else (0, 0)

    def _value(self, event: Event, depth: int) -> Value:
        if type(event) is ScalarEvent and event.anchor is None and event.start_mark and event.end_mark:
            start = self._start + event.start_mark.index  # most values; the same as below
            if depth > self._reached:
                self._go_to(depth, start)
            else:
                self._nodes += 1
            return Value(_of_scalar(event), Span(self._source, start, self._start + event.end_mark.index))
        start, _end = self._span(event)
        anchor: str | None = getattr(event, "anchor", None)  # the end of a stream has none
        if isinstance(event, AliasEvent):
            return self._alias(anchor or "", start, depth)
        self._go_to(depth, start)
        if anchor is None:
            data, end = self._data(event, depth)
            return Value(data, Span(self._source, start, end))
        nodes, reached = self._nodes, self._reached
        self._anchors[anchor], self._reached = None, depth
        data, end = self._data(event, depth)
        value = Value(data, Span(self._source, start, end))
        self._anchors[anchor] = value, self._nodes - nodes + 1, self._reached - depth
        self._reached = max(reached, self._reached)
        return value

    def _go_to(self, depth: int, at: int) -> None:
        """Count one more value at this depth."""
        self._reached = max(self._reached, depth)
        if depth > DEEPEST:
            raise _RefusedError(at, f"nested deeper than {DEEPEST} levels")
        self._nodes += 1

    def _data(self, event: Event, depth: int) -> tuple[Data, int]:
        match event:
            case ScalarEvent():
                return _of_scalar(event), self._span(event)[1]
            case SequenceStartEvent():
                items: list[Value] = []
                while not isinstance(inner := next(self._events), SequenceEndEvent):
                    items.append(self._value(inner, depth + 1))
                return tuple(items), self._span(inner)[1]
            case MappingStartEvent():
                return self._entries(depth)
            case _:
                raise _RefusedError(self._span(event)[0], "a kind of YAML node that iamlint does not know")

    def _entries(self, depth: int) -> tuple[dict[str, Value], int]:
        """Return the entries of a mapping. Merged (``<<``) entries are used if the mapping has no such key itself.

        Readers disagree if a merge follows a key that it also sets (kubectl uses the merge, gcloud the key), so that is
        refused. Source: https://yaml.org/type/merge.html
        """
        entries: dict[str, Value] = {}
        merged: dict[str, Value] | None = None
        events, inner = self._events, depth + 1
        while not isinstance(event := next(events), MappingEndEvent):
            start = self._start + event.start_mark.index if event.start_mark else 0
            if not isinstance(event, ScalarEvent | AliasEvent):
                raise _RefusedError(start, "a key that is not a plain text")
            key = self._key(event, inner, start)
            if not isinstance(key, str):
                raise _RefusedError(start, "a key that is not a plain text")
            if key in entries or (merged is not None and key == _MERGE):
                raise _RefusedError(start, f"the key {key[:60]!r} is repeated")
            value = self._value(next(events), inner)
            if key == _MERGE and isinstance(event, ScalarEvent) and event.implicit[0]:
                merged = _merged(value, start)
                both = (name for name in entries if name in merged)
                other = next((name for name in both if plain(merged[name]) != plain(entries[name])), None)
                if other is not None:
                    raise _RefusedError(start, f"this merge follows the key {other[:60]!r}, which it also sets")
            else:
                entries[key] = value
        return {**(merged or {}), **entries}, self._span(event)[1]

    def _key(self, event: ScalarEvent | AliasEvent, depth: int, start: int) -> Data:
        """Return a key, which is one more value: its text, whatever its type would be as a value."""
        if isinstance(event, AliasEvent):
            return self._value(event, depth).data
        if event.anchor is not None:
            self._value(event, depth)
        else:
            self._go_to(depth, start)
        return event.value

    def _alias(self, anchor: str, at: int, depth: int) -> Value:
        """Return the shared value of an anchor; a walk over the document visits it at each alias."""
        if anchor not in self._anchors:
            raise _RefusedError(at, f"the alias {anchor[:60]!r} has no anchor before it")
        known = self._anchors[anchor]
        if known is None:
            raise _RefusedError(at, f"the alias {anchor[:60]!r} is inside its own anchor")
        value, nodes, height = known
        self._go_to(depth + height, at)
        self._nodes += nodes
        self._aliased += nodes
        if self._aliased > MOST_ALIASED:
            raise _RefusedError(at, f"more than {MOST_ALIASED} values by way of aliases")
        return value


_MERGE = "<<"


def _merged(value: Value, at: int) -> dict[str, Value]:
    """Return the entries that a merge adds: of one mapping, or of several, where the first wins."""
    found: dict[str, Value] = {}
    for one in reversed(value.data if isinstance(value.data, tuple) else (value,)):
        if not isinstance(one.data, dict):
            raise _RefusedError(at, "only mappings can be merged")
        found |= one.data
    return found


_RESOLVER: Any = Resolver()
_IMPLICIT = frozenset(_RESOLVER.yaml_implicit_resolvers)
"""The first characters of plain scalars that may be something else than a text."""


def _of_scalar(event: ScalarEvent) -> Data:
    tag, text = event.tag, event.value
    if tag is None or tag == "!":
        if not event.implicit[0] or (text and text[0] not in _IMPLICIT):
            return text  # as its quotes or its first letter show
        tag = _resolved(text)
    return _scalar(tag, text)


@lru_cache(maxsize=1024)
def _resolved(text: str) -> str:
    """Return the tag of a plain scalar without one."""
    return cast("str", _RESOLVER.resolve(ScalarNode, text, (True, False)))


_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _scalar(tag: str, text: str) -> Data:
    match tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return _WORDS.get(text.lower(), text)
        case "int" | "float":
            number = number_of(text) if _decimal(text) else None
            return text if number is None else number
        case _:
            return text


def _decimal(text: str) -> bool:
    """Whether a number has JSON's form; octal, sexagesimal and other forms stay text."""
    digits = text.lstrip("-")
    return digits.replace(".", "", 1).isdecimal() and digits.isascii() and (digits == "0" or not digits.startswith("0"))
