"""Newer definitions of Google's roles, as ``gcloud iam roles list`` and ``describe`` print them (JSON or YAML).

Source: https://cloud.google.com/sdk/gcloud/reference/iam/roles/describe
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from iamlint.documents import path_text, read_json_documents, read_yaml
from iamlint.documents.parts import get
from iamlint.documents.values import Value
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.roles import Catalog, Definition

LARGEST = 64_000_000
"""Maximum size of a file in bytes: all of Google's roles with their permissions take a tenth of it."""
MOST_ERRORS = 20
"""Maximum number of reported wrong entries; a file of another kind has thousands."""


def with_newer(catalog: Catalog, path: Path, shown: str, tree: Tree = DISK) -> tuple[Catalog, list[Unreadable]]:
    """Return the catalogue with a file's definitions applied, and errors for entries that are not Google's roles."""
    source = _text(path, shown, tree)
    if isinstance(source, Unreadable):
        return catalog, [source]
    is_json = source.text.lstrip()[:1] in ("{", "[")
    documents = read_json_documents(source) if is_json else read_yaml(source)
    if isinstance(documents, Unreadable):
        return catalog, [documents]
    found = [_definition(entry, path_text(at)) for document in documents for at, entry in _entries(document)]
    definitions = [one for one in found if isinstance(one, Definition)]
    errors = [one for one in found if isinstance(one, Unreadable)]
    if not found:
        errors = [Unreadable(Location(shown), "there are no roles in this file", _HINT)]
    return catalog.with_newer(definitions, shown) if definitions else catalog, errors[:MOST_ERRORS]


_HINT = "give what gcloud iam roles list or describe prints with --format=json"


def _text(path: Path, shown: str, tree: Tree) -> SourceText | Unreadable:
    try:
        if tree.kind(path) not in ("file", None):  # opening a pipe waits for a writer
            return Unreadable(Location(shown), "this is not a regular file", _HINT)
        with tree.open(path) as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        return Unreadable(Location(shown), f"the file cannot be read: {error.strerror}", "check its name")
    if len(data) > LARGEST:
        return Unreadable(Location(shown), f"the file is larger than {LARGEST} bytes", _HINT)
    try:
        return SourceText(shown, data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Unreadable(Location(shown), "the file is not UTF-8", _HINT)


def _entries(document: Value) -> Iterator[tuple[tuple[int, ...], Value]]:
    """Yield the entries of a list, or the document itself."""
    if isinstance(document.data, tuple):
        yield from (((number,), entry) for number, entry in enumerate(document.data))
    elif document.data is not None:
        yield (), document


def _definition(entry: Value, path: str) -> Definition | Unreadable:
    at, name = entry.location, get(entry, "name").data
    if not isinstance(name, str) or "roles/" not in name:
        what = "the document" if path == "$" else path
        return Unreadable(at, f"{what} is not a role: its name is not roles/NAME", _HINT)
    if not name.startswith("roles/"):
        return Unreadable(at, f"{path}: {name} is a custom role", "give its definition among the paths to check")
    listed = get(entry, "includedPermissions").data
    texts = [one.data for one in listed if isinstance(one.data, str)] if isinstance(listed, tuple) else []
    if listed is not None and (not isinstance(listed, tuple) or len(texts) < len(listed)):
        return Unreadable(at, f"{path}.includedPermissions is not a list of texts", _HINT)
    return Definition(
        name=name,
        title=_plain(get(entry, "title")),
        stage=_plain(get(entry, "stage")),
        permissions=frozenset(texts) if listed is not None else None,
        listed=get(entry, "deleted").data is not True,
    )


def _plain(value: Value) -> str:
    return value.data if isinstance(value.data, str) else ""
