"""Texts as people read them: counts, and those of the input, made safe to print since anybody may have written it."""

from __future__ import annotations

import unicodedata

_KEPT = {"\t"}
_HIDING = frozenset(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters that change the direction or the order of what is shown, or are not seen at all."""


def neutral(text: str) -> str:
    """A text without control characters, escapes and marks of direction: each is shown as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _harmless(character) else _escape(character) for character in text)


def _harmless(character: str) -> bool:
    if character in _KEPT:
        return True
    return character not in _HIDING and unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escape(character: str) -> str:
    code = ord(character)
    return {"\n": "\\n", "\r": "\\r"}.get(character, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def counted(number: int, noun: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
