"""The content of a rule's document and the places in it, as plain data: what is compiled when the package is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iamlint.documents import find, plain, read_yaml
from iamlint.documents.values import Value
from iamlint.location import Location, SourceText, Unreadable

Record = dict[str, Any]
"""``written`` is the document, ``at`` its place; ``flags``, ``passes`` and ``mends`` are those of its lists."""
_LISTS = {"flags": ("examples", "flags"), "passes": ("examples", "passes"), "mends": ("mend",)}


def record_of(document: Value) -> Record:
    """Return the record of a valid document."""
    places = {name: [_place(item) for item in _items(find(document, path))] for name, path in _LISTS.items()}
    return {"written": plain(document), "at": _place(document), **places}


def _items(listed: Value) -> tuple[Value, ...]:
    return listed.data if isinstance(listed.data, tuple) else ()


def _place(value: Value) -> list[int]:
    at = value.at.location if value.at else Location("")
    return [at.line, at.column, at.end_line, at.end_column]


def records(folder: Path) -> Iterator[tuple[str, str, Record]]:
    """Yield the family, the stem and the record of each rule in the families of a folder, which are valid."""
    for path in sorted(folder.glob("*/*.yaml")):
        documents = read_yaml(SourceText(path.as_posix(), path.read_text(encoding="utf-8")))
        if isinstance(documents, Unreadable):
            raise ValueError(f"{path}: {documents.reason}")
        yield path.parent.name, path.stem, record_of(documents[0])
