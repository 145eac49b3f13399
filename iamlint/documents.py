"""JSON and YAML documents as values, every one with the place that it is written at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from iamlint import json_text
from iamlint.location import Location, SourceText, Span, Unreadable
from iamlint.values import Data, Value

if TYPE_CHECKING:
    from yaml.nodes import Node

MOST_NODES = 2_000_000
"""Nodes of a YAML document, aliases expanded, beyond which it is not read: a few lines of aliases can make billions."""
DEEPEST = 128
"""How deep a YAML document may be nested."""


def read_json(source: SourceText) -> Value | Unreadable:
    """The value of a JSON text. Of a key that occurs twice the last one counts, as everywhere."""
    node = json_text.parse(source)
    return node if isinstance(node, Unreadable) else _from_json(node, source)


def _from_json(node: json_text.JsonNode, source: SourceText) -> Value:
    at = Span(source, node.start, node.end)
    match node.value:
        case tuple() as items:
            return Value(tuple(_from_json(item, source) for item in items), at)
        case json_text.Members(pairs):
            return Value({str(key.value): _from_json(value, source) for key, value in pairs}, at)
        case None | bool() | int() | Decimal() | str() as plain:
            return Value(plain, at)


def read_yaml(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """The values of the documents in a YAML text.

    Timestamps and other types beyond those of JSON stay text. A key that occurs twice is an error, as YAML has it.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        nodes = list(yaml.compose_all(source.text, Loader=loader))
        reader = _YamlReader(source)
        return tuple(reader.value(node, 0) for node in nodes)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.index if mark else 0
        return Unreadable(source.location(at, at + 1), f"this is not YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        return Unreadable(Location(source.path), f"this is not YAML: {str(error).splitlines()[0]}")
    except RecursionError:
        return Unreadable(Location(source.path), f"nested deeper than {DEEPEST} levels")
    except _RefusedError as error:
        return Unreadable(source.location(error.at, error.at + 1), error.reason)


class _RefusedError(Exception):
    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at, self.reason = at, reason


class _YamlReader:
    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._nodes = 0

    def value(self, node: Node, depth: int) -> Value:
        from yaml.nodes import MappingNode, ScalarNode, SequenceNode

        start, end = node.start_mark.index, node.end_mark.index
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _RefusedError(start, f"more than {MOST_NODES} values, aliases expanded")
        if depth > DEEPEST:
            raise _RefusedError(start, f"nested deeper than {DEEPEST} levels")
        at = Span(self._source, start, end)
        match node:
            case ScalarNode():
                return Value(_scalar(node.tag, node.value), at)
            case SequenceNode():
                return Value(tuple(self.value(item, depth + 1) for item in node.value), at)
            case MappingNode():
                return Value(dict(self._entries(node.value, depth)), at)
            case _:
                raise _RefusedError(start, "a kind of YAML node that iamlint does not know")

    def _entries(self, pairs: Iterable[tuple[Node, Node]], depth: int) -> Iterator[tuple[str, Value]]:
        from yaml.nodes import ScalarNode

        seen: set[str] = set()
        for key, value in pairs:
            if not isinstance(key, ScalarNode):
                raise _RefusedError(key.start_mark.index, "a key that is not a plain text")
            if key.value in seen:
                raise _RefusedError(key.start_mark.index, f"the key {key.value!r} is there twice")
            seen.add(key.value)
            yield key.value, self.value(value, depth + 1)


_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _scalar(tag: str, text: str) -> Data:
    match tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return _WORDS.get(text.lower(), text)
        case "int" | "float":
            number = json_text.number(text) if _decimal(text) else None
            return text if number is None else number
        case _:
            return text


def _decimal(text: str) -> bool:
    """Whether a number is written as JSON writes it; octal, sexagesimal and the like stay text."""
    digits = text.lstrip("-")
    return digits.replace(".", "", 1).isdecimal() and digits.isascii() and (digits == "0" or not digits.startswith("0"))


def plain(value: Value) -> Any:
    """The bare data, for schemas: dict, list, str, int, float, bool, None."""
    match value.data:
        case dict() as entries:
            return {key: plain(item) for key, item in entries.items()}
        case tuple() as items:
            return [plain(item) for item in items]
        case Decimal() as number:
            return float(number)
        case data:
            return data


def find(value: Value, path: Iterable[str | int]) -> Value:
    """The value at a path of keys and indices, or the last one on the way that is there."""
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
    """A path as JSON paths are written: ``$.bindings[0].members``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
