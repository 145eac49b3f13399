"""Characters as readers see them: Terraform counts, cuts and reverses texts by these, not by code points.

Source: https://www.unicode.org/reports/tr29/ (extended grapheme clusters), without the rules for the conjuncts of
Indic scripts.
"""

from __future__ import annotations

import unicodedata

from iamlint.hcl.functions.types import UnknownResult
from iamlint.unknown import Unknown

LONGEST = 100_000
"""Characters of a text, beyond which it is not cut into graphemes where it is not ASCII."""
_JOINER = "\u200d"


def graphemes(text: str) -> list[str]:
    """Return the grapheme clusters of a text."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    if len(text) > LONGEST:
        raise UnknownResult(Unknown(f"a text of more than {LONGEST} characters beyond ASCII"))
    found: list[str] = []
    for character in text:
        if found and _continues(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _continues(cluster: str, character: str) -> bool:
    last = cluster[-1]
    if last == "\r":
        return character == "\n"
    if unicodedata.category(last) in ("Cc", "Zl", "Zp"):
        return False
    if character == _JOINER or unicodedata.category(character) in ("Mn", "Me", "Mc") or _is_extending(character):
        return True
    if last == _JOINER:
        return len(cluster) > 1 and _is_pictograph(character) and _is_pictograph(cluster.rstrip(_JOINER)[0])
    if _is_flag(last) and _is_flag(character):
        return len(cluster) % 2 == 1
    return _hangul(last, character)


def _is_extending(character: str) -> bool:
    """Skin tones, tags, half-width sound marks and the non-joiner."""
    return (
        "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        or character in "\u200c\uff9e\uff9f"
    )


def _is_pictograph(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sm", "Cn") and ord(character) > 0xA8


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _hangul(last: str, character: str) -> bool:
    """Return a syllable that is put together of its letters."""
    leading, vowel = "\u1100" <= last <= "\u115f", "\u1160" <= character <= "\u11a7"
    if leading:
        return "\u1100" <= character <= "\u115f" or vowel or "\uac00" <= character <= "\ud7a3"
    if "\uac00" <= last <= "\ud7a3":
        open_ = (ord(last) - 0xAC00) % 28 == 0
        return (open_ and vowel) or "\u11a8" <= character <= "\u11ff"
    if "\u1160" <= last <= "\u11a7":
        return vowel or "\u11a8" <= character <= "\u11ff"
    return "\u11a8" <= last <= "\u11ff" and "\u11a8" <= character <= "\u11ff"
