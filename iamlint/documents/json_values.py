"""Values with places of JSON texts."""

from __future__ import annotations

from decimal import Decimal

from iamlint.documents import json_later, json_text
from iamlint.documents.values import Entries, Value
from iamlint.location import SourceText, Span, Unreadable


def one(source: SourceText, entries: Entries) -> Value | Unreadable:
    """Return the value of a text; see `iamlint.documents.read_json`."""
    node = json_text.parse(source)
    return node if isinstance(node, Unreadable) else _from_json(node, source, entries)


def several(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of consecutive texts; see `iamlint.documents.read_json_documents`."""
    return json_later.read(source) or _values(json_text.parse_all(source), source)


def among_lines(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of the objects among other lines; see `iamlint.documents.read_json_among_lines`."""
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
