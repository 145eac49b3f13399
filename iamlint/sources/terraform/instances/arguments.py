"""Converts arguments for facts: texts, lists of texts, and the place of each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from iamlint.documents.values import Data, Part, SetOf, Value
from iamlint.facts import Place, Text
from iamlint.hcl.functions.types import bool_of, number_text
from iamlint.location import Made, Span
from iamlint.sources.terraform.instances.instance import Argument, Body
from iamlint.unknown import SET_ELSEWHERE, Unknown, UnknownPart, shown, worded

LONGEST_TEXT = 100_000
"""Maximum length of an argument in characters; a longer one is unknown, unless it is a document."""
Placed = tuple[Text, Place]


def text_of(value: Value) -> Text | None:
    """Return a value as Terraform converts it for a string argument; None for null."""
    match value.data:
        case str() as data if len(data) > LONGEST_TEXT:
            return Unknown(f"a text of {len(data)} characters is longer than iamlint reads here")
        case Unknown() as why if value.options:
            return _one_of(why, value.options)
        case None | str() | Unknown() as data:
            return data
        case bool() as flag:
            return "true" if flag else "false"
        case int() | Decimal() as number:
            return number_text(number)
        case _:
            return Unknown("this is not a string")


def _one_of(why: Unknown, options: Iterable[Value]) -> Unknown:
    """Return an unknown text with its possible texts."""
    texts = tuple(dict.fromkeys(text for text in map(text_of, options) if text is not None))
    found = replace(why, options=texts)
    return replace(found, reason=f"it is {worded(found)}: {why.reason}")


def flag_of(value: Value) -> bool | Unknown:
    """Return a value as Terraform converts it for a boolean argument; false for null."""
    data = value.data
    if data is None or isinstance(data, bool | Unknown):
        return data or False
    flag = bool_of(data)
    return Unknown("this is neither true nor false") if flag is None else flag


def place_of(argument: Argument, value: Value | None = None, item: Span | None = None) -> Place:
    """Return where an argument's value, or one element of it, is written.

    That is the item of a literal list, else the part of the argument's expression, else the whole expression. A value
    from elsewhere has that place as its origin.
    """
    at, written = item or argument.at, (value or argument.value).at
    if isinstance(written, Made):
        return replace(_place(at, written.named), made=written.location)
    return _place(at, written)


def _place(at: Span, written: Span | None) -> Place:
    if written is None or written is at or written == at:
        return Place(at.location)
    if written.source is at.source and at.start <= written.start and written.end <= at.end:
        return Place(written.location)
    return Place(at.location, written.location)


def placed_text(body: Body, name: str) -> Placed | None:
    """Return the text of an argument with its place; None if it is absent or null."""
    argument = body.arguments.get(name)
    text = text_of(argument.value) if argument else None
    return (text, place_of(argument)) if argument and text is not None else None


def needed_text(body: Body, name: str) -> Placed | None:
    """Return the text of an argument that means nothing if it is empty, with its place; None if it is absent or null.

    An empty text counts as it is in the block itself and in a file of variables. Any other counts as unknown: it comes
    from a variable with an empty default, which is set elsewhere.
    """
    found = placed_text(body, name)
    if found and found[0] == "":
        origin = found[1].origin
        return found if origin is None or "tfvars" in origin.path else (Unknown(f"this {SET_ELSEWHERE}"), found[1])
    return found


def written_at(argument: Argument, value: Value | None = None, item: Span | None = None) -> Span:
    """Return the place of the text that is the value of an argument, or of one element of it."""
    written = (value or argument.value).at
    return item or argument.at if written is None or isinstance(written, Made) else written


def elements_of(value: Value) -> tuple[Value, ...] | Unknown:
    """Return the elements of a list or set; empty for null."""
    match value.data:
        case None:
            return ()
        case tuple() as items:
            return items
        case SetOf(items):
            return items
        case Unknown() as why:
            return why
        case _:
            return Unknown("this is not a list")


def partly_known(value: Value) -> tuple[Part, ...] | Unknown:
    """Return the elements of a list or set; of an unknown one the known ones, and an unknown one for all others.

    An element that it may have counts as such if something is known of it; else it is an unknown one like the others.
    """
    elements = elements_of(value)
    if not isinstance(elements, Unknown):
        return tuple(map(Part, elements))
    partial = value.partial
    if partial is None or partial.kind == "map":
        return elements
    parts = tuple(part if _says_something(part.value.data) else Part(part.value) for part in partial.parts)
    is_all = not partial.open and all(part.sure for part in parts)
    return parts if is_all else (*parts, Part(Value(elements, value.at)))


def placed_parts(argument: Argument) -> tuple[tuple[Part, Place], ...] | Unknown:
    """Return what is known of a list or set that is an argument, with the place of each element."""
    parts = partly_known(argument.value)
    if isinstance(parts, Unknown):
        return parts
    items = argument.items if len(argument.items) >= len(parts) - 1 else ()  # the unknown rest is not written anywhere
    pairs = itertools.zip_longest(parts, items[: len(parts)])
    return tuple((part, place_of(argument, part.value, item)) for part, item in pairs)


def _says_something(data: Data) -> bool:
    return not isinstance(data, Unknown) or data.has_text


def doubt_of(part: Part, text: Text, why: Unknown) -> str:
    """Return why it is not known whether a list has an element; empty for one that it certainly has."""
    return "" if part.sure else f"whether {shown(text)} is in the list is not known: {why.reason}"


Member = tuple[Placed, Span, str]
"""A principal with its place, the span of its text, and why it is not certain that it is there."""


def placed_members(body: Body, name: str = "members") -> tuple[Member, ...]:
    """Return the principals of a list, each once, as far as they are known; the rest is an unknown one."""
    argument = body.arguments[name]
    listed = _listed(argument)
    if not isinstance(listed, Unknown):
        return tuple((placed, at, "") for placed, at in _distinct(listed))
    elements = placed_parts(argument)
    if isinstance(elements, Unknown):
        return (((elements, Place(argument.at.location)), argument.at, ""),)
    found: list[Member] = []
    for part, place in elements:
        text = text_of(part.value)
        if text is not None:
            found.append(((text, place), written_at(argument, part.value), doubt_of(part, text, listed)))
    kept = {placed for placed, _ in _distinct((placed, at) for placed, at, _ in found)}
    return tuple(dict.fromkeys(one for one in found if one[0] in kept))


def placed_texts(body: Body, name: str) -> tuple[Placed, ...] | Unknown:
    """Return the elements of a set of strings, each once and with its own place, as the provider's set has them."""
    argument = body.arguments.get(name)
    listed = _listed(argument) if argument else ()
    return listed if isinstance(listed, Unknown) else tuple(placed for placed, _ in _distinct(listed))


