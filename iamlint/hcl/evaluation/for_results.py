"""The objects that ``for`` expressions make of keys and values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from iamlint.documents.values import Key, Part, Partial, Value
from iamlint.hcl.functions.types import EvaluationError
from iamlint.unknown import Unknown


def single(found: Iterable[Part]) -> dict[str, Value]:
    """Return an object. Raises EvaluationError if two items have one key."""
    by_key: dict[str, Value] = {}
    for part in found:
        name = str(part.key.data) if part.key else ""
        if name in by_key:
            raise EvaluationError(f"two items have the key {name!r}")
        by_key[Key.of(name, part.key.at if part.key else None)] = part.value
    return dict(sorted(by_key.items()))


def grouped(found: Iterable[Part]) -> dict[str, Value]:
    """Return an object whose attributes are the lists of the values with one key."""
    by_key: dict[str, list[Value]] = {}
    for part in found:
        by_key.setdefault(Key.of(str(part.key.data), part.key.at) if part.key else "", []).append(part.value)
    return {key: Value(tuple(by_key[key])) for key in sorted(by_key)}


def by_key(found: Iterable[Part], why: Unknown, *, grouped: bool) -> tuple[Part, ...]:
    """Return the entries of a partly known object; what is grouped under a key may have other elements, too."""
    groups: dict[str, list[Part]] = {}
    for number, part in enumerate(found):
        key = part.key.data if part.key else None
        groups.setdefault(key if isinstance(key, str) else f"\0{number}", []).append(part)
    if grouped:
        return tuple(_group(group, why) for group in groups.values())
    twice = next((key for key, group in groups.items() if sum(part.sure for part in group) > 1), None)
    if twice is not None:
        raise EvaluationError(f"two items have the key {twice!r}")
    return tuple(part for group in groups.values() for part in group)


def _group(group: list[Part], why: Unknown) -> Part:
    elements = tuple(replace(part, key=None) for part in group)
    value = Value(Unknown(why.reason), None, Partial("list", elements))
    return Part(value, group[0].key, any(part.sure for part in group))
