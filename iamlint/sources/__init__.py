"""Reads files into facts: Terraform source, plans, gcloud exports. The content decides the format."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from iamlint.basics.hashes import hash_of
from iamlint.budget import TimeUp
from iamlint.facts import Attachment, Declaration, Fact, Grant, UnreadPart, short_name
from iamlint.files.texts import beginning, sample
from iamlint.location import Location, SourceText, Unreadable
from iamlint.provenance import trusted
from iamlint.sources.discovery import discovered
from iamlint.sources.marks import mark
from iamlint.sources.names import usual
from iamlint.sources.reading import TIME_OF_READING, Options, OrderMatters, Reading, not_looked_at, nothing_in
from iamlint.sources.terraform.instances.data_lookups import DataLookups
from iamlint.sources.terraform.source import read_terraform
from iamlint.sources.workspace import EXPORT, LOADED, Found, Workspace


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
    reading.facts = list(_distinct(reading.facts))
    return reading


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
    reading.unwalked = [workspace.shown(one.path) for one in found.unwalked]
    reading.facts += (
        UnreadPart(one.reason, Declaration(Location(workspace.shown(one.path)), "directory")) for one in found.unwalked
    )
    return reading


def _add(reading: Reading, documents: list[_Document], workspace: Workspace) -> int:
    """Add the documents that no configuration reads as its part; return how many of them are not recognised."""
    if not documents:
        return 0
    from iamlint.sources.gcloud.recognition.resource_from_path import claim
    from iamlint.sources.gcloud.recognition.table import TEXTS

    claims = {path: claim(workspace.shown(path)) for path, _, document in documents if document.facts}
    exported = {path.parent for path, _, document in documents if claims.get(path) and not document.foreign}
    unrecognised = 0
    for path, given, document in documents:
        shown = workspace.shown(path)
        if not given and workspace.resolved(path) in workspace.data and not _says_whose(document, shown):
            continue  # it is part of the configuration that reads it
        claimed = claims.get(path)
        if document.foreign and claimed and claimed.strength == "likely" and path.parent not in exported:
            unrecognised += 1
            continue  # among no exports, ``project-cleaner.yaml`` is what it says: another program's
        reading.add(document)
        settled = document.files or document.errors or document.foreign
        claimed = None if settled or given else claim(shown)
        if claimed and not usual(path.name).endswith(TEXTS):
            from iamlint.sources.gcloud.recognition.unrecognised import beside_exports

            reading.add(beside_exports(shown, claimed, among=path.parent in exported))
        unrecognised += not document.files and not document.errors
    return unrecognised


def _left_out(found: Found) -> str:
    """Return why files that were found are not checked; "" without any."""
    if found.excluded:
        return "the configuration excludes the files there"
    return next((found.unread[path] for path in sorted(found.unread)), "")


_Document = tuple[Path, bool, Reading]
"""A document, whether the user gave it, and what it states."""


def _documents(found: Found, options: Options, workspace: Workspace) -> tuple[list[_Document], list[Unreadable]]:
    """Return the facts of all documents, and errors for those left when the time was up; from memory if unchanged."""
    memory = options.memory
    if memory is None:
        return _each_document(found, options, workspace)
    name = ("documents", memory.token("documents' context", (found.documents, found.exports, _for_documents(options))))
    part = memory.part(*name)
    if part is not None:
        workspace.again(part.did)
        return cast("list[_Document]", part.value), []
    with memory.tracing() as trace:
        documents, late = _each_document(found, options, workspace)
    if not late:
        memory.keep(name, documents, trace)
    return documents, late


def _each_document(found: Found, options: Options, workspace: Workspace) -> tuple[list[_Document], list[Unreadable]]:
    documents: list[_Document] = []
    if not found.documents:
        return documents, []
    try:
        with options.allowance.interrupting(TIME_OF_READING):
            for path, given in found.documents:
                options.allowance.check(TIME_OF_READING)
                options.progress(f"reading {workspace.shown(path)}")
                document = _document(path, given, found, options, workspace)
                if document.facts and not _is_named(path, given, found, options, workspace):
                    document.facts = list(trusted(document.facts, "own"))
                documents.append((path, given, document))
    except TimeUp:
        rest = (workspace.shown(path) for path, _ in found.documents[len(documents) :])
        return documents, list(not_looked_at(rest, options.allowance))
    return documents, []


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


def _is_named(path: Path, given: bool, found: Found, options: Options, workspace: Workspace) -> bool:
    """Whether a document counts for the whole run: the user chose it, or the folder of exports that contains it."""
    if options.folders_are_named or options.inputs.matches(workspace.shown(path)):
        return True
    return options.files_are_named if given else path in found.exports


def _says_whose(document: Reading, shown: str) -> bool:
    """Whether a document read by a configuration is by itself an export or a manifest, by its content or name.

    Documents of a configuration have such names, too, and are in no known format.
    """
    from iamlint.sources.gcloud.recognition.resource_from_path import claim

    if any(not isinstance(fact, UnreadPart) for fact in document.facts):
        return True
    claimed = claim(shown)
    return claimed is not None and claimed.strength != "possible" and bool(document.errors)


def _distinct(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the facts without repeated ones of Terraform: a plan next to its source states the same.

    If a plan that the user named repeats a fact, the fact counts as far as the plan does.
    """
    facts = list(facts)
    parts = [None if fact.declared.address is None else _part(fact) for fact in facts]
    if not any(parts):  # exports have no addresses
        yield from facts
        return
    count = Counter(parts)
    alike = [_in_short(fact) if part and count[part] > 1 else None for fact, part in zip(facts, parts, strict=True)]
    named = {one for one in alike if one and one.declared.trust == "named"}
    seen: set[Fact] = set()
    for fact, one in zip(facts, alike, strict=True):
        if one is None:
            yield fact
        elif one not in seen:
            seen.add(one)
            yield from trusted([fact], "named") if one in named else [fact]


