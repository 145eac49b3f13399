"""Terraform source to facts: finds root modules, evaluates each, and converts its instances to facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from iamlint.basics.frozen import mutable
from iamlint.basics.hashes import hash_of
from iamlint.budget import TimeUp
from iamlint.documents.values import Value
from iamlint.facts import Declaration, Fact, Grant, Trust, UnreadPart
from iamlint.files.disk import DISK
from iamlint.hcl import read_file, second_opinion
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.scope import Files, Scope
from iamlint.hcl.syntax import File
from iamlint.location import Location, SourceText, Unreadable
from iamlint.provenance import trusted
from iamlint.sources.reading import TIME_OF_READING, Options, OrderMatters, Reading, not_looked_at
from iamlint.sources.terraform.configuration.library import Library, Readings, RootModules, unchecked
from iamlint.sources.terraform.configuration.module import Dialect, Module
from iamlint.sources.terraform.configuration.roots import is_applied, never_created, root_modules
from iamlint.sources.terraform.configuration.selection import selection
from iamlint.sources.terraform.configuration.var_files import var_files
from iamlint.sources.terraform.configuration.variables import (
    Settings,
    is_excluded_file,
    root_inputs,
    undeclared,
    unused,
)
from iamlint.sources.terraform.evaluation.evaluator import ModuleInstance
from iamlint.sources.terraform.evaluation.run import Run, Shared
from iamlint.sources.terraform.evaluation.states import States
from iamlint.sources.terraform.instances.data_lookups import DataLookups
from iamlint.sources.terraform.sharing import Evaluated, Job, Share, shared_out
from iamlint.sources.workspace import Found, Workspace

if TYPE_CHECKING:
    from iamlint.cache.units import Units
    from iamlint.sources.terraform.evaluation.kept.states import Place, StateNotes
    from iamlint.sources.terraform.kept_roots import KeptRoots
    from iamlint.sources.terraform.remembered import RememberedRoots


Kind = Literal["told", "uncalled", "by default"]
"""How a module is evaluated: as a root module, as one that may only be called elsewhere, or with no variables set."""


def read_terraform(
    present: Found,
    options: Options,
    workspace: Workspace,
    lookups: Callable[[str], DataLookups],
    owners: Set[Path],
) -> Stating:
    """Return what root modules in the directories found state, and those that may be applied by themselves.

    Called modules are read with their root module, anywhere below the roots. ``lookups`` returns a configuration's
    lookups in other documents, instead of Terraform's API calls; ``owners`` are the directories of the root modules
    that the user named.
    """
    units = options.units if options.tree is DISK and not options.second_parser else None
    reading, library = Reading(), Library(workspace, units)
    modules = _modules(present, options, workspace, library, reading)
    files_given = tuple(_var_files(options.var_files, workspace, reading))
    readings = {directory: library.readings(directory) for directory in modules}
    roots, called = root_modules(
        modules.values(), lambda module: _sources(readings[module.directory].values()), workspace.tree
    )
    homes = _homes(options.var_files, {root.directory for root in roots}, workspace)
    given = Settings(files_given, options.preset, options.variables, options.exclude, homes)
    declaring = [one for root in roots for one in readings[root.directory].values()]
    names = {root.directory: root.variable_names for root in roots}
    reading.var_files = var_files(present.var_files, options.var_files, names, workspace, units)
    reading.errors += undeclared(declaring, options.variables)
    reading.facts += _missing([one for root in roots for one in library.missing_var_files(root.directory)], workspace)
    reading.undeclared += unused(declaring, options.preset)
    named = frozenset(modules) if options.folders_are_named else owners
    of_roots = [readings[root.directory] for root in roots]
    backend = _backend(options, workspace, reading)
    remembered = _remembered(units, options, given, workspace, library, backend)
    evaluated = _Roots(library, of_roots, given, options, workspace, lookups, named, backend, remembered)
    uses: dict[Path, Use] = {root.directory: _use(root, called, workspace) for root in roots}
    off = never_created((one for found in readings.values() for one in found.values()), workspace.tree)
    uses |= {one: "off" if one in off else "by default" for one in sorted(modules.keys() - uses.keys())}
    jobs = [Job(directory, partial(evaluated.of, _kind(use), readings[directory])) for directory, use in uses.items()]
    is_unspent = options.allowance.is_unspent
    outcomes = shared_out(jobs, options.allowance, evaluated.begin)
    if remembered and not remembered.is_exact and any(one.cut for one in outcomes):
        raise OrderMatters
    stating = Stating(reading, modules=library.read)
    for (directory, use), outcome in zip(uses.items(), outcomes, strict=True):
        is_root = use not in _NO_ROOTS
        trust: Trust = "owner" if is_root and directory in owners else "own"
        stating.parts.append((directory, use, "named" if options.folders_are_named else trust, outcome.facts))
        reading.errors += evaluated.errors.get(directory, ()) if is_root else ()
        reading.errors += outcome.errors(workspace.shown(directory))
    if units and is_unspent and outcomes:
        units.spare = options.allowance.bytes_without(min(one.spare for one in outcomes))
    late = [job.directory for job, outcome in zip(jobs, outcomes, strict=True) if outcome.late]
    evaluated.end()
    reading.errors += not_looked_at(map(workspace.shown, late), options.allowance)
    _count_files(library, options, reading)
    reading.files += len(files_given)
    stating.remembered, stating.is_whole = remembered if units else None, not late
    return stating


def _missing(links: Iterable[Path], workspace: Workspace) -> Iterator[UnreadPart]:
    """Yield an unread part for each missing target of links to variable files, which each user often makes."""
    of_targets: dict[Path, list[Path]] = {}
    for link in links:
        of_targets.setdefault(workspace.resolved(link), []).append(link)
    for target, found in of_targets.items():
        first, more = workspace.shown(found[0]), len(found) - 1
        named = f"the link {first} and {more} more to it" if more else f"the link {first} to it"
        reason = f"{workspace.shown(target)} is not there, and may be when Terraform runs: {named} would set variables"
        yield UnreadPart(reason, Declaration(Location(first), "file"), unread=False)


Use = Literal["root", "uncalled", "once more", "by default", "off"]
"""How the facts of a module are used: all are listed, or only what they add to the facts of other modules.

