"""Findings: what a rule reports about an estate, with identity across runs and sort order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, get_args

from iamlint.basics.frozen import frozen
from iamlint.facts import Resource
from iamlint.location import Location

if TYPE_CHECKING:
    from iamlint.causes import Cause
    from iamlint.edits import Fix

Severity = Literal["critical", "high", "medium", "low", "info"]
Confidence = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the worst to the least severe."""


ASSERTIONS = "assertions"
"""The family of findings that assertions make."""
IN_CALL = "in this module call"
"""The message of the places of module calls, the outermost first."""
MOST_ENDS = 50
"""Maximum number of privileges that a finding lists, the strongest first."""


@frozen
class Related:
    """A place related to a finding: the origin of a value, the role's definition, the inherited grant."""

    at: Location
    message: str


@frozen
class Step:
    """One hop of the path behind a finding: how a principal becomes an account, or is a member of a group.

    ``method`` is the id of the method, "member" for a membership, "" without a known method. ``role`` on ``resource``
    gives the ``permission``, at ``at``. ``missing`` says that nothing gives it: the chain ends here.
    """

    source: str
    target: str
    at: Location
    method: str = ""
    permission: str = ""
    role: str = ""
    resource: str = ""
    address: str | None = None
    missing: bool = False

    def __str__(self) -> str:
        if self.method == "member":
            return f"{self.source} is a member of {self.target}"
        if self.missing:
            return f"{self.source} has no {self.permission} on {self.target}"
        on = "" if not self.resource or self.resource.rpartition(" ")[2] in self.target else f" on {self.resource}"
        by = f" by {self.role}{on}" if self.role else ""
        return f"{self.source} becomes {self.target}{by}{f' ({self.permission})' if self.permission else ''}"


@frozen
class Flow:
    """The path behind a finding: its hops in order, and what the account at the end has.

    ``left_out`` is the number of hops that are not listed, between the last two.
    """

    steps: tuple[Step, ...]
    left_out: int = 0
    end: Related | None = None

    def moved(self, to: Callable[[Location], Location]) -> Flow:
        """Return the path with other places."""
        steps = tuple(replace(step, at=to(step.at)) for step in self.steps)
        return replace(self, steps=steps, end=self.end and replace(self.end, at=to(self.end.at)))

    @property
    def lines(self) -> tuple[tuple[str, Location], ...]:
        """The hops and the end as texts, each with its place."""
        told = [(str(step), step.at) for step in self.steps]
        if self.left_out:
            text, at = told[-1]
            told[-1] = f"{text} (after {self.left_out} more that are not listed)", at
        return (*told, *(((self.end.message, self.end.at),) if self.end else ()))


Sentence = tuple[tuple[str, ...], *tuple[object, ...]]
"""A message in parts: the texts around its words, and the words, as `str` shows them. Findings share most of these.

A word that is an `operator.attrgetter` is an attribute of the finding, so that findings share the whole.
"""


class _SaidLater:
    """A slot for the parts of a `Finding`'s message, which is put together whenever it is asked for."""

    __slots__ = ("_sentence",)
    _sentence: Sentence


