"""Terraform's regular expressions, searched by RE2 in linear time.

Terraform's are Go's, whose package follows RE2. `ONLY_RE2` lists the differences; the recorded answers of ``terraform
console`` test the rest. Sources: https://github.com/google/re2/wiki/Syntax, https://pkg.go.dev/regexp/syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from iamlint.basics.lazy_regex import regex
from iamlint.hcl.functions.types import EvaluationError, UnknownResult
from iamlint.unknown import Unknown

LONGEST_PATTERN = 5_000
"""Maximum length of a pattern that is evaluated."""
MEMORY = 1 << 20
"""Memory limit of a compiled pattern and its search in bytes; RE2 does not compile larger ones."""
MOST_WORK = 200_000_000
"""Maximum work of one call; beyond it the result is unknown.

The work is, for each search, the number of remaining characters times the instructions of the pattern. That is RE2's
worst case, about two seconds; it usually takes a hundredth of it.
"""
_KEPT = 64
"""Number of cached compiled patterns."""

ONLY_RE2: Mapping[str, str] = {
    r"\\C": "one byte of a text; Go refuses it",
    r"\(\?P?<[^>]*[^\x00-\x7f][^>]*>": "letters of any script in the name of a group; Go takes those of ASCII",
}
"""Syntax that RE2 accepts and Go refuses: Python patterns over one token of a pattern, and the difference."""
_REFUSED = regex("|".join(ONLY_RE2))
_TOKEN = regex(
    r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\(\?P?<(?P<name>[^>]*)>|(?P<group>\((?!\?))",
    re.DOTALL,
)
"""Quoted texts, escapes, classes, and the start of a capturing group."""


class Found(NamedTuple):
    """A match: its start and end, and the texts of its groups (None for unmatched ones)."""

    start: int
    end: int
    groups: tuple[str | None, ...]


class Pattern:
    """A compiled pattern; ``names`` has a name, or "", for each group.

    Raises `EvaluationError` for patterns that Go refuses, and `UnknownResult` for patterns over the limits.
    """

    def __init__(self, text: str) -> None:
        import re2

        if len(text) > LONGEST_PATTERN:
            raise UnknownResult(Unknown("a pattern longer than iamlint evaluates"))
        tokens = list(_TOKEN.finditer(text))
        if any(_REFUSED.fullmatch(token[0]) for token in tokens):
            raise EvaluationError("the pattern has what Go's regular expressions do not have")
        options = re2.Options()
        options.max_mem, options.log_errors = MEMORY, False
        try:
            self._regex: Any = re2.compile(text, options)
        except re2.error as error:
            raise _refusal(str(error)) from error
        except UnicodeEncodeError as error:
            raise _no_unicode() from error
        self.names = tuple(token["name"] or "" for token in tokens if token.lastgroup)  # RE2 keeps one of equal names
        self._size: int = self._regex.programsize

    def search(self, text: str) -> Found | None:
        """Return the first match."""
        return next(self.matches(text), None)

    def matches(self, text: str) -> Iterator[Found]:
        """Yield all matches without overlap; as in Go, no empty one directly after another match."""
        left, last = MOST_WORK - self._size * len(text), -1
        if left < 0:
            raise _too_long()
        try:
            for found in self._regex.finditer(text):
                start, end = found.span()
                if end > start or start != last:
                    yield Found(start, end, found.groups())
                last = end
                left -= self._size * (len(text) - end)
                if left < 0:
                    raise _too_long()
        except UnicodeEncodeError as error:
            raise _no_unicode() from error


def _refusal(told: str) -> EvaluationError | UnknownResult:
    if "pattern too large" in told:
        return UnknownResult(Unknown("a pattern larger than iamlint evaluates"))
    return EvaluationError(f"the pattern has an error: {told}")


def _no_unicode() -> UnknownResult:
    return UnknownResult(Unknown("a text that is not Unicode"))


def _too_long() -> UnknownResult:
    return UnknownResult(Unknown("a search with a pattern that takes longer than iamlint evaluates"))


@lru_cache(maxsize=_KEPT)
def compiled(text: str) -> Pattern:
    """Return a compiled pattern. Raises `EvaluationError` if Go refuses it, `UnknownResult` if it is not evaluated."""
    return Pattern(text)
