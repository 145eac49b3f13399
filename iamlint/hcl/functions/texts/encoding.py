"""Functions that encode and decode, and hashes. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import base64
import codecs
import itertools
import json
import urllib.parse
import uuid
from collections.abc import Iterator
from decimal import Decimal

from iamlint.basics.lazy_regex import regex
from iamlint.documents import read_json
from iamlint.documents.values import Data, Lazy, List, SetOf, Value
from iamlint.hcl.functions.texts.assembly import too_long
from iamlint.hcl.functions.types import (
    LONGEST_TEXT,
    MOST_ELEMENTS,
    EvaluationError,
    Function,
    UnknownResult,
    bounded,
    bounded_number,
    entries,
    identity,
    items,
    known,
    number_text,
    text,
    uncertain,
    whole,
)
from iamlint.hcl.heredoc import Locate, locator
from iamlint.hcl.syntax import normalized
from iamlint.location import SourceText, Unreadable
from iamlint.unknown import Unknown


def json_of(value: Value) -> str:
    """Return a value as Terraform's jsonencode writes it."""
    identity(value)  # raises if the value is larger than the limit
    text_ = _bounded_text(_json(value))
    for character, escaped in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text_ = text_.replace(character, escaped)
    return text_


def _bounded_text(pieces: Iterator[str]) -> str:
    found, length = [], 0
    for piece in pieces:
        found.append(piece)
        length += len(piece)
        if length > LONGEST_TEXT:
            raise too_long()
    return "".join(found)


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
    yield "{"
    for at, (key, item) in enumerate(sorted(entries(value).items())):
        yield ("," if at else "") + json.dumps(key, ensure_ascii=False) + ":"
        yield from _json(item)
    yield "}"


def _jsonencode(value: Value) -> Value:
    """Keep the structure with the text, so that a policy is known even if one of its members is not."""
    try:
        return Value(json_of(value), None, value)
    except UnknownResult as error:
        return Value(Unknown(error.why.reason), None, value)


def _jsondecode(value: Value) -> Data | Value:
    if value.encoded is not None:
        return _decoded(value.encoded)
    written = text(value)
    found = read_json(SourceText("jsondecode", written))
    if isinstance(found, Unreadable):
        raise EvaluationError(f"this is not JSON: {found.reason}")
    return decoded_value(found, locator(written, value.at))


def _yamldecode(value: Value) -> Data | Value:
    if value.encoded is not None:
        return _decoded(value.encoded)
    from iamlint.hcl.functions.texts.yaml_values import decoded, decoded_file

    at = value.at
    if at and at.start == 0 and at.end == len(at.source.text) and at.text == value.data:
        return decoded_file(at.source)
    return decoded(text(value), at)


def _decoded(value: Value) -> Value:
    """Return a structure after encoding and decoding: tuples and objects only."""
    if uncertain(value):
        return value
    match value.data:
        case tuple() | SetOf():
            return Value(tuple(map(_decoded, items(value))), value.at)
        case dict() as found:
            return Value({key: _decoded(found[key]) for key in sorted(found)}, value.at)
        case _:
            return value


def decoded_value(value: Value, locate: Locate | None = None) -> Value:
    """Return a decoded value: keys in Terraform's order, and the places that its text has in a source."""
    at = locate(value.at.start, value.at.end) if locate and value.at else None
    match value.data:
        case dict() as found:
            return Value({normalized(key): decoded_value(found[key], locate) for key in sorted(found)}, at)
        case tuple() as found_items:
            return Value(tuple(decoded_value(item, locate) for item in found_items), at)
        case str() as data:
            return Value(normalized(data), at)
        case int() | Decimal() as number if not isinstance(number, bool):
            return Value(whole(Decimal(bounded_number(number))), at)
        case data:
            return Value(data, at)


def _yamlencode(value: Value) -> Value:
    from iamlint.hcl.functions.texts.yaml_values import encoded

    try:
        return Value(encoded(value), None, value)
    except UnknownResult as error:
        return Value(Unknown(error.why.reason), None, value)


def _csvdecode(value: Value) -> Data:
    header, *rows = [*itertools.islice(_csv_rows(text(value)), MOST_ELEMENTS + 2)] or [[]]
    if not header:
        raise EvaluationError("the CSV has no header")
    bounded(len(rows) * len(header))
    if len(set(header)) < len(header):
        raise EvaluationError("two columns of the CSV have the same name")
    if any(len(row) != len(header) for row in rows):
        raise EvaluationError("a CSV line with another number of fields than the header")
    return List(Value({k: Value(v) for k, v in sorted(zip(header, row, strict=True))}) for row in rows)


_FIELD = regex(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|\Z)')


def _csv_rows(given: str) -> Iterator[list[str]]:
    """https://pkg.go.dev/encoding/csv: strict quotes, empty lines left out."""
    whole_text, at, row = given.replace("\r\n", "\n"), 0, list[str]()
    while at < len(whole_text) or row:
        if not row and whole_text[at] == "\n":
            at += 1
            continue
        match = _FIELD.match(whole_text, at)
        if match is None:
            raise EvaluationError("a quote out of place in the CSV")
        row.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        at = match.end()
        if match[3] != ",":
            yield row
            row = []


