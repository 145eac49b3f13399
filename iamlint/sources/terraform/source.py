"""Terraform source to facts: root modules found, each evaluated, every instance turned into its facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from iamlint.facts import Declaration, Fact, Gap, Trust
from iamlint.hcl import read_file, second_opinion
from iamlint.hcl.scope import Files
from iamlint.hcl.syntax import File
from iamlint.location import Location, Unreadable
from iamlint.provenance import trusted
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.answers import Answers
from iamlint.sources.terraform.callsite import stated_by_call
from iamlint.sources.terraform.evaluation import ModuleInstance, Run
from iamlint.sources.terraform.instances import facts_of, is_wanted
from iamlint.sources.terraform.library import Library, Readings
from iamlint.sources.terraform.module import Dialect, Module
from iamlint.sources.terraform.roots import root_modules
from iamlint.sources.terraform.selection import selection
from iamlint.sources.terraform.states import States
from iamlint.sources.terraform.variables import root_inputs, undeclared
from iamlint.sources.terraform.worlds import by_outputs, definite, either, further, once_more
from iamlint.sources.workspace import Workspace
from iamlint.values import Value

MOST_FACTS = 300_000
"""Facts of one root module beyond this are not read, and that is said."""


def read_terraform(
    directories: Iterable[Path],
    options: Options,
    workspace: Workspace,
    answers: Callable[[str], Answers],
    owners: Set[Path],
) -> Reading:
    """The facts of the root modules among these directories, and of those that may be applied by themselves.

    What a root module calls is read with it, wherever below the roots it lies. ``answers`` gives what other documents
    tell a configuration of what Terraform would ask an API for; ``owners`` are the directories of the root modules that
    the user named.
    """
    reading, library = Reading(), Library(workspace)
    modules: dict[Path, Module] = {}
    for directory in directories:
        found = library.module(directory)
        if isinstance(found, Module):
            modules[found.directory] = found
        else:
            reading.errors.append(Unreadable(Location(workspace.shown(directory)), f"nothing is checked here: {found}"))
    given = _var_files(options, workspace, reading)
    readings = {directory: library.readings(directory) for directory in modules}
    roots, called = root_modules(modules.values(), lambda module: _sources(readings[module.directory].values()))
    declaring = [one for root in roots for one in readings[root.directory].values()]
    reading.errors += undeclared(declaring, options.variables)
    named = frozenset(modules) if options.folders_are_named else owners
    of_roots = [readings[root.directory] for root in roots]
    evaluated = _Roots(library, of_roots, given, options, workspace, answers, named)
    certain = replace(evaluated, certain=True)
    for root in roots:
        options.progress(f"evaluating {workspace.shown(root.directory)}")
        facts = evaluated.facts(readings[root.directory])
        by = evaluated.read_by(root.directory)
        if by:
            facts += by_outputs(facts, certain.facts(readings[root.directory]), workspace.shown(by))
        kept = once_more(facts, reading.facts) if root.directory in called else facts
        trust: Trust = "owner" if root.directory in owners else "own"
        reading.facts += trusted(kept, "named" if options.folders_are_named else trust)
        reading.errors += evaluated.errors.get(root.directory, ())
    for directory in sorted(modules.keys() - {root.directory for root in roots}):
        own = definite(evaluated.by_default(readings[directory]))
        reading.facts += trusted(further(own, reading.facts), "named" if options.folders_are_named else "own")
    files: dict[int, File] = {}
    for module in library.read:
        reading.errors += module.errors
        files |= {id(file): file for file in module.files}
    if options.second_parser:
        reading.errors += [difference for file in files.values() for difference in second_opinion(file)]
    reading.files += len(files)
    return reading


def _sources(readings: Iterable[Module]) -> Iterator[str]:
    for module in readings:
        yield from module.local_sources()


def _var_files(options: Options, workspace: Workspace, reading: Reading) -> list[File]:
    files: list[File] = []
    for path in options.var_files:
        source = workspace.load(path)
        if isinstance(source, Unreadable):
            reading.errors.append(source)
        else:
            file = read_file(source)
            reading.errors += file.errors
            files.append(file)
    return files


@dataclass(slots=True)
class _Roots:
    """What the root modules of a run are evaluated with; ``errors`` are those of their settings, by directory.

    ``named`` are those that the user named: where all shall be ``certain``, no other one says what a state holds.
    """

    library: Library
    roots: list[Readings]
    given: list[File]
    options: Options
    workspace: Workspace
    answers: Callable[[str], Answers]
    named: Set[Path]
    certain: bool = False
    errors: dict[Path, list[Unreadable]] = field(default_factory=dict, init=False)
    _states: dict[Dialect, States] = field(default_factory=dict, init=False)

    def facts(self, readings: Readings) -> list[Fact]:
        """The facts of a root module, in each way that it may be applied."""
        return self._read(readings, lambda root, dialect: self._of_workspaces(root, self.states(dialect).root))

    def by_default(self, readings: Readings) -> list[Fact]:
        """The facts of a module that others call, applied by itself with nothing set."""

        def facts(root: Module, dialect: Dialect) -> tuple[list[Fact], bool]:
            return self._of_workspaces(root, lambda root, name: self._instance(root, dialect, name, {}))

        return self._read(readings, facts)

    def _read(self, readings: Readings, facts: Callable[[Module, Dialect], tuple[list[Fact], bool]]) -> list[Fact]:
        """The facts as Terraform and as OpenTofu read a module; once where nothing in it differs between them."""
        found: list[list[Fact]] = []
        for dialect, root in readings.items():
            stated, differs = facts(root, dialect)
            found.append(stated)
            if not differs:
                break
        return found[0] if len(found) == 1 else either(*found)

    def _of_workspaces(self, root: Module, top: Callable[[Module, Value], ModuleInstance]) -> tuple[list[Fact], bool]:
        """The facts of a module in every workspace, and whether another program reads a module of it differently."""
        selected = selection(root, self.options.workspace)
        first = top(root, selected.value)
        facts, differs = _stated(first, self.workspace), first.run.modules.differ
        for name in selected.others if first.run.asks_workspace else ():
            other = top(root, Value(name))
            facts += further(_stated(other, self.workspace), facts)
            differs |= other.run.modules.differ
        return facts, differs

    def states(self, dialect: Dialect) -> States:
        """The states of the root modules, as one program keeps them."""
        if dialect not in self._states:
            roots = [readings[dialect] for readings in self.roots if dialect in readings]
            self._states[dialect] = States(roots, lambda root, name: self._top(root, dialect, name), self.named)
        return self._states[dialect]

    def read_by(self, directory: Path) -> Path | None:
        """A root module whose outputs another one has read, and which the user did not name."""
        found = (states.doubtful.get(directory, []) for states in self._states.values())
        return next((one for others in found for one in others), None)

    def _top(self, root: Module, dialect: Dialect, name: Value) -> ModuleInstance:
        """The instance of a root module, which reads other states among these, in a workspace."""
        access = Files(self.workspace.roots, root.directory, self.workspace.load_data)
        inputs, self.errors[root.directory] = root_inputs(root, self.given, self.options.variables, access)
        return self._instance(root, dialect, name, inputs)

    def _instance(self, root: Module, dialect: Dialect, name: Value, inputs: Mapping[str, Value]) -> ModuleInstance:
        run = Run(
            self.library.for_root(root.directory, dialect),
            Files(self.workspace.roots, root.directory, self.workspace.load_data),
            root.directory,
            name,
            answers=self.answers(self.workspace.shown(root.directory)),
            states=lambda arguments, reference: self.states(dialect).outputs(
                arguments, reference, root.directory, certain=self.certain
            ),
        )

        def given(value: Value) -> Callable[[], Value]:
            return lambda: value

        return ModuleInstance(run, root, {name: given(value) for name, value in inputs.items()})


def _stated(top: ModuleInstance, workspace: Workspace) -> list[Fact]:
    """The facts of a root module, with what of it could not be followed."""
    stated = _facts(top)
    facts = list(islice(stated, MOST_FACTS))
    if next(stated, None) is not None:
        reason = f"this root module states more than the {MOST_FACTS} facts that iamlint reads; the rest is left out"
        facts.append(Gap(reason, Declaration(Location(workspace.shown(top.module.directory)), "terraform")))
    return [*facts, *top.run.unread()]


def _facts(top: ModuleInstance) -> Iterator[Fact]:
    for instance in top.instances(is_wanted):
        facts = facts_of(instance)
        yield from (stated_by_call(fact, instance.call) for fact in facts) if instance.call else facts
