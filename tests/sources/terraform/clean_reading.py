"""What iamlint reads from a folder of files that have no errors."""

from __future__ import annotations

from pathlib import Path

from checkout import write

from iamlint.sources import read
from iamlint.sources.reading import Options, Reading


def reading(root: Path, files: dict[str, str], **options: object) -> Reading:
    """Write the files and read them; an error fails the test."""
    found = read([write(root, files)], Options(**options))
    assert found.errors == []
    return found
