"""The input of a diagnosis: what `check` reads, and files that state an identity."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from iamlint.provenance import trusted
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading


def read_input(paths: Iterable[Path], options: Options) -> Reading:
    """Everything that these paths say; whoever asks for a diagnosis means all of it."""
    reading = read(paths, options)
    reading.facts = list(trusted(reading.facts, "named"))
    return reading
