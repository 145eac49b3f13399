"""Regular expressions that are compiled when they are first used: a short run needs few of them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, AnyStr, cast


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` returns, compiled at the first use; an error in the pattern is raised then."""
    return cast("re.Pattern[AnyStr]", LazyRegex(pattern, flags))


class LazyRegex:
    """A regular expression with the attributes of `re.Pattern`; each is looked up there once."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[Any]:
        """The compiled expression."""
        return re.compile(self.pattern, self._flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.compiled, name)
        setattr(self, name, found)
        return found
