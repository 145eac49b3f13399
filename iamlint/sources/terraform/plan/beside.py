"""The Terraform source that lies beside a plan: where its instances are written, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from iamlint.hcl import read_file
from iamlint.hcl.scope import Files
from iamlint.location import Location, SourceText, Span, Unreadable
from iamlint.sources.reading import Options
from iamlint.sources.terraform.evaluation import ModuleInstance, Run
from iamlint.sources.terraform.instance import Instance
from iamlint.sources.terraform.instances import is_wanted
from iamlint.sources.terraform.library import Library
from iamlint.sources.terraform.module import Module
from iamlint.sources.terraform.plan.addresses import calls, without_keys
from iamlint.sources.terraform.plan.configuration import Configuration
from iamlint.sources.terraform.plan.entries import Entry
from iamlint.sources.terraform.plan.relocation import same, unplaced
from iamlint.sources.terraform.variables import root_inputs
from iamlint.sources.workspace import Workspace
from iamlint.unknown import Unknown
from iamlint.values import Value


@dataclass(slots=True)
class Beside:
    """The root module of a plan, evaluated with the plan's variables."""

    top: ModuleInstance
    texts: dict[str, SourceText]
    _exact: dict[str, Instance] = field(default_factory=dict)
    _blocks: dict[str, Instance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for instance in self.top.instances(_is_wanted):
            self._exact.setdefault(instance.address, instance)
            self._blocks.setdefault(without_keys(instance.address), instance)

    def instance(self, address: str) -> Instance | None:
        """The instance of this very address."""
        return self._exact.get(address)

    def block(self, address: str) -> Instance | None:
        """Some instance of the same block, which tells where it is written."""
        return self._blocks.get(without_keys(address))

    def call(self, module: str) -> tuple[Span, tuple[Span, ...]] | None:
        """The header of the first call on the way to a module that is not there, and of those before it."""
        here = self.top
        for name, _ in calls(module):
            declared = here.module.calls.get(name)
            if declared is None:
                return None
            children = here.children(name)
            if isinstance(children, Unknown) or not children:
                return declared.header, here.via
            here = next(iter(children.values()))
        return None


def _is_wanted(mode: str, kind: str) -> bool:
    return is_wanted(mode, kind) or (mode == "data" and kind == "google_iam_policy")


def find_source(
    source: SourceText, entries: list[Entry], configuration: Configuration, options: Options, workspace: Workspace
) -> Beside | Unreadable | None:
    """The root module that the plan was made of: in ``--source-root``, else in the plan's folder, else here.

    A directory is it when it declares something of what the plan has in its root module.
    """
    for directory in _candidates(source, options, workspace):
        within = workspace if workspace.allowed(directory) else Workspace([directory], workspace.cwd)
        library = Library(within)
        module = library.module(directory)
        if isinstance(module, Module) and _declares(module, entries):
            return Beside(_evaluated(module, library, configuration, options, within), within.texts)
        if options.source_root:
            at = Location(workspace.shown(directory))
            why = module if isinstance(module, str) else "it declares nothing that the plan has"
            reason = f"this is not the source of {source.path}: {why}"
            return Unreadable(at, reason, "give --source-root the directory that the plan was made in")
    return None


def _candidates(source: SourceText, options: Options, workspace: Workspace) -> list[Path]:
    if options.source_root:
        return [(workspace.cwd / options.source_root).resolve()]
    return list(dict.fromkeys(((workspace.cwd / source.path).resolve().parent, workspace.cwd)))


def _declares(root: Module, entries: list[Entry]) -> bool:
    for entry in entries:
        path = calls(entry.module)
        if path[0][0] in root.calls if path else (entry.mode, entry.type, entry.name) in root.resources:
            return True
    return False


def _evaluated(
    root: Module, library: Library, configuration: Configuration, options: Options, workspace: Workspace
) -> ModuleInstance:
    """The root module with the plan's variables.

    What the plan was made with wins; where the source sets a variable to the same, its place is kept.
    """
    texts = (workspace.load(path) for path in options.var_files)
    files = [read_file(text) for text in texts if isinstance(text, SourceText)]
    access = Files(workspace.roots, root.directory)
    inputs, _ = root_inputs(root, files, options.variables, access)

    def top() -> ModuleInstance:
        run = Run(library.for_root(root.directory), access, root.directory)
        return ModuleInstance(run, root, {name: _given(value) for name, value in inputs.items()})

    as_written = top()
    for name, value in configuration.variables.items():
        own = as_written.variable(name)
        if own is not None and not same(own, value):
            inputs[name] = unplaced(value)
    return top()


def _given(value: Value) -> Callable[[], Value]:
    return lambda: value
