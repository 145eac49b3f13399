"""What the instances of one root module share: where modules are found, what was met, and what may be spent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from iamlint.budget import Budget, Exhausted
from iamlint.documents.values import Value, unknown
from iamlint.facts import Gap
from iamlint.hcl.scope import MOST_STEPS, Files
from iamlint.sources.terraform.configuration.module import Module
from iamlint.sources.terraform.instances.answers import Answers
from iamlint.sources.terraform.instances.computed import Remote, not_read

MOST_INSTANCES = 100_000
"""Instances of one root module beyond this, of resources and modules together, are not read, and that is said."""
MOST_STEPS_IN_ROOT = 40_000_000
"""Steps of evaluation of one root module, however many the run has for it."""
STEPS_OF_INSTANCE = 60
"""Steps that an instance takes beside those of its expressions."""
STEPS_OF_EXPANSION = 4
"""Steps that it takes to see how many instances a block has."""
STEPS_OF_CALL = 80
"""The same, of an instance of a module."""
STEPS_OF_PROVIDER = 10
"""Further ones for each provider block of the module."""
STEPS_OF_FACT = 40
"""Steps that the rules take for a fact that an instance states, more or less."""
TOO_MANY_STEPS = "takes more steps than iamlint evaluates of it"
RESERVE = 0.05
"""Share of a root module's steps that is kept for what is left when the others are spent."""
MOST_STEPS_OF_RESERVE = 200
"""Steps of one expression that is evaluated out of the reserve: what is written plainly takes fewer."""
NO_WORKSPACE = unknown("terraform.workspace is not known", reference="terraform.workspace")


class Modules(Protocol):
    """Where called modules are found. ``differ`` says whether another program would read one of them differently."""

    differ: bool

    def called(self, module: Module, path: tuple[str, ...], source: str, version: str | None) -> Module | str:
        """The module that a call names, or the reason why it is not there."""


@dataclass(slots=True)
class Run:
    """What the instances of one root module share: where modules are found, what was met on the way.

    ``workspace`` is the value of ``terraform.workspace``; ``asks_workspace`` says whether anything has asked for it.
    ``absent`` has, by directory that is not there, what would state more with it, by address.
    ``cut`` says, as a clause about the root module, why not all of it is read, and is empty where all is; ``cut_told``
    whether a gap says so. ``reserve`` are steps for what is left when the ``budget`` is spent.
    """

    modules: Modules
    files: Files
    root: Path
    workspace: Value = NO_WORKSPACE
    asks_workspace: bool = False
    gaps: list[Gap] = field(default_factory=list)
    told: set[tuple[int, str]] = field(default_factory=set)
    absent: dict[str, dict[str, Gap]] = field(default_factory=dict)
    instances: int = 0
    depth: int = 0
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS_IN_ROOT))
    most_steps: int = MOST_STEPS
    reserve: int = 0
    cut: str = ""
    cut_told: bool = False
    answers: Answers = field(default_factory=Answers)
    states: Remote = not_read

    def assumed_anew(self) -> frozenset[str]:
        """The directories that were taken to be empty so far; from here on they are collected anew."""
        before = frozenset(self.files.assumed)
        self.files.assumed.clear()
        return before

    def unread(self) -> list[Gap]:
        """Return the parts that were not read, with one gap for each directory that is not there."""
        found = list(self.gaps)
        for directory, blocks in sorted(self.absent.items()):
            first, more = next(iter(blocks.items())), len(blocks) - 1
            states = f"{first[0]} and {more} more may state more" if more else f"{first[0]} may state more"
            found.append(
                replace(first[1], reason=f"{directory} is not there, and may be when Terraform runs: {states}")
            )
        return found

    def is_full(self, steps: int = STEPS_OF_INSTANCE) -> bool:
        """Count one more instance, which takes so many steps; true where it is one too many or no steps are left."""
        self.instances += 1
        if self.instances > MOST_INSTANCES:
            self.cut = self.cut or f"has more than the {MOST_INSTANCES} instances that iamlint reads"
            return True
        return not self.takes(steps)

    def takes(self, steps: int) -> bool:
        """Spend steps; false where there are no more.

        When the budget is spent, the reserve is there for what takes little: a grant that is written plainly is read,
        whatever stands before it.
        """
        try:
            self.budget.spend(steps)
        except Exhausted:
            self.cut = self.cut or TOO_MANY_STEPS
            self.budget.left, self.reserve, self.most_steps = self.reserve, 0, MOST_STEPS_OF_RESERVE
            return self.budget.left > steps
        return True

    def affords(self, instances: int) -> int:
        """How many instances there are steps for, out of so many, and one more, with which they are spent."""
        if self.is_on_reserve:
            return 2
        return min(instances, max(0, self.budget.left) // STEPS_OF_INSTANCE + 2)

    @property
    def is_on_reserve(self) -> bool:
        """Whether all that is left is the reserve."""
        return self.most_steps == MOST_STEPS_OF_RESERVE
