"""Configuration, rules and baseline as the base commit of a pull request has them.

git reads objects by name, out of the repository that the workflow checked out. A pull request cannot change that
repository's configuration: git tracks nothing called ``.git``. No work tree, hook, filter, textconv or file system
monitor takes part, nothing is fetched, and symbolic links are not followed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from iamlint.accepted.config import NAME, Config, read_config

LARGEST = 64 * 1024 * 1024
"""Bytes of all files that are taken from the commit."""
MOST_FILES = 2_000
"""Files that are taken from the commit."""
_PATIENCE = 120
"""Seconds that git may take for one question."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RULES = (".yaml", ".yml")
_REGULAR = ("100644", "100755")
"""Modes of regular files in a tree. Source: https://git-scm.com/docs/git-fast-import#_filemodify"""
_FETCH = "check out with fetch-depth: 0, or name files of a second checkout with config, rules and baseline"


class MissingBase(Exception):  # noqa: N818  # the name of what happened
    """What was asked for is not in the base commit, or the commit is not there; the message says which and why."""


@dataclass(frozen=True, slots=True)
class BaseFiles:
    """Copies of the base commit's files. ``config`` is None where the commit has no configuration."""

    config: Path | None
    rules: tuple[Path, ...]
    baseline: Path | None


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    name: str
    size: int
    path: str


def base_files(
    commit: str, *, config: str | None, rules: Iterable[str], baseline: str | None, into: Path, cwd: Path | None = None
) -> BaseFiles:
    """Copy the configuration, the rules it names and those given, and the baseline out of a commit.

    Paths are relative to the working directory. ``into`` is an empty directory outside of the checkout. The
    configuration is ``.iamlint.yaml`` of the working directory where none is given. Raises `MissingBase`.
    """
    tree = _Tree(commit, (cwd or Path.cwd()).resolve(), into)
    found = tree.copy(tree.path(config or NAME), needed=config is not None)
    directories = [tree.path(name) for name in rules]
    for path in directories:
        tree.copy(path, suffixes=_RULES)
    for path in _own_rules(found, into):
        tree.copy(path, needed=False, suffixes=_RULES)  # the run says that they are not there
    known = tree.copy(tree.path(baseline)) if baseline else None
    return BaseFiles(found, tuple(into / path for path in directories), known)


def _own_rules(config: Path | None, into: Path) -> Iterator[str]:
    """The directories that a configuration names, relative to the top of the repository. Raises `MissingBase`."""
    read = read_config(config, config.name) if config else Config()
    for directory in read.rules if isinstance(read, Config) else ():
        path = Path(os.path.normpath(directory))
        if not path.is_relative_to(into):
            raise MissingBase(f"the configuration of the base commit names rules outside of the repository: {path}")
        yield path.relative_to(into).as_posix()


class _Tree:
    """A commit's tree, and the directory that its files are copied to."""

    def __init__(self, commit: str, cwd: Path, into: Path) -> None:
        if not _COMMIT.fullmatch(commit):
            raise MissingBase(f"the base is not the full id of a commit: {commit!r}")
        top = next((path for path in (cwd, *cwd.parents) if os.path.lexists(path / ".git")), None)
        if top is None:
            raise MissingBase("the working directory is in no git repository, so that there is no base commit")
        self._commit, self._cwd, self._top, self._into = commit, cwd, top, into
        self._program = _program(top)
        self._bytes = self._files = 0
        absent = f"the base commit {commit} is not there: {_FETCH}"
        if self._git("cat-file", "-t", commit, missing=absent) != b"commit\n":
            raise MissingBase(f"the base {commit} is no commit")

    def path(self, given: str) -> str:
        """A path relative to the top of the repository. Raises `MissingBase`."""
        path = Path(os.path.normpath(self._cwd / given))
        if not path.is_relative_to(self._top):
            raise MissingBase(f"{given} lies outside of the repository, so that the base commit cannot have it")
        return path.relative_to(self._top).as_posix()

    def copy(self, path: str, *, needed: bool = True, suffixes: tuple[str, ...] = ()) -> Path | None:
        """Copy a file, or what lies below a directory; None where the commit does not have it. Raises `MissingBase`."""
        entries = list(self._listed(path))
        if not entries:
            if needed:
                raise MissingBase(f"the base commit has no {path}")
            return None
        wanted = [entry for entry in entries if not suffixes or entry.path.endswith(suffixes)]
        for entry in wanted:
            if entry.mode not in _REGULAR:
                raise MissingBase(f"{entry.path} of the base commit is no regular file: links are not followed")
            self._files, self._bytes = self._files + 1, self._bytes + entry.size
        if self._files > MOST_FILES or self._bytes > LARGEST:
            raise MissingBase(f"{path} of the base commit is larger than {MOST_FILES} files or {LARGEST} bytes")
        for entry in wanted:
            target = self._into / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._git("cat-file", "blob", entry.name, missing=f"{entry.path}: {_FETCH}"))
        return self._into / path

    def _listed(self, path: str) -> Iterator[_Entry]:
        wanted = [] if path == "." else ["--", path]
        told = self._git("ls-tree", "-r", "-l", "-z", "--full-tree", self._commit, *wanted, missing=_FETCH)
        for line in told.split(b"\0")[:-1]:
            head, _, name = line.partition(b"\t")
            mode, _, object_name, size = head.decode("ascii").split()
            where = os.fsdecode(name)
            if ".." in PurePosixPath(where).parts or where.startswith("/"):
                raise MissingBase(f"the base commit has a file with a path that leads out: {where}")
            yield _Entry(mode, object_name, int(size) if size.isdigit() else 0, where)

    def _git(self, *arguments: str, missing: str) -> bytes:
        """What git prints, run outside of the checkout. Raises `MissingBase`."""
        settings = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never")
        options = [f"--git-dir={self._top / '.git'}", *(word for one in settings for word in ("-c", one))]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        fixed = {"GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            done = subprocess.run(  # noqa: S603  # no shell; ids are checked, and a path follows --
                [self._program, "--no-pager", *options, *arguments],
                cwd=self._into,
                env={**kept, **fixed},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MissingBase(f"git cannot be asked for the base commit: {error}") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise MissingBase(f"{missing} (git: {said[-1] if said else done.returncode})")
        return done.stdout


def _program(top: Path) -> str:
    """The first git on the PATH that is not in the checkout. Raises `MissingBase`."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("git", path=folder) if os.path.isabs(folder) else None
        if found and not Path(found).resolve().is_relative_to(top):
            return found
    raise MissingBase("git is not installed, and the base commit cannot be read without it")