An "uncalled" module is a root module only because no other module calls it. No call of an "off" module creates it."""
_NO_ROOTS = ("by default", "off")


@mutable
class Stating:
    """A reading of Terraform source whose facts are not in it yet.

    ``parts`` are the evaluated modules, each with the use of its facts, how far they count, and the facts.
    ``remembered`` has them as data. ``is_whole`` says that there was time for all ``modules``.
    """

    reading: Reading
    parts: list[tuple[Path, Use, Trust, list[Fact]]] = field(default_factory=list)
    remembered: RememberedRoots | KeptRoots | None = None
    is_whole: bool = True
    modules: Iterable[Module] = ()

    def facts(self) -> list[Fact]:
        """Return the facts."""
        from iamlint.sources.terraform.worlds import Stated, blocked_by_example, definite, further, once_more, waiting

        stated = Stated()
        for _, use, trust, evaluated in self.parts:
            facts = evaluated if self.remembered is None else _read(evaluated)
            if use in _NO_ROOTS:
                sure = definite(facts)
                kept = [*further(sure, stated), *blocked_by_example(sure, stated)]
                kept += waiting(facts, sure) if use == "off" else ()
            else:
                kept = once_more(facts, stated) if use == "once more" else facts
            add = stated.add_example if use == "uncalled" else stated.add
            add(trusted(kept, trust))
        return stated.facts

    def hash(self) -> str | None:
        """Return a hash of all that the facts are made of; None without one."""
        if self.remembered is None or not self.is_whole:
            return None
        from iamlint.sources.terraform.remembered import RememberedRoots

        if not isinstance(self.remembered, RememberedRoots):
            return None
        kinds = ((_kind(use), directory, f"{use} {trust}") for directory, use, trust, _ in self.parts)
        return self.remembered.hash_of(kinds)


def _use(root: Module, called: Set[Path], workspace: Workspace) -> Use:
    if root.directory in called:
        return "once more"
    return "root" if is_applied(root, workspace.tree) else "uncalled"


def _kind(use: Use) -> Kind:
    match use:
        case "root" | "once more":
            return "told"
        case "off":
            return "by default"
        case _:
            return use


def _read(facts: list[Fact]) -> list[Fact]:
    """Return facts, also those that are data of an earlier run."""
    if type(facts) is list:  # of this run
        return facts
    from iamlint.sources.terraform.remembered import StoredFacts

    return facts.read() if isinstance(facts, StoredFacts) else facts


def _count_files(library: Library, options: Options, reading: Reading) -> None:
    """Add the files of the modules that were read, and their errors."""
    count: set[object] = set()
    for module in library.read:
        reading.errors += (one for one in module.errors if not is_excluded_file(one.at.path, options.exclude))
        count.update(module.each_file)
    if options.second_parser:
        files = {id(file): file for module in library.read for file in module.files}
        reading.errors += [difference for file in files.values() for difference in second_opinion(file)]
    reading.files += len(count)


def _modules(
    present: Found, options: Options, workspace: Workspace, library: Library, reading: Reading
) -> dict[Path, Module]:
    """Return the modules in the directories found, by directory. Errors go to the reading."""
    modules: dict[Path, Module] = {}
    directories = present.directories
    for number, directory in enumerate(directories):
        try:
            with options.allowance.interrupting(TIME_OF_READING):
                found = library.module(directory)
        except TimeUp:
            reading.errors += not_looked_at(map(workspace.shown, directories[number:]), options.allowance)
            break
        if isinstance(found, Module):
            modules[found.directory] = found
        else:
            reading.errors.append(unchecked(Location(workspace.shown(directory)), found))
    return modules


def _sources(readings: Iterable[Module]) -> Iterator[str]:
    for module in readings:
        yield from module.local_sources()


def _var_files(paths: Iterable[Path], workspace: Workspace, reading: Reading) -> list[File]:
    files: list[File] = []
    for path in paths:
        source = workspace.load(path)
        if isinstance(source, Unreadable):
            reading.errors.append(source)
        else:
            file = read_file(source)
            reading.errors += file.errors
            files.append(file)
    return files


def _homes(paths: Iterable[Path], roots: Set[Path], workspace: Workspace) -> dict[str, Path]:
    """Return the nearest root module in whose folder, or below it, each file is; nothing for a file elsewhere.

    In a repository with several root modules, each has variable files of its own with the same names in them.
    """
    homes: dict[str, Path] = {}
    for path in paths:
        home = next((one for one in workspace.resolved(path).parents if one in roots), None)
        source = workspace.load(path) if home else None
        if home and isinstance(source, SourceText):
            homes[source.path] = home
    return homes


def _backend(options: Options, workspace: Workspace, reading: Reading) -> Mapping[str, Value]:
    """Return the settings of a partial backend: the arguments of a file, or a mapping."""
    if not isinstance(options.backend, Path):
        return {name: Value(value) for name, value in (options.backend or {}).items()}
    found: dict[str, Value] = {}
    for file in _var_files([options.backend], workspace, reading):
        scope = Scope(file.source, lambda _name: None, Files())
        found |= {name: evaluate(one.expression, scope) for name, one in file.body.arguments.items()}
    return found


def _remembered(
    units: Units | None,
    options: Options,
    given: Settings,
    workspace: Workspace,
    library: Library,
    backend: Mapping[str, Value],
) -> RememberedRoots | KeptRoots | None:
    """Return the evaluations of an earlier run; None without usable ones."""
    if units is None and options.memory is None:
        return None
    values = (replace(given, files=()), options.workspace, options.source_root, workspace.roots)
    files = [text for file in given.files for text in (file.source.path, file.source.text)]
    memory = options.memory
    if memory:
        from iamlint.sources.terraform.kept_roots import KeptRoots

        context = memory.token("settings", (values, files, options.backend, options.context))
        return KeptRoots(memory, context, library, workspace, options.allowance)
    if units is None:
        return None
    from iamlint.sources.terraform.remembered import RememberedRoots

    settings = sorted(f"{name}={value!r}" for name, value in backend.items())
    context = hash_of(str(options.context), repr(values), *files, "backend", *settings)
    return RememberedRoots(units, context, library, workspace, options.allowance)


@mutable
class _Roots:
    """The context for evaluating the root modules of a run; ``errors`` are those of their settings, by directory.

    ``named`` are the ones that the user named: if everything must be ``certain``, only they define states. ``only`` are
    the blocks whose facts are wanted, by their `id`. ``share`` are the steps of the current one. ``remembered`` are the
    evaluations of an earlier run.
    """

    library: Library
    roots: list[Readings]
    given: Settings
    options: Options
    workspace: Workspace
    lookups: Callable[[str], DataLookups]
    named: Set[Path]
    backend: Mapping[str, Value]
    remembered: RememberedRoots | KeptRoots | None = None
    certain: bool = False
    only: Set[int] | None = None
    errors: dict[Path, list[Unreadable]] = field(default_factory=dict, init=False)
    share: Share = field(init=False)
    shared: dict[int, Shared] = field(default_factory=dict)
    _states: dict[Dialect, States] = field(default_factory=dict, init=False)
    _places: dict[Dialect, dict[Path, Place]] = field(default_factory=dict, init=False)

    def begin(self, job: Job, share: Share) -> None:
        """Start a module with its share.

        Cached instances of one that ran out of steps may be incomplete, so they are dropped.
        """
        self.options.progress(f"evaluating {self.workspace.shown(job.directory)}")
        self.share = share
        if share.anew:
            for states in self._states.values():
                states.forget()

    def end(self) -> None:
        """Drop all states: they refer to this object, and garbage in a cycle keeps its syntax trees to the end."""
        self._states.clear()

    def of(self, kind: Kind, readings: Readings) -> list[Fact]:
        """Return the facts of a module as a root module, or of one by default; those of an earlier run if it can."""
        ways = {"told": self.told, "uncalled": self.uncalled, "by default": self.by_default}
        tell = ways[kind]
        if self.remembered is None:
            return tell(readings)
        directory = next(iter(readings.values())).directory

        def evaluate() -> Evaluated:
            return Evaluated(tell(readings), self.errors.get(directory))

        found = self.remembered.evaluated(kind, directory, self.share, self.states, evaluate)
        if found.errors is not None:
            self.errors[directory] = found.errors
        return found.facts

    def told(self, readings: Readings) -> list[Fact]:
        """Return the facts of a root module, and unread parts for what depends on outputs of modules that the user did
        not name.
        """
        facts = self.facts(readings)
        by = self.read_by(next(iter(readings.values())).directory)
        if by is None:
            return facts
        from iamlint.sources.terraform.configuration.state_readers import state_readers
        from iamlint.sources.terraform.worlds import by_outputs

        certain = replace(self, certain=True, only=state_readers(readings.values()))
        certain.share, certain._places = self.share, self._places
        found = certain.facts(readings)
        certain.end()
        return [*facts, *by_outputs(facts, found, self.workspace.shown(by))]

    def uncalled(self, readings: Readings) -> list[Fact]:
        """Return the facts of a module that may be called elsewhere, and a note if it grants nothing by default."""
        facts = self.told(readings)
        if any(isinstance(fact, Grant) for fact in facts):
            return facts
        from iamlint.sources.terraform.off_by_default import off_by_default

        dialect, root = next(iter(readings.items()))
        name = selection(root, self.options.workspace, self.workspace.tree).value
        return [*facts, *off_by_default(root, lambda: self.states(dialect).root(root, name))]

    def facts(self, readings: Readings) -> list[Fact]:
        """Return the facts of a root module, in each way that it may be applied."""
        return self._read(readings, lambda root, dialect: self._of_workspaces(root, self.states(dialect).root))

    def by_default(self, readings: Readings) -> list[Fact]:
        """Return the facts of a called module, applied by itself with no variables set."""

        def facts(root: Module, dialect: Dialect) -> tuple[list[Fact], bool]:
            return self._of_workspaces(root, lambda root, name: self._instance(root, dialect, name, {}))

        return self._read(readings, facts)

    def _read(self, readings: Readings, facts: Callable[[Module, Dialect], tuple[list[Fact], bool]]) -> list[Fact]:
        """Return the facts as Terraform and as OpenTofu read a module; once if they read it the same."""
        found: list[list[Fact]] = []
        for dialect, root in readings.items():
            stated, differs = facts(root, dialect)
            found.append(stated)
            if not differs:
                break
        if len(found) == 1:
            return found[0]
        from iamlint.sources.terraform.worlds import either

        return either(*found)

    def _of_workspaces(self, root: Module, top: Callable[[Module, Value], ModuleInstance]) -> tuple[list[Fact], bool]:
        """Return the facts of a module in every workspace, and whether another program reads a module differently."""
        selected = selection(root, self.options.workspace, self.workspace.tree)
        first = self._remembering(top(root, selected.value))
        facts, differs = self.share.facts_of(first), first.run.modules.differ
        for name in selected.others if first.run.asks_workspace else ():
            from iamlint.sources.terraform.worlds import Stated, further

            other = self._remembering(top(root, Value(name)))
            facts += further(self.share.facts_of(other), Stated(facts))
            differs |= other.run.modules.differ
        return facts, differs

    def _remembering(self, top: ModuleInstance) -> ModuleInstance:
        """Return the instance of a root module whose facts are wanted; it uses the calls that a session remembers."""
        if self.options.memory is None:
            return top
        from iamlint.sources.terraform.kept_roots import KeptRoots

        if isinstance(self.remembered, KeptRoots) and isinstance(top.run.modules, RootModules):
            self.remembered.remember_calls(top.run, top.run.modules, "certain" if self.certain else "")
        return top

    def states(self, dialect: Dialect) -> States:
        """Return the states of the root modules, as one program reads them."""
        if dialect not in self._states:
            roots = [readings[dialect] for readings in self.roots if dialect in readings]
            self._states[dialect] = States(
                roots,
                lambda root, name: self._top(root, dialect, name),
                self.named,
                self.backend,
                kept=self._notes(dialect),
                places=self._places.setdefault(dialect, {}),
            )
        return self._states[dialect]

    def _notes(self, dialect: Dialect) -> StateNotes:
        remembered = self.remembered
        if remembered:
            from iamlint.sources.terraform.remembered import RememberedRoots

            if isinstance(remembered, RememberedRoots):
                return remembered.logs.states(dialect)
        from iamlint.sources.terraform.evaluation.kept.states import KeptStates

        return KeptStates(self.workspace, dialect, (remembered.context if remembered else None,))

    def read_by(self, directory: Path) -> Path | None:
        """Return a root module whose outputs another one read, and that the user did not name."""
        found = (states.doubtful.get(directory, []) for states in self._states.values())
        return next((one for others in found for one in others), None)

    def _top(self, root: Module, dialect: Dialect, name: Value) -> ModuleInstance:
        """Return the instance of a root module in a workspace; it reads other states from here."""
        access = _files(self.workspace, root.directory)
        inputs, self.errors[root.directory] = root_inputs(root, self.given, access)
        return self._instance(root, dialect, name, inputs)

    def _instance(self, root: Module, dialect: Dialect, name: Value, inputs: Mapping[str, Value]) -> ModuleInstance:
        run = Run(
            self.library.for_root(root.directory, dialect),
            _files(self.workspace, root.directory),
            root.directory,
            name,
            lookups=self.lookups(self.workspace.shown(root.directory)),
            states=lambda arguments, reference: self.states(dialect).outputs(
                arguments, reference, root.directory, certain=self.certain
            ),
            budget=self.share.budget,
            reserve=self.share.reserve,
            only=self.only,
            constants=None if self.options.memory else {},
            shared=self.shared,
        )

        def given(value: Value) -> Callable[[], Value]:
            return lambda: value

        return ModuleInstance(run, root, {name: given(value) for name, value in inputs.items()})


def _files(workspace: Workspace, base: Path) -> Files:
    """Return the files that functions of a root module may read."""
    return Files(workspace.roots, base, workspace.load_data, looked_at=workspace.looked_at, tree=workspace.tree)
