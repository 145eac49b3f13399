"""Reads one document: a plan, a state, or an export. Its content decides the format."""

from __future__ import annotations

from pathlib import Path

from iamlint.facts import Declaration, UnreadPart
from iamlint.files.texts import beginning, sample
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.marks import mark
from iamlint.sources.reading import Options, Reading
from iamlint.sources.workspace import Found, Workspace


def read_document(path: Path, given: bool, found: Found, options: Options, workspace: Workspace) -> Reading:
    """Return what a document states; nothing if an earlier run found nothing in the same content."""
    if not given and _was_empty(path, options, workspace):
        return Reading()
    return _stand_in(path, given, found, workspace) or _read_document(path, given, options, workspace)


_SMALL = 1_000_000
"""Size in bytes below which a file is read at once."""


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
    """Forget the text of a document without facts: a folder may hold gigabytes of other programs' documents."""
    if workspace.resolved(path) in workspace.data:
        return
    if source.size < _SMALL:
        if not source.is_marked:
            workspace.forget(path)
    elif not source.is_marked or "iamlint:" not in source.text:
        workspace.unload(path)


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


_NO_PLAN = "this is not a plan as JSON", "only a plan has the state before it"


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
    from iamlint.sources.documents.wrong_files import wrong_file
    from iamlint.sources.gcloud.export import KINDS

    known = wrong_file(source)
    if known:
        return Unreadable(Location(source.path), f"file type not recognised: {known.what}", known.instead)
    return Unreadable(Location(source.path), "file type not recognised", f"iamlint reads {KINDS}")


def _unreadable(error: Unreadable, path: Path, workspace: Workspace) -> Unreadable:
    """Return the error of a named file that is not text, with its type if its first bytes show it."""
    from iamlint.sources.documents.wrong_files import wrong_binary

    try:
        start = beginning(path, 8, workspace.tree) if workspace.allowed(workspace.resolved(path)) else ""
    except (OSError, ValueError):
        return error
    known = wrong_binary(start.encode("latin-1", "replace"))
    return Unreadable(error.at, f"{error.reason}: {known.what}", known.instead) if known else error