def _base64(given: str) -> bytes:
    try:
        return base64.b64decode(given.replace("\r", "").replace("\n", ""), validate=True)
    except ValueError as error:
        raise EvaluationError("this is not base64") from error


def _base64decode(value: Value) -> Data:
    try:
        return normalized(_base64(text(value)).decode())
    except UnicodeDecodeError as error:
        raise EvaluationError("this is not base64 of a text") from error


def _textencode(value: Value, encoding: Value) -> Data:
    codec = _codec(encoding)
    try:
        found = text(value).encode("utf-16-be" if codec == "utf-16" else codec)
    except UnicodeEncodeError as error:
        raise EvaluationError("a character that the encoding does not have") from error
    return base64.b64encode((codecs.BOM_UTF16_BE if codec == "utf-16" else b"") + found).decode()


def _textdecode(value: Value, encoding: Value) -> Data:
    codec = _codec(encoding)
    try:
        return normalized(_base64(text(value)).decode(codec))
    except UnicodeDecodeError as error:
        raise EvaluationError("bytes that the encoding does not have") from error


_CODECS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "shift_jis": "shift_jis",
    "euc-jp": "euc_jp",
    "big5": "big5",
    "gbk": "gbk",
    "koi8-r": "koi8_r",
    **{f"iso-8859-{part}": f"iso8859_{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"windows-125{part}": f"cp125{part}" for part in range(9)},
}


def _codec(encoding: Value) -> str:
    name = text(encoding)
    if name.lower() not in _CODECS:
        raise UnknownResult(Unknown(f"the encoding {name} is none that iamlint knows"))
    return _CODECS[name.lower()]


def _urlencode(value: Value) -> Data:
    return urllib.parse.quote_plus(text(value), safe="-_.")


_MOST_MEMBERS = 100
"""Maximum number of consecutive gzip files in one text that are decompressed."""
_NO_ESCAPE = regex(r"%(?![0-9A-Fa-f]{2})")


def _urldecode(value: Value) -> Data:
    """Decode as Go's ``QueryUnescape``. Source: https://opentofu.org/docs/language/functions/urldecode/"""
    if _NO_ESCAPE.search(text(value)):
        raise EvaluationError("this is not URL encoding")
    return _as_text(urllib.parse.unquote_to_bytes(text(value).replace("+", " ")))


def _base64gunzip(value: Value) -> Data:
    """Decompress base64 of gzip, also of several members. Source: https://opentofu.org/docs/language/functions/base64gunzip/"""
    import zlib

    rest, found = _base64(text(value)), b""
    for _ in range(_MOST_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        try:
            found += member.decompress(rest, LONGEST_TEXT + 1 - len(found))
        except zlib.error as error:
            raise EvaluationError("this is not base64 of gzip") from error
        if len(found) > LONGEST_TEXT:
            raise too_long()
        if not member.eof:
            raise EvaluationError("this is not base64 of a whole gzip text")
        rest = member.unused_data
        if not rest:
            return _as_text(found)
    raise UnknownResult(Unknown(f"more than the {_MOST_MEMBERS} members of gzip that iamlint reads"))


def _as_text(found: bytes) -> str:
    try:
        return normalized(found.decode())
    except UnicodeDecodeError as error:
        raise UnknownResult(Unknown("bytes that are not UTF-8, which iamlint does not evaluate")) from error


def _hexadecimal(name: str) -> Function:
    return lambda value: _hashed(name, value).hex()


def _base64gzip(value: Value) -> Data:
    text(value)
    raise UnknownResult(Unknown("another program compresses the text to other bytes"))


def _rsadecrypt(*_values: Value) -> Data:
    raise UnknownResult(Unknown("iamlint decrypts nothing"))


def _encode_hcl(*_values: Value) -> Data:
    raise UnknownResult(Unknown("iamlint does not write Terraform's language"))


def _base64_hash(name: str) -> Function:
    return lambda value: base64.b64encode(_hashed(name, value)).decode()


def _hashed(name: str, value: Value) -> bytes:
    import hashlib  # it loads OpenSSL

    return hashlib.new(name, text(value).encode(), usedforsecurity=False).digest()


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
        raise EvaluationError("the namespace is not a UUID") from error
    return str(uuid.uuid5(space, text(name)))


FUNCTIONS: dict[str, Function] = {
    "base64decode": _base64decode,
    "base64encode": lambda value: base64.b64encode(text(value).encode()).decode(),
    "base64gunzip": _base64gunzip,
    "base64gzip": _base64gzip,
    "base64sha256": _base64_hash("sha256"),
    "base64sha512": _base64_hash("sha512"),
    "csvdecode": _csvdecode,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "md5": _hexadecimal("md5"),
    "provider::terraform::encode_expr": _encode_hcl,
    "provider::terraform::encode_tfvars": _encode_hcl,
    "rsadecrypt": _rsadecrypt,
    "sha1": _hexadecimal("sha1"),
    "sha256": _hexadecimal("sha256"),
    "sha512": _hexadecimal("sha512"),
    "textdecodebase64": _textdecode,
    "textencodebase64": _textencode,
    "urldecode": _urldecode,
    "urlencode": _urlencode,
    "uuidv5": _uuidv5,
    "yamldecode": _yamldecode,
    "yamlencode": _yamlencode,
}