_SCOPES = "https://www.googleapis.com/auth/"


def _in_short(fact: Fact) -> Fact:
    """Return a fact with the short forms of its resource's name and of scopes: a plan or state has the full ones."""
    if isinstance(fact, Attachment) and isinstance(fact.scopes, tuple):
        short = (one.removeprefix(_SCOPES) if isinstance(one, str) else one for one, _ in fact.scopes)
        return replace(fact, scopes=tuple((one, fact.place) for one in short))
    if not isinstance(fact, Grant) or not isinstance(fact.resource.name, str) or "/" not in fact.resource.name:
        return fact
    return replace(fact, resource=replace(fact.resource, name=short_name(fact.resource.name)))


def _part(fact: Fact) -> tuple[object, ...]:
    """Return what equal facts of Terraform have in common, but not their places.

    The places in a plan are only found for what is reported, so facts that differ anyhow are not compared by them.
    """
    address = fact.declared.address
    if not isinstance(fact, Grant):
        return type(fact), address
    return Grant, address, fact.principal.text, fact.role if isinstance(fact.role, str) else None


def _document(path: Path, given: bool, found: Found, options: Options, workspace: Workspace) -> Reading:
    """Return what a document states, from memory if it is unchanged."""

    def read() -> Reading:
        if not given and _was_empty(path, options, workspace):
            return Reading()
        return _stand_in(path, given, found, workspace) or _read_document(path, given, options, workspace)

    memory = options.memory
    if memory is None:
        return read()
    name = ("document", path, given, path in found.exports, memory.token("documents' options", _for_documents(options)))
    part = memory.part(*name)
    if part is not None:
        workspace.again(part.did)
        return replace(cast("Reading", part.value))
    with memory.tracing() as trace:
        reading = read()
    own = {workspace.shown(Path(name)) for question, name in trace.asked if question in (LOADED, EXPORT)}
    reading.texts = {shown: text for shown, text in reading.texts.items() if shown in own}
    if not workspace.refused(path):  # a refusal depends on the other links
        memory.keep(name, replace(reading), trace)
    return reading


def _was_empty(path: Path, options: Options, workspace: Workspace) -> bool:
    """Whether an earlier run found nothing in a document with the content of now."""
    units = options.units
    if units is None:
        return False
    real = workspace.resolved(path)
    if not workspace.allowed(real):
        return False
    try:
        status = workspace.tree.status(real)
    except (OSError, ValueError):
        return False
    if status.kind != "file" or (status.size >= _SMALL and not units.is_as_read(real)):
        return False
    source = workspace.load(path)
    if not isinstance(source, SourceText) or not units.is_empty(source.path, real):
        return False
    _leave(source, path, workspace)
    return True


def _leave(source: SourceText, path: Path, workspace: Workspace) -> None:
    """Forget the text of a large document without facts: a folder may hold gigabytes of other programs' documents."""
    if source.size < _SMALL or workspace.resolved(path) in workspace.data:
        return
    if not source.is_marked or "iamlint:" not in source.text:
        workspace.unload(path)


def _for_documents(options: Options) -> object:
    """Return the options that what a document states may depend on: a plan is read with its source."""
    return (
        *(options.relevant, options.roles, options.resource, options.workspace, options.backend),
        *(options.variables, options.preset, options.var_files, options.source_root, options.exclude),
        *(options.inputs, options.files_are_named, options.folders_are_named, options.before),
    )


