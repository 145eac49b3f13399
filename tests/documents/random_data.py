"""Random data that JSON can hold."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from every_character import characters
from hypothesis import strategies as st

ODD = ("", "\\", '"', "a", "\0", "\x7f", "\u2028", "\ufeff", "\U0010ffff", "\\u0041", "//", "{}")
NUMBERS = (0, -1, 1, 10**20, -(2**63), 0.1, -0.0, 1e300, 5e-324, 1.7976931348623157e308, 123456.789)


def value_of(chance: Random, depth: int = 4) -> Any:
    """Return a value: more often a list or an object the less deep it is."""
    if chance.random() < 0.2 * depth:
        return list_of(chance, depth - 1) if chance.random() < 0.5 else object_of(chance, depth - 1)
    kind = chance.randrange(6)
    return (None, True, False)[kind] if kind < 3 else number_of(chance) if kind == 3 else text_of(chance)


def list_of(chance: Random, depth: int) -> list[Any]:
    return [value_of(chance, depth) for _ in range(chance.randint(0, 4))]


def object_of(chance: Random, depth: int = 3) -> dict[str, Any]:
    """Return an object, as `value_of`; some of its keys are odd."""
    return {text_of(chance): value_of(chance, depth) for _ in range(chance.randint(0, 4))}


def number_of(chance: Random) -> float:
    """Return an integer or a number with a fraction, of any size."""
    if chance.random() < 0.3:
        return chance.choice(NUMBERS)
    integer = chance.randint(-(10 ** chance.randint(0, 30)), 10 ** chance.randint(0, 30))
    return integer if chance.random() < 0.5 else chance.uniform(-1, 1) * 10.0 ** chance.randint(-300, 300)


def text_of(chance: Random) -> str:
    """Return up to eight characters of any kind, or an odd text."""
    if chance.random() < 0.2:
        return chance.choice(ODD)
    return characters(chance, 8)


def random_data(made: Callable[[Random], Any] = value_of) -> st.SearchStrategy[Any]:
    """Data made by a function from random numbers.

    Hypothesis draws a seed for each: to draw every part takes longer than to read the text.
    """
    return st.integers(0, 2**64).map(lambda seed: made(Random(seed)))
