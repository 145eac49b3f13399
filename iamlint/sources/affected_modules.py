"""The modules affected by a change: those of its files, those with links to them, and their callers.

They are only correct together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.logic.path_globs import PathGlobs
from iamlint.sources.names import ASSIGNMENTS, is_configuration, is_ignored
from iamlint.sources.unwalked import is_walked

MOST_FILES = 50_000
"""Maximum number of Terraform files of a repository that are searched for calls."""
_LARGEST = 1_000_000
"""Maximum size of such a file in bytes; a larger one is ignored."""
_BETWEEN = r"(?:\s|/\*[^*\n]{0,200}\*/|(?:#|//)[^\n]{0,200}\n)*+"
_SOURCE = regex(rf'\bsource"?{_BETWEEN}[=:]{_BETWEEN}"((?:[^"\\\n]|\\.)*+)"')
"""The source of a module call, in either syntax."""


@frozen
class AffectedModules:
    """``paths`` are to be read: a file of each module. ``directories`` are those of the change itself, resolved.

    ``whole`` says whether the whole repository was searched for callers. ``excluded`` is the number of changed files
    that the user's globs exclude.
    """

    paths: tuple[Path, ...]
    directories: frozenset[Path]
    whole: bool = True
    excluded: int = 0


def touched(files: Iterable[Path], top: Path, exclude: PathGlobs | None = None, tree: Tree = DISK) -> AffectedModules:
    """Return the modules affected by changed files in the repository at ``top``. Deleted files affect nothing.

    ``exclude`` are globs of paths to leave out, with everything below them.
    """
    given = [path for path in files if tree.is_file(path) and not is_ignored(path.name)]
    files = [path for path in given if not (exclude and exclude.matches(path))]
    of_module = [path for path in files if is_configuration(path.name) or path.name.endswith(ASSIGNMENTS)]
    modules = {tree.resolved(path.parent) for path in of_module}
    documents = [path for path in files if path not in of_module]
    callers, whole = _callers(modules, tree.resolved(top), tree) if modules else (set[Path](), True)
    wanted = modules | callers
    chosen = (_first_file(directory, tree) for directory in sorted(wanted))
    paths = (*(path for path in chosen if path), *documents)
    directories = frozenset(modules | {tree.resolved(path.parent) for path in documents})
    return AffectedModules(paths, directories, whole, len(given) - len(files))


def _callers(modules: set[Path], top: Path, tree: Tree) -> tuple[set[Path], bool]:
    """Return the directories below ``top`` whose modules call one of these, also indirectly; and whether all were
    searched. A module with a link to a file of another one counts as its caller.
    """
    callers: dict[Path, set[Path]] = {}
    whole = True
    for number, path in enumerate(_terraform_files(top, tree)):
        if number == MOST_FILES:
            whole = False
            break
        directory = tree.resolved(path.parent)
        if tree.is_link(path):
            callers.setdefault(tree.resolved(path).parent, set()).add(directory)
        for source in _local_sources(path, tree):
            callers.setdefault(tree.resolved(directory / source), set()).add(directory)
    found: set[Path] = set()
    left = list(modules)
    while left:
        new = callers.get(left.pop(), set()) - found
        found |= new
        left += new
    return found, whole


def _terraform_files(top: Path, tree: Tree) -> Iterator[Path]:
    for directory, names, files in tree.walk(top):
        names[:] = sorted(name for name in names if is_walked(directory / name, tree))
        yield from (directory / name for name in files if is_configuration(name))


def _local_sources(path: Path, tree: Tree) -> list[str]:
    try:
        status = tree.status(path)
        if status.kind != "file" or status.size > _LARGEST:
            return []
        found = _SOURCE.findall(tree.read(path).decode("utf-8", "replace"))
    except OSError:
        return []  # errors are reported when its own module is checked
    plain = (_unescaped(one).replace("\\", "/") for one in found)
    return [one for one in plain if one.split("/")[0] in (".", "..")]


def _unescaped(text: str) -> str:
    """Return a text in quotes without its escapes, which are the same in both syntaxes as far as paths have any."""
    try:
        return str(json.loads(f'"{text}"')) if "\\" in text else text
    except ValueError:
        return text


def _first_file(directory: Path, tree: Tree) -> Path | None:
    """Return a file that names the module in a directory; None without one."""
    paths = (directory / name for name in tree.names(directory) if is_configuration(name))
    return next((path for path in paths if tree.is_file(path) and tree.status(path).size), None)
