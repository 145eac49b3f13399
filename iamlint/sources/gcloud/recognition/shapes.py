"""Validates documents against the JSON Schema of their kind; errors have a path and a place.

Most documents are valid, and large. So a few lines of our own first check a schema on the values as read; only for
invalid documents does jsonschema produce the errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlint.documents import find, path_text, plain
from iamlint.documents.values import Value
from iamlint.location import Unreadable
from iamlint.sources.gcloud.recognition.kinds import KINDS, Kind
from iamlint.sources.gcloud.recognition.strays import alike, holds_bindings

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Schema = Mapping[str, Any]
_OF_POLICIES: frozenset[Kind] = frozenset({"analysis", "ancestors", "asset", "config_connector", "policy", "search"})
"""The kinds that contain allow policies; bindings are searched for under keys that exports do not have."""
_MOST = 10
"""Maximum number of errors reported per document."""
_LONGEST = 160
"""Maximum length of an error in characters, which may quote the value."""


@cache
def schema(kind: Kind) -> Schema:
    """Return the JSON Schema of one document, or one item of a list, of a kind."""
    found: Schema = json.loads(Path(__file__).with_name("schemas").joinpath(f"{kind}.json").read_text("utf-8"))
    return found


def problems(kind: Kind, value: Value, path: Sequence[str | int] = ()) -> list[Unreadable]:
    """Return the errors of a value by the schema of its kind; ``path`` is its path from the top of the document."""
    strays = list(_strays(schema(kind), value, tuple(path))) if kind in _OF_POLICIES else []
    if holds(schema(kind), value):
        return strays[:_MOST]
    errors = sorted(_validator(kind).iter_errors(plain(value)), key=lambda error: list(map(str, error.absolute_path)))
    return [
        Unreadable(
            find(value, error.absolute_path).location,
            f"{path_text([*path, *error.absolute_path])}: {_short(_said(error))}",
            f"this was read as {_an(schema(kind)['title'])}{_PATCH if _is_incomplete(kind, error) else ''}",
        )
        for error in errors[:_MOST]
    ] + strays[:_MOST]


_PATCH = "; if it is a patch of Kustomize, check what kustomize build prints, and leave the patch out with `exclude`"


def _is_incomplete(kind: Kind, error: ValidationError) -> bool:
    return kind == "config_connector" and error.validator == "required"


def _said(error: ValidationError) -> str:
    """Return what is wrong; a value of the wrong type is written as in JSON, not as in Python."""
    if error.validator != "type":
        return error.message
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    found = json.dumps(error.instance, ensure_ascii=False, default=float)
    return f"{found} is not of type {', '.join(map(repr, kinds))}"


def _strays(rule: Schema, value: Value, path: tuple[str | int, ...]) -> Iterator[Unreadable]:
    """Yield errors for keys that exports do not have, with bindings under them: a key is misspelt or damaged."""
    rule = _referenced(rule["$ref"]) if "$ref" in rule else rule
    for other in rule.get("allOf", ()):
        yield from _strays(other, value, path)
    if "if" in rule:
        yield from _strays(rule.get("then" if holds(rule["if"], value) else "else", {}), value, path)
    match value.data:
        case dict() as entries if "properties" in rule:
            for name, item in entries.items():
                if name in rule["properties"]:
                    yield from _strays(rule["properties"][name], item, (*path, name))
                elif holds_bindings(item, anywhere=True):
                    reason = f"{path_text([*path, name])}: exports have no bindings under this key"
                    yield Unreadable(item.location, reason, "is the key misspelt?")
                elif meant := [one for one in rule["properties"] if one not in entries and alike(one, name)]:
                    reason = f"{path_text([*path, name])}: this key is spelt otherwise"
                    yield Unreadable(item.location, reason, f"write {meant[0]}")
        case tuple() as items if rule.get("items", {}).keys() & {"properties", "$ref"}:
            for number, item in enumerate(items):
                yield from _strays(rule["items"], item, (*path, number))
        case _:
            pass


def _an(title: str) -> str:
    return title[:1].lower() + title[1:]


def _short(message: str) -> str:
    return message if len(message) < _LONGEST else message[: _LONGEST - 3] + "..."


@cache
def _validator(kind: Kind) -> Validator:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    resources = [(f"{name}.json", Resource.from_contents(schema(name))) for name in KINDS]
    return Draft202012Validator(schema(kind), registry=Registry().with_resources(resources))


def holds(rule: Schema, value: Value) -> bool:
    """Whether a value matches a schema; only the keywords of our schemas are known (a test checks this)."""
    return all(WORDS[word](argument, value, rule) for word, argument in rule.items() if word in WORDS)


def _type(names: str | list[str], value: Value, _rule: Schema) -> bool:
    wanted = [names] if isinstance(names, str) else names
    match value.data:
        case None:
            return "null" in wanted
        case bool():
            return "boolean" in wanted
        case int():
            return "integer" in wanted or "number" in wanted
        case Decimal():
            return "number" in wanted
        case str():
            return "string" in wanted
        case tuple():
            return "array" in wanted
        case _:
            return "object" in wanted


def _properties(properties: Mapping[str, Schema], value: Value, _rule: Schema) -> bool:
    data = value.data
    if not isinstance(data, dict):
        return True
    return all(holds(rule, data[name]) for name, rule in properties.items() if name in data)


def _additional(rule: Schema, value: Value, whole: Schema) -> bool:
    named = whole.get("properties", {})
    entries = value.data.items() if isinstance(value.data, dict) else ()
    return all(holds(rule, item) for name, item in entries if name not in named)


def _items(rule: Schema, value: Value, _rule: Schema) -> bool:
    return not isinstance(value.data, tuple) or all(holds(rule, item) for item in value.data)


def _required(names: list[str], value: Value, _rule: Schema) -> bool:
    return not isinstance(value.data, dict) or all(name in value.data for name in names)


def _pattern(pattern: str, value: Value, _rule: Schema) -> bool:
    return not isinstance(value.data, str) or re.search(pattern, value.data) is not None


def _min_length(length: int, value: Value, _rule: Schema) -> bool:
    return not isinstance(value.data, str) or len(value.data) >= length


def _enum(allowed: list[str], value: Value, _rule: Schema) -> bool:
    return isinstance(value.data, str) and value.data in allowed


def _const(wanted: str, value: Value, _rule: Schema) -> bool:
    return value.data == wanted


def _reference(name: str, value: Value, _rule: Schema) -> bool:
    return holds(_referenced(name), value)


@cache
def _referenced(name: str) -> Schema:
    return next(schema(kind) for kind in KINDS if f"{kind}.json" == name)


def _any_of(rules: list[Schema], value: Value, _rule: Schema) -> bool:
    return any(holds(rule, value) for rule in rules)


def _all_of(rules: list[Schema], value: Value, _rule: Schema) -> bool:
    return all(holds(rule, value) for rule in rules)


def _if(condition: Schema, value: Value, whole: Schema) -> bool:
    return holds(whole.get("then" if holds(condition, value) else "else", {}), value)


WORDS: Mapping[str, Callable[[Any, Value, Schema], bool]] = {
    "$ref": _reference,
    "additionalProperties": _additional,
    "allOf": _all_of,
    "anyOf": _any_of,
    "const": _const,
    "enum": _enum,
    "if": _if,
    "items": _items,
    "minLength": _min_length,
    "pattern": _pattern,
    "properties": _properties,
    "required": _required,
    "type": _type,
}
"""The keywords of JSON Schema that `holds` knows."""
