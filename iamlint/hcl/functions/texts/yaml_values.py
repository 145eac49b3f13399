"""``yamldecode`` and ``yamlencode``, as Terraform reads and writes YAML.

Terraform's rules differ from PyYAML's (``y`` is true, ``017`` is 17, the last of two equal keys counts), so only
PyYAML's events are used. Source: https://github.com/zclconf/go-cty-yaml
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import yaml

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Data, Key, Lazy, SetOf, Value
from iamlint.hcl.functions.texts.assembly import too_long
from iamlint.hcl.functions.types import (
    LONGEST_TEXT,
    MOST_ELEMENTS,
    EvaluationError,
    UnknownResult,
    bounded_number,
    entries,
    items,
    known,
    number_text,
    parts,
    text_of,
    uncertain,
    weight,
    whole,
)
from iamlint.hcl.heredoc import Locate, locator
from iamlint.hcl.syntax import normalized
from iamlint.location import SourceText, Span
from iamlint.unknown import Unknown

DEEPEST = 100
_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_INTEGER = regex(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_UNCLEAR = regex(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[Tt ].*")
_DATE = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STANDARD = "tag:yaml.org,2002:"


@lru_cache(maxsize=512)
def decoded_file(file: SourceText) -> Value:
    """Return the value of the only document in a file; cached, since many instances of a module read the same file."""
    return decoded(file.text, Span(file, 0, len(file.text)))


def decoded(text: str, at: Span | None = None) -> Value:
    """Return the value of the only document in a text; its parts have places if the source has the text there."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(yaml.parse(text, Loader=loader), text, locator(text, at)).only_document()
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise EvaluationError("this is not YAML") from error


