"""Divides the steps of a run among its root modules, so that an expensive one does not affect the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from pathlib import Path

from iamlint.basics.frozen import frozen, mutable
from iamlint.budget import Allowance, Budget, TimeUp
from iamlint.facts import Condition, CustomRole, Denial, Fact, Grant, Text
from iamlint.hcl.scope import MOST_STEPS
from iamlint.location import Location, Unreadable
from iamlint.sources.reading import TIME_OF_READING
from iamlint.sources.terraform.evaluation.evaluator import ModuleInstance
from iamlint.sources.terraform.evaluation.run import MOST_STEPS_IN_ROOT, RESERVE, STEPS_OF_FACT, TOO_MANY_STEPS
from iamlint.sources.terraform.resources.facts import facts_of, is_wanted
from iamlint.unknown import Unknown, shown

MOST_FACTS = 300_000
"""Maximum number of facts of one root module; an error reports more."""
STEPS_OF_PERMISSION = 5
"""Steps that each permission of a custom role takes."""
STEPS_OF_PRINCIPAL = 3
"""Steps that each principal or permission of a deny policy takes."""
STEPS_OF_CHARACTER = 3
"""Steps that it takes to parse a character of a condition."""
MOST_FACTS_OF_RESERVE = 5
"""Maximum number of facts of one instance that are read after the root module's steps are used up."""


@mutable
class Evaluated:
    """What the evaluation of a root module has: its facts, and the errors of its settings, None if they are unread."""

    facts: list[Fact]
    errors: list[Unreadable] | None


@frozen
class Job:
    """A module to be evaluated by itself, and the function that returns its facts."""

    directory: Path
    facts: Callable[[], list[Fact]]


class Share:
    """The steps of a module, its facts so far, and why it is incomplete: ``cut``, a clause about the module.

    ``further`` returns more steps for a module that needs them, once. ``anew`` says that another module has just used
    up its steps. ``is_foreseen`` says that the module was not
    evaluated, since it is known to take more steps than these; with ``last`` it is evaluated anyway.
    """

    def __init__(
        self,
        steps: int,
        allowance: Allowance,
        *,
        anew: bool,
        last: bool = False,
        further: Callable[[], int] | None = None,
    ) -> None:
        self._further, self.added = further, 0
        self.budget = Budget(int(steps * (1 - RESERVE)), allowance.steps, self._add if further else None)
        self.reserve = int(steps * RESERVE)
        self.anew, self.last = anew, last
        self.cut = ""
        self.is_foreseen = False
        self.facts: list[Fact] = []

    def _add(self) -> int:
        self.added = self._further() if self._further else 0
        return self.added

    @property
    def left(self) -> int:
        """The steps that are left of those that it had at first; negative if it needed further ones."""
        return self.budget.left - self.added

    def foresee(self) -> None:
        """Say that the module takes more steps than these, without evaluating it."""
        self.cut, self.is_foreseen = TOO_MANY_STEPS, True
        if self.budget.above:
            self.budget.above.left -= max(0, self.budget.left)

    def facts_of(self, top: ModuleInstance) -> list[Fact]:
        """Return the facts of an instance of the module, with its unread parts."""
        run = top.run
        run.budget, run.reserve, run.most_steps = self.budget, self.reserve, MOST_STEPS
        facts: list[Fact] = []
        for fact in self._facts(top):
            facts.append(fact)
            self.facts.append(fact)  # an interruption loses no facts that were already found
        self.cut = self.cut or run.cut
        return [*facts, *run.unread()]

    @staticmethod
    def _facts(top: ModuleInstance) -> Iterator[Fact]:
        from iamlint.sources.terraform.evaluation.module_call import stated_by_call

        run, count, parsed = top.run, 0, set[Text]()
        for instance in top.instances(is_wanted):
            for number, fact in enumerate(facts_of(instance)):
                if count >= MOST_FACTS or not run.takes(STEPS_OF_FACT + _further_steps(fact, parsed)):
                    run.cut = run.cut or f"states more than the {MOST_FACTS} facts that iamlint reads"
                    return
                if run.is_on_reserve and number >= MOST_FACTS_OF_RESERVE:
                    break
                count += 1
                yield stated_by_call(fact, instance.call) if instance.call else fact


