"""An error's document: checked, with every mistake at its place, and made an `ErrorKind`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamlint.diagnosis.recognition.error_kind import Cause, ErrorKind, Example, LookAlike
from iamlint.diagnosis.recognition.fragments import SHAPES, Alternative, Structured, Template
from iamlint.documents import find, plain, read_yaml
from iamlint.documents.parts import array, get, position
from iamlint.documents.validation import nearest_of
from iamlint.documents.values import Value
from iamlint.location import Location, SourceText, Unreadable

_LISTS = ("examples", "look-alikes")
"""The lists of a document. Its record keeps the place of each item."""
SHORTEST = 12
"""Letters that one piece of an alternative must have, placeholders aside, so that no chance text has it."""


def read_record(source: SourceText, slug: str) -> tuple[list[Any], list[Unreadable]]:
    """Return the record of a document and no errors, or no record and everything that is wrong with the document.

    A record is plain data, which is compiled when the package is built. Only what a schema cannot say is checked: the
    test suite validates the documents, since loading the validator would double the time that the program takes.
    """
    documents = read_yaml(source)
    if isinstance(documents, Unreadable):
        return [], [documents]
    if len(documents) != 1:
        wrong = Unreadable(Location(source.path), f"{len(documents)} YAML documents, where one error is expected")
        return [], [wrong]
    (document,) = documents
    if errors := list(_beyond_schema(document)):
        return [], errors
    places = [[position(one) for one in array(get(document, key))] for key in _LISTS]
    return [slug, source.path, plain(document), position(document), places], []


def kind_of(record: list[Any]) -> ErrorKind:
    """Return the kind of a record."""
    slug, path, written, place, (examples, look_alikes) = record
    fix = written.get("fix", {})
    return ErrorKind(
        id=slug,
        seen=written["seen"],
        title=written["title"],
        stage=written["stage"],
        wrapper=written.get("wrapper", False),
        settles=written.get("settles"),
        of_resource=written.get("of-resource", False),
        by_agent=written.get("by-agent", False),
        before_method=written.get("before-method", False),
        rank=written.get("rank", "specific"),
        recognise=tuple(Alternative(tuple(_parts(item))) for item in written["recognise"]),
        unless=tuple(map(Template, written.get("unless", ()))),
        read=tuple(map(Template, written.get("read", ()))),
        implies=written.get("implies", {}),
        absorbs=frozenset(written.get("absorbs", ())),
        explains=frozenset(written.get("explains", ())),
        meaning=written["meaning"].strip(),
        causes=tuple(
            Cause(one["cause"], tuple(one.get("steps", ())), one.get("look", ""), one.get("command", ""))
            for one in written.get("causes", ())
        ),
        terraform=fix.get("terraform", "").strip(),
        gcloud=fix.get("gcloud", "").strip(),
        bad_cures=tuple(written.get("bad-cures", ())),
        certainty=written.get("certainty", "seen"),
        references=tuple(written["references"]),
        examples=tuple(
            Example(one["text"], one.get("fields", {}), Location(path, *at))
            for one, at in zip(written.get("examples", ()), examples, strict=True)
        ),
        look_alikes=tuple(
            LookAlike(one["text"], one.get("kind", ""), Location(path, *at))
            for one, at in zip(written.get("look-alikes", ()), look_alikes, strict=True)
        ),
        at=Location(path, *place),
    )


def _parts(item: Any) -> Iterator[Template | Structured]:
    """Yield the pieces of an alternative: a text, several texts, or texts and structured fields."""
    match item:
        case str():
            yield Template(item)
        case list():
            yield from map(Template, item)
        case _:
            texts = item.get("text", [])
            yield from map(Template, [texts] if isinstance(texts, str) else texts)
            yield from (Structured(key, value) for key, value in item.items() if key != "text")


# -- what is wrong -------------------------------------------------------------------------------------------------


def _beyond_schema(document: Value) -> Iterator[Unreadable]:
    """Yield what a schema cannot say: placeholders that are none, and texts too short to tell anything."""
    written = plain(document)
    alternatives = [list(_parts(item)) for item in written["recognise"]]
    templates = [part for parts in alternatives for part in parts if isinstance(part, Template)]
    for template in (*templates, *map(Template, written.get("read", ()))):
        for name in template.placeholders:
            if name not in SHAPES:
                hint = nearest_of(name, SHAPES) or f"one of {', '.join(SHAPES)}"
                yield Unreadable(
                    find(document, ["recognise"]).location,
                    f"{template.text!r} has {{{name}}}, which is no field",
                    hint,
                )
    for parts in alternatives:
        longest = max(
            sum(map(len, part.literals)) if isinstance(part, Template) else len(part.key) + len(part.value)
            for part in parts
        )
        if longest < SHORTEST:
            reason = f"an alternative of `recognise` has no piece of {SHORTEST} letters"
            yield Unreadable(find(document, ["recognise"]).location, reason)
