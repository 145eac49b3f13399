"""Validates a document against a JSON Schema: every error in plain words, at the place of its key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlint.documents import find, plain
from iamlint.documents.values import Value
from iamlint.location import Location, SourceText, Unreadable

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


@cache
def _validator(schema: Path) -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))


def against_schema(document: Value, source: SourceText, schema: Path) -> Iterator[Unreadable]:
    """Yield every violation of the schema in a document."""
    errors = sorted(_validator(schema).iter_errors(plain(document)), key=lambda error: list(map(str, error.path)))
    # several keys that are missing in one mapping are as many errors, and each names them all
    yield from dict.fromkeys(one for error in errors for one in _explained(_narrowest(error), document, source))


def _narrowest(error: ValidationError) -> ValidationError:
    """Return the error of the intended alternative, if all failed: of the right type, the deepest."""
    while error.context and error.absolute_path:
        meant = [inner for inner in error.context if inner.validator != "type" or len(inner.relative_path)]
        if not meant:
            return error
        error = max(meant, key=lambda inner: len(inner.relative_path))
    return error


def _explained(error: ValidationError, document: Value, source: SourceText) -> Iterator[Unreadable]:
    """Yield one error of the validator in plain words, at its key."""
    path = list(error.absolute_path)
    value, name = find(document, path), _name(path)
    wanted: Any = error.validator_value
    found: Any = error.instance
    match error.validator:
        case "additionalProperties":
            schema: Any = error.schema
            for key in sorted(set(found) - set(schema["properties"])):
                at = _key_location(find(value, [key]), key, source)
                yield Unreadable(at, f"unknown key `{key}`{_inside(name)}", nearest_of(key, schema["properties"]))
        case "required":
            for key in (key for key in wanted if key not in found):
                yield Unreadable(value.location, f"the key `{key}` is missing{_inside(name)}")
        case "oneOf" if not path and not isinstance(found, dict):
            return  # its type is an error of its own
        case "oneOf" if not path:
            keys = " and ".join(f"`{key}`" for alternative in wanted for key in alternative["required"])
            yield Unreadable(value.location, f"give exactly one of {keys}")
        case "enum":
            nearest = nearest_of(str(error.instance), wanted) or f"one of {', '.join(wanted)}"
            yield Unreadable(value.location, f"`{name}` is {_written(error.instance)}", nearest)
        case "pattern" | "minLength" | "maxLength" if "propertyNames" in error.absolute_schema_path:
            at, hint = _key_location(find(value, [str(found)]), str(found), source), _expected(error)
            complaint = _complaint(error).partition(", which ")[2] or _complaint(error)
            yield Unreadable(at, f"the key `{found}`{_inside(name)} {'has a wrong form' if hint else complaint}", hint)
        case "pattern" if hint := _expected(error):
            yield Unreadable(value.location, f"`{name}` is {error.instance!r}", hint)
        case _:
            hint = "put it in quotes" if wanted == "string" and isinstance(found, bool | int | float) else ""
            what = f"`{name}`" if name else "the document"
            yield Unreadable(value.location, f"{what} {_complaint(error)}", hint)


def _written(value: object) -> str:
    """Return a value as a document writes it: a text in quotes, any other as in JSON."""
    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _expected(error: ValidationError) -> str:
    """Return the schema's description of a value with a wrong form, as a hint; "" without a description."""
    schema: Any = error.schema
    description = schema.get("description", "")
    return f"expected: {description[:1].lower()}{description[1:].rstrip('.')}" if description else ""


_TYPES = {
    "string": "a text",
    "array": "a list",
    "object": "a mapping of keys",
    "boolean": "true or false",
    "number": "a number",
}


def _complaint(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return f"must be {' or '.join(_TYPES.get(kind, kind) for kind in kinds)}"
        case "oneOf":
            return "must be a text, or a list of different texts"
        case "minItems" | "minLength" | "minProperties":
            return "must not be empty"
        case "maxProperties":
            return "must have one key only" if wanted == 1 else f"has more than {wanted} keys"
        case "maxItems":
            return f"has more than {wanted} items"
        case "maxLength":
            return f"is longer than {wanted} characters"
        case "uniqueItems":
            return "has an item twice"
        case "pattern":
            return f"is {error.instance!r}, which does not fit {wanted}"
        case _:
            return error.message


def _name(path: Iterable[str | int]) -> str:
    """Return a path as ``examples.flags[0].terraform``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _inside(name: str) -> str:
    return f" in `{name}`" if name else ""


def nearest_of(name: str, known: Iterable[str]) -> str:
    """Return a question for the intended name, in any case of letters; "" if none is similar."""
    from difflib import get_close_matches

    by_letters = {one.lower(): one for one in known}
    nearest = get_close_matches(name.lower(), by_letters, n=1)
    return f"did you mean `{by_letters[nearest[0]]}`?" if nearest else ""


def _key_location(value: Value, key: str, source: SourceText) -> Location:
    """Return where a key is written: before its value."""
    end = value.at.start if value.at else 0
    at = source.text.rfind(key, 0, end)
    return source.location(at, at + len(key)) if at >= 0 else value.location
