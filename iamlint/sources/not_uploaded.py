"""Files that ``.terraformignore`` keeps out of remote runs, which then plan and apply without them.

Sources: https://developer.hashicorp.com/terraform/cli/cloud/settings#excluding-files-from-upload and, for the patterns,
https://github.com/hashicorp/go-slug/blob/main/internal/ignorefiles/terraformignore.go
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from iamlint.basics.words import first_names
from iamlint.facts import Declaration, UnreadPart
from iamlint.location import Location, Unreadable
from iamlint.logic.path_globs import compiled_path
from iamlint.sources.names import ASSIGNMENTS, is_configuration
from iamlint.sources.workspace import Workspace

NAME = ".terraformignore"
MOST = 100
"""Maximum number of patterns of one file."""
_NAMED = 5
_Rule = tuple[bool, str]
"""A pattern as a glob, after whether it takes files out; otherwise it brings them back."""


def not_uploaded(workspace: Workspace) -> Iterator[UnreadPart]:
    """Yield an unread part for each ``.terraformignore`` that leaves out a part of what was read.

    A module that is left out with all of its configuration is not mentioned: no remote run has it.
    """
    read: dict[Path, list[Path]] = defaultdict(list)
    wanted = {path for path in workspace.loaded if is_configuration(path.name) or path.name.endswith(ASSIGNMENTS)}
    for path in wanted | workspace.looked_at:
        read[path.parent].append(path)
    for home in sorted(_with_parents(read, workspace.allowed)):
        if workspace.tree.is_file(home / NAME):
            below = {folder: paths for folder, paths in read.items() if folder.is_relative_to(home)}
            yield from _told(home, below, workspace)


def _with_parents(folders: Iterable[Path], allowed: Callable[[Path], bool]) -> set[Path]:
    """Return folders and the folders above them, up to one that may not be read: none above that may be read either."""
    found: set[Path] = set()
    for folder in folders:
        while folder not in found and allowed(folder):  # above the root is the root
            found.add(folder)
            folder = folder.parent  # noqa: PLW2901  # upward
    return found


def _told(home: Path, read: dict[Path, list[Path]], workspace: Workspace) -> Iterator[UnreadPart]:
    source = workspace.load(home / NAME)
    shown = workspace.shown(home / NAME)
    declared = Declaration(Location(shown), "file")
    if isinstance(source, Unreadable):
        yield UnreadPart(f"which files a remote run has is not known: {source.reason}", declared)
        return
    rules = list(_rules(source.text.splitlines()))
    if len(rules) > MOST:
        yield UnreadPart(f"which files a remote run has is not known: there are more than {MOST} patterns", declared)
        return
    left: list[Path] = []
    for paths in read.values():
        out = [path for path in paths if _is_out(PurePosixPath(path.relative_to(home).as_posix()), rules)]
        out = [path for path in out if workspace.tree.is_file(path)]
        own = [path for path in paths if is_configuration(path.name)]
        left += [] if own and set(own) <= set(out) else out
    if left:
        names = first_names([workspace.shown(path) for path in sorted(left)], _NAMED)
        yield UnreadPart(f"a remote run is without {names}, so it may grant something else", declared)


def _rules(lines: Iterable[str]) -> Iterator[_Rule]:
    """Yield the patterns: without a slash in front they match at any depth."""
    for line in lines:
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        out = not pattern.startswith("!")
        pattern = pattern.removeprefix("!").rstrip("/")
        if pattern:
            yield out, pattern[1:] if pattern.startswith("/") else f"**/{pattern}"


def _is_out(path: PurePosixPath, rules: Iterable[_Rule]) -> bool:
    """Whether the last pattern that matches a path, or a folder above it, takes it out."""
    names = [one.as_posix() for one in (path, *path.parents) if one.parts]
    out = False
    for takes_out, glob in rules:
        if takes_out is not out and any(compiled_path(glob).match(name) for name in names):
            out = takes_out
    return out
