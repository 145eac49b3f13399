"""Expected shapes of a document, and errors with the JSON path of a value with another shape."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.json_later import Members
from iamlint.documents.values import NULL, Value
from iamlint.location import Unreadable
from iamlint.unknown import Unknown


class ShapeError(Exception):
    """Raised for a value of the wrong kind; ``unreadable`` says where, what, and what was expected."""

    def __init__(self, value: Value, path: str, expected: str) -> None:
        where = path or "the document"
        found = "one without it" if isinstance(value.data, dict) and " with " in expected else _kind(value)
        reason = f"{where}: expected {expected}, found {found}"
        self.unreadable = Unreadable(value.location, reason, "make the file with terraform show -json")
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


def object_(value: Value, path: str) -> Members:
    """Return the members of an object."""
    found = Members.of(value)
    if found is None:
        raise ShapeError(value, path, "an object")
    return found


def optional_object(parent: Members, name: str, path: str) -> Members | None:
    """Return the members of an object; None if it is absent or null."""
    found = parent.members(name)
    if found is not None or parent.get(name) is None:
        return found
    return object_(parent.value(name) or NULL, f"{path}.{name}" if path else name)


def values_of(value: Value | None, path: str) -> dict[str, Value]:
    """Return the members of an object as values; empty if it is absent or null."""
    if value is None or value.data is None:
        return {}
    if not isinstance(value.data, dict):
        raise ShapeError(value, path, "an object")
    return value.data


def array(parent: Members, name: str, path: str) -> Iterator[tuple[Value, str]]:
    """Yield the items of an array that may be absent or null, each with its JSON path."""
    value = parent.value(name)
    if value is None or value.data is None:
        return
    here = f"{path}.{name}" if path else name
    if not isinstance(value.data, tuple):
        raise ShapeError(value, here, "an array")
    for index, item in enumerate(value.data):
        yield item, f"{here}[{index}]"


def strings(parent: Members, name: str, path: str) -> list[str]:
    """Return an array of strings that may be absent or null; then empty."""
    found = parent.plain(name)
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return found
    return [text(one, where) for one, where in array(parent, name, path)]


def text(value: Value, path: str) -> str:
    """Return a value that must be a string."""
    if not isinstance(value.data, str):
        raise ShapeError(value, path, "a string")
    return value.data


def string(parent: Members, name: str, path: str) -> str:
    """Return a required string."""
    found = parent.get(name)
    if isinstance(found, str):
        return found
    value = parent.value(name)
    if value is None:
        raise ShapeError(parent.own, path, f'an object with "{name}"')
    return text(value, f"{path}.{name}")


def optional_string(parent: Members, name: str, path: str) -> str:
    """Return a string that may be absent or null; then ""."""
    found = parent.get(name)
    if isinstance(found, str):
        return found
    return "" if found is None else text(parent.value(name) or NULL, f"{path}.{name}")
