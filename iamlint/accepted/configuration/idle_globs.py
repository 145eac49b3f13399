"""The globs of a configuration that match nothing on the disk: a folder was renamed, or a letter is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from iamlint.budget import Budget, Exhausted
from iamlint.files.tree import Tree
from iamlint.logic.path_globs import PathGlobs

MOST_NAMES = 20_000
"""Maximum number of names that are compared with the globs; a glob that needs more counts as used."""
_NEVER = frozenset({".git", ".hg", ".svn", ".terraform", "node_modules"})


def idle_globs(globs: PathGlobs, used: Iterable[str], tree: Tree) -> list[str]:
    """Return the globs that match no file or folder below their home; ``used`` are paths that a run has seen."""
    used, work = [*used, *globs.matched()], Budget(MOST_NAMES)
    return [glob for glob in globs.globs if not _matches(PathGlobs((glob,), globs.home), used, tree, work)]


def _matches(one: PathGlobs, used: list[str], tree: Tree, work: Budget) -> bool:
    glob, home = one.globs[0], one.home or Path.cwd()
    parts = glob.split("/")
    named = list(takewhile(lambda part: "*" not in part and "?" not in part, parts))
    if len(named) == len(parts):
        return tree.exists(home / glob)
    if any(map(one.matches, used)):
        return True
    try:
        return any(map(one.matches_itself, _below(home.joinpath(*named), tree, set(parts), work)))
    except Exhausted:
        return True


def _below(top: Path, tree: Tree, wanted: set[str], work: Budget) -> Iterator[Path]:
    """Yield the files and folders in a folder, at any depth. Raises `Exhausted`."""
    for folder, directories, names in tree.walk(top):
        directories[:] = [name for name in directories if name not in _NEVER or name in wanted]
        work.spend(len(directories) + len(names))
        yield from (folder / name for name in (*directories, *names))
