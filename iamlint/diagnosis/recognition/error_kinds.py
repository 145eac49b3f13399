"""The kinds of errors that ship: their documents, read when they are first asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from iamlint.diagnosis.recognition.error_document import read_kind
from iamlint.diagnosis.recognition.error_kind import ErrorKind
from iamlint.location import SourceText, Unreadable

FOLDER = Path(__file__).parent / "errors"
SCHEMA = Path(__file__).parent / "error.schema.json"


@cache
def error_kinds() -> tuple[ErrorKind, ...]:
    """Every kind, by id. The documents are part of the program: a broken one raises ValueError."""
    kinds, errors = load_kinds()
    if errors:
        raise ValueError("; ".join(f"{error.at.path}:{error.at.line}: {error.reason}" for error in errors))
    return kinds


def load_kinds(folder: Path = FOLDER, *, schema: Path | None = None) -> tuple[tuple[ErrorKind, ...], list[Unreadable]]:
    """The kinds in a folder, by id, and what is wrong with their documents; a kind's id is the name of its file."""
    kinds: list[ErrorKind] = []
    errors: list[Unreadable] = []
    for path in sorted(folder.glob("*.yaml")):
        found = read_kind(SourceText(path.name, path.read_text(encoding="utf-8")), path.stem, schema)
        if isinstance(found, ErrorKind):
            kinds.append(found)
        else:
            errors += found
    return tuple(kinds), errors
