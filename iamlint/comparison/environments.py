"""Comparisons of several environments as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from iamlint.comparison.model import Comparison, Pair, Privilege, UnknownChange

_Found = TypeVar("_Found", Pair, Privilege, UnknownChange)


def together(comparisons: Mapping[str, Comparison]) -> Comparison:
    """Return the comparisons of several environments, by name, as one: each thing once, with the environments."""
    every = list(comparisons.values())
    left_out: Counter[str] = Counter()
    for one in every:
        left_out.update(one.left_out)
    return replace(
        every[0],
        opened=_joined((name, one.opened) for name, one in comparisons.items()),
        closed=_joined((name, one.closed) for name, one in comparisons.items()),
        gained=_joined((name, one.gained) for name, one in comparisons.items()),
        lost=_joined((name, one.lost) for name, one in comparisons.items()),
        unknown=_joined((name, one.unknown) for name, one in comparisons.items()),
        left_out=dict(left_out),
        errors=tuple(dict.fromkeys(error for one in every for error in one.errors)),
    )


def _joined(found: Iterable[tuple[str, tuple[_Found, ...]]]) -> tuple[_Found, ...]:
    names: dict[_Found, list[str]] = {}
    for name, several in found:
        for one in several:
            names.setdefault(one, []).append(name)
    return tuple(replace(one, environments=tuple(those)) for one, those in names.items())
