"""A rule document as a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from iamlint.basics.frozen import frozen
from iamlint.finding import Confidence, Severity
from iamlint.location import Location
from iamlint.rules.pattern_size import words

if TYPE_CHECKING:
    from iamlint.edits import Safety

ACCEPTANCE_WORDS = ("what", "reason", "until")
"""The words that messages of rules about acceptance have."""
ExampleKind = Literal["terraform", "plan", "export"]


@frozen
class Example:
    """An input that a rule flags or passes, from its document.

    ``files`` maps file names to their text, in the document's order; the lines to be reported end in ``# finding``.
    """

    kind: ExampleKind
    files: Mapping[str, str]
    at: Location


@frozen
class Mending:
    """A fix that a rule has: the name of the function that makes its edits, and how sure it is."""

    by: str
    safety: Safety


@frozen
class Mended:
    """An example of a fix, which makes ``after`` of ``before``; both map file names to their text."""

    mending: Mending
    before: Mapping[str, str]
    after: Mapping[str, str]
    at: Location


@frozen
class Page:
    """The part of a rule's document that a check does not need.

    ``mended`` has an example of each fix. ``unmended`` says what a fix could do that is possible in most cases and
    missing.
    """

    why: str
    fix: str
    references: tuple[str, ...] = ()
    flags: tuple[Example, ...] = ()
    passes: tuple[Example, ...] = ()
    mended: tuple[Mended, ...] = ()
    unmended: str = ""


@frozen(slots=False)
class Rule:
    """A rule document. ``when`` is a pattern over one fact, ``query`` the name of a question about the estate.

    ``acceptance`` is a question about what somebody accepts. A rule has exactly one of the three. A match that also
    matches ``worse`` is a step more severe, one that matches ``milder`` a step less. ``formerly`` has the earlier
    ids of the rule, each with the version that renamed it. ``cis`` are the controls of the CIS Google Cloud
    Platform Foundation Benchmark 5.0 that it checks (``1.7``). ``mitre`` are the techniques of MITRE ATT&CK that a
    finding makes possible (``T1548.005``). ``slug`` is the document's stem and ``family`` its folder. ``pedantic``
    rules are a matter of opinion, and run only on request. ``mends`` are its fixes; the first that has edits for a
    finding is used. ``read_page`` returns the rest of the document.
    """

    slug: str
    family: str
    title: str
    severity: Severity
    message: str
    at: Location
    read_page: Callable[[], Page] = field(compare=False, repr=False)
    confidence: Confidence = "high"
    since: str = ""
    when: Mapping[str, Any] | None = None
    query: str | None = None
    acceptance: str | None = None
    worse: Mapping[str, Any] = field(default_factory=dict)
    milder: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    formerly: Mapping[str, str] = field(default_factory=dict)
    cis: tuple[str, ...] = ()
    mitre: tuple[str, ...] = ()
    pedantic: bool = False
    mends: tuple[Mending, ...] = ()

    @cached_property
    def id(self) -> str:
        """``family/slug``."""
        return f"{self.family}/{self.slug}"

    @cached_property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """The number of words of each pattern, with the kind of facts that it is evaluated on."""
        patterns = (*(self.when or {}).items(), *self.worse.items(), *self.milder.items())
        return tuple([(kind, words(pattern)) for kind, pattern in patterns])

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of this rule alone: slug, id, aliases and earlier ids."""
        return frozenset({self.slug, self.id, *self.aliases, *self.formerly})

    @cached_property
    def selecting(self) -> frozenset[str]:
        """The names that select this rule: its own, those of its sets and standards, and of its family by default."""
        sets = {"all", "pedantic"} if self.pedantic else {"all", self.family, "default"}
        controls = {"cis", *(f"cis-{control}" for control in self.cis)} if self.cis else set()
        techniques = {"mitre", *self.mitre} if self.mitre else set()
        return self.names | sets | controls | techniques

    @property
    def page(self) -> Page:
        """The rest of the document, which is read at the first request."""
        return self.read_page()
