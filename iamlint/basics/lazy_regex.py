"""Regular expressions that are compiled when they are first used: a short run needs few of them.

To compile one takes Python a third of a millisecond, and a run needs up to two hundred. What Python makes of them is
written to a file when the package is built, and used by that version of Python, as it uses its own compiled modules.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, AnyStr, cast

FILE = os.path.join(os.path.dirname(__file__), "patterns.json")
"""The expressions that were compiled when the package was built: a line for each, after one that names them."""
_ENGINE: Any = __import__("_sre")


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` returns, compiled at the first use; an error in the pattern is raised then."""
    return cast("re.Pattern[AnyStr]", LazyRegex(pattern, flags))


class LazyRegex:
    """A regular expression with the attributes of `re.Pattern`; each is looked up there once."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self.own_flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[Any]:
        """The compiled expression."""
        pattern, flags = self.pattern, self.own_flags
        known = compiled_before(FILE).get(key_of(pattern, flags)) if isinstance(pattern, str) else None
        return re.compile(pattern, flags) if known is None else made_of(pattern, known)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.compiled, name)
        setattr(self, name, found)
        return found


def key_of(pattern: str, flags: int) -> str:
    """Return what identifies an expression."""
    return f"{int(flags)} {pattern}"


def engine() -> str:
    """Return what can use the compiled expressions: the version of Python, and that of their form."""
    return f"{sys.implementation.cache_tag} {_ENGINE.MAGIC} {_ENGINE.CODESIZE}"


@lru_cache(maxsize=1)
def compiled_before(file: str) -> Mapping[str, bytes]:
    """Return the compiled expressions of a file, by `key_of`; none if another Python made it."""
    import json

    try:
        with open(file, "rb") as opened:
            first, *lines = opened.read().splitlines()
        made_for, keys = json.loads(first)
        found = dict(zip(keys, lines, strict=True))
    except (OSError, ValueError, TypeError):  # it is not there, its writing was interrupted, or it has another form
        return {}
    return found if made_for == engine() else {}


def made_of(pattern: str | bytes, line: bytes) -> re.Pattern[Any]:
    """Return an expression of the line that was written for it: the arguments that Python calls its engine with."""
    import json

    flags, code, groups, names, indexes = json.loads(line)
    return cast("re.Pattern[Any]", _ENGINE.compile(pattern, flags, code, groups, names, tuple(indexes)))