def _further_steps(fact: Fact, parsed: set[Text]) -> int:
    """Steps that a fact takes for what it lists, and for the conditions in it that are none of those ``parsed`` yet."""
    match fact:
        case CustomRole(permissions=tuple() as listed):
            return STEPS_OF_PERMISSION * len(listed)
        case Denial():
            lists = (fact.denied_principals, fact.denied_permissions, fact.exception_principals)
            entries = sum(len(one) for one in lists if isinstance(one, tuple))
            return STEPS_OF_PRINCIPAL * entries + _to_parse(fact.condition, parsed)
        case Grant():
            return _to_parse(fact.condition, parsed)
        case _:
            return 0


def _to_parse(condition: Condition | Unknown | None, parsed: set[Text]) -> int:
    text = condition.expression if isinstance(condition, Condition) else None
    if text is None or text in parsed:
        return 0
    parsed.add(text)
    return STEPS_OF_CHARACTER * len(shown(text))


@mutable
class Outcome:
    """The facts of a module, as far as its ``steps`` allowed. ``late`` says that the time was up.

    ``foreseen`` says that it was not evaluated, since it takes more steps.
    """

    facts: list[Fact] = field(default_factory=list)
    cut: str = ""
    steps: int = 0
    late: bool = False
    foreseen: bool = False

    def errors(self, shown: str) -> Iterator[Unreadable]:
        """Yield an error if the module was not completely read; ``shown`` is its directory."""
        if self.cut:
            reason = f"this root module {self.cut}; the rest is left out"
            yield Unreadable(Location(shown), reason, "check it by itself, or allow more with --max-time")


MOST_FURTHER = 3
"""Maximum number of modules that get further steps at once: the others keep two thirds of all steps."""
_PART = 8


class _Further:
    """Gives the first few modules that need it a part of the steps that are left."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance, self._left = allowance, MOST_FURTHER

    def __call__(self) -> int:
        self._left -= 1
        return max(0, self._allowance.steps.left) // _PART if self._left >= 0 else 0


def shared_out(jobs: Sequence[Job], allowance: Allowance, begin: Callable[[Job, Share], None]) -> list[Outcome]:
    """Return the outcome of each of these modules. ``begin`` is called with the share of the next one.

    Each gets an equal part of the remaining steps; the first few that need more get an eighth of what is left, since to
    begin again takes as long. Modules that need still more are retried after all others are done. They get equal parts
    of the rest, as long as that is twice their previous share.
    """
    outcomes, further = [Outcome() for _ in jobs], _Further(allowance)
    waiting, anew = list(range(len(jobs))), False
    while waiting:
        again: list[int] = []
        for done, number in enumerate(waiting):
            steps = max(0, min(MOST_STEPS_IN_ROOT, allowance.steps.left // (len(waiting) - done)))
            before = outcomes[number]
            ends = bool(before.cut) and steps < 2 * before.steps
            if ends and not before.foreseen:
                continue
            steps, last = (before.steps if ends else steps), ends or len(jobs) == 1
            share = Share(steps, allowance, anew=anew, last=last, further=None if before.cut or last else further)
            try:
                with allowance.interrupting(TIME_OF_READING):
                    allowance.current = share.budget
                    begin(jobs[number], share)
                    facts = jobs[number].facts()
                    outcomes[number] = Outcome(facts, share.cut, steps + share.added, foreseen=share.is_foreseen)
            except TimeUp:
                before.facts = before.facts or share.facts
                for late in waiting[done:]:
                    outcomes[late].late = not outcomes[late].cut
                return outcomes
            anew = bool(share.cut)
            if share.cut and not last:
                again.append(number)
        waiting = again
    return outcomes
