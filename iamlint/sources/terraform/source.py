"""Terraform source to facts: root modules found, each evaluated, every instance turned into its facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from iamlint.facts import Declaration, Fact, Gap
from iamlint.hcl import read_file, second_opinion
from iamlint.hcl.scope import Files
from iamlint.hcl.syntax import File
from iamlint.location import Location, Unreadable
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.answers import Answers
from iamlint.sources.terraform.callsite import stated_by_call
from iamlint.sources.terraform.evaluation import ModuleInstance, Run
from iamlint.sources.terraform.instances import facts_of, is_wanted
from iamlint.sources.terraform.library import Library
from iamlint.sources.terraform.module import Module
from iamlint.sources.terraform.states import States
from iamlint.sources.terraform.variables import root_inputs, undeclared
from iamlint.sources.texts import resolved
from iamlint.sources.workspace import Workspace
from iamlint.values import Value

MOST_FACTS = 300_000
"""Facts of one root module beyond this are not read, and that is said."""


def read_terraform(directories: Iterable[Path], options: Options, workspace: Workspace, answers: Answers) -> Reading:
    """The facts of the root modules among these directories.

    A root module is a directory that no other one calls; what it calls is read with it, wherever below the roots it
    lies. ``answers`` are what other documents tell of what Terraform would ask an API for.
    """
    reading, library = Reading(), Library(workspace)
    modules: list[Module] = []
    for directory in directories:
        found = library.module(directory)
        if isinstance(found, Module):
            modules.append(found)
        else:
            reading.errors.append(Unreadable(Location(workspace.shown(directory)), f"nothing is checked here: {found}"))
    given = _var_files(options, workspace, reading)
    roots = root_modules(modules)
    reading.errors += undeclared(roots, options.variables)
    evaluated = _Roots(library, given, options, workspace, answers)
    states = States(roots, lambda root: evaluated.top(root, states))
    for root in roots:
        options.progress(f"evaluating {workspace.shown(root.directory)}")
        reading.facts += _stated(states.root(root), workspace)
        reading.errors += evaluated.errors[root.directory]
    for module in library.read:
        reading.errors += module.errors
        if options.second_parser:
            reading.errors += [difference for file in module.files for difference in second_opinion(file)]
        reading.files += len(module.files)
    return reading


def root_modules(modules: list[Module]) -> list[Module]:
    """Those that no other one calls by a local path; of modules that only call each other in a circle, the first."""
    calls = {module.directory: _called(module) for module in modules}
    called = set().union(*calls.values())
    roots = [module for module in modules if module.directory not in called]
    reached: set[Path] = set()
    for module in (*roots, *modules):
        if module.directory in reached:
            continue
        if module.directory in called:
            roots.append(module)
        waiting = [module.directory]
        while waiting:
            directory = waiting.pop()
            if directory not in reached:
                reached.add(directory)
                waiting += calls.get(directory, ())
    return roots


def _called(module: Module) -> set[Path]:
    """The directories of the other modules that a module calls by a local path."""
    return {resolved(module.directory / source) for source in module.local_sources()} - {module.directory}


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
    """What the root modules of a run are evaluated with; ``errors`` are those of their settings, by directory."""

    library: Library
    given: list[File]
    options: Options
    workspace: Workspace
    answers: Answers
    errors: dict[Path, list[Unreadable]] = field(default_factory=dict)

    def top(self, root: Module, states: States) -> ModuleInstance:
        """The instance of a root module, which reads other states among these."""
        access = Files(self.workspace.roots, root.directory, self.workspace.load_data)
        inputs, self.errors[root.directory] = root_inputs(root, self.given, self.options.variables, access)
        run = Run(
            self.library.for_root(root.directory),
            access,
            root.directory,
            self.library.selected_workspace(root.directory),
            answers=self.answers,
            states=lambda arguments, reference: states.outputs(arguments, reference, root.directory),
        )

        def given_value(value: Value) -> Callable[[], Value]:
            return lambda: value

        return ModuleInstance(run, root, {name: given_value(value) for name, value in inputs.items()})


def _stated(top: ModuleInstance, workspace: Workspace) -> list[Fact]:
    """The facts of a root module, with what of it could not be followed."""
    stated = _facts(top)
    facts = list(islice(stated, MOST_FACTS))
    if next(stated, None) is not None:
        reason = f"this root module states more than the {MOST_FACTS} facts that iamlint reads; the rest is left out"
        facts.append(Gap(reason, Declaration(Location(workspace.shown(top.module.directory)), "terraform")))
    return [*facts, *top.run.gaps]


def _facts(top: ModuleInstance) -> Iterator[Fact]:
    for instance in top.instances(is_wanted):
        facts = facts_of(instance)
        yield from (stated_by_call(fact, instance.call) for fact in facts) if instance.call else facts
