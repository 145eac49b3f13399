"""The elements that a list certainly has, though the rest of it is not known: ``concat(["a"], var.more)``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.documents.values import SetOf, Value
from iamlint.unknown import Unknown

JOINING = frozenset({"compact", "concat", "distinct", "flatten", "setunion", "sort", "tolist", "toset"})
"""Functions whose result has every element of their arguments, but for null and empty texts in ``compact``."""
_MOST = 10_000


def certain_elements(name: str, arguments: Sequence[Value]) -> tuple[Value, ...]:
    """Return the elements that the unknown result of a function certainly has; none for other functions."""
    if name not in JOINING:
        return ()
    found: list[Value] = []
    for argument in arguments:
        for element in _elements(argument, deep=name == "flatten"):
            if len(found) >= _MOST:
                return ()
            found.append(element)
    return tuple(one for one in found if one.data not in (None, "")) if name == "compact" else tuple(found)


def _elements(value: Value, *, deep: bool) -> Iterator[Value]:
    match value.data:
        case Unknown():
            known = value.structure.data if value.structure else ()
        case SetOf(elements):
            known = elements
        case other:
            known = other
    if not isinstance(known, tuple):
        return
    for element in known:
        if deep and isinstance(element.data, tuple | SetOf):
            yield from _elements(element, deep=True)
        elif not isinstance(element.data, Unknown) or element.data.parts:
            yield element
        elif deep:
            yield from _elements(element, deep=True)
