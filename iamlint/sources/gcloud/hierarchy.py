"""The hierarchy of projects and folders, built from the ancestors in each entry of an export."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import field

from iamlint.basics.frozen import mutable
from iamlint.facts import Bucket, Declaration, Folder, Place, Project, Resource, Text


def bucket_home(resource: Resource, ancestors: Sequence[str], declared: Declaration, at: Place) -> Iterator[Bucket]:
    """Yield the project of a bucket by its ancestors, the nearest first; nothing for another resource."""
    nearest = ancestors[0] if resource.kind == "storage_bucket" and ancestors else ""
    if nearest.startswith("projects/"):
        yield Bucket(resource.name, sys.intern(nearest.removeprefix("projects/")), declared, at)


@mutable
class _Known:
    declared: Declaration
    project_id: str | None = None
    parent: Text | None = None


@mutable
class Hierarchy:
    """The projects and folders that an export names, each once, from the first entry that names it."""

    projects: dict[str, _Known] = field(default_factory=dict)
    folders: dict[str, _Known] = field(default_factory=dict)
    _last: tuple[Sequence[str], str | None] | None = None
    _chains: set[tuple[str, ...]] = field(default_factory=set)

    def add(self, ancestors: Sequence[str], project_id: str | None, declared: Declaration) -> None:
        """Add the ancestors of an entry: ``projects/N``, ``folders/N``, ``organizations/N``, nearest first.

        ``project_id`` is the id that the entry has for the nearest project.
        """
        if (ancestors, project_id) == self._last:  # the entries of a project are mostly consecutive
            return
        self._last = ancestors, project_id
        if not ancestors:
            return
        nearest, *above = ancestors
        self.note(nearest, above[0] if above else None, project_id, declared)
        chain = tuple(above)
        if chain not in self._chains:  # the projects of a folder have the same
            self._chains.add(chain)
            for name, parent in zip(above, [*above[1:], None], strict=False):  # no pair without further ancestors
                self.note(name, parent, project_id if name == nearest else None, declared)

    def note(self, name: str, parent: Text | None, project_id: str | None, declared: Declaration) -> None:
        """Add one project or folder, with its parent."""
        kind, _, number = name.partition("/")
        among = self.projects if kind == "projects" else self.folders
        if not number or kind not in ("projects", "folders"):
            return
        known = among.get(number)
        if known is None:
            known = among[number] = _Known(declared)
        if not known.parent:
            known.parent = sys.intern(parent) if isinstance(parent, str) else parent
        if project_id and not project_id.isdecimal():
            known.project_id = known.project_id or project_id

    def facts(self) -> Iterator[Project | Folder]:
        """Yield the projects and folders. A project known only by number has the number as its id."""
        for number, known in self.projects.items():
            numeric = number if number.isdecimal() else None
            yield Project(known.project_id or number, known.declared, number=numeric, parent=known.parent)
        for number, known in self.folders.items():
            yield Folder(f"folders/{number}", known.declared, parent=known.parent)
