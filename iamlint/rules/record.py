"""The content of a rule's document and the places in it, as plain data: what is compiled when the package is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from iamlint.documents import find, plain, read_yaml
from iamlint.documents.compiled import compiled_text
from iamlint.documents.parts import array, position
from iamlint.documents.values import Value
from iamlint.location import SourceText, Unreadable

_PAGE = ("why", "fix", "references", "examples", "mend", "unmended")
_LISTS = {"flags": ("examples", "flags"), "passes": ("examples", "passes"), "mends": ("mend",)}


class Record(NamedTuple):
    """A document in two parts. ``head`` is what each run needs, ``page`` is for people and for tests of the rule.

    ``head`` has the place of the document under ``at``, ``page`` those of its lists under ``flags``, ``passes`` and
    ``mends``.
    """

    head: dict[str, Any]
    page: dict[str, Any]


def record_of(document: Value) -> Record:
    """Return the record of a valid document."""
    written = plain(document)
    head = {name: value for name, value in written.items() if name not in _PAGE}
    mends = [[one["by"], one["safety"]] for one in written.get("mend", ())]
    page = {name: written[name] for name in _PAGE if name in written}
    places = {name: [position(item) for item in array(find(document, path))] for name, path in _LISTS.items()}
    return Record(head | {"mends": mends, "at": position(document)}, page | places)


def compiled_rules(folder: Path, sources: Path | None) -> str:
    """Return the text of the compiled rules of a folder; ``sources`` is this folder, if its documents may change."""
    found = list(records(folder))
    heads = [(family, slug, record.head) for family, slug, record in found]
    return compiled_text(heads, sources, [record.page for _, _, record in found])


def records(folder: Path) -> Iterator[tuple[str, str, Record]]:
    """Yield the family, the stem and the record of each rule in the families of a folder, which are valid."""
    for path in sorted(folder.glob("*/*.yaml")):
        documents = read_yaml(SourceText(path.as_posix(), path.read_text(encoding="utf-8")))
        if isinstance(documents, Unreadable):
            raise ValueError(f"{path}: {documents.reason}")
        yield path.parent.name, path.stem, record_of(documents[0])
