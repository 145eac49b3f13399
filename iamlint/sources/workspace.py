"""The readable files: below the roots, each loaded once, with paths as the user would type them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.budget import Allowance
from iamlint.files.disk import DISK
from iamlint.files.texts import MISSING, load, load_export
from iamlint.files.tree import FILE, Asked, Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.logic.path_globs import PathGlobs
from iamlint.sources.names import ASSIGNMENTS, is_configuration, is_ignored, usual
from iamlint.sources.stand_ins import load_source

if TYPE_CHECKING:
    from iamlint.cache.memory import Memory, Name
    from iamlint.cache.units import Units
    from iamlint.sources.unwalked import Unwalked

_DOCUMENTS = (".json", ".ndjson", ".jsonl", ".yaml", ".yml")
_TERRAGRUNT = regex(r"terragrunt(?:\.[\w-]+)?\.hcl(?:\.json)?\Z")
_STACKS = tuple(f".tf{kind}.{syntax}" for kind in ("stack", "component", "deploy") for syntax in ("hcl", "json"))
_PLANS = (".tfstate", ".tfplan")
_PLAN_NAMES = ("tfplan", "plan.txt", "tfplan.txt")


LOADED, EXPORT, DATA, LOOKED_AT = "loaded", "export", "data", "looked at"
"""What a part of the work did with a file, so that using the part again does it again."""
Found_ = TypeVar("Found_")


class Workspace:
    """What may be read in a run, and what was read.

    The roots are the given paths, the working directory for paths in it, and the version control work tree of each,
    since a called module may be next to the checked one. Symbolic links are resolved before any comparison, so none
    leads out; only a given link to a file counts for the folder that it leads to, too, if files are named. ``data``
    are the files that Terraform's expressions have read, ``looked_at`` all paths that they looked at. ``units`` are
    parts of an earlier run.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        cwd: Path | None = None,
        allowance: Allowance | None = None,
        tree: Tree = DISK,
        memory: Memory | None = None,
        units: Units | None = None,
        *,
        files_are_named: bool = True,
    ) -> None:
        self.allowance = allowance or Allowance()
        self.tree = tree
        self.memory = memory
        self.units = units if tree is DISK else None
        self._below: dict[Path, bool] = {}
        self._resolved: dict[Path, Path] = {}
        self._shown: dict[Path, str] = memory.shown if memory else {}
        self.cwd = tree.resolved(cwd or Path.cwd())
        self.roots = tuple(sorted({root for path in paths for root in self._roots_of(path, files_are_named)}))
        self.texts: dict[str, SourceText] = {}
        self.data: set[Path] = set()
        self.asked_data: dict[Path, None] = {}
        self.looked_at: set[Path] = set()
        if memory:
            self.looked_at = Noted(lambda path: memory.tree.note((LOOKED_AT, str(path))))
        self._loaded: dict[tuple[str, Path], SourceText | Unreadable] = {}
        self._real: set[Path] = set()
        self._first: dict[Path, str] = {}
        self._refused: dict[tuple[str, Path], Unreadable | None] = {}
        self._linked = 0
        self._again: set[Asked] = set()

    def _roots_of(self, path: Path, files_are_named: bool) -> Iterator[Path]:
        real = self.resolved(path)
        directories = [real]
        if not self.tree.is_directory(real):
            own = self.resolved(path.parent)
            directories = [own, real.parent] if files_are_named and own != real.parent else [own]
        for directory in directories:
            yield directory
            if directory.is_relative_to(self.cwd):
                yield self.cwd
            for parent in (directory, *directory.parents):
                if self.tree.exists(parent / ".git"):
                    yield parent
                    break

    def resolved(self, path: Path) -> Path:
        """Return the path without symbolic links; each path is looked at once a run, since deep ones take long."""
        if self.memory:
            return self.tree.resolved(path)
        found = self._resolved.get(path)
        if found is None:
            found = self._resolved[path] = self.tree.resolved_in(path, self.resolved)
        return found

    def followed(self) -> list[str]:
        """Return the paths whose links were followed so far, each before the path without links."""
        return [str(one) for both in sorted(self._resolved.items()) for one in both]

    def allowed(self, real: Path) -> bool:
        """Whether a resolved path is below a root."""
        folder = real.parent
        found = self._below.get(folder)
        if found is None:
            found = self._below[folder] = any(folder.is_relative_to(root) for root in self.roots)
        return found or real in self.roots

    def shown(self, path: Path) -> str:
        """Return the path for messages: relative to the working directory if it is in it."""
        found = self._shown.get(path)
        if found is None:
            found = self._shown[path] = _shown(str(self.cwd), path)
        return found

    def load(self, path: Path) -> SourceText | Unreadable:
        """Return the text of a file, read at most once for each path that leads to it.

        What a symbolic link leads to belongs to the module of the link, and its name says how it is read.
        """
        if self.memory:
            return self._of_memory(str(path), self.memory)
        real = self.resolved(path)
        key = self.shown(path), real
        return (
            self._loaded[key] if key in self._loaded else self._keep(key, self.refused(path) or self._load(path, real))
        )

    def _keep(self, key: tuple[str, Path], found: SourceText | Unreadable) -> SourceText | Unreadable:
        if isinstance(found, SourceText):
            self._real.add(key[1])
            self.texts[found.path] = found
            self.allowance.read(found.size)
        self._loaded[key] = found
        return found

    def refused(self, path: Path) -> Unreadable | None:
        """Return why a file is not read by this path; None if it is.

        What links lead to is bounded, whether it is kept or only looked at: a thousand links are a small pull request.
        Each file is read by its own path, and by one link.
        """
        real = self.resolved(path)
        key = self.shown(path), real
        if key not in self._refused:
            again = self._size_again(*key)
            self._linked += again
            is_over = again and self._linked > MOST_LINKED
            self._refused[key] = Unreadable(Location(key[0]), *_TOO_MANY_LINKS) if is_over else None
        return self._refused[key]

    def _size_again(self, shown: str, real: Path) -> int:
        """Return the size in bytes of a file that is read by another link than the first; 0 if it is not."""
        if self._first.setdefault(real, shown) == shown or shown == self.shown(real) or not self.allowed(real):
            return 0
        try:
            return self.tree.status(real).size
        except (OSError, ValueError):
            return 0

    def _of_memory(self, name: str, memory: Memory) -> SourceText | Unreadable:
        """Return the text of a file as in an earlier check, if it is unchanged."""
        part = memory.part(LOADED, name)
        if part is None:
            path = Path(name)
            real = self.resolved(path)
            refused = self.refused(path)
            if refused:
                return refused
            with memory.tracing() as trace:
                found = self._load(path, real)
            trace.asked |= {(FILE, str(real)), (LOADED, name)}
            part = memory.keep((LOADED, name), (real, found), trace)
            memory.tree.note(*part.asked)
        real, found = part.value
        key = self.shown(Path(name)), real
        return self._loaded[key] if key in self._loaded else self._keep(key, found)

    @property
    def loaded(self) -> Set[Path]:
        """The files whose texts were read so far, without symbolic links."""
        return self._real

    def unload(self, path: Path) -> None:
        """Forget the text of a file: it was only looked at."""
        shown, real = self.shown(path), self.resolved(path)
        self._loaded.pop((shown, real), None)
        self._real.discard(real)
        self.texts.pop(shown, None)

    def forget(self, path: Path) -> None:
        """Keep of a file that its text was read, and load the text again for whoever asks."""
        shown, real = self.shown(path), self.resolved(path)
        found = self._loaded.get((shown, real))
        if isinstance(found, SourceText) and self.tree is DISK:
            found.forget(partial(self._again_as_text, real, shown))

    def _again_as_text(self, real: Path, shown: str) -> str:
        found = load(real, shown, self.tree)
        if isinstance(found, SourceText):
            return found.text
        if self.units:
            self.units.reads.steady = False  # it has just changed
        return ""

    def load_export(self, path: Path) -> SourceText | Unreadable:
        """Return the text of a plan or an export; unlike Terraform's own files it may be in UTF-16 or compressed."""
        found = self.load(path)
        if isinstance(found, SourceText) or not self.allowed(self.resolved(path)):
            return found
        if self.memory:
            self.memory.tree.note((EXPORT, str(path)))
        other = self.recall((EXPORT, str(path)), lambda: load_export(path, self.shown(path), self.tree))
        if isinstance(other, SourceText):
            self.texts[other.path] = other
        return other or found

    def load_data(self, path: Path) -> SourceText | Unreadable:
        """Return the text of a file that Terraform reads as data; the configuration decides its meaning."""
        if self.memory:
            self.memory.tree.note((DATA, str(path)))
        real = self.resolved(path)
        self.data.add(real)
        self.asked_data[path] = None
        if self.units:
            self.units.is_data(real)
        return self.load(path)

    def _load(self, path: Path, real: Path) -> SourceText | Unreadable:
        shown = self.shown(path)
        if not self.allowed(real):
            return Unreadable(Location(shown), "the file is outside of what iamlint was given to read")
        is_source = is_configuration(path.name) or path.name.endswith(ASSIGNMENTS)
        read = partial(load_source if is_source else load, real, shown, self.tree)
        found = self.units.text(shown, real, read) if self.units else read()
        is_broken = isinstance(found, Unreadable) and self.tree.is_link(path) and not self.tree.exists(path)
        return Unreadable(Location(shown), *_BROKEN) if is_broken else found

    def recall(self, name: Name, work: Callable[[], Found_]) -> Found_:
        """Return the result of a part of the work, from memory if it is unchanged."""
        part = self.memory.part(*name) if self.memory else None
        if part is not None:
            self.again(part.did)
            return cast("Found_", part.value)
        return self.memory.recall(name, work) if self.memory else work()

    def again(self, asked: Iterable[Asked]) -> None:
        """Load the files that a part of an earlier check asked for: they are files of this check, too."""
        memory = self.memory
        new = [one for one in asked if one not in self._again]
        self._again.update(new)
        for question, name in new:
            if question == LOADED and memory:
                self._of_memory(name, memory)
            elif question == EXPORT:
                self.load_export(Path(name))
            elif question == DATA:
                self.load_data(Path(name))
            elif question == LOOKED_AT:
                self.looked_at.add(Path(name))


