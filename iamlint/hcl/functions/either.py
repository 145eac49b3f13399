"""The value of a conditional whose condition is not known: one of two, and what both have in common is certain."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from iamlint.documents.values import ONE, Data, List, Map, Part, Partial, SetOf, Value
from iamlint.hcl.functions.partial import is_named, is_text, partial_of, same_or_unknown, text_parts, with_parts
from iamlint.hcl.functions.types import Identity, identity, size
from iamlint.unknown import Unknown, UnknownPart

MOST_OPTIONS = 16
"""Maximum number of values of which an unknown text or number is one."""


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


def _options(one: Value, other: Value) -> tuple[Part, ...]:
    """Return the values of which one is chosen, if both sides are texts or numbers that are known."""
    found: list[Part] = []
    for side in (one, other):
        if isinstance(side.data, Unknown):
            values = side.options or ((side,) if is_text(side.data) else ())
        else:
            values = (side,) if isinstance(side.data, str | int | Decimal) else ()
        if not values:
            return ()
        found += (Part(value, None, sure=False) for value in values)
    return tuple(found) if len(found) <= MOST_OPTIONS else ()


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
    here, there = _sure(one), _sure(other)
    seen: set[Identity] = set()
    for part in (*one.parts, *other.parts):
        token = identity(part.value)
        if token not in seen:
            seen.add(token)
            yield replace(part, sure=token in here and token in there)


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
        return ("unknown", key.text) if is_named(key) else id(part)
    return key
