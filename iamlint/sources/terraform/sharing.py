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
from iamlint.sources.terraform.evaluation.run import (
    MOST_STEPS_IN_ROOT,
    RESERVE,
    STEPS_OF_FACT,
    TOO_MANY_STEPS,
    Run,
)
from iamlint.sources.terraform.instances.instance import Instance
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

    def state(self) -> tuple[int, int, Callable[[], int] | None]:
        """Return the steps that are left, here and above, and what gives more, for `set_back`."""
        above = self.budget.above
        return self.budget.left, above.left if above else 0, self.budget.more

    def set_back(self, state: tuple[int, int, Callable[[], int] | None], granted: int) -> None:
        """Set the steps back to a state, with those that were ``granted`` since, and forget what was done."""
        left, above, self.budget.more = state
        self.budget.left = left + granted
        if self.budget.above:
            self.budget.above.left = above + granted
        self.cut, self.added = "", 0
        self.facts.clear()

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

    def _facts(self, top: ModuleInstance) -> Iterator[Fact]:
        return _Facts(top.run).of(top)


@mutable
class _Facts:
    """The facts of a root module: their number, the steps that they took, and whether they are the last ones.

    ``parsed`` are the conditions in them.
    """

    run: Run
    count: int = 0
    steps: int = 0
    is_over: bool = False
    parsed: set[Text] = field(default_factory=set)

    def of(self, module: ModuleInstance) -> Iterator[Fact]:
        """Yield the facts of an instance of a module, and of those that it calls."""
        for part in module.parts(is_wanted):
            if isinstance(part, Instance):
                yield from self._of_instance(part)
            else:
                yield from self._of_call(part)
            if self.is_over:
                return

    def _of_instance(self, instance: Instance) -> Iterator[Fact]:
        for number, fact in enumerate(facts_of(instance)):
            if not self._takes(fact):
                return
            if self.run.is_on_reserve and number >= MOST_FACTS_OF_RESERVE:
                return
            self.count += 1
            yield _stated_by_call(fact, instance.call) if instance.call else fact

    def _of_call(self, child: ModuleInstance) -> Iterator[Fact]:
        calls = self.run.calls if child.notes else None
        known = calls.known(child) if calls else None
        if calls is None:
            yield from self.of(child)
        elif known is None:
            yield from calls.recorded(child, self.of, lambda: self.steps)
        elif self.run.takes(known.steps):
            for fact in known.facts:
                if not self._takes(fact):
                    return
                self.count += 1
                yield fact

    def _takes(self, fact: Fact) -> bool:
        """Spend the steps of a fact; False if it is one too many."""
        steps = STEPS_OF_FACT + _further_steps(fact, self.parsed)
        self.steps += steps
        if self.count < MOST_FACTS and self.run.takes(steps):
            return True
        self.run.cut = self.run.cut or f"states more than the {MOST_FACTS} facts that iamlint reads"
        self.is_over = True
        return False


def _stated_by_call(fact: Fact, call: str) -> Fact:
    from iamlint.sources.terraform.evaluation.module_call import stated_by_call

    return stated_by_call(fact, call)


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

    ``foreseen`` says that it was not evaluated, since it takes more steps. ``spare`` are the steps that were left.
    """

    facts: list[Fact] = field(default_factory=list)
    cut: str = ""
    steps: int = 0
    late: bool = False
    foreseen: bool = False
    spare: int = 0

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
    of the rest, as long as that is twice their previous share; others may leave them more.
    """
    outcomes, further = [Outcome() for _ in jobs], _Further(allowance)
    waiting, anew = list(range(len(jobs))), False
    while waiting:
        again: list[int] = []
        ended: list[int] = []
        for done, number in enumerate(waiting):
            steps = max(0, min(MOST_STEPS_IN_ROOT, allowance.steps.left // (len(waiting) - done)))
            before = outcomes[number]
            ends = bool(before.cut) and steps < 2 * before.steps
            if ends and not before.foreseen:
                ended.append(number)
                continue
            steps, last = (before.steps if ends else steps), ends or len(jobs) == 1
            share = Share(steps, allowance, anew=anew, last=last, further=None if before.cut or last else further)
            try:
                with allowance.interrupting(TIME_OF_READING):
                    allowance.current = share.budget
                    begin(jobs[number], share)
                    facts = jobs[number].facts()
                    steps += share.added
                    outcomes[number] = Outcome(facts, share.cut, steps, foreseen=share.is_foreseen, spare=share.left)
            except TimeUp:
                before.facts = before.facts or share.facts
                for late in waiting[done:]:
                    outcomes[late].late = not outcomes[late].cut
                return outcomes
            anew = bool(share.cut)
            if share.cut and not last:
                again.append(number)
        waiting = sorted([*again, *ended]) if len(ended) < len(waiting) else []
    return outcomes
