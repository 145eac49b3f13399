"""State shared by the instances of one root module: where modules are found, unread parts, and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from iamlint.basics.frozen import frozen, mutable
from iamlint.budget import Budget, Exhausted
from iamlint.documents.values import Value, unknown
from iamlint.facts import Fact, UnreadPart
from iamlint.hcl.scope import MOST_STEPS, Files
from iamlint.sources.terraform.configuration.module import Local, Module
from iamlint.sources.terraform.instances.data_lookups import DataLookups
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.instances.view import Remote, not_read

MOST_INSTANCES = 100_000
"""Maximum number of instances of one root module, resources and modules together; an unread part reports more."""
MOST_STEPS_IN_ROOT = 40_000_000
"""Maximum number of evaluation steps of one root module, whatever the run has left."""
STEPS_OF_INSTANCE = 60
"""Steps for each instance, in addition to those of its expressions."""
STEPS_OF_EXPANSION = 4
"""Steps to count the instances of a block."""
STEPS_OF_OBJECT = 25
"""Steps for each instance that other expressions refer to."""
STEPS_OF_COMMANDS = 150
"""Steps to check the commands of an instance."""
STEPS_OF_CALL = 80
"""Steps for each instance of a module."""
STEPS_OF_PROVIDER = 10
"""Additional steps for each provider block of the module."""
STEPS_OF_FACT = 40
"""Approximate steps that the rules take for a fact of an instance."""
TOO_MANY_STEPS = "takes more steps than iamlint evaluates of it"
RESERVE = 0.05
"""Share of a root module's steps that is reserved for simple values after the rest is used up."""
MOST_STEPS_OF_RESERVE = 200
"""Maximum number of steps of one expression from the reserve: a plain value takes fewer."""
NO_WORKSPACE = unknown("terraform.workspace is not known", reference="terraform.workspace")

Result = TypeVar("Result")
Told = tuple[int, str]
"""What was reported once: about which block, and the reason."""
TELL, MISSING = "tell", "missing"
"""Events of an instance of a module: an unread part is reported, a directory is missing."""


class Noted(Protocol):
    """Notes what an instance of a module does, for those who remember calls."""

    def note(self, kind: str, name: object, result: object) -> None:
        """Note an event: what was read, or reported."""


class Known(Protocol):
    """A call of an earlier check: its facts, and the steps that they took."""

    facts: tuple[Fact, ...]
    steps: int


class Calls(Protocol):
    """Remembers the calls of modules that call no others."""

    def child(
        self,
        run: Run,
        make: Callable[[Mapping[str, Callable[[], Value]], Mapping[str, Instance]], Any],
        given: Mapping[str, Callable[[], Value]],
        providers: Mapping[str, Instance],
    ) -> Any:
        """Return the instance that ``make`` makes of inputs and providers."""

    def known(self, child: Any) -> Known | None:
        """Return the call of an earlier check, if it is the same now."""

    def recorded(
        self, child: Any, work: Callable[[Any], Iterator[Fact]], of_facts: Callable[[], int]
    ) -> Iterator[Fact]:
        """Yield the facts that ``work`` finds for an instance; ``of_facts`` are the steps that facts took so far."""


class Modules(Protocol):
    """Finds called modules. ``differ`` says whether another program would read one of them differently."""

    differ: bool

    def called(self, module: Module, path: tuple[str, ...], source: str, version: str | None) -> Module | str:
        """Return the module that a call names, or the reason why it is missing."""


@frozen
class Shared:
    """The value of a local in an earlier root module, and the steps that it took.

    ``of`` are the locals that it is made of; None if it is made of other things, too. ``declared`` is kept, since the
    value is found by its `id`.
    """

    declared: Local
    value: Value
    of: Mapping[str, Value] | None
    steps: int