class _Reader:
    def __init__(self, events: Iterator[Any], text: str, locate: Locate) -> None:
        self.events, self.length, self.locate = events, len(text), locate
        self.anchors: dict[str, Value | None] = {}
        self.sizes: dict[str, int] = {}
        self.budget = MOST_ELEMENTS

    def only_document(self) -> Value:
        """Return the document; there must be exactly one."""
        found: list[Value] = []
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found:
                    raise EvaluationError("only one YAML document is allowed")
                found.append(self.value(next(self.events), 0))
        if not found:
            raise EvaluationError("the YAML document is missing")
        return found[0]

    def value(self, event: Any, depth: int) -> Value:
        """Return the value that begins with an event."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "")
        self._spend(1)
        if depth > DEEPEST:
            raise UnknownResult(Unknown(f"YAML nested deeper than {DEEPEST} levels"))
        before = self.budget
        if event.anchor:
            self.anchors[event.anchor] = None
        found = Value(self._data(event, depth), self._place(event))
        if event.anchor:
            self.anchors[event.anchor], self.sizes[event.anchor] = found, before - self.budget + 1
        return found

    def _place(self, event: Any) -> Span | None:
        """Return the place of a scalar; of a collection its first character, since its end is not known yet."""
        start = event.start_mark.index
        mark = event.end_mark if isinstance(event, yaml.ScalarEvent) else None
        end = mark.index if mark else start + 1
        return self.locate(start, min(end, self.length))

    def _spend(self, size: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise UnknownResult(Unknown("YAML with more values than iamlint evaluates"))

    def _alias(self, name: str) -> Value:
        found = self.anchors.get(name)
        if found is None:
            raise EvaluationError(f"the anchor {name} is not defined there")
        self._spend(self.sizes[name])
        return found

    def _data(self, event: Any, depth: int) -> Data:
        match event:
            case yaml.ScalarEvent():
                return _scalar(event.tag, event.value, plain=event.implicit[0])
            case yaml.SequenceStartEvent(tag=None | "!" | "tag:yaml.org,2002:seq"):
                found: list[Value] = []
                while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
                    found.append(self.value(inner, depth + 1))
                return tuple(found)
            case yaml.MappingStartEvent(tag=None | "!" | "tag:yaml.org,2002:map"):
                return self._mapping(depth)
            case _:
                raise EvaluationError(f"the tag {event.tag} is not supported")

    def _mapping(self, depth: int) -> dict[str, Value]:
        """Return the entries in order of their text. Each key, and each merge, replaces earlier ones.

        A key ``<<`` merges even in quotes. Source: ``resolve_merge`` and ``unmarshalMap`` of go-cty-yaml, checked with
        ``terraform console``.
        """
        found: dict[str, Value] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.tag is None
            key = None if merge else text_of(self.value(event, depth + 1).data)
            value = self.value(next(self.events), depth + 1)
            if merge:
                found |= entries(value)
            elif key is None:
                raise EvaluationError("only strings are allowed as mapping keys")
            else:
                at = self._place(event)
                collection = isinstance(value.data, tuple | dict)  # it begins with its name
                found.pop(key, None)  # otherwise a key keeps the place of its first text
                found[Key.of(key, at)] = Value(value.data, at) if collection else value
        return dict(sorted(found.items()))


def _scalar(tag: str | None, given: str, *, plain: bool) -> Data:
    text = normalized(given)
    if tag in (None, "!") and plain:
        return _plain(text)
    if tag in (None, "!") or tag.removeprefix(_STANDARD) in ("str", "int", "float", "bool", "null", "binary"):
        return text
    raise EvaluationError(f"the tag {tag} is not supported")


def _plain(text: str) -> Data:
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _UNCLEAR.fullmatch(text):
        raise UnknownResult(Unknown("a time or an infinite number in YAML"))
    if _DATE.fullmatch(text):
        return f"{text}T00:00:00Z"
    if _INTEGER.fullmatch(text) and text[:2] in ("0x", "0o"):
        return bounded_number(int(text[:1000], 0)) if len(text) < 1000 else text
    if _FLOAT.fullmatch(text):
        return whole(Decimal(bounded_number(Decimal(text))))
    return text


# -- writing -----------------------------------------------------------------------------------------------------------

_ESCAPES = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
}
_UNUSUAL = regex(r"[^ !#-\[\]-~]")
"""A character that may be written in another way than as it is."""
_WIDTH = 80
_LONGEST_KEY = 128
_BREAK = regex("[\r\n\x85\u2028\u2029]")


def encoded(value: Value) -> str:
    """Return a value as YAML."""
    lines = _lines(value)
    if sum(weight(part) for part in parts(value)) > LONGEST_TEXT // 100:
        raise too_long()
    plain = isinstance(value.data, bool | int | Decimal | None)
    return "\n".join([*lines, *(["..."] if plain else [])]) + "\n"


def _lines(value: Value, base: int = 0, column: int = 0) -> list[str]:
    """Return the lines of a value; lines after the first are indented below their parent.

    ``base`` is the column of the lines of the collection that it is in, or of its own if it is one, and ``column`` that
    of its first character.
    """
    if uncertain(value) or isinstance(value.data, Lazy):
        raise UnknownResult(Unknown("the order or number of its elements is not known"))
    match known(value):
        case str() as text:
            return _text(text, base, column)
        case tuple() | SetOf():
            return [line for item in items(value) for line in _item(item, base)] or ["[]"]
        case dict():
            return [line for key, item in sorted(entries(value).items()) for line in _entry(key, item, base)] or ["{}"]
        case None:
            return ["null"]
        case bool() as flag:
            return ["true" if flag else "false"]
        case int() | Decimal() as number:
            return [number_text(number)]
    raise AssertionError("every kind of data is there")


def _item(item: Value, base: int) -> list[str]:
    block = isinstance(item.data, str)  # the lines of a text are indented already
    first, *rest = _lines(item, base if block else base + 2, base + 2)
    return ["- " + first, *(line if block or not line else "  " + line for line in rest)]


def _entry(key: str, item: Value, base: int) -> list[str]:
    name = _key(key)
    match item.data:
        case dict() as fields if fields:
            return [name + ":", *("  " + line if line else line for line in _lines(item, base + 2))]
        case tuple() | SetOf() if items(item):
            return [name + ":", *_lines(item, base)]
        case _:
            first, *rest = _lines(item, base, base + len(name) + 2)
            return [f"{name}: {first}", *rest]


def _key(text: str) -> str:
    if len(text.encode()) > _LONGEST_KEY or _BREAK.search(text):
        raise UnknownResult(Unknown("a key that YAML writes in another way"))
    return '"' + _UNUSUAL.sub(lambda one: _escaped(one.group()), text) + '"'


def _text(text: str, base: int, column: int) -> list[str]:
    """Return a text of one line, or one that a block cannot have, in quotes, others as a block."""
    strange = (_escaped(one) != one and one not in '\n"\\' for one in _UNUSUAL.findall(text))
    if "\n" not in text or text.endswith(" ") or " \n" in text or any(strange):
        return _quoted(text, base, column)
    end = "-" if not text.endswith("\n") else "+" if text == "\n" or text.endswith("\n\n") else ""
    head = "|" + ("2" if text[0] in " \n" else "") + end
    return [head, *("  " + line if line else line for line in text.removesuffix("\n").split("\n"))]


def _quoted(text: str, base: int, column: int) -> list[str]:
    """Return a text in quotes, broken at the first blank after each 80 columns.

    Source: ``yaml_emitter_write_double_quoted_scalar`` in https://github.com/zclconf/go-cty-yaml
    """
    lines, line, column = [], '"', column + 1
    words = text.split(" ")
    for number, word in enumerate(words):
        written = _UNUSUAL.sub(lambda one: _escaped(one.group()), word)
        line, column = line + written, column + len(written)
        if number == len(words) - 1:
            break
        if word and column > _WIDTH and (number < len(words) - 2 or words[-1]):
            lines.append(line)
            line, column = "  ", base + 2
            if not words[number + 1]:
                line, column = line + "\\", column + 1
        else:
            line, column = line + " ", column + 1
    return [*lines, line + '"']


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character < " ":
        return f"\\x{ord(character):02X}"
    if character > "\uffff":
        return f"\\U{ord(character):08X}"
    if character.isascii() and character != "\x7f":
        return character
    if not character.isprintable() or character == "\xa0":
        raise UnknownResult(Unknown("a character that iamlint does not write as YAML"))
    return character
