"""Functions that encode and decode, and hashes. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import json
import urllib.parse
import uuid
from collections.abc import Iterator
from decimal import Decimal

from iamlint.documents import read_json, read_yaml
from iamlint.hcl.functions.types import Function, Refused, Unclear, entries, identity, items, known, number_text, text
from iamlint.location import SourceText, Unreadable
from iamlint.unknown import Unknown
from iamlint.values import Data, Lazy, SetOf, Value


def json_of(value: Value) -> str:
    """A value as Terraform's jsonencode writes it."""
    identity(value)  # raises where the value is larger than iamlint evaluates
    text_ = "".join(_json(value))
    for character, escaped in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text_ = text_.replace(character, escaped)
    return text_


def _json(value: Value) -> Iterator[str]:
    match known(value):
        case None:
            yield "null"
        case bool() as flag:
            yield "true" if flag else "false"
        case int() | Decimal() as number:
            yield number_text(number)
        case str() as found:
            yield json.dumps(found, ensure_ascii=False)
        case tuple() | SetOf():
            yield from _sequence(items(value))
        case dict() | Lazy():
            yield from _mapping(value)


def _sequence(found: tuple[Value, ...]) -> Iterator[str]:
    yield "["
    for at, item in enumerate(found):
        yield "," if at else ""
        yield from _json(item)
    yield "]"


def _mapping(value: Value) -> Iterator[str]:
    if isinstance(value.data, Lazy):
        raise Unclear(Unknown(f"not every attribute of {value.data.reference} is known"))
    yield "{"
    for at, (key, item) in enumerate(sorted(entries(value).items())):
        yield ("," if at else "") + json.dumps(key, ensure_ascii=False) + ":"
        yield from _json(item)
    yield "}"


def _jsonencode(value: Value) -> Value:
    """The structure stays with the text, so that a policy is known though a member of it is not."""
    try:
        return Value(json_of(value), None, value)
    except Unclear as error:
        return Value(Unknown(error.why.reason), None, value)


def _jsondecode(value: Value) -> Data | Value:
    if value.structure is not None:
        return value.structure
    found = read_json(SourceText("jsondecode", text(value)))
    if isinstance(found, Unreadable):
        raise Refused(f"this is not JSON: {found.reason}")
    return _unplaced(found)


def _yamldecode(value: Value) -> Data | Value:
    if value.structure is not None:
        return value.structure
    found = read_yaml(SourceText("yamldecode", text(value)))
    if isinstance(found, Unreadable):
        raise Refused(found.reason)
    if len(found) != 1:
        raise Refused("exactly one YAML document is required")
    return _unplaced(found[0])


def _unplaced(value: Value) -> Value:
    """A decoded value: its keys in Terraform's order; its places are in a text that is no file."""
    match value.data:
        case dict() as found:
            return Value({key: _unplaced(found[key]) for key in sorted(found)})
        case tuple() as found_items:
            return Value(tuple(_unplaced(item) for item in found_items))
        case data:
            return Value(data)


def _yamlencode(value: Value) -> Value:
    return Value(Unknown("iamlint does not render yamlencode()"), None, value)


def _csvdecode(value: Value) -> Data:
    rows = list(csv.reader(io.StringIO(text(value)), strict=True))
    if not rows:
        raise Refused("the CSV has no header")
    header, *rest = rows
    if any(len(row) != len(header) for row in rest if row):
        raise Refused("a CSV line with another number of fields than the header")
    return tuple(Value({k: Value(v) for k, v in sorted(zip(header, row, strict=True))}) for row in rest if row)


def _base64decode(value: Value) -> Data:
    try:
        return base64.b64decode(text(value), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Refused("this is not base64 of a text") from error


def _textencode(value: Value, encoding: Value) -> Data:
    try:
        return base64.b64encode(text(value).encode(_codec(encoding))).decode()
    except (LookupError, UnicodeEncodeError) as error:
        raise Refused(str(error)) from error


def _textdecode(value: Value, encoding: Value) -> Data:
    try:
        return base64.b64decode(text(value), validate=True).decode(_codec(encoding))
    except (LookupError, ValueError) as error:
        raise Refused(str(error)) from error


def _codec(encoding: Value) -> str:
    name = text(encoding).lower()
    return {"utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}.get(name, name)


def _urlencode(value: Value) -> Data:
    return urllib.parse.quote_plus(text(value), safe="-_.")


def _hexadecimal(name: str) -> Function:
    return lambda value: hashlib.new(name, text(value).encode(), usedforsecurity=False).hexdigest()


def _base64_hash(name: str) -> Function:
    return lambda value: base64.b64encode(hashlib.new(name, text(value).encode()).digest()).decode()


_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def _uuidv5(namespace: Value, name: Value) -> Data:
    given = text(namespace)
    try:
        space = _NAMESPACES.get(given) or uuid.UUID(given)
    except ValueError as error:
        raise Refused("the namespace is no UUID") from error
    return str(uuid.uuid5(space, text(name)))


FUNCTIONS: dict[str, Function] = {
    "base64decode": _base64decode,
    "base64encode": lambda value: base64.b64encode(text(value).encode()).decode(),
    "base64sha256": _base64_hash("sha256"),
    "base64sha512": _base64_hash("sha512"),
    "csvdecode": _csvdecode,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "md5": _hexadecimal("md5"),
    "sha1": _hexadecimal("sha1"),
    "sha256": _hexadecimal("sha256"),
    "sha512": _hexadecimal("sha512"),
    "textdecodebase64": _textdecode,
    "textencodebase64": _textencode,
    "urlencode": _urlencode,
    "uuidv5": _uuidv5,
    "yamldecode": _yamldecode,
    "yamlencode": _yamlencode,
}
