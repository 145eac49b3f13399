"""The size of a rule's patterns, which bounds how long a rule takes for one fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CHARACTERS = 4
"""Characters of a glob that count as a further word."""
_EXCEPTION = 15
"""Further words that an exception counts as: exceptions in exceptions take longer than words in one list."""


def words(pattern: Any) -> int:
    """Return how many words a pattern has, with those of its exceptions; a long glob counts several times."""
    if isinstance(pattern, Mapping):
        return sum(map(words, pattern.values())) + _EXCEPTION * ("unless" in pattern)
    if isinstance(pattern, list | tuple):
        return sum(map(words, pattern))
    return 1 + len(str(pattern)) // _CHARACTERS
