"""The kinds of errors that ship: compiled when the package is built, read when they are first asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from iamlint.diagnosis.recognition.error_document import kind_of, read_record
from iamlint.diagnosis.recognition.error_kind import ErrorKind
from iamlint.documents.compiled import compiled_text, read_compiled
from iamlint.location import SourceText

FOLDER = Path(__file__).parent / "errors"
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


def _shipped() -> list[Any]:
    read = [
        read_record(SourceText(path.name, path.read_text(encoding="utf-8")), path.stem)
        for path in sorted(FOLDER.glob("*.yaml"))
    ]
    if errors := [error for _, wrong in read for error in wrong]:
        raise ValueError("; ".join(f"{error.at.path}:{error.at.line}: {error.reason}" for error in errors))
    return [found for found, _ in read]
