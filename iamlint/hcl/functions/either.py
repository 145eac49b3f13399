"""A value that is one of several, since a condition or a key is not known: what they have in common is certain."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from math import prod

from iamlint.documents.values import ONE, Data, Lazy, List, Map, Part, Partial, SetOf, Value
from iamlint.hcl.functions.partial import (
    is_text,
    may_be_equal,
    only_one,
    partial_of,
    same_or_unknown,
    text_parts,
    with_parts,
)
from iamlint.hcl.functions.types import EvaluationError, Identity, UnknownResult, identity, size
from iamlint.unknown import Unknown, UnknownPart

MOST_OPTIONS = 16
"""Maximum number of possible values of an unknown text or number."""
MOST_ELEMENTS = 100
"""Maximum number of elements of a collection that an unknown key may mean."""


def size_in_part(value: Value) -> int:
    """Return the number of values in a value, also if it is known in part."""
    return sum(size(part.value) for part in value.partial.parts) if value.partial else size(value)


def either(one: Value, other: Value, why: Unknown) -> Value | None:
    """Return what is certain of a value that is one of two; None if nothing is known of it."""
    if isinstance(one.data, dict) and isinstance(other.data, dict) and one.data.keys() == other.data.keys():
        fields = {key: _one_of(item, other.data[key], why) for key, item in one.data.items()}
        return Value(Map(fields) if isinstance(one.data, Map) and isinstance(other.data, Map) else fields)
    options = _options(one, other)
    if options:
        return Value(_text_of_either(one.data, other.data, why), None, Partial(ONE, options, open=False))
    sides = [partial_of(side) for side in (one, other)]
    kind = _common_kind(sides, one.data, other.data)
    if kind is None or any(_is_other(side) for side in (one, other)):
        return None
    first = sides[0] or Partial(kind, (), open=one.data is not None)
    second = sides[1] or Partial(kind, (), open=other.data is not None)
    parts = _of_maps(first, second, why) if kind == "map" else _of_lists(first, second)
    return with_parts(why, Partial(kind, tuple(parts), first.open or second.open))


def any_of(values: Iterable[Value], why: Unknown) -> Value | None:
    """Return what is certain of a value that is one of these; None if nothing is certain, or if there are no values."""
    found: Value | None = None
    kind = ""
    for one in values:
        of_one = "text" if _options(one) else getattr(partial_of(one), "kind", "")
        kind = kind or of_one
        if isinstance(one.data, Lazy) or not of_one or (kind != of_one and {kind, of_one} != {"list", "set"}):
            return None  # they may be of different types
        if found is None or same_or_unknown(found, one) is True:
            found = found or one
            continue
        found = either(found, one, why)
        if found is None:
            return None
    return found


def by_cases(
    arguments: list[Value], work: Callable[[list[Value]], Value], why: Unknown, *, in_try: bool
) -> Value | None:
    """Return what is certain of the result for each of the possible values of unknown arguments.

    None if nothing is certain, or if there are too many cases. A case that Terraform would refuse is skipped, except
    within ``try`` and ``can``.
    """
    choices = [one.options or (one,) for one in arguments]
    if not 1 < prod(map(len, choices)) <= MOST_OPTIONS:
        return None
    results: list[Value] = []
    for given in itertools.product(*choices):
        try:
            results.append(work(list(given)))
        except EvaluationError:
            if in_try:
                return None
        except UnknownResult:
            return None
    return _aligned(results, why)


def _aligned(results: list[Value], why: Unknown) -> Value | None:
    """Return what is certain of one of these; of lists of one length, element by element."""
    rows = [one.data for one in results if isinstance(one.data, tuple)]
    if not rows or len(rows) < len(results) or len({len(row) for row in rows}) > 1:
        return any_of(results, why)
    elements = tuple(any_of(column, why) or Value(why) for column in zip(*rows, strict=True))
    return Value(List(elements) if isinstance(rows[0], List) else elements)


def entry_of(collection: Value, key: Value, why: Unknown) -> Value | None:
    """Return what is certain of the element under an unknown key of a known collection."""
    found = any_of(_under(collection, key), why)
    if found is None or not isinstance(found.data, str | int | Decimal):
        return found
    return Value(why, found.at, Partial(ONE, (Part(found, None, sure=False),), open=False))  # it may have none


def _under(collection: Value, key: Value) -> Iterator[Value]:
    """Yield the elements that an unknown key may mean; none if there are too many."""
    keys = [one.data for one in key.options] or [key.data]
    match collection.data:
        case dict() as found if len(found) <= MOST_ELEMENTS:
            yield from (one for name, one in found.items() if any(may_be_equal(str(name), key) for key in keys))
        case tuple() as elements if len(elements) <= MOST_ELEMENTS:
            yield from elements
        case _:
            pass


def may_be_among(element: Value, collection: Value) -> Value:
    """Return an unknown element of a partly known list with the texts that it may be."""
    partial = collection.partial
    if partial is None or not isinstance(element.data, Unknown) or element.data.refused:
        return element
    numbered = [part for part in partial.parts if part.key is None or part.key.unknown]
    rest = [Value(replace(element.data, parts=()))] if partial.open else []
    options = one_of_texts([*(part.value for part in numbered), *rest]) if numbered else None
    return Value(element.data, element.at, options) if options else element


def chosen(name: str, arguments: list[Value], why: Unknown) -> Value | None:
    """Return what is certain of the result of a function that returns one of its arguments, or an element of one."""
    match name, arguments:
        case "coalesce", _:
            return _coalesced(arguments, why)
        case "element", [collection, key] if key.unknown and isinstance(collection.data, tuple):
            return entry_of(collection, key, why)
        case "element", [collection, key] if collection.partial and collection.partial.kind == "list":
            exact = only_one(collection.partial, key)
            return may_be_among(Value(why), collection) if exact is None else exact
        case "lookup", [collection, key, default] if key.unknown and isinstance(collection.data, dict):
            return any_of((*_under(collection, key), default), why)
        case _:
            return None


def _coalesced(arguments: list[Value], why: Unknown) -> Value | None:
    """Return what is certain of the first argument that is neither null nor empty, if one is a text."""
    found: list[Value] = []
    for one in arguments:
        if isinstance(one.data, Unknown):
            found.append(Value(replace(one.data, filled=True), one.at, one.structure))
        elif one.data not in (None, ""):
            found.append(one)
        if found and (not isinstance(one.data, Unknown) or one.data.is_filled) and one.data not in (None, ""):
            break
    return any_of(found, why) if any(isinstance(one.data, str) or _has_text(one) for one in found) else None


def _has_text(value: Value) -> bool:
    return isinstance(value.data, Unknown) and value.data.has_text


def one_of_texts(values: Iterable[Value]) -> Partial | None:
    """Return the possible values of a choice, if the known ones are texts; unknown ones may be anything."""
    options = _options(*values, is_text=lambda _why: True)
    return Partial(ONE, options, open=False) if len(options) > 1 else None


def text_of_any(texts: Sequence[Data], why: Unknown) -> Unknown:
    """Return the text that is one of these: their common beginning and end are known."""
    found = texts[0]
    for other in texts[1:]:
        found = _text_of_either(found, other, why)
    return found if isinstance(found, Unknown) else why


def _options(*sides: Value, is_text: Callable[[Unknown], bool] = is_text) -> tuple[Part, ...]:
    """Return the possible values of a choice, if all sides are known texts or numbers."""
    found: dict[object, Part] = {}
    for side in sides:
        if isinstance(side.data, Unknown):
            values = side.options or ((side,) if is_text(side.data) else ())
        else:
            values = (side,) if isinstance(side.data, str | int | Decimal) else ()
        if not values:
            return ()
        for value in values:
            found.setdefault(_same_option(value), Part(value, None, sure=False))
    return tuple(found.values()) if len(found) <= MOST_OPTIONS else ()


def _same_option(value: Value) -> object:
    """Return a key that is equal for two possible values that are certainly the same."""
    data = value.data
    if isinstance(data, Unknown):
        return ("unknown", data.text) if data.is_named else id(value)
    return type(data), data


def _common_kind(sides: list[Partial | None], one: Data, other: Data) -> str | None:
    """Return the kind of both; a tuple becomes a set if the other is one. None if they have none in common."""
    kinds = {side.kind for side in sides if side is not None}
    if kinds == {"list", "set"}:
        return "list" if isinstance(one, List) or isinstance(other, List) else "set"
    return kinds.pop() if len(kinds) == 1 else None


def _is_other(side: Value) -> bool:
    """Whether a value is neither a collection nor null, and not one of these that is unknown."""
    if isinstance(side.data, Unknown):
        return side.partial is None and is_text(side.data)
    return not isinstance(side.data, tuple | dict | SetOf) and side.data is not None


def _one_of(one: Value, other: Value, why: Unknown) -> Value:
    if same_or_unknown(one, other) is True:
        return one
    return either(one, other, why) or Value(Unknown(why.reason, refused=why.refused), one.at)


def _text_of_either(one: Data, other: Data, why: Unknown) -> Unknown:
    """Return the text that is one of two: its common beginning and end are known."""
    texts = [side for side in (one, other) if isinstance(side, str) or (isinstance(side, Unknown) and side.parts)]
    nothing = Unknown(why.reason, refused=why.refused)
    if len(texts) < 2:
        return nothing
    left, right = text_parts(one), text_parts(other)
    before, after = _shared(left, right, 0), _shared(left, right, -1)
    if not before and not after:
        return nothing
    return Unknown(why.reason, (*before, UnknownPart("?"), *reversed(after)), refused=why.refused)


def _shared(left: list[str | UnknownPart], right: list[str | UnknownPart], at: int) -> list[str | UnknownPart]:
    """Take the common beginning, or end, from two texts, and return it."""
    found: list[str | UnknownPart] = []
    while left and right:
        one, other = left[at], right[at]
        if isinstance(one, str) and isinstance(other, str):
            length = _common(one, other, at)
            if length:
                found.append(one[:length] if at == 0 else one[len(one) - length :])
            for side, text in ((left, one), (right, other)):
                side[at] = text[length:] if at == 0 else text[: len(text) - length]
            if left[at] or right[at]:
                return found
            left.pop(at)
            right.pop(at)
        elif one == other and one != UnknownPart("?"):
            found.append(left.pop(at))
            right.pop(at)
        else:
            break
    return found


def _common(one: str, other: str, at: int) -> int:
    pairs = zip(one, other, strict=False) if at == 0 else zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _of_lists(one: Partial, other: Partial) -> Iterator[Part]:
    """Yield the elements of either list; their numbers only if they are the same in both."""
    here, there = _sure(one), _sure(other)
    numbers: dict[Identity, set[object]] = {}
    for part in (*one.parts, *other.parts):
        numbers.setdefault(identity(part.value), set()).add(part.key.data if part.key else None)
    is_numbered = not any(None in known or len(known) > 1 for known in numbers.values())
    seen: set[Identity] = set()
    for part in (*one.parts, *other.parts):
        token = identity(part.value)
        if token not in seen:
            seen.add(token)
            yield replace(part, key=part.key if is_numbered else None, sure=token in here and token in there)


def _sure(partial: Partial) -> set[Identity]:
    return {identity(part.value) for part in partial.parts if part.sure}


def _of_maps(one: Partial, other: Partial, why: Unknown) -> Iterator[Part]:
    theirs = {_token(part): part for part in other.parts}
    for part in one.parts:
        twin = theirs.pop(_token(part), None)
        if twin is None or not part.sure or not twin.sure:
            yield replace(part, sure=False)
            if twin is not None:
                yield replace(twin, sure=False)
        else:
            yield replace(part, value=_one_of(part.value, twin.value, why))
    yield from (replace(part, sure=False) for part in theirs.values())


def _token(part: Part) -> object:
    key = part.key.data if part.key else None
    if isinstance(key, Unknown):
        return ("unknown", key.text) if key.is_named else id(part)
    return key
