"""The files that may be read: below the roots, each loaded once, shown as the user would type them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.texts import load

SKIPPED = frozenset({"node_modules", "__pycache__"})
"""Directories that are never walked into, beside those whose name begins with a dot."""
_TERRAFORM = (".tf", ".tofu", ".tf.json", ".tofu.json")
_ASSIGNMENTS = (".tfvars", ".tfvars.json")
_DOCUMENTS = (".json", ".yaml", ".yml")
_TABLES = ("enabled.txt", "services.txt")


class Workspace:
    """What may be read in a run, and what was.

    The roots are the given paths, the working directory for those below it, and for each the work tree of version
    control that holds it, since a module may lie beside the one that is checked. Symbolic links are resolved before
    anything is compared, so that none leads out.
    """

    def __init__(self, paths: Iterable[Path], cwd: Path | None = None) -> None:
        self.cwd = (cwd or Path.cwd()).resolve()
        self.roots = tuple(sorted({root for path in paths for root in self._roots_of(path)}))
        self.texts: dict[str, SourceText] = {}
        self._loaded: dict[Path, SourceText | Unreadable] = {}

    def _roots_of(self, path: Path) -> Iterator[Path]:
        resolved = path.resolve()
        directory = resolved if resolved.is_dir() else resolved.parent
        yield directory
        if directory.is_relative_to(self.cwd):
            yield self.cwd
        for parent in (directory, *directory.parents):
            if (parent / ".git").exists():
                yield parent
                break

    def allowed(self, resolved: Path) -> bool:
        """Whether a resolved path lies below a root."""
        return any(resolved.is_relative_to(root) for root in self.roots)

    def shown(self, path: Path) -> str:
        """The path as messages have it: relative to the working directory where it lies below it."""
        resolved = path if path.is_absolute() else self.cwd / path
        resolved = Path(os.path.normpath(resolved))
        return (resolved.relative_to(self.cwd) if resolved.is_relative_to(self.cwd) else resolved).as_posix()

    def load(self, path: Path) -> SourceText | Unreadable:
        """The text of a file, read at most once."""
        resolved = path.resolve()
        if resolved not in self._loaded:
            self._loaded[resolved] = self._load(path, resolved)
        return self._loaded[resolved]

    def _load(self, path: Path, resolved: Path) -> SourceText | Unreadable:
        shown = self.shown(path)
        if not self.allowed(resolved):
            return Unreadable(Location(shown), "the file lies outside of what iamlint was given to read")
        found = load(resolved, shown)
        if isinstance(found, SourceText):
            self.texts[shown] = found
        return found


@dataclass(slots=True)
class Found:
    """What lies below the given paths. ``documents`` has True for those that the user named."""

    directories: list[Path] = field(default_factory=list)
    documents: list[tuple[Path, bool]] = field(default_factory=list)
    errors: list[Unreadable] = field(default_factory=list)


def discover(paths: Iterable[Path], workspace: Workspace, exclude: Iterable[str] = ()) -> Found:
    """Sort the given files, and what directories hold, into module directories and documents.

    ``exclude`` are globs of paths, as shown, that are not walked into or taken; a path that is given itself always is.
    """
    excluded = tuple(glob.rstrip("/") for glob in exclude)
    found = Found()
    for path in paths:
        shown = workspace.shown(path)
        if path.is_dir():
            if not _walk(path, found, lambda below: _fits(workspace.shown(below), excluded)):
                hint = "give a directory with Terraform files, a plan as JSON, or an export of gcloud"
                found.errors.append(Unreadable(Location(shown), "nothing in this directory can be checked", hint))
        elif path.is_file():
            _sort(path, found, named=True)
        else:
            found.errors.append(Unreadable(Location(shown), "there is no such file or directory", "check the path"))
    found.directories = sorted(set(found.directories))
    found.documents = sorted(dict(sorted(found.documents)).items())  # named, where it is both
    return found


def _fits(shown: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(shown, glob) for glob in globs)


def _walk(top: Path, found: Found, is_excluded: Callable[[Path], bool]) -> bool:
    before = len(found.directories) + len(found.documents)
    for directory, names, files in os.walk(top):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in SKIPPED)
        names[:] = [name for name in names if not is_excluded(Path(directory, name))]
        for path in (Path(directory, name) for name in files):
            if not is_excluded(path):
                _sort(path, found, named=False)
    return len(found.directories) + len(found.documents) > before


def _sort(path: Path, found: Found, *, named: bool) -> None:
    name = path.name
    if name.endswith((*_TERRAFORM, *_ASSIGNMENTS)):
        if named or name.endswith(_TERRAFORM):
            found.directories.append(path.parent.resolve())
    elif named or name.endswith(_DOCUMENTS) or name in _TABLES:
        found.documents.append((path, named))
