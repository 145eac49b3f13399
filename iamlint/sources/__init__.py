"""Reads files into facts: Terraform source, plans, gcloud exports. The content decides the format."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from iamlint.basics.hashes import hash_of
from iamlint.facts import Declaration, Fact, UnreadPart
from iamlint.location import Location, Unreadable
from iamlint.sources.discovery import discovered
from iamlint.sources.distinct import distinct
from iamlint.sources.documents import Document
from iamlint.sources.reading import Options, OrderMatters, Reading, nothing_in
from iamlint.sources.terraform.instances.data_lookups import DataLookups
from iamlint.sources.terraform.source import Stating, read_terraform
from iamlint.sources.workspace import Found, Workspace


def read(paths: Iterable[Path], options: Options) -> Reading:
    """Return everything that these files and directories state.

    Never raises for file content: a file that cannot be read is among the errors.
    """
    paths, limits = list(paths), options.allowance.limits()
    with _deep_recursion():
        try:
            return _read_all(paths, options)
        except OrderMatters:
            options.allowance.set_back(limits)
            if options.units:
                options.units.forget()
            if options.memory:
                options.memory.be_careful()
            return _read_all(paths, options)


DEEPEST = 6000
"""Python frames. References are followed by recursion, 300 deep; a value that needs more frames is unknown."""


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _read_all(paths: list[Path], options: Options) -> Reading:
    from iamlint.sources.not_uploaded import not_uploaded

    backend = options.backend if isinstance(options.backend, Path) else None
    beside = [path for path in (options.source_root, backend, *options.var_files) if path]
    workspace = Workspace(
        [*paths, *beside],
        allowance=options.allowance,
        tree=options.tree,
        memory=options.memory,
        units=options.units,
        files_are_named=options.files_are_named,
    )
    found = discovered(paths, workspace, options)
    reading = _of_walk(found, options, workspace)
    documents, late = _documents(found, options, workspace)
    reading.errors += late
    stating, at = None, len(reading.facts)
    if found.directories and not options.before:
        told = [fact for _, _, document in documents for fact in document.facts]
        lookups = DataLookups.of(told, options.roles)
        owners = found.given if options.files_are_named else set[Path]()
        stating = read_terraform(found, _with_context(options, told), workspace, lookups, owners)
        reading.add(stating.reading)
    unwalked = _unwalked(reading, found, stating, workspace)
    reading.facts[at:at], at = unwalked, at + len(unwalked)
    unrecognised = _add(reading, documents, workspace)
    if not found.directories and unrecognised == len(found.documents) and not reading.errors and not reading.empty:
        reading.empty = [workspace.shown(paths[0]) if paths else "."]
        why = next((fact.reason for fact in reading.facts if isinstance(fact, UnreadPart)), "")
        reading.errors += [] if options.may_be_empty else [nothing_in(shown, why=why) for shown in reading.empty]
    texts = options.memory and options.memory.token(
        "texts", (frozenset(workspace.loaded), frozenset(workspace.looked_at))
    )
    reading.facts += workspace.recall(("not uploaded", texts), lambda: tuple(not_uploaded(workspace)))
    reading.texts |= workspace.texts
    if reading.errors:
        from iamlint.sources.unmerged import with_conflicts

        reading.errors = with_conflicts(reading.errors, reading.texts)
    if options.before_facts:
        options.before_facts(reading, stating.hash() if stating else "")
    reading.facts[at:at] = stating.facts() if stating else ()
    reading.facts = list(distinct(reading.facts))
    return reading


def _documents(found: Found, options: Options, workspace: Workspace) -> tuple[list[Document], list[Unreadable]]:
    if not found.documents:  # of Terraform source alone, nothing of exports is loaded
        return [], []
    from iamlint.sources.documents.reading import documents_of

    return documents_of(found, options, workspace)


def _add(reading: Reading, documents: list[Document], workspace: Workspace) -> int:
    if not documents:
        return 0
    from iamlint.sources.documents.reading import add

    return add(reading, documents, workspace)


def _of_walk(found: Found, options: Options, workspace: Workspace) -> Reading:
    """Return what the walk of the paths found out, before a file is read."""
    reading = Reading(
        errors=[*found.errors], excluded=found.excluded, empty=[workspace.shown(one) for one in found.empty]
    )
    if not options.may_be_empty:
        reading.errors += [nothing_in(shown, "in this directory", _left_out(found)) for shown in reading.empty]
    reading.facts += (
        UnreadPart(why, Declaration(Location(workspace.shown(path)), "file"))
        for path, why in sorted(found.unread.items())
    )
    return reading


def _unwalked(reading: Reading, found: Found, stating: Stating | None, workspace: Workspace) -> list[UnreadPart]:
    """Return an unread part for each skipped directory with Terraform, and list it.

    A module there that is called counts as it is called, unless it may be applied by itself, too.
    """
    if not found.unwalked:
        return []
    from iamlint.sources.terraform.configuration.roots import is_applied
    from iamlint.sources.unwalked import not_called

    modules = [module for module in (stating.modules if stating else ()) if not is_applied(module, workspace.tree)]
    called = {workspace.resolved(module.directory) for module in modules}
    walked = {workspace.resolved(path) for path in found.directories}
    left = not_called(found.unwalked, walked, called - walked, workspace.tree)
    placed = [(workspace.shown(one.path), one.reason) for one in left]
    reading.unwalked = [path for path, _ in placed]
    return [UnreadPart(reason, Declaration(Location(path), "directory")) for path, reason in placed]


def _left_out(found: Found) -> str:
    """Return why files that were found are not checked; "" without any."""
    if found.excluded:
        return "the configuration excludes the files there"
    return next((found.unread[path] for path in sorted(found.unread)), "")


def _with_context(options: Options, told: list[Fact]) -> Options:
    """Return the options with what documents say as a part of their context."""
    if options.memory:
        return replace(options, context=options.memory.token("documents", tuple(told)))
    if options.units is None:
        return options
    from iamlint.sources.fact_data import NotData, data_of

    try:
        return replace(options, context=hash_of(str(options.context), repr(data_of(tuple(told)))))
    except NotData:
        return replace(options, units=None)
