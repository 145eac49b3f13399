"""A kind of error: its document as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.recognition.fragments import Alternative, Template
from iamlint.location import Location

Stage = Literal[
    "client-config",
    "sts-exchange",
    "oauth-scope",
    "api",
    "quota",
    "impersonation",
    "attachment",
    "target-api",
    "granting",
    "organization-policy",
    "workspace-delegation",
    "network-perimeter",
]
"""Where in the course of a call the error arises."""

Step = Literal[
    "grant",
    "member",
    "condition",
    "deny",
    "boundary",
    "disabled",
    "custom-role",
    "delegation",
    "federation",
    "org-policy",
    "api",
    "quota-project",
    "oauth-scopes",
    "conflict",
    "group-membership",
    "missing-input",
    "target-rights",
    "wrong-mode",
    "service-agent-evicted",
    "not-iam",
]
"""Where a call stops, in the words of the JSON output: the step of a diagnosis that finds a cause."""


@frozen
class Cause:
    """One cause of an error. ``steps`` is empty for a cause that no input shows, as a grant that is minutes old."""

    cause: str
    steps: tuple[Step, ...]
    look: str
    """What it looks like in the input; empty if no input shows it."""
    command: str
    """The command that prints the input which decides; empty if none does."""


@frozen
class Example:
    """A text of this kind, and the fields that must be read out of it."""

    text: str
    fields: Mapping[str, str] = field(default_factory=dict)
    at: Location = field(default_factory=lambda: Location(""))


@frozen
class LookAlike:
    """A text that resembles this kind and is of another; ``kind`` is empty for a text of no known kind."""

    text: str
    kind: str
    at: Location = field(default_factory=lambda: Location(""))


@dataclass(frozen=True, slots=True, eq=False)
class ErrorKind:
    """A kind of error: how it is recognised, what it means, its causes in order, and what to do."""

    id: str
    seen: str
    """The text as people see it, with names in capitals."""
    title: str
    stage: Stage
    wrapper: bool
    """Whether the text only says which program failed, and the cause follows in it."""
    settles: Step | None
    """The step that the error settles by itself, whatever the input shows; None if the input decides."""
    of_resource: bool
    """Whether the error denies a right on a resource, so that an impersonation, if any, has worked."""
    by_agent: bool
    """Whether a service agent is refused, not the caller or an account that it impersonates."""
    before_method: bool
    """Whether the error comes before the method that is called, or is its own."""
    rank: Literal["specific", "general", "vague"]
    """A general kind yields to a specific one in the same words, a vague one to any other in the same message."""
    recognise: tuple[Alternative, ...]
    unless: tuple[Template, ...]
    read: tuple[Template, ...]
    implies: Mapping[str, str]
    """Fields that the kind itself settles, such as the permission."""
    absorbs: frozenset[str]
    """Kinds whose text is a part of this one's."""
    explains: frozenset[str]
    """Kinds and stages that are consequences when they come after this one."""
    meaning: str
    causes: tuple[Cause, ...]
    terraform: str
    gcloud: str
    bad_cures: tuple[str, ...]
    certainty: Literal["seen", "documented", "inferred"]
    """How sure the wording is: seen in a public report, documented, or inferred from similar texts."""
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    look_alikes: tuple[LookAlike, ...]
    at: Location
    """Where the document is written."""

    @property
    def templates(self) -> tuple[Template, ...]:
        """The pieces that values are read by."""
        parts = (part for alternative in self.recognise for part in alternative.parts)
        return (*self.read, *(part for part in parts if isinstance(part, Template) and part.placeholders))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that find its causes, the likeliest first."""
        return tuple(dict.fromkeys(step for cause in self.causes for step in cause.steps))
