"""References to the number of a project, which a module declares or reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from iamlint.edits import Edit
from iamlint.fixes.mends.services import resource, unused
from iamlint.fixes.sources import Sources, Tree, argument
from iamlint.fixes.writing import with_lines_after
from iamlint.hcl.syntax import Block
from iamlint.provenance import directory

ProjectNumber = tuple[str, tuple[Edit, ...]]
"""A reference to the number of a project, and the edits that declare its target."""


def literal_of(block: Block, name: str) -> str | None:
    """Return the text of an argument that is a literal."""
    written = argument(block.body, name)
    return written.expression.literal if written else None


def declared(sources: Sources, path: str, kind: str) -> Iterator[Block]:
    """Yield the blocks of a type in a module, without those that have ``count`` or ``for_each``."""
    for each in sources.module(path) or ():
        for one in each.file.body.blocks:
            if one.label(0) == kind and not one.is_repeated:
                yield one


def by_literals(sources: Sources, path: str, kind: str, *names: str) -> Mapping[tuple[str | None, ...], Block]:
    """Return these blocks by the literals in their arguments of these names, the first one of each."""

    def made() -> dict[tuple[str | None, ...], Block]:
        found: dict[tuple[str | None, ...], Block] = {}
        for one in declared(sources, path, kind):
            found.setdefault(tuple(literal_of(one, name) for name in names), one)
        return found

    return sources.kept((directory(path), kind, *names), made)


def address(block: Block) -> str:
    """Return the address of a resource or data source."""
    return f"{'data.' if block.type == 'data' else ''}{block.label(0)}.{block.label(1)}"


def number_of(sources: Sources, tree: Tree, block: Block, project: str) -> ProjectNumber:
    """Return a reference to the number of a project with a known id; without one, adds a data source below a block."""
    known = by_literals(sources, tree.source.path, "google_project", "project_id").get((project,))
    if known:
        return f"{address(known)}.number", ()
    return read_number(sources, tree, block, project, f'"{project}"')


def read_number(sources: Sources, tree: Tree, block: Block, project: str, written: str) -> ProjectNumber:
    """Return a reference to a data source that is added below a block. ``project`` names it, ``written`` is its id."""
    path = tree.source.path
    taken = sources.kept(
        (directory(path), "data", "google_project"),
        lambda: {
            one.label(1)
            for each in sources.module(path) or ()
            for one in each.file.body.blocks
            if one.type == "data" and one.label(0) == "google_project"
        },
    )
    name = re.sub(r"[^a-z0-9_]", "_", project) if project[:1].isalpha() else "this"
    name = unused(name, taken)
    lines = resource("google_project", name, [("project_id", written)], of="data")
    return f"data.google_project.{name}.number", with_lines_after(tree, block, lines)