def _shown(cwd: str, path: Path) -> str:
    whole = os.path.normpath(os.path.join(cwd, path))
    if whole == cwd:
        return "."
    within = cwd if cwd.endswith(os.sep) else cwd + os.sep
    shown = whole[len(within) :] if whole.startswith(within) else whole
    return shown if os.sep == "/" else Path(shown).as_posix()


class Noted(set[Path]):
    """The paths that Terraform's functions look at; ``note`` is called with each, for the part that does it."""

    def __init__(self, note: Callable[[Path], None]) -> None:
        super().__init__()
        self._note = note

    def add(self, path: Path) -> None:
        """Add a path."""
        super().add(path)
        self._note(path)


@mutable
class Found:
    """The content of the given paths. ``documents`` has True for those that are given themselves.

    ``exports`` are the documents in given directories without Terraform at any depth. ``given`` are the directories,
    resolved, that are given themselves, or by a Terraform file in them. ``unread`` are files that are not read, each
    with the reason. ``unwalked`` are skipped directories with Terraform. ``var_files`` are the variable files in given
    directories. ``excluded`` is the number of files that would be here without exclusions. ``empty`` are
    the given directories without anything to check.
    """

    directories: list[Path] = field(default_factory=list)
    documents: list[tuple[Path, bool]] = field(default_factory=list)
    exports: set[Path] = field(default_factory=set)
    given: set[Path] = field(default_factory=set)
    errors: list[Unreadable] = field(default_factory=list)
    unread: dict[Path, str] = field(default_factory=dict)
    unwalked: list[Unwalked] = field(default_factory=list)
    var_files: list[Path] = field(default_factory=list)
    excluded: int = 0
    empty: list[Path] = field(default_factory=list)


