"""Files of a revision that are gone, and which of them a new file was before it was renamed.

A file that did not count before is not a former file: it was in a folder that is not searched or is excluded, Terraform
ignored its name, or its name meant something else. Otherwise a rename would put it into force unseen.
"""

from __future__ import annotations

import os
from pathlib import Path

from iamlint.files.revision import Revision
from iamlint.files.texts import load
from iamlint.hcl import read_file
from iamlint.hcl.syntax import File
from iamlint.location import SourceText
from iamlint.logic.path_globs import PathGlobs
from iamlint.sources.gcloud.recognition.resource_from_path import by_path, claim, project_by_path
from iamlint.sources.names import ASSIGNMENTS, is_automatic, is_configuration
from iamlint.sources.unwalked import SKIPPED

BLOCKS = (".tf", ".tofu")
"""Endings of files with blocks in Terraform's own syntax."""
HCL = (*BLOCKS, ".tfvars")
"""Endings of files in Terraform's own syntax."""
_MOST_FILES = 200
"""Maximum number of files that are looked at to find what a file was called before."""
_ALIKE = 0.5
"""Minimum share of equal lines in a renamed file, as in git."""


class Gone:
    """The files of a revision that the working tree does not have."""

    def __init__(self, before: Revision, exclude: PathGlobs) -> None:
        self._before, self._exclude = before, exclude
        self._paths: dict[tuple[str, ...], list[Path]] = {}
        self._read: dict[Path, tuple[SourceText, list[str]] | None] = {}

    def paths(self, endings: tuple[str, ...]) -> list[Path]:
        """Return the files with these endings that counted in the revision."""
        if endings not in self._paths:
            every = (self._before.top / name for name, node in self._before.nodes(".") if node.is_regular)
            counted = (path for path in every if path.name.endswith(endings) and self._has_counted(path))
            gone = (path for path in counted if not os.path.lexists(path))
            self._paths[endings] = [path for path, _ in zip(gone, range(_MOST_FILES), strict=False)]
        return self._paths[endings]

    def former(self, path: Path, now: SourceText) -> SourceText | None:
        """Return the text that a file had under another name; None for a new file."""
        best: tuple[float, SourceText] | None = None
        lines = lines_of(now)
        for other in self.paths((path.suffix,)):
            found = self._text(other) if self._is_alike(other, path) else None
            if found is None:
                continue
            source, before = found
            if source.text == now.text:
                return source
            share = _share(before, lines)
            if share >= _ALIKE and (best is None or share > best[0]):
                best = share, source
        return best[1] if best else None

    def _text(self, path: Path) -> tuple[SourceText, list[str]] | None:
        if path not in self._read:
            source = load(path, path.as_posix(), self._before)
            self._read[path] = (source, lines_of(source)) if isinstance(source, SourceText) else None
        return self._read[path]

    def _has_counted(self, path: Path) -> bool:
        """Whether a run on the revision reads a file."""
        folders = path.relative_to(self._before.top).parts[:-1]
        if any(name.startswith(".") or name in SKIPPED for name in folders) or self._exclude.matches(path.as_posix()):
            return False
        return is_block_file(path.name) or not path.name.endswith(BLOCKS)

    def _is_alike(self, old: Path, new: Path) -> bool:
        """Whether the name of a file means the same as the name of another one."""
        if is_configuration(new.name) or is_configuration(old.name):
            return is_configuration(new.name) and is_configuration(old.name)
        if new.name.endswith(ASSIGNMENTS):
            same = old.name == new.name or (is_automatic(old.name) and is_automatic(new.name))
            return same and any(map(is_configuration, self._before.names(old.parent)))
        was, now = (path.relative_to(self._before.top).as_posix() for path in (old, new))
        return all(of(was) == of(now) for of in (by_path, project_by_path, claim))


def is_block_file(name: str) -> bool:
    """Whether Terraform or OpenTofu reads blocks from a file of this name."""
    return name.endswith(BLOCKS) and is_configuration(name)


def lines_of(source: SourceText) -> list[str]:
    """Return the lines of a text; of Terraform without comments, and with runs of blanks as one."""
    if not source.path.endswith(HCL):
        return [line.rstrip() for line in source.text.split("\n")]
    file = read_file(source)
    return [" ".join(line.split()) for line in (source.text if file.errors else without_comments(file)).split("\n")]


def without_comments(file: File) -> str:
    """Return the text of a file with spaces for its comments."""
    text, at, pieces = file.source.text, 0, list[str]()
    for start, end in file.comments:
        pieces += (text[at:start], "".join(one if one == "\n" else " " for one in text[start:end]))
        at = max(at, end)
    return "".join(pieces) + text[at:]


def _share(before: list[str], after: list[str]) -> float:
    """Return how many of the lines of two texts are equal, from 0 to 1, whatever their order."""
    old, new = (set(filter(None, lines)) for lines in (before, after))
    return 2 * len(old & new) / (len(old) + len(new)) if old and new else 0.0
