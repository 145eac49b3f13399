"""Documents that were compiled to JSON when the package was built: a run then parses no YAML.

The first line of a file has what each run needs of all documents, and the sizes and times of change of their sources.
Each further line has the rest of one document, which is read on request. In a checkout, which an editable install
uses, the documents are read from their sources again as soon as one of these differs;
``python iamlint/rules/build_hook.py`` compiles them again. The sources of a wheel do not change, so that its files have
no sizes and times.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any


class Compiled:
    """Compiled documents: ``heads`` is what each run needs of them."""

    def __init__(self, heads: list[Any], rests: bytes) -> None:
        self.heads = heads
        self._rests = rests

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._rests.split(b"\n")

    def rest(self, number: int) -> Any:
        """Return the rest of a document."""
        return json.loads(self._lines[number])


def read_compiled(file: Path, folder: Path) -> Compiled | None:
    """Return the compiled documents of a folder; None if there are none, or if a source has changed since."""
    try:
        first, _, rests = file.read_bytes().partition(b"\n")
        compiled: dict[str, Any] = json.loads(first)
    except (OSError, ValueError):  # it is not there, or its writing was interrupted
        return None
    if compiled.get("rests") != rests.count(b"\n"):
        return None
    sources = compiled["sources"]
    return Compiled(compiled["heads"], rests) if sources is None or sources == _sources(folder) else None


def compiled_text(heads: list[Any], folder: Path | None, rests: Sequence[Any] = ()) -> str:
    """Return the text of a file of compiled documents; ``folder`` has the sources, if they may change."""
    content = {"sources": folder and _sources(folder), "rests": len(rests), "heads": heads}
    return "".join(f"{json.dumps(one, ensure_ascii=False, separators=(',', ':'))}\n" for one in (content, *rests))


def _sources(folder: Path) -> list[list[Any]]:
    """Return the path, size and time of change of each document in the folders of a folder."""
    found: list[list[Any]] = []
    for entry in _entries(folder):
        for one in _entries(entry.path) if entry.is_dir() else ():
            if one.name.endswith((".yaml", ".yml")):
                state = one.stat()
                found.append([f"{entry.name}/{one.name}", state.st_size, state.st_mtime_ns])
    return sorted(found)


def _entries(folder: str | Path) -> Iterable[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)
