"""A rule: its document as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from iamlint.finding import Confidence, Severity
from iamlint.location import Location

ExampleKind = Literal["terraform", "plan", "export"]


@dataclass(frozen=True, slots=True)
class Example:
    """An input that a rule flags or passes, as its document has it.

    ``files`` maps file names to their text, in the document's order; the lines to be reported end in ``# finding``.
    """

    kind: ExampleKind
    files: Mapping[str, str]
    at: Location


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule document. ``when`` is a pattern over one fact, ``query`` the name of a question to the estate.

    Exactly one of the two is there. What also matches ``worse`` is a step more severe, what matches ``milder`` a step
    less. ``formerly`` has the ids that the rule had, each with the version that renamed it. ``slug`` is the document's
    stem and ``family`` its folder. ``pedantic`` rules are a matter of opinion, and run only where they are asked for.
    """

    slug: str
    family: str
    title: str
    severity: Severity
    message: str
    why: str
    fix: str
    references: tuple[str, ...]
    flags: tuple[Example, ...]
    passes: tuple[Example, ...]
    at: Location
    confidence: Confidence = "high"
    since: str = ""
    when: Mapping[str, Any] | None = None
    query: str | None = None
    worse: Mapping[str, Any] = field(default_factory=dict)
    milder: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    formerly: Mapping[str, str] = field(default_factory=dict)
    pedantic: bool = False

    @property
    def id(self) -> str:
        """``family/slug``."""
        return f"{self.family}/{self.slug}"
