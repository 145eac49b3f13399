"""Variable files near a root module that were not given: they may contain the missing values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.files.texts import load
from iamlint.files.tree import Tree
from iamlint.hcl import read_file
from iamlint.location import SourceText
from iamlint.sources.names import is_automatic
from iamlint.sources.workspace import Workspace

if TYPE_CHECKING:
    from iamlint.cache.units import Units
    from iamlint.causes import VarFile

MOST = 200
"""Maximum number of files that are read, the topmost first."""
LARGEST = 200_000
"""Maximum size of such a file in bytes; a larger one is skipped."""


def var_files(
    paths: Iterable[Path],
    given: Iterable[Path],
    roots: Mapping[Path, Set[str]],
    workspace: Workspace,
    units: Units | None = None,
) -> list[VarFile]:
    """Return the files that may be meant for a root module: one that declares all variables in the file.

    ``roots`` are the root modules, by directory, with their variables. A file in the directory of a root module is
    meant for that one. Only the names are read from a file. Files that are ``given`` are in force, and so are those
    that Terraform reads automatically. ``units`` are parts of an earlier run.
    """
    paths = list(paths)
    if not paths:
        return []
    from iamlint.causes import VarFile

    known = {workspace.resolved(path) for path in given}
    for path in paths:  # a link that Terraform reads puts its target in force
        if is_automatic(path.name) and workspace.resolved(path.parent) in roots:
            known.add(workspace.resolved(path))
    found: list[VarFile] = []
    for path in sorted(paths, key=lambda path: (len(path.parts), path))[:MOST]:
        real = workspace.resolved(path)
        if real in known:
            continue  # in force
        if not workspace.allowed(real) or not _is_small(real, workspace.tree):
            continue
        names = _known_names(real, workspace, units)
        meant = [real.parent] if real.parent in roots else [root for root in roots if names <= roots[root]]
        if names and meant:
            found.append(VarFile(workspace.shown(path), names, frozenset(workspace.shown(root) for root in meant)))
    return found


def _known_names(real: Path, workspace: Workspace, units: Units | None) -> frozenset[str]:
    """Return the names that a file sets, from memory or from an earlier run if it is unchanged."""
    if units is None:
        return workspace.recall(("names", real), partial(_names, real, workspace))
    from iamlint.basics.hashes import hash_of

    return frozenset(units.recall(hash_of("names", str(real)), lambda: sorted(_names(real, workspace, units))))


def _names(path: Path, workspace: Workspace, units: Units | None = None) -> frozenset[str]:
    source = load(path, workspace.shown(path), workspace.tree)
    if not isinstance(source, SourceText):
        return frozenset()
    file = read_file(source)
    if units:
        from iamlint.hcl.without_comments import unread_arguments, without_comments

        units.says(path, partial(without_comments, file), partial(unread_arguments, file))
    return frozenset(file.body.arguments)


def _is_small(path: Path, tree: Tree) -> bool:
    try:
        status = tree.status(path)
        return status.kind == "file" and status.size <= LARGEST
    except OSError:
        return False
