"""The modules on disk: each directory is read once, calls are followed, never outside the roots."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from iamlint.basics.frozen import mutable
from iamlint.basics.hashes import hash_of
from iamlint.files.looks import ENTRIES, KIND, RESOLVED
from iamlint.files.tree import FILE, Entry
from iamlint.hcl import read_file
from iamlint.hcl.syntax import File
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.marks import LINK_HINT, is_link
from iamlint.sources.names import MANIFEST, is_automatic, is_configuration
from iamlint.sources.terraform.configuration.module import (
    LONGEST_SOURCE,
    Dialect,
    Module,
    assignment_names,
    configuration_names,
    declares_nothing,
    local_path,
    read_module,
    reading_order,
)
from iamlint.sources.workspace import Workspace

if TYPE_CHECKING:
    from iamlint.cache.memory import Memory
    from iamlint.cache.units import Asked, Units
    from iamlint.sources.terraform.configuration.installed import Installed

DIALECTS: tuple[Dialect, ...] = ("terraform", "opentofu")
Readings = dict[Dialect, Module]
"""A module as each program reads it."""
MODULE: dict[Dialect, str] = {"terraform": "module of terraform", "opentofu": "module of opentofu"}
"""What a part of the work asked for, by the program that reads it."""
_MODULE = "module"
INSTALL = "terraform init would fetch it"
_NO_FILES = "has no Terraform files"


def unchecked(at: Location, why: str) -> Unreadable:
    """Return the error for a given directory that is not a module, for the reason that `Library.module` returned."""
    hint = "give the directory of a root module; --var-file names variable files" if why.endswith(_NO_FILES) else ""
    return Unreadable(at, f"nothing is checked here: {why}", hint)


@mutable
class Uses:
    """The modules that were asked for, each once, and whether a manifest was used that had been read before."""

    modules: dict[tuple[Path, Dialect], None] = field(default_factory=dict)
    known_manifest: bool = False


class Library:
    """Modules by directory. Files are read below the workspace's roots only. ``units`` are parts of an earlier run."""

    def __init__(self, workspace: Workspace, units: Units | None = None) -> None:
        self._workspace, self._units, self._memory = workspace, units, workspace.memory
        self._files: dict[Path, File | Unreadable] = {}
        self._names: dict[Path, list[str]] = {}
        self._missing: dict[Path, list[str]] = {}
        self._modules: dict[tuple[Path, Dialect], Module] = {}
        self._manifests: dict[Path, dict[str, Installed]] = {}
        self._asked: dict[Path, set[Asked]] = {}
        self.uses = Uses()

    def module(self, directory: Path, dialect: Dialect = "terraform") -> Module | str:
        """Return the module in a directory as a program reads it, or the reason why it has none.

        If only the other program finds files, the module is empty, as a call of it is for Terraform.
        """
        real = self._workspace.resolved(directory)
        self.uses.modules[directory, dialect] = None
        if (real, dialect) not in self._modules:
            names = self._configuration(directory, real)
            if isinstance(names, str):
                return names
            self._modules[real, dialect] = self._read(real, names, dialect)
        if self._memory:
            self._memory.tree.note((MODULE[dialect], str(directory)))
            self._memory.part(_MODULE, real)
        return self._modules[real, dialect]

    def readings(self, directory: Path) -> Readings:
        """Return the module in a directory, as read by each program that finds configuration there."""
        found = {dialect: self.module(directory, dialect) for dialect in DIALECTS}
        names = self._names.get(self._workspace.resolved(directory), [])
        if not configuration_names(names, "terraform"):
            del found["terraform"]
        return {dialect: module for dialect, module in found.items() if isinstance(module, Module)}

    def missing_var_files(self, directory: Path) -> list[Path]:
        """Return the links to variable files that are not there."""
        return [directory / name for name in self._missing.get(self._workspace.resolved(directory), ())]

    def differs(self, directory: Path) -> bool:
        """Whether Terraform and OpenTofu read a module differently."""
        real = self._workspace.resolved(directory)
        return self._modules.get((real, "terraform")) is not self._modules.get((real, "opentofu"))

    def _configuration(self, directory: Path, real: Path) -> list[str] | str:
        shown = self._workspace.shown(directory)
        if not self._workspace.allowed(real):
            return f"{shown} is outside of what iamlint was given to read"
        if not self._workspace.tree.is_directory(real):
            return f"the directory {shown} is not there"
        try:
            entries = list(self._workspace.tree.entries(real))
            self._names[real] = sorted(entry.name for entry in entries if _is_read(entry))
            self._missing[real] = sorted(entry.name for entry in entries if _is_missing(entry))
        except OSError as error:
            return f"the directory {shown} cannot be read: {error.strerror}"
        if not configuration_names(self._names[real], "opentofu"):
            return f"the directory {shown} {_NO_FILES}"
        return self._names[real]

    def _read(self, real: Path, names: list[str], dialect: Dialect) -> Module:
        """Return a module. One that both programs read alike is parsed when it is used, if an earlier run had it."""
        other: Dialect = "opentofu" if dialect == "terraform" else "terraform"
        if self._memory:
            found = self._remembered(real, names, self._memory)
            self._modules[real, other] = found[other]
            return found[dialect]
        outlined = self._outlined(real, names, dialect) if self._units else None
        if outlined is not None:
            self._modules[real, other] = outlined
            return outlined
        module, self._modules[real, other] = self._both(real, names, dialect)
        if self._units and module is self._modules[real, other] and not module.errors:
            from iamlint.cache.units import Trace
            from iamlint.sources.terraform.configuration.outlines import outline_of

            self._units.keep(hash_of("module", str(real)), Trace(self._asked_of(real, names)), outline_of(module))
        return module

    def _both(self, real: Path, names: list[str], dialect: Dialect) -> tuple[Module, Module]:
        """Return a module as one program and as the other reads it.

        It is the same if what only one of them reads declares nothing.
        """
        other: Dialect = "opentofu" if dialect == "terraform" else "terraform"
        here, there = (set(configuration_names(names, one)) for one in (dialect, other))
        if here == there:
            module = read_module(real, names, dialect, self._file)
            return module, module
        files = [self._file(real / name) for name in sorted(here ^ there)]
        if here and there and all(isinstance(file, File) and declares_nothing(file) for file in files):
            module = read_module(real, names, "terraform", self._file)
            for file in files:
                if isinstance(file, File) and not any(file is own for own in module.files):
                    module.files.append(file)
                    module.errors += file.errors
            return module, module
        others = read_module(real, names, other, self._file)
        return read_module(real, names, dialect, self._file), others

    def _remembered(self, real: Path, names: list[str], memory: Memory) -> dict[Dialect, Module]:
        """Return a module as each program reads it, from memory if its files are unchanged."""
        part = memory.part(_MODULE, real)
        if part is None:
            with memory.tracing() as trace:
                found = dict(zip(DIALECTS, self._both(real, names, "terraform"), strict=True))
            trace.asked |= {(ENTRIES, str(real)), (KIND, str(real))}
            memory.keep((_MODULE, real), found, trace)
            return found
        self._workspace.again(part.did)
        return cast("dict[Dialect, Module]", part.value)

    def _outlined(self, real: Path, names: list[str], dialect: Dialect) -> Module | None:
        """Return the module of an earlier run, if all of it is unchanged. A report has its texts, so they are read."""
        from iamlint.sources.terraform.configuration.outlines import OutlinedModule

        here, there = (set(configuration_names(names, one)) for one in DIALECTS)
        wanted = (*sorted(here ^ there), *reading_order(names))
        sources = [self._workspace.load(real / name) for name in wanted]
        known = self._units.unchanged(hash_of("module", str(real))) if self._units else None
        if known is None or not all(isinstance(one, SourceText) for one in sources):
            return None
        return OutlinedModule(real, known, lambda: self._both(real, names, dialect)[0])

    def _file(self, path: Path) -> File | Unreadable:
        if path not in self._files:
            parse = partial(self._parsed, path)
            self._files[path] = self._workspace.recall((FILE, path), parse)
        return self._files[path]

    def _parsed(self, path: Path) -> File | Unreadable:
        source = self._workspace.load(path)
        if isinstance(source, SourceText) and is_link(source.text):
            source = Unreadable(Location(source.path), "the file holds only a path", LINK_HINT)
        if isinstance(source, Unreadable):
            return source
        file = read_file(source)
        units = self._workspace.units
        if units:
            from iamlint.hcl.without_comments import unread_arguments, without_comments

            real = self._workspace.resolved(path)
            units.says(real, partial(without_comments, file), partial(unread_arguments, file))
        return file

    @property
    def read(self) -> Iterable[Module]:
        """Yield every module that was read, once for each program that reads it differently."""
        return {id(module): module for module in self._modules.values()}.values()

    def for_root(self, root: Path, dialect: Dialect) -> RootModules:
        """Return the library for calls below one root module: with the modules installed for that root."""
        if self._memory:
            self.readings(root)  # evaluations of a root module depend on its files
        return RootModules(self, self._installed(self._workspace.resolved(root)), dialect, differ=self.differs(root))

    def asked(self, directory: Path) -> Set[Asked]:
        """Return what the disk was asked for a module: its folder's names, and the files of both programs."""
        known = self._asked.get(directory)
        if known is not None:
            return known
        real = self._workspace.resolved(directory)
        found = {(RESOLVED, str(directory))}
        names = self._names.get(real)
        if names is None:  # no module; the disk is asked each time
            return found
        found = self._asked[directory] = found | self._asked_of(real, names)
        return found

    def _asked_of(self, real: Path, names: list[str]) -> set[Asked]:
        from iamlint.cache.units import file_asked

        found = {(KIND, str(real)), (ENTRIES, str(real))}
        wanted = {name for dialect in DIALECTS for name in configuration_names(names, dialect)}
        for path in (real / name for name in (*wanted, *assignment_names(names))):
            found |= file_asked(path, self._workspace.resolved(path))
        return found

    def asked_for_manifest(self, root: Path) -> set[Asked]:
        """Return what the disk was asked for the list of the modules that are installed for a root module."""
        from iamlint.cache.units import file_asked

        path = self._workspace.resolved(root) / MANIFEST
        is_there = self._workspace.tree.is_file(path)
        return file_asked(path, self._workspace.resolved(path)) if is_there else {(KIND, str(path))}

    def _installed(self, root: Path) -> dict[str, Installed]:
        if self._memory:
            return self._workspace.recall((MANIFEST, root), lambda: self._read_manifest(root))
        self.uses.known_manifest |= bool(self._manifests.get(root))
        if root not in self._manifests:
            self._manifests[root] = self._read_manifest(root)
        return self._manifests[root]

    def _read_manifest(self, root: Path) -> dict[str, Installed]:
        path, tree = root / MANIFEST, self._workspace.tree
        source = self._workspace.load(path) if tree.is_file(path) else None
        if not isinstance(source, SourceText):
            return {}
        from iamlint.sources.terraform.configuration.installed import read_manifest

        return read_manifest(source.text, root, tree)


