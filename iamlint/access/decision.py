"""The answer to a question about access: steps, the result for one permission, and for several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.facts import Fact
from iamlint.location import Location
from iamlint.logic.verdict import Verdict, distinct
from iamlint.unknown import Truth

StepName = Literal["boundary", "deny", "role", "resource", "condition", "disabled", "org_policy"]
"""``role``, ``resource`` and ``condition`` are the parts of an allow policy's evaluation; see `Step`."""
ALLOW: frozenset[StepName] = frozenset({"role", "resource", "condition"})


class State(Enum):
    """The states of Google's Policy Troubleshooter.

    ``UNKNOWN_CONDITIONAL`` depends on the request or the resource's tags, as a condition demands. ``UNKNOWN_INFO``
    depends on something that the input does not show.
    Source: https://cloud.google.com/policy-intelligence/docs/reference/policytroubleshooter/rest/v3/iam/troubleshoot
    """

    CAN_ACCESS = "CAN_ACCESS"
    CANNOT_ACCESS = "CANNOT_ACCESS"
    UNKNOWN_INFO = "UNKNOWN_INFO"
    UNKNOWN_CONDITIONAL = "UNKNOWN_CONDITIONAL"


@frozen
class Step:
    """One step of the evaluation of one permission: whether it lets the permission through.

    ``role``: the role has the permission, and it is of use where it is granted. ``resource``: the grant's resource is
    the one asked about, or contains it. ``condition``: the grant's condition holds. The others are TRUE where no
    boundary, deny policy, disabled account or organization policy stops it.

    ``reasons`` say why it is not TRUE; ``facts`` are the evidence, and ``at`` is where the first of it is written.
    ``conditional`` says that an UNKNOWN step depends only on the request or on tags, ``later`` that a FALSE one may be
    TRUE on a later day.
    """

    name: StepName
    truth: Truth
    reasons: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    at: Location | None = None
    conditional: bool = False
    later: bool = False


@frozen
class Check:
    """Whether a grant gives one permission, with the steps in Google's order of evaluation.

    ``permission`` is "" if none was asked about. ``allowed`` is the result of the allow steps alone.
    """

    permission: str
    steps: tuple[Step, ...]
    truth: Truth
    allowed: Truth

    @staticmethod
    def of(permission: str, allow: Sequence[Step], blocking: Sequence[Step]) -> Check:
        """Return the check of these steps, allow and blocking ones, in their order."""
        allowed = _together(allow)
        before = [step for step in blocking if step.name in ("boundary", "deny")]
        after = [step for step in blocking if step.name not in ("boundary", "deny")]
        return Check(permission, (*before, *allow, *after), allowed & _together(blocking), allowed)

    @property
    def blocked(self) -> bool:
        """Whether the grant would give the permission, or might, and something else stops it, or it begins later."""
        return self.truth is Truth.FALSE and (self.later or self.allowed is not Truth.FALSE)

    @property
    def later(self) -> bool:
        """Whether only the day stops the allow steps: the grant may give the permission on a later day."""
        stopped = [step for step in self.steps if step.name in ALLOW and step.truth is Truth.FALSE]
        return bool(stopped) and all(step.later for step in stopped)

    @property
    def unblocked(self) -> bool:
        """Whether only the allow steps are open."""
        return _together(self._blocking) is Truth.TRUE

    @property
    def state(self) -> State:
        """The state of the check."""
        if self.truth is not Truth.UNKNOWN:
            return State.CAN_ACCESS if self.truth is Truth.TRUE else State.CANNOT_ACCESS
        conditional = all(step.conditional for step in self.steps if step.truth is Truth.UNKNOWN)
        return State.UNKNOWN_CONDITIONAL if conditional else State.UNKNOWN_INFO

    @property
    def stopping(self) -> tuple[Step, ...]:
        """The steps that are not open: the FALSE ones of a check that is FALSE, else the UNKNOWN ones."""
        return tuple(step for step in self.steps if step.truth is self.truth and self.truth is not Truth.TRUE)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not open, the allow steps first. If it is not allowed anyway, only those."""
        told = self.stopping
        if self.truth is Truth.FALSE:
            allow = self.later or not self.blocked
            told = tuple(step for step in told if (step.name in ALLOW) is allow)
        ordered = sorted(told, key=lambda step: step.name not in ALLOW)
        return distinct(reason for step in ordered for reason in step.reasons)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The policies and accounts that block it, or may."""
        if self.truth is Truth.TRUE:
            return ()
        return tuple(fact for step in self._blocking if step.truth is self.truth for fact in step.facts)

    @property
    def _blocking(self) -> Iterable[Step]:
        return (step for step in self.steps if step.name not in ALLOW)


def _together(steps: Iterable[Step]) -> Truth:
    return Truth.all(step.truth for step in steps)


@frozen
class Decision:
    """Whether a grant gives one of several permissions.

    ``permissions`` are the open ones, else those that may be. ``reasons`` say why it is not TRUE. ``facts`` are the
    policies and accounts that decide it; if it is TRUE, those that would block it if they counted for the grant's
    configuration. ``blocked`` says that the grant gives it, or may, and a boundary, deny policy, disabled account or
    organization policy certainly stops it, or its condition holds only on a later day. ``checks`` has one for each
    permission.
    """

    truth: Truth
    reasons: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    blocked: bool = False
    checks: tuple[Check, ...] = ()

    @staticmethod
    def of(checks: tuple[Check, ...]) -> Decision:
        """Return the decision of these checks: one open check is enough."""
        for truth in (Truth.TRUE, Truth.UNKNOWN):
            told = [check for check in checks if check.truth is truth]
            if told:
                permissions = tuple(check.permission for check in told if check.permission)
                facts = (
                    dict.fromkeys(fact for check in checks for fact in check.facts) if truth is Truth.UNKNOWN else ()
                )
                return Decision(truth, _reasons(told), permissions, tuple(facts), checks=checks)
        blocked = [check for check in checks if check.blocked]
        facts = dict.fromkeys(fact for check in blocked for fact in check.facts)
        return Decision(Truth.FALSE, _reasons(blocked or checks), (), tuple(facts), bool(blocked), checks)

    @property
    def later(self) -> bool:
        """Whether it is FALSE today and may be TRUE on a later day, as a condition says."""
        return self.truth is Truth.FALSE and any(check.later for check in self.checks)

    @property
    def check(self) -> Check:
        """The check that decides: the first open one, else the nearest to open."""
        order = [State.CAN_ACCESS, State.UNKNOWN_CONDITIONAL, State.UNKNOWN_INFO, State.CANNOT_ACCESS]
        return min(self.checks, key=lambda check: (order.index(check.state), not check.blocked))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the check that decides."""
        return self.check.steps

    @property
    def state(self) -> State:
        """The state of the check that decides."""
        return self.check.state

    @property
    def verdict(self) -> Verdict:
        """The decision as a verdict, without steps."""
        return Verdict(self.truth, self.reasons, self.permissions, self.facts, closed=self.blocked)


def _reasons(checks: Iterable[Check]) -> tuple[str, ...]:
    return distinct(reason for check in checks for reason in check.reasons)
