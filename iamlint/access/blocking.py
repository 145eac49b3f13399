"""The steps that may block an allowed permission: boundaries, deny policies, disabled accounts, organization policies.

Only what counts for the configuration of the grant blocks it. A policy in another root module, or in a document that
the user did not name, may not be applied anywhere: the grant stays open, and `uncounted_blockers` returns them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from iamlint.access.decision import Step
from iamlint.budget import Exhausted
from iamlint.estate.blockers import TOO_MANY, Blocker, BlockerKind, Blockers
from iamlint.facts import Condition, Denial, Fact, Grant
from iamlint.provenance import configuration
from iamlint.unknown import Truth

if TYPE_CHECKING:
    from iamlint.conditions.context import Context

MOST_REASONS = 5
"""Maximum number of possible blockers that are named, and of reasons for each."""
_KINDS: tuple[BlockerKind, ...] = ("boundary", "deny", "disabled", "org_policy")
_OPEN: Mapping[BlockerKind, Step] = {kind: Step(kind, Truth.TRUE) for kind in _KINDS}
NOTHING: tuple[Step, ...] = tuple(_OPEN.values())
"""The steps without any blockers."""


def blocking_steps(blockers: Blockers, grant: Grant, permission: str, as_of: date, *, whole: bool) -> list[Step]:
    """Return one step for each kind of blocker. Without ``whole``, steps after the first FALSE one are left out.

    A step is also UNKNOWN if there are more policies to compare than the limit.
    """
    from iamlint.conditions.context import Context

    found: dict[BlockerKind, list[Blocker]] = defaultdict(list)
    closed: dict[BlockerKind, Blocker] = {}
    perhaps, more = 0, ""
    try:
        for one in blockers.against(grant, permission, configuration(grant.declared), as_of):
            if one.verdict.truth is Truth.TRUE and one.kind not in closed:
                closed[one.kind] = one
                if not whole:
                    break
            if one.verdict.truth is Truth.UNKNOWN:
                if perhaps == MOST_REASONS:
                    more = "further deny policies may block it, too"
                    break
                found[one.kind].append(one)
                perhaps += 1
    except Exhausted:
        more = TOO_MANY
    context = Context(as_of, permission, grant.principal)
    steps = [_closed(closed[kind]) if kind in closed else _perhaps(kind, found[kind], context) for kind in _KINDS]
    if more and "deny" not in closed:
        steps[1] = _with_more(steps[1], more)
    return steps


def whole_steps(blockers: Blockers, grant: Grant, as_of: date) -> list[Step]:
    """Return the step of what blocks a grant whatever its role; none if nothing does, or may."""
    from iamlint.conditions.context import Context

    found = list(blockers.against_all(grant, configuration(grant.declared)))
    closed = next((one for one in found if one.verdict.truth is Truth.TRUE), None)
    if closed:
        return [_closed(closed)]
    perhaps = [one for one in found if one.verdict.truth is Truth.UNKNOWN][:MOST_REASONS]
    return [_perhaps("org_policy", perhaps, Context(as_of, None, grant.principal))] if perhaps else []


def _closed(one: Blocker) -> Step:
    return Step(one.kind, Truth.FALSE, (f"blocked by {one.by}",), (one.fact,) if one.fact else (), one.at)


def _perhaps(kind: BlockerKind, found: list[Blocker], context: Context) -> Step:
    if not found:
        return _OPEN[kind]
    conditional = all(_is_conditional(one, context) for one in found)
    facts = tuple(one.fact for one in found if one.fact)
    return Step(kind, Truth.UNKNOWN, tuple(map(may_block, found)), facts, found[0].at, conditional)


def _with_more(step: Step, more: str) -> Step:
    return Step("deny", Truth.UNKNOWN, (*step.reasons, more), step.facts, step.at)


def may_block(one: Blocker) -> str:
    """Return the reason that a possible blocker gives."""
    why = "; ".join(one.verdict.reasons[:MOST_REASONS])
    return f"{one.by} may block it: {why}" if why else f"{one.by} may block it"


def _is_conditional(one: Blocker, context: Context) -> bool:
    """Whether only the condition of a deny policy is open, and depends on tags alone."""
    if not isinstance(one.fact, Denial) or not isinstance(one.fact.condition, Condition):
        return False
    from iamlint.conditions.evaluation import evaluate

    why = evaluate(one.fact.condition.expression, context).why
    return one.verdict.reasons is why or set(one.verdict.reasons) <= set(why)


def uncounted_blockers(blockers: Blockers, grant: Grant, permissions: Iterable[str], as_of: date) -> tuple[Fact, ...]:
    """Return what would block all open permissions but does not count; empty if one permission stays open."""
    found: list[Fact] = []
    try:
        for permission in permissions:
            against = blockers.against(grant, permission, None, as_of)
            fact = next((one.fact for one in against if one.fact and one.verdict.truth is Truth.TRUE), None)
            if fact is None:
                return ()
            found.append(fact)
    except Exhausted:
        return ()
    return tuple(dict.fromkeys(found))