def listed_texts(body: Body, name: str) -> tuple[Placed, ...] | Unknown:
    """Return the non-null elements of a list of strings, each with its own place, duplicates included."""
    argument = body.arguments.get(name)
    listed = _listed(argument) if argument else ()
    return listed if isinstance(listed, Unknown) else tuple(placed for placed, _ in listed)


def _listed(argument: Argument) -> tuple[tuple[Placed, Span], ...] | Unknown:
    """Return the non-null elements of a list of strings, each with its place and the span of its text."""
    elements = elements_of(argument.value)
    if isinstance(elements, Unknown):
        return elements
    items: tuple[Span | None, ...] = argument.items
    if len(items) != len(elements):
        items = (None,) * len(elements)
    texts = ((text_of(element), element, item) for element, item in zip(elements, items, strict=True))
    return tuple(
        ((text, place_of(argument, element, item)), written_at(argument, element, item))
        for text, element, item in texts
        if text is not None
    )


def _distinct(listed: Iterable[tuple[Placed, Span]]) -> Iterator[tuple[Placed, Span]]:
    """Yield each text once; completely unknown texts count as different."""
    seen: set[str] = set()
    for placed, at in listed:
        text = placed[0]
        identity = shown(text)
        comparable = isinstance(text, str) or bool(text.parts)
        if not comparable or identity not in seen:
            yield placed, at
        seen.add(identity)


def texts_only(found: tuple[Placed, ...] | Unknown) -> tuple[Text, ...] | Unknown:
    """Return the texts without their places."""
    return found if isinstance(found, Unknown) else tuple(text for text, _ in found)


def named(text: Text | None, reference: str, reason: str) -> Text:
    """Return a text with an identity: a completely unknown one becomes an unknown part of its own."""
    if text is None:
        return Unknown(reason, (UnknownPart(reference),))
    if isinstance(text, Unknown) and not text.parts:
        return Unknown(text.reason, (UnknownPart(reference),), options=text.options)
    return text
