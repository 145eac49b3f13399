"""Reads configuration, rules and baseline from the base commit of a pull request.

git reads objects by name from the repository that the workflow checked out (`iamlint.files.git`). Symbolic links are
not followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from iamlint.accepted.configuration.config import NAME, Config
from iamlint.accepted.configuration.reading import read_config
from iamlint.accepted.configuration.settings import find_settings
from iamlint.basics.frozen import frozen
from iamlint.files.disk import DISK
from iamlint.files.git import FULL_ID, MissingRevision, Repository
from iamlint.files.revision import Revision
from iamlint.location import Unreadable

LARGEST = 64 * 1024 * 1024
"""Maximum size of all files copied from the commit, in bytes."""
MOST_FILES = 2_000
"""Maximum number of files copied from the commit."""
_RULES = (".yaml", ".yml")
_FETCH = "check out with fetch-depth: 0, or name files of a second checkout with config, rules and baseline"


class MissingBase(Exception):
    """Raised if a requested file is not in the base commit, or the commit is missing; the message says which."""


@frozen
class BaseFiles:
    """Copies of the base commit's files.

    ``config`` is None if the commit has no configuration, ``assertions`` if it has no such folder next to it. ``home``
    is the folder of the checkout that the configuration is in. ``catalogs`` are the given files with roles: copies of
    those that the commit has.
    """

    config: Path | None
    rules: tuple[Path, ...]
    baseline: Path | None
    assertions: Path | None = None
    home: Path | None = None
    catalogs: tuple[Path, ...] = ()


def base_files(
    commit: str,
    *,
    config: str | None,
    rules: Iterable[str],
    baseline: str | None,
    into: Path,
    catalogs: Iterable[str] = (),
    cwd: Path | None = None,
) -> BaseFiles:
    """Copy the configuration, the rules it names and those given, the baseline and the role catalogs out of a commit.

    Paths are relative to the working directory. ``into`` is an empty directory outside the checkout. The default
    configuration is the nearest one of the commit, from the working directory up. A role catalog that the commit does
    not have stays as given: an earlier step may have made it. Raises `MissingBase`.
    """
    here = DISK.resolved(cwd or Path.cwd())
    with _base(commit, here) as revision:
        nearest = None if config else _nearest(here, revision)
        copy = _Copy(revision, here, into)
        found = _copied(copy, config, nearest, rules, baseline)
        return replace(found, catalogs=tuple(_catalog(copy, name) for name in catalogs))


def _catalog(copy: _Copy, name: str) -> Path:
    inside = Path(os.path.normpath(copy.cwd / name)).is_relative_to(copy.top)
    return (copy.copy(copy.path(name), needed=False) if inside else None) or Path(name)


def _nearest(directory: Path, revision: Revision) -> str | None:
    """Return the commit's configuration that counts in a directory. Raises `MissingBase`."""
    found = find_settings(directory, revision.top, revision)
    if isinstance(found, Unreadable):
        raise MissingBase(f"{found.at.path} of the base commit: {found.reason}")
    return str(found) if found else None


def _base(commit: str, cwd: Path) -> Revision:
    """Return the files of the base commit. Raises `MissingBase`."""
    if not FULL_ID.fullmatch(commit):
        raise MissingBase(f"the base is not the full id of a commit: {commit!r}")
    absent = f"the base commit {commit} is not there: {_FETCH}"
    try:
        repository = Repository.around(cwd)
        if repository.run("cat-file", "-t", commit, missing=absent) != b"commit\n":
            raise MissingBase(f"the base {commit} is not a commit")
        return Revision(repository, commit)
    except MissingRevision as error:
        raise MissingBase(str(error)) from error


def _copied(
    tree: _Copy, config: str | None, nearest: str | None, rules: Iterable[str], baseline: str | None
) -> BaseFiles:
    settings = config or nearest or NAME
    found = tree.copy(tree.path(settings), needed=config is not None)
    directories = [tree.path(name) for name in rules]
    for path in directories:
        tree.copy(path, suffixes=_RULES)
    for path in _own_rules(found, tree.into):
        tree.copy(path, needed=False, suffixes=_RULES)  # the run reports missing ones
    known = tree.copy(tree.path(baseline)) if baseline else None
    own = _own_baseline(found, tree.into)
    if own:
        tree.copy(own, needed=False)  # the run reports a missing one
    beside = tree.path(os.path.join(os.path.dirname(settings), "assertions"))
    assertions = tree.copy(beside, needed=False, suffixes=_RULES)
    assertions = assertions if assertions and DISK.is_directory(assertions) else None
    home = Path(os.path.normpath(tree.cwd / settings)).parent if found else None
    return BaseFiles(found, tuple(tree.into / path for path in directories), known, assertions, home)


def _own_rules(config: Path | None, into: Path) -> Iterator[str]:
    """Yield the directories in a configuration, relative to the top of the repository. Raises `MissingBase`."""
    read = read_config(config, config.name) if config else Config()
    for directory in read.rules if isinstance(read, Config) else ():
        path = Path(os.path.normpath(directory))
        if not path.is_relative_to(into):
            raise MissingBase(f"the configuration of the base commit names rules outside of the repository: {path}")
        yield path.relative_to(into).as_posix()


def _own_baseline(config: Path | None, into: Path) -> str | None:
    """Return the baseline in a configuration, relative to the top of the repository. Raises `MissingBase`."""
    read = read_config(config, config.name) if config else Config()
    named = read.baseline if isinstance(read, Config) else None
    if named is None:
        return None
    path = Path(os.path.abspath(named))
    if not path.is_relative_to(into):
        raise MissingBase(f"the configuration of the base commit names a baseline outside of the repository: {path}")
    return path.relative_to(into).as_posix()


class _Copy:
    """Copies files out of a commit into a directory."""

    def __init__(self, revision: Revision, cwd: Path, into: Path) -> None:
        self._revision, self.cwd, self.into = revision, cwd, into
        self.top = revision.top
        self._bytes = self._files = 0

    def path(self, given: str) -> str:
        """Return a path relative to the top of the repository. Raises `MissingBase`."""
        path = Path(os.path.normpath(self.cwd / given))
        if not path.is_relative_to(self.top):
            raise MissingBase(f"{given} is outside the repository, so the base commit cannot have it")
        return path.relative_to(self.top).as_posix()

    def copy(self, path: str, *, needed: bool = True, suffixes: tuple[str, ...] = ()) -> Path | None:
        """Copy a file, or a directory's content; None if the commit does not have it. Raises `MissingBase`."""
        entries = list(self._revision.nodes(path))
        if not entries:
            if needed:
                raise MissingBase(f"the base commit has no {path}")
            return None
        wanted = [(where, node) for where, node in entries if not suffixes or where.endswith(suffixes)]
        for where, node in wanted:
            if not node.is_regular:
                raise MissingBase(f"{where} of the base commit is not a regular file: links are not followed")
            self._files, self._bytes = self._files + 1, self._bytes + node.size
        if self._files > MOST_FILES or self._bytes > LARGEST:
            raise MissingBase(f"{path} of the base commit is larger than {MOST_FILES} files or {LARGEST} bytes")
        for where, node in wanted:
            target = self.into / where
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.write_bytes(self._revision.content(node))
            except OSError as error:
                raise MissingBase(f"{where}: {error.strerror}: {_FETCH}") from error
        return self.into / path
