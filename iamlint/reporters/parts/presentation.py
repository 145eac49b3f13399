"""How a report is shown, beside its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath

from iamlint.report import Bar


@dataclass(frozen=True, slots=True)
class Presentation:
    """``color``, ``show_unknown``, ``show_all``, ``errors`` and ``quiet`` are for text.

    ``show_all`` gives every finding a frame of its own, ``errors`` lists what could not be read. ``directory`` is the
    working directory, in which the paths of locations are; ``repository`` is the directory above it, in which those
    are that a forge is told. Both are absolute, without symbolic links. ``bar`` says which unknown answers fail, so
    that they are shown.
    """

    color: bool = False
    show_unknown: bool = False
    show_all: bool = False
    errors: bool = True
    quiet: bool = False
    directory: PurePath | None = None
    repository: PurePath | None = None
    bar: Bar = field(default_factory=Bar)

    def in_repository(self, path: str) -> str:
        """A location's path as seen from the top of the repository; as it is where it lies elsewhere."""
        if self.directory is None or self.repository is None:
            return path
        whole = self.directory / path
        return (whole.relative_to(self.repository) if whole.is_relative_to(self.repository) else whole).as_posix()
