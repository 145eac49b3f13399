"""Presentation options of a report, apart from its format."""

from __future__ import annotations

import os
from dataclasses import field
from pathlib import PurePath

from iamlint.basics.frozen import frozen
from iamlint.location import Location
from iamlint.results.report import Bar


@frozen
class Presentation:
    """``color``, ``show_all``, ``errors``, ``quiet`` and ``width`` are for text.

    ``show_all`` gives every finding a frame and every error a line of its own, ``errors`` lists the errors. ``width``
    is that of the terminal in columns, None for a file or a pipe; ``statistics`` shows counts by rule and by folder, in
    text instead of the findings, in Markdown before them. ``directory`` is the working directory, to which location
    paths are relative; ``repository`` is the top directory above it, to which paths for a forge are relative. Both are
    absolute, without symbolic links. ``bar`` says which unknown answers fail, so that they are shown. ``at_arguments``
    puts findings at the arguments, not where their values are written. ``source_url`` is the address of the checked
    tree on a forge, which a path completes, with ``/`` at its end. ``first`` are the places whose annotations come
    first.
    """

    color: bool = False
    show_unknown: bool = False
    show_all: bool = False
    errors: bool = True
    quiet: bool = False
    width: int | None = None
    statistics: bool = False
    directory: PurePath | None = None
    repository: PurePath | None = None
    bar: Bar = field(default_factory=Bar)
    at_arguments: bool = False
    source_url: str = ""
    first: frozenset[Location] = frozenset()

    def in_repository(self, path: str) -> str:
        """Return a location's path relative to the top of the repository; unchanged if it is outside."""
        if self.directory is None or self.repository is None:
            return path
        whole = PurePath(os.path.normpath(self.directory / path))
        return (whole.relative_to(self.repository) if whole.is_relative_to(self.repository) else whole).as_posix()
