"""The parts of a document, whatever shape it has: what is missing or of another type is null, empty or None."""

from __future__ import annotations

from iamlint.documents.values import NULL, Value
from iamlint.location import Location


def place(value: Value) -> Location:
    """Where a value is written."""
    return value.at.location if value.at else Location("")


def get(value: Value, *path: str) -> Value:
    """The value under these keys, one below the other; null where one is missing."""
    for name in path:
        value = value.data.get(name, NULL) if isinstance(value.data, dict) else NULL
    return value


def first(value: Value, *names: str) -> Value:
    """The value of the first of these keys that is there: exports in snake case beside those in camel case."""
    for name in names:
        found = get(value, name)
        if found.data is not None:
            return found
    return NULL


def has(value: Value, *names: str) -> bool:
    """Whether an object has all of these keys."""
    return isinstance(value.data, dict) and all(name in value.data for name in names)


def items(value: Value) -> tuple[Value, ...]:
    """The items of a list; a single object counts as a list of one, since describe prints one and list many."""
    match value.data:
        case tuple() as found:
            return found
        case dict():
            return (value,)
        case _:
            return ()


def text(value: Value) -> str | None:
    """A text, or a number as text (YAML has numbers where JSON has texts); None for null and for anything else."""
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
    """The texts of a list."""
    return tuple(found for item in items(value) if (found := text(item)) is not None)
