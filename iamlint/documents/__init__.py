"""Parses JSON and YAML documents to values with places."""

from __future__ import annotations

from collections.abc import Iterable

from iamlint.documents.values import Entries, Value, plain
from iamlint.location import SourceText, Unreadable

__all__ = [
    "find",
    "path_text",
    "plain",
    "read_json",
    "read_json_among_lines",
    "read_json_documents",
    "read_yaml",
]


def read_json(source: SourceText, entries: Entries = dict) -> Value | Unreadable:
    """Return the value of a JSON text. Of repeated keys the last one counts, unless ``entries`` says otherwise."""
    from iamlint.documents import json_values  # most runs read no JSON

    return json_values.one(source, entries)


def read_json_documents(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of consecutive JSON texts: a file of lines, or the appended output of several commands.

    A repeated key with different values is an error: no program writes one, and the first value would be lost.
    """
    from iamlint.documents import json_values

    return json_values.several(source)


def read_json_among_lines(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the values of the JSON objects of a text with other lines, like a log."""
    from iamlint.documents import json_values

    return json_values.among_lines(source)


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
