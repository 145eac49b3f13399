"""What a diagnosis says: stages, evidence, the verdict and the fix."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.recognition.error_kind import Cause, Step
from iamlint.facts import Grant
from iamlint.location import Location

VerdictName = Literal["works", "fails", "unknown", "not-iam"]
State = Literal["done", "broken", "unknown", "skipped"]
Confidence = Literal["high", "medium", "low"]


@frozen
class Evidence:
    """A place of the input that shows something, with what it shows as a sentence."""

    at: Location
    message: str


@frozen
class Fix:
    """The smallest change: Terraform and gcloud, with the file for the Terraform. Empty without a change.

    ``note`` says what the change does where neither can say it. ``refused`` are bad cures, each with its reason.
    ``grants`` are the grants that it makes, to prove it.
    """

    terraform: str = ""
    gcloud: str = ""
    file: str = ""
    note: str = ""
    refused: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()


@frozen
class Proof:
    """The verdict with the fix applied, and what else the fix lets the caller do."""

    verdict: VerdictName
    opens: tuple[str, ...] = ()


@frozen
class Stage:
    """The result of one stage.

    ``step`` names what is broken or unknown. ``missing`` are the inputs, or the commands that print them, which would
    decide what is unknown. ``also`` are further sentences: near misses, and what misled.
    """

    name: str
    state: State
    message: str
    step: Step | None = None
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    hop: str | None = None
    fix: Fix | None = None
    lacking: tuple[tuple[str, str | None], ...] = ()
    """The permissions that are not certainly there, each with its resource, if the call needs several."""


@frozen
class Answer:
    """The verdict on a call, with everything that led to it.

    ``method_works`` is whether the method itself succeeds: the trouble may be at another stage. ``asked`` is the
    question as one sentence. ``causes`` are those of the error that the input neither shows nor excludes.
    """

    verdict: VerdictName
    step: Step | None
    headline: str
    stages: tuple[Stage, ...]
    asked: str
    hop: str | None = None
    evidence: tuple[Evidence, ...] = ()
    also: tuple[str, ...] = ()
    fix: Fix = field(default_factory=Fix)
    not_in_input: tuple[str, ...] = ()
    method_works: bool | None = None
    confidence: Confidence = "high"
    proof: Proof | None = None
    causes: tuple[Cause, ...] = ()
