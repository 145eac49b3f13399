"""The Terraform source of a plan: the places of its instances, and what it states of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from iamlint.basics.frozen import mutable
from iamlint.budget import Budget
from iamlint.documents.values import Value
from iamlint.hcl import read_file
from iamlint.hcl.scope import Files
from iamlint.location import SourceText, Span
from iamlint.sources.reading import Options
from iamlint.sources.terraform.configuration.library import Library
from iamlint.sources.terraform.configuration.module import Dialect, Module
from iamlint.sources.terraform.configuration.selection import selection
from iamlint.sources.terraform.configuration.variables import Settings, root_inputs
from iamlint.sources.terraform.evaluation.evaluator import ModuleInstance
from iamlint.sources.terraform.evaluation.run import MOST_STEPS_IN_ROOT, Run
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.plan.addresses import calls, without_keys
from iamlint.sources.terraform.plan.configuration import Configuration
from iamlint.sources.terraform.plan.entries import Entry
from iamlint.sources.terraform.plan.relocation import same, unplaced
from iamlint.sources.terraform.resources.facts import is_wanted
from iamlint.sources.workspace import Workspace, discover
from iamlint.unknown import Unknown


@mutable
class SourceMapping:
    """The root module of a plan, evaluated with the plan's variables."""

    top: ModuleInstance
    texts: dict[str, SourceText]
    _exact: dict[str, Instance] = field(default_factory=dict)
    _blocks: dict[str, Instance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for instance in self.top.instances(_is_wanted):
            if instance.call:
                continue  # instances of a stub have addresses of their own
            self._exact.setdefault(instance.address, instance)
            self._blocks.setdefault(without_keys(instance.address), instance)

    def instance(self, address: str) -> Instance | None:
        """Return the instance with exactly this address."""
        return self._exact.get(address)

    def block(self, address: str) -> Instance | None:
        """Return some instance of the same block, for its place."""
        return self._blocks.get(without_keys(address))

    def call(self, module: str) -> tuple[Span, tuple[Span, ...]] | None:
        """Return the header of the first call to a missing module on the way, and of the calls before it."""
        here = self.top
        for name, _ in calls(module):
            declared = here.module.calls.get(name)
            if declared is None:
                return None
            children = here.children(name)
            if isinstance(children, Unknown) or not children:
                return declared.header, here.via
            child = next(iter(children.values()))
            if child.module.described:
                return declared.header, here.via
            here = child
        return None


def _is_wanted(mode: str, kind: str) -> bool:
    return is_wanted(mode, kind) or (mode == "data" and kind == "google_iam_policy")


def find_source(
    source: SourceText, entries: list[Entry], configuration: Configuration, options: Options, workspace: Workspace
) -> SourceMapping | str | None:
    """Return the root module of the plan: in ``--source-root``, else in the plan's folder, else here.

    A directory matches if it declares something from the plan's root module. Returns the reason if ``--source-root`` is
    given and no directory in it matches.
    """
    for directory in _candidates(source, options, workspace):
        inside = workspace.allowed(directory)
        within = (
            workspace if inside else Workspace([directory], workspace.cwd, tree=workspace.tree, units=workspace.units)
        )
        library = Library(within)
        module = max(library.readings(directory).values(), key=lambda one: _declared(one, entries), default=None)
        if module and _declared(module, entries):
            return SourceMapping(_evaluated(module, library, configuration, options, within), within.texts)
        if options.source_root:
            return _below(directory, entries, configuration, options, within)
    return None


def _candidates(source: SourceText, options: Options, workspace: Workspace) -> list[Path]:
    if options.source_root:
        return [workspace.resolved(workspace.cwd / options.source_root)]
    return list(dict.fromkeys((workspace.resolved(workspace.cwd / source.path).parent, workspace.cwd)))


def _below(
    top: Path, entries: list[Entry], configuration: Configuration, options: Options, workspace: Workspace
) -> SourceMapping | str:
    """Return the directory below ``--source-root`` that declares the most of the plan's root module."""
    library = Library(workspace)
    counted: dict[Path, tuple[int, Module]] = {}
    for directory in discover([top], workspace).directories:
        for module in library.readings(directory).values():
            count = _declared(module, entries)
            if count > counted.get(module.directory, (-1, module))[0]:
                counted[module.directory] = count, module
    most = max((count for count, _ in counted.values()), default=0)
    best = [module for count, module in counted.values() if count == most]
    shown = workspace.shown(top)
    if most == 0:
        return f"{shown} has no source that declares what the plan has, so findings are placed in the plan"
    if len(best) > 1:
        names = ", ".join(workspace.shown(module.directory) for module in best[:3])
        return f"{shown} has several directories that may be the plan's source ({names}): name one with --source-root"
    return SourceMapping(_evaluated(best[0], library, configuration, options, workspace), workspace.texts)


def _declared(root: Module, entries: list[Entry]) -> int:
    """Return how many blocks and calls of the plan's root module this one declares."""
    found = set()
    for entry in entries:
        path = calls(entry.module)
        if path and path[0][0] in root.calls:
            found.add(("module", path[0][0], ""))
        elif not path and (entry.mode, entry.type, entry.name) in root.resources:
            found.add((entry.mode, entry.type, entry.name))
    return len(found)


def _evaluated(
    root: Module, library: Library, configuration: Configuration, options: Options, workspace: Workspace
) -> ModuleInstance:
    """Return the root module, evaluated with the plan's variables.

    The plan's values win; if the source sets a variable to the same value, its place is kept.
    """
    texts = (workspace.load(path) for path in options.var_files)
    files = tuple(read_file(text) for text in texts if isinstance(text, SourceText))
    settings = Settings(files, options.preset, options.variables, options.exclude)
    access = Files(workspace.roots, root.directory, workspace.load_data, tree=workspace.tree)
    tree = workspace.tree
    inputs, _ = root_inputs(root, settings, access)

    def top() -> ModuleInstance:
        dialect: Dialect = "terraform" if library.module(root.directory) is root else "opentofu"
        workspace = selection(root, options.workspace, tree).value
        budget = Budget(MOST_STEPS_IN_ROOT, options.allowance.steps)
        run = Run(library.for_root(root.directory, dialect), access, root.directory, workspace, budget=budget)
        return ModuleInstance(run, root, {name: _given(value) for name, value in inputs.items()})

    as_written = top()
    for name, value in configuration.variables.items():
        own = as_written.variable(name)
        if own is not None and not same(own, value):
            inputs[name] = unplaced(value)
    return top()


def _given(value: Value) -> Callable[[], Value]:
    return lambda: value