def _is_read(entry: Entry) -> bool:
    """Whether Terraform may read a name in a module's directory: no directory, and no variable file that is missing.

    A broken link among the configuration is an error of Terraform (checked with Terraform 1.11). One to a variable file
    is usual where each user makes that file.
    """
    return entry.kind == "file" or (entry.kind != "directory" and is_configuration(entry.name))


def _is_missing(entry: Entry) -> bool:
    """Whether a name is a link to a variable file that is not there, which Terraform passes over in silence."""
    return entry.kind is None and is_automatic(entry.name)


class RootModules:
    """Finds called modules: local ones by path, others where ``terraform init`` installed them.

    ``differ`` says whether Terraform and OpenTofu read the root module, or a called one, differently.
    """

    def __init__(
        self, library: Library, installed: dict[str, Installed], dialect: Dialect, *, differ: bool = False
    ) -> None:
        self._library = library
        self._installed = installed
        self.dialect: Dialect = dialect
        self.differ = differ

    def touch(self, directory: Path) -> None:
        """Ask for a module again, for those who remember what is asked."""
        self._library.module(directory, self.dialect)

    def called(self, module: Module, path: tuple[str, ...], source: str, version: str | None) -> Module | str:
        """Return the module that a call at ``path`` (call names from the root) names, or why it is missing.

        A missing module may have a stub.
        """
        local = source if source in (".", "..") else local_path(source)
        if local is not None:
            return self._module(module.directory / local)
        if len(source) > LONGEST_SOURCE:
            return "a path that iamlint does not follow"
        installed = self._installed.get(".".join(path))
        refusal = installed.refusal(source, version) if installed else None
        if installed is None or refusal:
            why = refusal or f'the module "{source}" is not installed ({INSTALL})'
            from iamlint.sources.terraform.configuration.module_stubs import module_stub

            return module_stub(source, version) or why
        return self._module(installed.directory)

    def _module(self, directory: Path) -> Module | str:
        found = self._library.module(directory, self.dialect)
        self.differ |= isinstance(found, Module) and self._library.differs(directory)
        return found
