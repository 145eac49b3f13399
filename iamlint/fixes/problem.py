"""The input of a fix (a finding, its match, the syntax trees) and its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from iamlint.basics.frozen import frozen
from iamlint.edits import Edit, Safety
from iamlint.estate import Estate
from iamlint.facts import Grant, Written
from iamlint.finding import Finding
from iamlint.fixes.sources import Sources
from iamlint.linter import place_of
from iamlint.patterns.match import Match


@frozen
class Problem:
    """A finding, the match it was made of, the estate it was found in, and the sources of the run."""

    finding: Finding
    match: Match
    estate: Estate
    sources: Sources

    @property
    def place(self) -> Written:
        """The narrowest argument that causes it."""
        return place_of(self.match)

    @property
    def grant(self) -> Grant | None:
        """The grant of the finding, if its fact is a grant."""
        return self.match.fact if isinstance(self.match.fact, Grant) else None


@frozen
class Change:
    """What a fix does: a title, and edits. ``safety`` is set if this change is less certain than its document says."""

    title: str
    edits: tuple[Edit, ...]
    safety: Safety | None = None


@frozen
class Withheld:
    """Says that the input does not determine the right change: ``reason`` completes "not fixed if …"."""

    reason: str


Mend = Callable[[Problem], Change | Withheld | None]
"""A pure function from a problem to a change, to the reason why any change would be a guess, or to None.

None says that it cannot change this problem, although another one could.
"""


def change(title: str, edits: Iterable[Edit] | None, safety: Safety | None = None) -> Change | None:
    """Return a change; None without edits."""
    edits = tuple(edits or ())
    return Change(title, edits, safety) if edits else None
