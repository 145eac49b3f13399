"""A rule's document: checked, with every mistake at its place, and made a `Rule`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from iamlint.documents import find, plain, read_yaml
from iamlint.location import Location, SourceText, Unreadable
from iamlint.message import PLACEHOLDER, WORDS
from iamlint.queries import QUERIES
from iamlint.rule import Example, ExampleKind, Rule
from iamlint.values import Value

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

LARGEST = 1_000_000
"""Characters. A rule's document beyond this is not read."""

_FILE_NAMES: Mapping[str, str] = {"terraform": "main.tf", "plan": "plan.json"}
_KINDS: tuple[ExampleKind, ...] = get_args(ExampleKind)


def read_rule(source: SourceText, slug: str, family: str, schema: Path | None) -> Rule | list[Unreadable]:
    """The rule that a document holds, or everything that is wrong with it.

    Without a schema only what a schema cannot say is checked: for the documents that ship, which the test suite
    validates, since loading the validator would double the time that the program takes to start.
    """
    if len(source.text) > LARGEST:
        return [Unreadable(Location(source.path), f"the document is longer than {LARGEST} characters")]
    documents = read_yaml(source)
    if isinstance(documents, Unreadable):
        return [documents]
    if len(documents) != 1:
        return [Unreadable(Location(source.path), f"{len(documents)} YAML documents, where one rule is expected")]
    (document,) = documents
    errors = list(_against_schema(document, source, schema)) if schema else []
    if not errors:
        errors = list(_beyond_schema(document))
    return errors or _rule(document, slug, family)


def _rule(document: Value, slug: str, family: str) -> Rule:
    written: dict[str, Any] = plain(document)
    return Rule(
        slug=slug,
        family=family,
        title=written["title"],
        severity=written["severity"],
        confidence=written.get("confidence", "high"),
        since=written.get("since", ""),
        aliases=tuple(written.get("aliases", ())),
        pedantic=written.get("pedantic", False),
        when=written.get("when"),
        query=written.get("query"),
        message=written["message"],
        why=written["why"].strip(),
        fix=written["fix"].strip(),
        references=tuple(written["references"]),
        flags=tuple(_examples(find(document, ["examples", "flags"]))),
        passes=tuple(_examples(find(document, ["examples", "passes"]))),
        at=_location(document),
    )


def _examples(listed: Value) -> Iterator[Example]:
    for item in listed.data if isinstance(listed.data, tuple) else ():
        written = plain(item)
        for kind in _KINDS:
            files = written.get(kind)
            if files is not None:
                yield Example(kind, {_FILE_NAMES[kind]: files} if isinstance(files, str) else files, _location(item))


def _location(value: Value) -> Location:
    return value.at.location if value.at else Location("")


# -- what is wrong -------------------------------------------------------------------------------------------------


def _beyond_schema(document: Value) -> Iterator[Unreadable]:
    """What a schema cannot say: that the query exists, and that the message's words do."""
    query, message = find(document, ["query"]), find(document, ["message"])
    written = plain(document)
    if "query" in written and written["query"] not in QUERIES:
        yield Unreadable(_location(query), f"there is no query `{written['query']}`", _meant(written["query"], QUERIES))
        return
    kinds: tuple[str, ...] = tuple(written.get("when", ()))
    words = {word for kind in kinds for word in WORDS[kind]}
    if "query" in written:
        words |= {*QUERIES[written["query"]].words}
    for word in PLACEHOLDER.findall(written["message"]):
        if word not in words:
            known = ", ".join(f"{{{one}}}" for one in sorted(words))
            yield Unreadable(_location(message), f"`message` has {{{word}}}, which this rule does not know", known)


@cache
def _validator(schema: Path) -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))


def _against_schema(document: Value, source: SourceText, schema: Path) -> Iterator[Unreadable]:
    errors = sorted(_validator(schema).iter_errors(plain(document)), key=lambda error: list(map(str, error.path)))
    for error in errors:
        yield from _explained(_narrowest(error), document, source)


def _narrowest(error: ValidationError) -> ValidationError:
    """Of several alternatives that all failed, the error in the one that was meant: of the right type, the deepest."""
    while error.context and error.absolute_path:
        meant = [inner for inner in error.context if inner.validator != "type" or len(inner.relative_path)]
        if not meant:
            return error
        error = max(meant, key=lambda inner: len(inner.relative_path))
    return error


def _explained(error: ValidationError, document: Value, source: SourceText) -> Iterator[Unreadable]:
    """One error of the validator in plain words, at its key."""
    path = list(error.absolute_path)
    value, name = find(document, path), _name(path)
    wanted: Any = error.validator_value
    found: Any = error.instance
    match error.validator:
        case "additionalProperties":
            schema: Any = error.schema
            for key in sorted(set(found) - set(schema["properties"])):
                at = _key_location(find(value, [key]), key, source)
                yield Unreadable(at, f"unknown key `{key}`{_inside(name)}", _meant(key, schema["properties"]))
        case "required":
            for key in (key for key in wanted if key not in found):
                yield Unreadable(_location(value), f"the key `{key}` is missing{_inside(name)}")
        case "oneOf" if not path:
            yield Unreadable(_location(value), "give exactly one of `when` and `query`")
        case "enum":
            nearest = _meant(str(error.instance), wanted) or f"one of {', '.join(wanted)}"
            yield Unreadable(_location(value), f"`{name}` is {error.instance!r}", nearest)
        case _:
            yield Unreadable(_location(value), f"`{name or 'the document'}` {_complaint(error)}")


_TYPES = {"string": "a text", "array": "a list", "object": "a mapping of keys"}


def _complaint(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            return f"must be {_TYPES.get(wanted, wanted)}"
        case "oneOf":
            return "must be a text, or a list of different texts"
        case "minItems" | "minLength" | "minProperties":
            return "must not be empty"
        case "maxProperties":
            return "must have one key only"
        case "uniqueItems":
            return "has an item twice"
        case "pattern":
            return f"is {error.instance!r}, which does not fit {wanted}"
        case _:
            return error.message


def _name(path: Iterable[str | int]) -> str:
    """A path as ``examples.flags[0].terraform``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _inside(name: str) -> str:
    return f" in `{name}`" if name else ""


def _meant(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    nearest = get_close_matches(name, list(known), n=1)
    return f"did you mean `{nearest[0]}`?" if nearest else ""


def _key_location(value: Value, key: str, source: SourceText) -> Location:
    """Where a key is written: before its value."""
    end = value.at.start if value.at else 0
    at = source.text.rfind(key, 0, end)
    return source.location(at, at + len(key)) if at >= 0 else _location(value)
