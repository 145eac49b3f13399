"""How much work a pattern counts as."""

from __future__ import annotations

from iamlint.rules.pattern_size import words


def test_an_exception_counts_as_many_words() -> None:
    assert words({"role": ["a", "b"]}) == 2
    flat = words({"role": ["a", "b", "c", "d"]})
    nested = words({"role": "a", "unless": {"role": "b", "unless": {"role": "c", "unless": {"role": "d"}}}})
    assert nested > 3 * flat
