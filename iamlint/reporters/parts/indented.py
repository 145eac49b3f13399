"""JSON with an indent of two spaces, as ``json.dumps`` writes it, but faster."""

from __future__ import annotations

from functools import lru_cache
from json import dumps
from json.encoder import encode_basestring as quoted
from typing import Any

from iamlint.reporters.parts.plain import json_escaped


class Written(str):
    """JSON that is already written, with the margin of its place."""

    __slots__ = ()


def indented(value: Any, margin: str = "") -> str:
    """Return the same text as ``json.dumps(value, indent=2, ensure_ascii=False)``, for string keys.

    ``margin`` precedes each line but the first. `Written` parts stay as they are. Raises TypeError for anything but
    plain data.
    """
    if type(value) is str:
        return quoted(value)
    if type(value) is dict and value:
        inner = f"{margin}  "
        # Most values are plain: a call for each of them would take longer than writing them.
        items = [
            quoted(item)
            if (kind := type(item)) is str
            else "null"
            if item is None
            else item
            if kind is Written
            else str(item)
            if kind is int
            else "[]"
            if kind is list and not item
            else indented(item, inner)
            for item in value.values()
        ]
        return _object(tuple(value), margin) % tuple(items)
    if type(value) is int:
        return str(value)
    if type(value) is Written:
        return value
    if isinstance(value, list | tuple):
        if not value:
            return "[]"
        inner = f"{margin}  "
        items = [quoted(item) if type(item) is str else indented(item, inner) for item in value]
        return f"[\n{inner}" + f",\n{inner}".join(items) + f"\n{margin}]"
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    return dumps(value, ensure_ascii=False)


def json_text(value: Any) -> str:
    """Return plain data as a JSON text that is safe to print, two spaces a level, with a line end."""
    return json_escaped(indented(value)) + "\n"


@lru_cache(maxsize=256)
def _object(keys: tuple[str, ...], margin: str) -> str:
    """Return the text of an object with these keys, with a place for each value; a report has few such forms."""
    pairs = (f"{margin}  {quoted(key)}: ".replace("%", "%%") + "%s" for key in keys)
    return "{\n" + ",\n".join(pairs) + f"\n{margin}}}"
