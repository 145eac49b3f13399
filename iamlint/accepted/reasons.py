"""Reasons for accepting a finding, which a reviewer must be able to read."""

from __future__ import annotations

_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Invisible letters of Hangul: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt"""


def is_visible(text: str) -> bool:
    """Whether a text has visible content: letters or digits, not only blanks, dots and characters without width."""
    return any(one.isalnum() and one not in _BLANK_LETTERS for one in text)
