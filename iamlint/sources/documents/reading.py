"""Reads the documents of a run, each once, and adds those that no configuration reads as its part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from iamlint.budget import TimeUp
from iamlint.facts import UnreadPart
from iamlint.location import Unreadable
from iamlint.provenance import trusted
from iamlint.sources.documents import Document
from iamlint.sources.documents.document import read_document
from iamlint.sources.names import usual
from iamlint.sources.reading import TIME_OF_READING, Options, Reading, not_looked_at
from iamlint.sources.workspace import EXPORT, LOADED, Found, Workspace


def documents_of(found: Found, options: Options, workspace: Workspace) -> tuple[list[Document], list[Unreadable]]:
    """Return the facts of all documents, and errors for those left when the time was up; from memory if unchanged."""
    memory = options.memory
    if memory is None:
        return _each_document(found, options, workspace)
    name = ("documents", memory.token("documents' context", (found.documents, found.exports, _for_documents(options))))
    part = memory.part(*name)
    if part is not None:
        workspace.again(part.did)
        return cast("list[Document]", part.value), []
    with memory.tracing() as trace:
        documents, late = _each_document(found, options, workspace)
    if not late:
        memory.keep(name, documents, trace)
    return documents, late


def _each_document(found: Found, options: Options, workspace: Workspace) -> tuple[list[Document], list[Unreadable]]:
    documents: list[Document] = []
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


def _document(path: Path, given: bool, found: Found, options: Options, workspace: Workspace) -> Reading:
    """Return what a document states, from memory if it is unchanged."""
    memory = options.memory
    if memory is None:
        return read_document(path, given, found, options, workspace)
    name = ("document", path, given, path in found.exports, memory.token("documents' options", _for_documents(options)))
    part = memory.part(*name)
    if part is not None:
        workspace.again(part.did)
        return replace(cast("Reading", part.value))
    with memory.tracing() as trace:
        reading = read_document(path, given, found, options, workspace)
    own = {workspace.shown(Path(name)) for question, name in trace.asked if question in (LOADED, EXPORT)}
    reading.texts = {shown: text for shown, text in reading.texts.items() if shown in own}
    if not workspace.refused(path):  # a refusal depends on the other links
        memory.keep(name, replace(reading), trace)
    return reading


def _for_documents(options: Options) -> object:
    """Return the options that what a document states may depend on: a plan is read with its source."""
    return (
        *(options.relevant, options.roles, options.resource, options.workspace, options.backend),
        *(options.variables, options.preset, options.var_files, options.source_root, options.exclude),
        *(options.inputs, options.files_are_named, options.folders_are_named, options.before),
    )


def _is_named(path: Path, given: bool, found: Found, options: Options, workspace: Workspace) -> bool:
    """Whether a document counts for the whole run: the user chose it, or the folder of exports that contains it."""
    if options.folders_are_named or options.inputs.matches(workspace.shown(path)):
        return True
    return options.files_are_named if given else path in found.exports


def add(reading: Reading, documents: list[Document], workspace: Workspace) -> int:
    """Add the documents that no configuration reads as its part; return how many of them are not recognised."""
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


def _says_whose(document: Reading, shown: str) -> bool:
    """Whether a document read by a configuration is by itself an export or a manifest, by its content or name.

    Documents of a configuration have such names, too, and are in no known format.
    """
    from iamlint.sources.gcloud.recognition.resource_from_path import claim

    if any(not isinstance(fact, UnreadPart) for fact in document.facts):
        return True
    claimed = claim(shown)
    return claimed is not None and claimed.strength != "possible" and bool(document.errors)
