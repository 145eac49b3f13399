"""Expected shapes of a document, and errors with the JSON path of a value with another shape."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import Value
from iamlint.location import Location, Unreadable
from iamlint.unknown import Unknown


class ShapeError(Exception):
    """Raised for a value of the wrong kind; ``unreadable`` says where, what, and what was expected."""

    def __init__(self, value: Value, path: str, expected: str) -> None:
        at = value.at.location if value.at else Location("")
        where = path or "the document"
        reason = f"{where}: expected {expected}, found {_kind(value)}"
        self.unreadable = Unreadable(at, reason, "make the file with terraform show -json")
        super().__init__(reason)


def _kind(value: Value) -> str:
    match value.data:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case tuple():
            return "an array"
        case dict():
            return "an object"
        case Unknown():
            return "an unknown value"
        case _:
            return "a number"


def object_(value: Value, path: str) -> dict[str, Value]:
    """Return the members of an object."""
    if isinstance(value.data, dict):
        return value.data
    raise ShapeError(value, path, "an object")


def optional_object(parent: dict[str, Value], name: str, path: str) -> dict[str, Value]:
    """Return the members of an object that may be absent or null; then empty."""
    value = parent.get(name)
    return object_(value, f"{path}.{name}" if path else name) if value and value.data is not None else {}


def array(parent: dict[str, Value], name: str, path: str) -> Iterator[tuple[Value, str]]:
    """Yield the items of an array that may be absent or null, each with its JSON path."""
    value = parent.get(name)
    if value is None or value.data is None:
        return
    here = f"{path}.{name}" if path else name
    if not isinstance(value.data, tuple):
        raise ShapeError(value, here, "an array")
    for index, item in enumerate(value.data):
        yield item, f"{here}[{index}]"


def text(value: Value, path: str) -> str:
    """Return a value that must be a string."""
    if not isinstance(value.data, str):
        raise ShapeError(value, path, "a string")
    return value.data


def string(parent: Value, name: str, path: str) -> str:
    """Return a required string."""
    value = object_(parent, path).get(name)
    if value is None:
        raise ShapeError(parent, path, f'an object with "{name}"')
    return text(value, f"{path}.{name}")


def optional_string(parent: dict[str, Value], name: str, path: str) -> str:
    """Return a string that may be absent or null; then ""."""
    value = parent.get(name)
    if value is None or value.data is None:
        return ""
    return text(value, f"{path}.{name}")
