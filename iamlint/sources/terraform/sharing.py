"""The steps of a run, shared out among its root modules, so that one that wants too many takes none from the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iamlint.budget import Allowance, Budget, TimeUp
from iamlint.facts import Fact
from iamlint.hcl.scope import MOST_STEPS
from iamlint.location import Location, Unreadable
from iamlint.sources.reading import TIME_OF_READING
from iamlint.sources.terraform.evaluation.callsite import stated_by_call
from iamlint.sources.terraform.evaluation.evaluator import ModuleInstance
from iamlint.sources.terraform.evaluation.run import MOST_STEPS_IN_ROOT, RESERVE, STEPS_OF_FACT
from iamlint.sources.terraform.resources.facts import facts_of, is_wanted

MOST_FACTS = 300_000
"""Facts of one root module beyond this are not read, and that is said."""
MOST_FACTS_OF_RESERVE = 5
"""Facts of one instance that are read when the steps of its root module are spent."""


@dataclass(frozen=True, slots=True)
class Job:
    """A module that is to be evaluated by itself, and what gives its facts."""

    directory: Path
    facts: Callable[[], list[Fact]]


class Share:
    """What a module may spend, what came of it so far, and why that is not all: ``cut``, a clause about the module.

    ``anew`` says that another module has just spent all that it had.
    """

    def __init__(self, steps: int, allowance: Allowance, *, anew: bool) -> None:
        self.budget = Budget(int(steps * (1 - RESERVE)), allowance.steps)
        self.reserve = int(steps * RESERVE)
        self.anew = anew
        self.cut = ""
        self.facts: list[Fact] = []

    def facts_of(self, top: ModuleInstance) -> list[Fact]:
        """The facts of an instance of the module, with what of it could not be followed."""
        run = top.run
        run.budget, run.reserve, run.most_steps = self.budget, self.reserve, MOST_STEPS
        facts: list[Fact] = []
        for fact in self._facts(top):
            facts.append(fact)
            self.facts.append(fact)  # an interruption loses none of those that are there
        self.cut = self.cut or run.cut
        return [*facts, *run.unread()]

    @staticmethod
    def _facts(top: ModuleInstance) -> Iterator[Fact]:
        run, count = top.run, 0
        for instance in top.instances(is_wanted):
            for number, fact in enumerate(facts_of(instance)):
                if count >= MOST_FACTS or not run.takes(STEPS_OF_FACT):
                    run.cut = run.cut or f"states more than the {MOST_FACTS} facts that iamlint reads"
                    return
                if run.is_on_reserve and number >= MOST_FACTS_OF_RESERVE:
                    break
                count += 1
                yield stated_by_call(fact, instance.call) if instance.call else fact


@dataclass(slots=True)
class Outcome:
    """The facts of a module, as far as its ``steps`` went. ``late`` says that there was no time for it."""

    facts: list[Fact] = field(default_factory=list)
    cut: str = ""
    steps: int = 0
    late: bool = False

    def errors(self, shown: str) -> Iterator[Unreadable]:
        """An error where not all of the module, whose directory is shown so, was read."""
        if self.cut:
            reason = f"this root module {self.cut}; the rest is left out"
            yield Unreadable(Location(shown), reason, "check it by itself, or allow more with --max-time")


def shared_out(jobs: Sequence[Job], allowance: Allowance, begin: Callable[[Job, Share], None]) -> list[Outcome]:
    """What comes of each of these modules. ``begin`` is told the share of the one that is next.

    Each gets an equal part of the steps that are left. Those for which that is not enough come again when all others
    have had what they need, and get equal parts of the rest, as long as that is twice what they had before.
    """
    outcomes = [Outcome() for _ in jobs]
    waiting, anew = list(range(len(jobs))), False
    while waiting:
        again: list[int] = []
        for done, number in enumerate(waiting):
            steps = max(0, min(MOST_STEPS_IN_ROOT, allowance.steps.left // (len(waiting) - done)))
            before = outcomes[number]
            if before.cut and steps < 2 * before.steps:
                continue
            share = Share(steps, allowance, anew=anew)
            try:
                with allowance.interrupting(TIME_OF_READING):
                    allowance.current = share.budget
                    begin(jobs[number], share)
                    outcomes[number] = Outcome(jobs[number].facts(), share.cut, steps)
            except TimeUp:
                before.facts = before.facts or share.facts
                for late in waiting[done:]:
                    outcomes[late].late = not outcomes[late].cut
                return outcomes
            anew = bool(share.cut)
            if share.cut and len(jobs) > 1:
                again.append(number)
        waiting = again
    return outcomes