@mutable
class _Walk:
    """The directories that were walked, resolved, and those that were skipped."""

    done: set[Path] = field(default_factory=set)
    left_out: list[Path] = field(default_factory=list)


def discover(paths: Iterable[Path], workspace: Workspace, excluded: PathGlobs | None = None) -> Found:
    """Sort the given files, and the files in given directories, into module directories and documents.

    ``excluded`` are globs of paths that are skipped; a path that is given itself is never skipped.
    """
    from iamlint.sources.unwalked import Look

    excluded = excluded or PathGlobs()
    found, walk, tree = Found(), _Walk(), workspace.tree
    for path in paths:
        kind = tree.kind(path)
        if kind == "directory":
            found.given.add(workspace.resolved(path))
            directories, documents = len(found.directories), len(found.documents)
            found.errors += _walk(path, found, walk, workspace, excluded)
            if len(found.directories) == directories:
                found.exports.update(document for document, _ in found.documents[documents:])
        elif kind == "file" and is_ignored(path.name):
            why = "Terraform ignores files whose name begins with a dot"
            found.errors.append(Unreadable(Location(workspace.shown(path)), why, "rename it, or leave it out"))
        elif kind == "file" and (tree.status(path).size or is_configuration(path.name)):
            _sort(path, found, workspace, named=True)
        else:
            found.errors.append(Unreadable(Location(workspace.shown(path)), *_useless(path, tree)))
    walked = walk.done | {workspace.resolved(path) for path in found.directories}
    found.unwalked = list(Look(walked, tree).told(walk.left_out))
    found.directories = sorted(set(found.directories))
    found.documents = sorted(dict(sorted(found.documents)).items())  # named wins
    return found


def _useless(path: Path, tree: Tree) -> tuple[str, str]:
    """Return why a given path is neither a directory nor a usable file, and what to do."""
    if tree.is_file(path):
        return "the file is empty", "give a file with content, or its directory"
    if tree.exists(path):
        return "this is not a regular file", "give a file or a directory; - reads standard input"
    if tree.is_link(path):
        return _BROKEN
    if _ADDRESS.match(path.as_posix()):
        return MISSING[0], "iamlint fetches nothing: copy it to a file first"
    if _RESOURCE.fullmatch(path.as_posix()):
        return MISSING[0], "iamlint calls no API: export the policy to a file with gcloud, and give the file"
    return MISSING


