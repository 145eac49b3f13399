"""The kinds of errors that ship: compiled when the package is built, read when they are first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from iamlint.diagnosis.recognition.error_document import kind_of, read_record
from iamlint.diagnosis.recognition.error_kind import ErrorKind
from iamlint.documents.compiled import compiled_text, read_compiled
from iamlint.location import SourceText, Unreadable

FOLDER = Path(__file__).parent / "errors"
SCHEMA = Path(__file__).parent / "error.schema.json"
COMPILED = Path(__file__).parent / "compiled.json"
"""The documents as plain data, as they were compiled when the package was built."""


@cache
def error_kinds() -> tuple[ErrorKind, ...]:
    """Every kind, by id. The documents are part of the program: a broken one raises ValueError."""
    compiled = read_compiled(COMPILED, FOLDER.parent)
    return tuple(map(kind_of, compiled.heads if compiled else _shipped()))


def compiled_kinds(*, checkout: bool) -> str:
    """Return the text of the compiled documents; those of a checkout may change."""
    return compiled_text(_shipped(), FOLDER.parent if checkout else None)


def load_kinds(folder: Path = FOLDER, *, schema: Path | None = None) -> tuple[tuple[ErrorKind, ...], list[Unreadable]]:
    """The kinds in a folder, by id, and what is wrong with their documents; a kind's id is the name of its file."""
    kinds: list[ErrorKind] = []
    errors: list[Unreadable] = []
    for found, wrong in _records(folder, schema):
        errors += wrong
        kinds += [kind_of(found)] if found else []
    return tuple(kinds), errors


def _shipped() -> list[Any]:
    read = list(_records(FOLDER, None))
    if errors := [error for _, wrong in read for error in wrong]:
        raise ValueError("; ".join(f"{error.at.path}:{error.at.line}: {error.reason}" for error in errors))
    return [found for found, _ in read]


def _records(folder: Path, schema: Path | None) -> Iterator[tuple[list[Any], list[Unreadable]]]:
    """Yield the record of each document, and what is wrong with it: one of the two is empty."""
    for path in sorted(folder.glob("*.yaml")):
        yield read_record(SourceText(path.name, path.read_text(encoding="utf-8")), path.stem, schema)
