"""Whether an unknown name is a misspelt one, or one that a newer catalogue has."""

from __future__ import annotations

import re
from collections.abc import Collection

from iamlint.basics.lazy_regex import regex

_FEW = 2
"""Number of services that may have a name that tells which service is meant."""
_PLURAL = 5
"""The letters of a word that may have lost its plural, or have it twice: ``Https`` is another word than ``Http``."""
_WORDS = regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


def is_misspelt(name: str, meant: str, known: Collection[str]) -> bool:
    """Whether a name of a role or permission is a misspelt one of these, not another or a new one."""
    (service, _, rest), (other, _, right) = (one.partition(".") for one in (name, meant))
    if service == other:
        return _has_new_word(name, meant, known)
    if _is_mistyped(service, other):
        return rest == right or _has_new_word(rest, right, known)
    # ``viewer`` is a role of many services, so that it does not tell which one is meant; ``objectViewer`` does.
    return rest == right and sum(one.endswith(f".{rest}") for one in known) <= _FEW


def _is_mistyped(name: str, meant: str) -> bool:
    """Whether two neighbouring letters are exchanged, one within the name is missing, or one is there twice."""
    at = next((number for number, pair in enumerate(zip(name, meant, strict=False)) if pair[0] != pair[1]), None)
    if not at:
        return False
    swapped = f"{meant[:at]}{meant[at + 1 : at + 2]}{meant[at]}{meant[at + 2 :]}"
    twice = f"{meant[:at]}{meant[at - 1]}{meant[at:]}"
    return name in (swapped, twice, meant[:at] + meant[at + 1 :])


def _has_new_word(name: str, meant: str, known: Collection[str]) -> bool:
    """Whether a name has a word instead of another that no known name has.

    The catalogue has a date: ``setIamPolicy`` is no misspelt ``getIamPolicy``, nor is ``opsTier2`` ``opsTier1``. A
    word in the singular or plural is no other word.
    """
    ours, theirs = ([word.lower() for word in _WORDS.findall(one)] for one in (name, meant))
    plural = {one.removesuffix("s") for one in theirs if len(one) > _PLURAL}
    other = [one for one in ours if one not in theirs and one.removesuffix("s") not in plural]
    added = len(ours) > len(theirs) and all(one in ours for one in theirs)
    if added or any(map(str.isdecimal, other)):
        return False
    text = "\n".join(known)
    patterns = (rf"(?<![A-Za-z]){one}(?![a-z])|{one.capitalize()}(?![a-z])" for one in other)
    return not other or not all(re.search(one, text) for one in patterns)
