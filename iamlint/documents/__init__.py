"""Parses JSON and YAML documents to values with places."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from iamlint.documents import json_later, json_text
from iamlint.documents.values import Data, Value, plain
from iamlint.location import SourceText, Span, Unreadable

__all__ = [
    "Entries",
    "find",
    "path_text",
    "plain",
    "read_json",
    "read_json_among_lines",
    "read_json_documents",
    "read_yaml",
]

Entries = Callable[[Iterable[tuple[str, Value]]], Data]
"""Builds an object from its members."""


def read_json(source: SourceText, entries: Entries = dict) -> Value | Unreadable:
    """Return the value of a JSON text. Of repeated keys the last one counts, unless ``entries`` says otherwise."""
    node = json_text.parse(source)
    return node if isinstance(node, Unreadable) else _from_json(node, source, entries)


def read_json_documents(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of consecutive JSON texts: a file of lines, or the appended output of several commands.

    A repeated key with different values is an error: no program writes one, and the first value would be lost.
    """
    return json_later.read(source) or _values(json_text.parse_all(source), source)


def read_json_among_lines(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of the JSON objects of a text with other lines, like a log."""
    return _values(json_text.parse_among_lines(source), source)


def _values(nodes: tuple[json_text.JsonNode, ...] | Unreadable, source: SourceText) -> tuple[Value, ...] | Unreadable:
    if isinstance(nodes, Unreadable):
        return nodes
    again = next((key for node in nodes if (key := json_text.repeated(node, source.text))), None)
    if again:
        return Unreadable(source.location(again.start, again.end), f"the key {str(again.value)[:60]!r} is repeated")
    return tuple(_from_json(node, source) for node in nodes)


def _from_json(node: json_text.JsonNode, source: SourceText, entries: Entries = dict) -> Value:
    at = Span(source, node.start, node.end)
    match node.value:
        case tuple() as items:
            return Value(tuple(_from_json(item, source, entries) for item in items), at)
        case json_text.Members(pairs):
            return Value(entries((str(key.value), _from_json(value, source, entries)) for key, value in pairs), at)
        case None | bool() | int() | Decimal() | str() as plain:
            return Value(plain, at)


def read_yaml(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of the documents in a YAML text.

    Timestamps and other types outside JSON stay text. A repeated key is an error, as in YAML.
    """
    from iamlint.documents import yaml_text  # most runs read no YAML

    return yaml_text.parse(source)


def find(value: Value, path: Iterable[str | int]) -> Value:
    """Return the value at a path of keys and indices, or the last existing one on the way."""
    for step in path:
        match value.data:
            case dict() as entries if step in entries:
                value = entries[str(step)]
            case tuple() as items if isinstance(step, int) and 0 <= step < len(items):
                value = items[step]
            case _:
                return value
    return value


def path_text(path: Iterable[str | int]) -> str:
    """Return a path in JSON path form: ``$.bindings[0].members``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