@frozen
class Finding(_SaidLater):
    """One problem, at the narrowest argument that causes it.

    ``rule`` is the slug. ``principal`` and ``role`` are as shown to a reader. ``permissions`` are those that cause the
    finding, sorted. ``address`` is Terraform's, instance key included, if there is one. ``others`` are further
    addresses where the same lines state the same: of other root modules, calls and instances. ``former`` are earlier
    addresses from ``moved`` blocks or a plan, by address, the oldest last. ``condition`` is that of the grant or
    provider, as shown. ``ends`` are the privileges that the grant certainly leads to ("roles/owner on project shop"),
    the strongest first; ``flow`` is the path to the first one. ``fix`` is what its rule's document proposes; it is not
    proved. ``environments`` are those of the configuration that have the finding; empty if it has none.

    ``at`` is the argument. ``origin`` is where a reviewer looks, if that is elsewhere: where the argument's value is
    written (a line of tfvars, a local, an argument of a module call), or the call of a downloaded module. ``subject``
    identifies a finding that is not about a fact. ``root`` is the directory of the root module or of the document.
    ``parts`` are the places of all that makes the finding what it is, where that is less than its block; ``via`` are
    the module calls that lead to it.
    """

    rule: str
    family: str
    severity: Severity
    confidence: Confidence
    message: str
    at: Location
    address: str | None = None
    principal: str | None = None
    role: str | None = None
    permissions: tuple[str, ...] = ()
    resource: Resource | None = None
    related: tuple[Related, ...] = ()
    others: tuple[str, ...] = ()
    former: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    condition: str | None = None
    ends: tuple[str, ...] = ()
    flow: Flow | None = None
    fix: Fix | None = field(default=None, compare=False)
    origin: Location | None = None
    environments: tuple[str, ...] = ()
    subject: str = ""
    root: str = field(default="", compare=False)
    parts: tuple[Location, ...] = field(default=(), compare=False)
    via: tuple[Location, ...] = field(default=(), compare=False)

    def say_later(self, sentence: Sentence) -> None:
        """Keep the message in parts instead, which take a third of its memory."""
        self._sentence = sentence
        del self.message

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Put the message together."""
            if name != "message":
                raise AttributeError(name)
            (first, *others), *words = self._sentence
            shown = [word(self) if type(word) is attrgetter else word for word in words]
            return first + "".join([f"{word}{text}" for word, text in zip(shown, others, strict=True)])

    @property
    def at_origin(self) -> Finding:
        """The finding at its origin, with the argument as its other place and among the related ones.

        Without an origin it is unchanged.
        """
        if self.origin is None or self.origin == self.at:
            return self
        argument = Related(self.at, "the argument is here")
        others = (one for one in self.related if one.at not in (self.origin, self.at))
        return replace(self, at=self.origin, origin=self.at, related=(argument, *others))

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its argument and of its origin."""
        return (self.at.path, self.origin.path) if self.origin else (self.at.path,)

    @property
    def places(self) -> Iterator[Location]:
        """Its place, its origin, the related places, and those of its path."""
        yield self.at
        if self.origin:
            yield self.origin
        yield from (related.at for related in self.related)
        yield from (at for _, at in (self.flow.lines if self.flow else ()))

    @property
    def order(self) -> tuple[object, ...]:
        """The sort key of findings: place first, then content; a total order, so the output is stable."""
        return (*self.at.order, self.rule, self.address or "", self.principal or "", self.message, self.environments)


@frozen
class Accepted:
    """A finding that somebody accepts, with the reason given, and where.

    ``out_of_view`` says that a reviewer may not see the comment that accepts it.
    """

    finding: Finding
    reason: str
    at: Location
    out_of_view: bool = False


@frozen
class UnknownAnswer:
    """Something that a rule could not decide, or that could not be followed, with the reason.

    ``severity`` is that of the possible finding: "high" for a part of the input that could not be read, None if it is
    certainly not a finding. ``accepted_at`` is the comment or entry that accepts the possible finding. ``root`` is the
    directory of the root module or of the document. ``environments`` are those of the configuration that have it.
    ``about`` are the facts in words: a change may give the same unknown right to another principal.
    """

    reason: str
    at: Location
    rule: str | None = None
    address: str | None = None
    severity: Severity | None = None
    accepted_at: Location | None = None
    root: str = field(default="", compare=False)
    environments: tuple[str, ...] = ()
    about: tuple[str, ...] = field(default=(), compare=False)

    @property
    def order(self) -> tuple[object, ...]:
        """The sort key of unknown answers."""
        return (*self.at.order, self.rule or "", self.address or "", self.reason, self.rank, self.environments)

    @property
    def cause(self) -> Cause:
        """What is missing, or what prevents an answer."""
        from iamlint.causes import cause_of

        return cause_of(self.reason)

    @property
    def rank(self) -> int:
        """The number of severities above its own; an unknown answer that is certainly not a finding comes last."""
        return len(SEVERITIES) if self.severity is None else SEVERITIES.index(self.severity)