MOST_LINKED = 32 * 1024 * 1024
"""Maximum number of bytes that are read again because more than one symbolic link leads to them."""
_TOO_MANY_LINKS = (
    f"more than {MOST_LINKED // 1024**2} MB are read again through symbolic links",
    "check the directories with the links one at a time",
)
_BROKEN = "the symbolic link is broken or circular", "check where it leads"
_ADDRESS = regex(r"(?:gs|s3|https?|git|ssh):/")
"""The beginning of an address, as a path that has lost one of its slashes."""
_RESOURCE = regex(r"(?:projects|folders|organizations)/[^/]+")
"""The name of a resource of Google Cloud, where a path is expected."""


def _walk(top: Path, found: Found, walk: _Walk, workspace: Workspace, excluded: PathGlobs) -> Iterator[Unreadable]:
    """Sort the files in a directory; yields errors for unreadable ones."""
    from iamlint.sources.unwalked import is_walked

    before = len(found.directories) + len(found.documents)
    unreadable: list[OSError] = []
    tree = workspace.tree
    for directory, names, files in tree.walk(top, unreadable.append):
        walk.done.add(workspace.resolved(directory))
        every = [directory / name for name in sorted(names)]
        inner = [path for path in every if not excluded.matches_itself(workspace.shown(path))]
        shut = [path for path in every if excluded.matches_itself(workspace.shown(path)) and is_walked(path, tree)]
        found.excluded += _counted((file for path in shut for file in _below(path, tree)), workspace)
        walk.left_out += [path for path in inner if not is_walked(path, tree)]
        names[:] = [path.name for path in inner if is_walked(path, tree)]
        for path in (directory / name for name in files):
            if not excluded.matches_itself(workspace.shown(path)):
                _sort(path, found, workspace, named=False)
            else:
                found.excluded += _counted([path], workspace)
    for error in unreadable:
        where = Location(workspace.shown(Path(error.filename)))
        yield Unreadable(where, f"the directory cannot be read: {error.strerror}", "check its permissions")
    if not unreadable and len(found.directories) + len(found.documents) == before:
        found.empty.append(top)


def _below(top: Path, tree: Tree) -> Iterator[Path]:
    """Yield the files of a skipped directory."""
    from iamlint.sources.unwalked import is_walked

    for directory, names, files in tree.walk(top) if not tree.is_link(top) else ():
        names[:] = [name for name in names if is_walked(directory / name, tree)]
        yield from (directory / name for name in files)


def _counted(paths: Iterable[Path], workspace: Workspace) -> int:
    """Return how many of these files would be read."""
    found = Found()
    for path in paths:
        _sort(path, found, workspace, named=False)
    return len(found.directories) + len(found.documents) + len(found.unread) + len(found.var_files)


def _sort(path: Path, found: Found, workspace: Workspace, *, named: bool) -> None:
    name = path.name
    if is_ignored(name):
        return
    if is_configuration(name) or name.endswith(ASSIGNMENTS):
        if named or is_configuration(name):
            found.directories.append(workspace.resolved(path.parent))
        else:
            found.var_files.append(path)
        if named:
            found.given.add(workspace.resolved(path.parent))
    elif not named and (why := _unread(name)):
        found.unread[path] = why
    elif named or _is_document(path, usual(name)):
        found.documents.append((path, named))


def _is_document(path: Path, name: str) -> bool:
    """Whether a file in a directory may be a plan or an export, by its name."""
    from iamlint.sources.gcloud.recognition.resource_from_path import claim
    from iamlint.sources.gcloud.recognition.table import TABLES, TEXTS
    from iamlint.sources.gcloud.resources.groups import group_by_path

    if name in _PLAN_NAMES or name.endswith((*_DOCUMENTS, *_PLANS, *TABLES)):
        return True
    if name.endswith(TEXTS):
        return claim(path.as_posix()) is not None or group_by_path(path.name) is not None
    claimed = claim(path.as_posix()) if "." not in name or name.endswith(".gserviceaccount.com") else None
    return claimed is not None and claimed.strength == "certain"


def _unread(name: str) -> str | None:
    """Return why a file that makes resources is not read; None for others.

    Sources: https://terragrunt.gruntwork.io/docs/reference/config-blocks-and-attributes/ and
    https://developer.hashicorp.com/terraform/language/stacks
    """
    if _TERRAGRUNT.match(name):
        return "Terragrunt's configuration is not read: check the plans that it makes (terragrunt show -json PLAN)"
    if name.endswith(_STACKS):
        return "the configuration of a Terraform Stack is not read: its components are checked as modules"
    return None
