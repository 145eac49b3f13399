"""Where a configuration is, and its content as values with places: YAML, TOML, or a table of pyproject.toml.

A pull request may add any file of these names, so no file outside the repository is read, and sizes are bounded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from iamlint.basics.lazy_regex import regex
from iamlint.documents import read_yaml
from iamlint.documents.values import Value
from iamlint.files.disk import DISK
from iamlint.files.texts import load
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable

NAMES = (".iamlint.yaml", ".iamlint.yml", ".iamlint.toml")
"""Names of configurations; `iamlint init` writes the first."""
PYPROJECT = "pyproject.toml"
LARGEST = 1_000_000
"""Maximum size of a configuration in bytes."""
_MENTION = regex(
    r"""^\s*(?:\[+\s*)?(?:["']?tool["']?\s*(?:\.\s*(?:["']?iamlint|["'].*\\[uU])|[\]=])|"[^"\n]*\\[uU])""", re.MULTILINE
)
"""The beginning of every line that can make our table, as TOML may write it.

It is ``[tool.iamlint]``, ``tool.iamlint…``, or ``[tool]`` or ``tool =`` with our name elsewhere, or has escapes.
To read all of a pyproject.toml that only names this package takes a tenth of a short run.
"""
_TABLE = regex(r"""^\s*\[+\s*["']?tool["']?\s*\.\s*["']?iamlint\b|^\s*tool\s*\.\s*iamlint\b""", re.MULTILINE)
"""A line that may begin the table ``[tool.iamlint]``."""


def find_settings(directory: Path, top: Path, tree: Tree = DISK) -> Path | Unreadable | None:
    """Return the configuration in a directory, or in the nearest one above it, up to ``top``; None without any.

    Both are absolute, without symbolic links. Two configurations in one directory are an error.
    """
    for folder in (directory, *directory.parents):
        found = [folder / name for name in NAMES if tree.exists(folder / name) or tree.is_link(folder / name)]
        table = folder / PYPROJECT
        if tree.is_file(table) and not _leads_out(table, top, tree) and _has_table(table, tree):
            found.append(table)
        if len(found) > 1:
            both = " and ".join(path.name for path in found)
            hint = "keep one, or name it with --config"
            return Unreadable(Location(shown(found[1])), f"two configurations in one folder: {both}", hint)
        if found and _leads_out(found[0], top, tree):
            hint = "name the file with --config, or leave it out with --no-config"
            return Unreadable(Location(shown(found[0])), "this symbolic link leads out of the repository", hint)
        if found:
            return found[0]
        if folder == top or not folder.is_relative_to(top):
            return None
    return None


def settings_of(path: Path, tree: Tree, name: str | None) -> tuple[SourceText, Value | None] | Unreadable:
    """Return the text and the content of a configuration; None as content if it is empty."""
    source = _source(path, name or shown(path), tree)
    if isinstance(source, Unreadable):
        return source
    found = content(source)
    return found if isinstance(found, Unreadable) else (source, found)


def content(source: SourceText) -> Value | Unreadable | None:
    """Return the content of a configuration by the type of its file; None if it is empty."""
    if source.path.endswith(".toml"):
        from iamlint.documents.toml import read_toml

        document = read_toml(source)
        if isinstance(document, Unreadable) or source.path.rpartition("/")[2] != PYPROJECT:
            return document
        return _inner(document, "tool", "iamlint")
    documents = read_yaml(source)
    if isinstance(documents, Unreadable):
        return documents
    if len(documents) > 1:
        return Unreadable(Location(source.path), f"{len(documents)} YAML documents, where one is expected")
    return documents[0] if documents and documents[0].data is not None else None


def shown(path: Path) -> str:
    """Return a path for messages: relative to the working directory, also if it is in a folder above."""
    here = Path(os.getcwd())
    if path.is_absolute():
        for number, folder in enumerate((here, *here.parents)):
            if path.is_relative_to(folder) and len(folder.parts) > 1:
                return "../" * number + path.relative_to(folder).as_posix()
    return path.as_posix()


def _source(path: Path, name: str, tree: Tree) -> SourceText | Unreadable:
    try:
        size = tree.status(path).size
    except (OSError, ValueError):
        size = 0  # reading reports the error
    if size > LARGEST:
        return Unreadable(Location(name), f"the configuration is larger than {LARGEST} bytes")
    return load(path, name, tree)


def _has_table(path: Path, tree: Tree) -> bool:
    """Whether a pyproject.toml has our table. In invalid TOML, a line like its header counts: an error follows."""
    source = _source(path, path.as_posix(), tree)
    if isinstance(source, Unreadable) or not _MENTION.search(source.text):
        return False
    from iamlint.documents.toml import read_toml

    document = read_toml(source)
    if isinstance(document, Unreadable):
        return _TABLE.search(source.text) is not None
    return _inner(document, "tool", "iamlint") is not None


def _inner(document: Value, *keys: str) -> Value | None:
    for key in keys:
        if not isinstance(document.data, dict) or key not in document.data:
            return None
        document = document.data[key]
    return document


def _leads_out(path: Path, top: Path, tree: Tree) -> bool:
    return not tree.resolved(path).is_relative_to(top)


def candidates(folder: Path) -> Iterator[Path]:
    """Yield the paths that a configuration in a folder may have."""
    yield from (folder / name for name in (*NAMES, PYPROJECT))
