"""Accessors for parts of a document of any shape: a missing part or one of another type is null, empty or None."""

from __future__ import annotations

from iamlint.documents.values import NULL, Value


def position(value: Value) -> list[int]:
    """Return where a value is written, for a record: line, column, end line and end column."""
    at = value.location
    return [at.line, at.column, at.end_line, at.end_column]


def get(value: Value, *path: str) -> Value:
    """Return the value under these nested keys; null if one is missing."""
    for name in path:
        value = value.data.get(name, NULL) if isinstance(value.data, dict) else NULL
    return value


def first(value: Value, *names: str) -> Value:
    """Return the value of the first of these keys that exists: exports use snake case or camel case."""
    for name in names:
        found = get(value, name)
        if found.data is not None:
            return found
    return NULL


def has(value: Value, *names: str) -> bool:
    """Whether an object has all of these keys."""
    return isinstance(value.data, dict) and all(name in value.data for name in names)


def members(value: Value) -> dict[str, Value]:
    """Return the members of an object."""
    return value.data if isinstance(value.data, dict) else {}


def array(value: Value) -> tuple[Value, ...]:
    """Return the items of an array."""
    return value.data if isinstance(value.data, tuple) else ()


def items(value: Value) -> tuple[Value, ...]:
    """Return the items of a list; a single object is a list of one, since describe prints one and list many."""
    match value.data:
        case tuple() as found:
            return found
        case dict():
            return (value,)
        case _:
            return ()


def text(value: Value) -> str | None:
    """Return a text, or a number as text (YAML has numbers where JSON has texts); None for null and other types."""
    match value.data:
        case str() as found:
            return found
        case bool() | None:
            return None
        case int() as number:
            return str(number)
        case _:
            return None


def texts(value: Value) -> tuple[str, ...]:
    """Return the texts in a list."""
    return tuple(found for item in items(value) if (found := text(item)) is not None)
