"""Documents that were compiled to JSON when the package was built: a run then parses no YAML.

A file has the compiled documents and the sizes and times of change of their sources. In a checkout, which an editable
install uses, the documents are read from their sources again as soon as one of these differs;
``python iamlint/rules/build_hook.py`` compiles them again. The sources of a wheel do not change, so that its files have
no sizes and times.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def read_compiled(file: Path, folder: Path) -> Any:
    """Return the compiled documents of a folder; None if there are none, or if a source has changed since."""
    try:
        compiled: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError):  # it is not there, or its writing was interrupted
        return None
    sources = compiled["sources"]
    return compiled["documents"] if sources is None or sources == _sources(folder) else None


def compiled_text(documents: Any, folder: Path | None) -> str:
    """Return the text of a file of compiled documents; ``folder`` has the sources, if they may change."""
    content = {"sources": folder and _sources(folder), "documents": documents}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


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