@mutable
class Run:
    """State shared by the instances of one root module: where modules are found, and what was found so far.

    ``workspace`` is the value of ``terraform.workspace``; ``asks_workspace`` says whether any expression used it.
    ``absent`` contains, by missing directory, the addresses that would state more with it. ``cut`` says why the root
    module is not completely read, as a clause; "" if it is. ``cut_told`` says whether an unread part reports it.
    ``reserve`` are steps for use after the ``budget`` is used up. ``calls`` remembers calls, if anybody does.
    ``constants`` are the values of locals that are the same in all instances of a module, by the `id` of the local;
    None if each instance is to read everything itself. ``shared`` are such values of all root modules. ``is_circular``
    says that a value refers to itself, ``deepest`` is the longest chain of references so far: both may depend on the
    order of evaluation. ``only`` are the blocks of the root module whose instances are wanted, by their `id`; None for
    all of them.
    """

    modules: Modules
    files: Files
    root: Path
    workspace: Value = NO_WORKSPACE
    asks_workspace: bool = False
    unread_parts: list[UnreadPart] = field(default_factory=list)
    told: set[Told] = field(default_factory=set)
    absent: dict[str, dict[str, UnreadPart]] = field(default_factory=dict)
    instances: int = 0
    depth: int = 0
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS_IN_ROOT))
    most_steps: int = MOST_STEPS
    reserve: int = 0
    cut: str = ""
    cut_told: bool = False
    lookups: DataLookups = field(default_factory=DataLookups)
    states: Remote = not_read
    calls: Calls | None = None
    is_circular: bool = False
    deepest: int = 0
    only: Set[int] | None = None
    constants: dict[int, Value] | None = field(default_factory=dict)
    shared: dict[int, Shared] = field(default_factory=dict)

    def tell(self, key: Told, part: UnreadPart) -> None:
        """Add an unread part, once for its key."""
        if key not in self.told:
            self.told.add(key)
            self.unread_parts.append(part)

    def miss(self, directory: str, address: str, part: UnreadPart) -> None:
        """Record that a block may have more instances if a missing directory existed."""
        self.absent.setdefault(directory, {}).setdefault(address, part)

    def assuming(self, work: Callable[[], Result]) -> tuple[Result, frozenset[str]]:
        """Return the result of work, and the directories that were assumed to be empty for it."""
        before = self.assumed_anew()
        try:
            return work(), frozenset(self.files.assumed)
        finally:
            self.files.assumed.update(before)

    def assumed_anew(self) -> frozenset[str]:
        """Return the directories that were assumed to be empty so far, and start a new collection."""
        before = frozenset(self.files.assumed)
        self.files.assumed.clear()
        return before

    def unread(self) -> list[UnreadPart]:
        """Return the parts that were not read, with one unread part for each missing directory."""
        found = list(self.unread_parts)
        for directory, blocks in sorted(self.absent.items()):
            first, more = next(iter(blocks.items())), len(blocks) - 1
            states = f"{first[0]} and {more} more may state more" if more else f"{first[0]} may state more"
            found.append(
                replace(first[1], reason=f"{directory} is not there, and may be when Terraform runs: {states}")
            )
        return found

    def is_full(self, steps: int) -> bool:
        """Count one more instance, which takes these steps; true if it is one too many or no steps are left."""
        self.instances += 1
        if self.instances > MOST_INSTANCES:
            self.cut = self.cut or f"has more than the {MOST_INSTANCES} instances that iamlint reads"
            return True
        return not self.takes(steps)

    def takes(self, steps: int) -> bool:
        """Spend steps; false if there are no more.

        After the budget, the reserve covers cheap values: a plain grant is read, whatever comes before it.
        """
        try:
            self.budget.spend(steps)
        except Exhausted:
            self.cut = self.cut or TOO_MANY_STEPS
            self.budget.left, self.reserve, self.most_steps = self.reserve, 0, MOST_STEPS_OF_RESERVE
            return self.budget.left > steps
        return True

    def spares(self, steps: int) -> bool:
        """Spend steps, but none of the reserve; false if there are no more.

        A search in one text of a program may come a thousand times before a plain grant, which the reserve is for.
        """
        if self.is_on_reserve or not self.budget.reaches(steps):
            self.cut = self.cut or TOO_MANY_STEPS
            return False
        self.budget.spend(steps)
        return True

    def affords(self, instances: int) -> int:
        """Return how many of these instances there are steps for, plus one that uses up the steps."""
        if self.is_on_reserve:
            return 2
        return min(instances, max(0, self.budget.left) // STEPS_OF_INSTANCE + 2)

    @property
    def is_on_reserve(self) -> bool:
        """Whether only the reserve is left."""
        return self.most_steps == MOST_STEPS_OF_RESERVE
