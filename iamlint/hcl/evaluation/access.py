"""Attributes and elements of values."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import Data, Lazy, List, SetOf, Value, key_value
from iamlint.hcl.functions.types import (
    EvaluationError,
    UnknownResult,
    entries,
    integer,
    known,
    parts,
    set_of,
    text,
    text_of,
    uncertain,
)
from iamlint.unknown import Unknown, UnknownPart


def _below(value: Unknown, step: str) -> Unknown:
    """Return an attribute or element of an unknown value. Raises UnknownResult if it is not one reference."""
    if value.unknown_part is None:
        raise UnknownResult(Unknown(value.reason, refused=value.refused))
    return Unknown(value.reason, (UnknownPart(value.unknown_part.reference + step),), refused=value.refused)


def _certain(collection: Value, key: Value) -> Value | None:
    """Return the value that a partly known map certainly has under a key; None for any other value."""
    partial = collection.partial
    if partial is None or partial.kind != "map":
        return None
    from iamlint.hcl.functions.partial import found_in

    try:
        return found_in(partial, key)
    except UnknownResult:
        return None


def if_any(collection: Value, key: Value) -> Value | None:
    """Return the value under a key of a collection that has only this one, or none: then Terraform stops."""
    if collection.partial is None or isinstance(key.data, SetOf | tuple | dict):
        return None
    from iamlint.hcl.functions.partial import only_one

    return only_one(collection.partial, key)


def attribute(value: Value, name: str) -> Value:
    """``value.name``."""
    match value.data:
        case Unknown() as why:
            certain = _certain(value, Value(name)) if value.structure is not None else None
            if certain is not None:
                return certain
            return Value(_below(why, f".{name}"), value.at)
        case Lazy() as lazy:
            return _named(lazy, name, value)
        case dict() as fields:
            if name not in fields:
                raise EvaluationError(f"the object has no attribute {name!r}")
            field: Value = fields[name]
            return field
        case None:
            raise EvaluationError(f"the attribute {name!r} of null")
        case _:
            raise EvaluationError(f"the attribute {name!r} of a value that is not an object")


def _named(lazy: Lazy, name: str, value: Value) -> Value:
    found: Value | None = lazy.attribute(name)
    if found is not None:
        return found
    reference = f"{lazy.reference}.{name}"
    return Value(Unknown(f"{reference} is not declared", (UnknownPart(reference),), refused=True), value.at)


def index(collection: Value, key: Value) -> Value:
    """``collection[key]``."""
    certain = _certain(collection, key)
    if certain is not None:
        return certain
    wanted = known(key)
    if wanted is None:
        raise EvaluationError("null is not an index")
    match collection.data:
        case Unknown() as why:
            shown = f'"{wanted}"' if isinstance(wanted, str) else text_of(wanted)
            return Value(_below(why, f"[{shown}]"), collection.at)
        case tuple() as elements:
            at = integer(key)
            if not 0 <= at < len(elements):
                raise EvaluationError(f"index {at} is outside of a list of {len(elements)}")
            element: Value = elements[at]
            return element
        case SetOf():
            unclear = uncertain(collection)
            raise UnknownResult(Unknown(unclear.reason)) if unclear else EvaluationError("a set has no indices")
        case _:
            return attribute(collection, text(key))


def as_given(results: tuple[Value, ...], source: Value) -> Data:
    """Return the results of a splat: a list for a list or set, without order if the source had none."""
    if uncertain(source):
        return set_of(results)
    return List(results) if isinstance(source.data, List | SetOf) else results


def pairs(collection: Value) -> list[tuple[Value, Value]]:
    """Return key and value of each element, in Terraform's order."""
    match known(collection):
        case dict() | Lazy():
            found = entries(collection)
            return [(key_value(key, found[key].at), found[key]) for key in sorted(found)]
        case tuple() as elements:
            return [(Value(at), item) for at, item in enumerate(elements)]
        case SetOf(elements):
            return [(item, item) for item in elements]
        case _:
            raise EvaluationError("for needs a collection")


def elements(collection: Value) -> Iterator[tuple[Value, Value, Unknown | None]]:
    """Yield key and value of each element, and for one that may not be there why; also of a partly known collection."""
    partial, unclear = collection.partial, collection.data
    if partial is None or not isinstance(unclear, Unknown):
        yield from ((key, item, None) for key, item in pairs(collection))
        return
    index_ = Value(Unknown(unclear.reason))
    for part in partial.parts:
        key = part.value if partial.kind == "set" else part.key or index_
        yield key, part.value, None if part.sure else unclear


def is_refused(value: Value) -> bool:
    """Whether Terraform would stop with an error at a value."""
    return isinstance(value.data, Unknown) and value.data.refused


def has_refused(value: Value) -> bool:
    """Whether evaluating this, or a part of it, is an error; raises if that is unknown."""
    unknowns = [part.data for part in parts(value) if isinstance(part.data, Unknown)]
    if any(why.refused for why in unknowns):
        return True
    if unknowns:
        raise UnknownResult(Unknown(unknowns[0].reason))
    return False
