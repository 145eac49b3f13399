"""The key ``required-version``: the versions of iamlint that a configuration is written for."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from iamlint import __version__
from iamlint.basics.lazy_regex import regex
from iamlint.documents import find
from iamlint.documents.values import Value
from iamlint.location import Unreadable

KEY = "required-version"
_PART = regex(r"\s*(?P<how>[<>=!~]=|[<>]|)\s*(?P<version>\d{1,9}(?:\.\d{1,9}){0,2})\s*\Z")
_COMPARED: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "": operator.eq,
    "!=": operator.ne,
}


def refused(document: Value) -> Unreadable | None:
    """Return an error if a configuration asks for another version; None also if the key is missing or not valid.

    It is asked before the schema: another version may know other keys.
    """
    if not isinstance(document.data, dict) or KEY not in document.data:
        return None
    asked = find(document, [KEY])
    if not isinstance(asked.data, str) or allows(asked.data, __version__) is not False:
        return None
    reason = f"this configuration asks for iamlint {asked.data}, and this is {__version__}"
    return Unreadable(asked.location, reason, f"install such a version, or change `{KEY}`")


def allows(asked: str, version: str) -> bool | None:
    """Whether a requirement, such as ``>=0.1, <1``, allows a version; None if it cannot be read.

    ``~=0.2`` allows 0.2 and later of 0; a version alone means itself. Source:
    https://packaging.python.org/en/latest/specifications/version-specifiers/
    """
    have = _numbers(re.split(r"[^\d.]", version, maxsplit=1)[0].strip("."))
    for part in asked.split(","):
        found = _PART.match(part)
        if not found:
            return None
        want = _numbers(found["version"])
        if found["how"] == "~=":
            upper = len(found["version"].split(".")) - 1
            if have < want or have[:upper] != want[:upper]:
                return False
        elif not _COMPARED[found["how"]](have, want):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in version.split(".") if part)
    return (*numbers, 0, 0, 0)[:3]