def _read_document(path: Path, named: bool, options: Options, workspace: Workspace) -> Reading:
    """Read one plan or export. A document of no known kind is an error if the user named it or its name claims one."""
    from iamlint.files.compressed import wanting
    from iamlint.sources.gcloud.export import read_export
    from iamlint.sources.gcloud.recognition.resource_from_path import claim
    from iamlint.sources.gcloud.stream import is_stream, read_stream
    from iamlint.sources.terraform.plan.reading import read_plans
    from iamlint.sources.terraform.plan.recognition import binary_plan, is_binary_plan, is_plan_name

    refused = workspace.refused(path)
    if refused:
        return Reading(errors=[refused])
    if workspace.allowed(workspace.resolved(path)):
        missing = wanting(path, workspace.shown(path))
        if missing:
            return Reading(errors=[missing])
        if is_stream(path, options.tree) and not options.before:
            return read_stream(path, workspace.shown(path), options)
    source = workspace.load_export(path)
    if isinstance(source, Unreadable):
        if workspace.allowed(workspace.resolved(path)) and is_binary_plan(path, options.tree):
            return binary_plan(source.at.path, named=named)
        if named or claim(source.at.path) or is_plan_name(source.at.path) or _is_lost(path, workspace):
            return Reading(errors=[_unreadable(source, path, workspace)])
        outside = workspace.tree.exists(path) and not workspace.allowed(workspace.resolved(path))
        return Reading(facts=[UnreadPart(source.reason, Declaration(source.at, "file"))] if outside else [])
    if options.units and not named and options.units.is_empty(source.path, workspace.resolved(path)):
        return Reading()
    no_plan = Reading(errors=[Unreadable(Location(source.path), *_NO_PLAN)]) if options.before else None
    found = read_plans(source, options, workspace, named=named) or no_plan or read_export(source, options, named=named)
    if found is None:
        if named:
            return Reading(errors=[_unrecognised(source)])
        if options.units:
            options.units.found_empty(source.path, workspace.resolved(path))
        _leave(source, path, workspace)
        return Reading()
    found.files += not found.foreign
    return found


def _stand_in(path: Path, named: bool, found: Found, workspace: Workspace) -> Reading | None:
    """Return the result for a file that is a pointer or encrypted; None for others."""
    from iamlint.sources.gcloud.recognition.resource_from_path import claim
    from iamlint.sources.stand_ins import stand_in

    if not workspace.allowed(workspace.resolved(path)):
        return None
    shown = workspace.shown(path)
    try:
        kind = stand_in(_beginning(path, workspace))
    except (OSError, ValueError):
        return None
    if kind:
        workspace.unload(path)  # its content is not here
    from iamlint.sources.terraform.plan.recognition import is_plan_name

    certain = named or claim(shown) is not None or is_plan_name(shown)
    return kind.told(shown, certain=certain, likely=path in found.exports) if kind else None


def _beginning(path: Path, workspace: Workspace) -> str:
    """Return the beginning of a file; of a small one from its text, which is read anyway. Raises OSError."""
    from iamlint.sources.stand_ins import LONGEST_BEGINNING

    status = workspace.tree.status(path)
    if status.kind == "file" and status.size < _SMALL:
        source = workspace.load(path)
        if isinstance(source, SourceText):
            return source.text[:LONGEST_BEGINNING]
    return beginning(path, LONGEST_BEGINNING, workspace.tree)


_NO_PLAN = "this is not a plan as JSON", "only a plan has the state before it"
_SMALL = 1_000_000
"""Size in bytes below which a file is read at once."""


def _is_lost(path: Path, workspace: Workspace) -> bool:
    """Whether a file that cannot be read as text was probably meant to be a plan or an export."""
    if not workspace.allowed(workspace.resolved(path)):
        return False
    try:
        return mark(sample(path, workspace.tree)) is not None
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def _unrecognised(source: SourceText) -> Unreadable:
    from iamlint.sources.gcloud.export import KINDS
    from iamlint.sources.wrong_files import wrong_file

    known = wrong_file(source)
    if known:
        return Unreadable(Location(source.path), f"file type not recognised: {known.what}", known.instead)
    return Unreadable(Location(source.path), "file type not recognised", f"iamlint reads {KINDS}")


def _unreadable(error: Unreadable, path: Path, workspace: Workspace) -> Unreadable:
    """Return the error of a named file that is not text, with its type if its first bytes show it."""
    from iamlint.sources.wrong_files import wrong_binary

    try:
        start = beginning(path, 8, workspace.tree) if workspace.allowed(workspace.resolved(path)) else ""
    except (OSError, ValueError):
        return error
    known = wrong_binary(start.encode("latin-1", "replace"))
    return Unreadable(error.at, f"{error.reason}: {known.what}", known.instead) if known else error
