"""What is compared, read into an estate: a folder, a plan, an export, or what a git revision has of a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from iamlint.comparison.sides import Side, SideName
from iamlint.estate import Estate
from iamlint.files.disk import DISK
from iamlint.files.git import MissingRevision
from iamlint.files.revision import revision
from iamlint.location import Location, Unreadable
from iamlint.roles import Catalog
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.workspace import Workspace


def is_path(given: str) -> bool:
    """Whether a text names a file or folder on the disk, rather than a revision."""
    return given != "" and DISK.exists(Path(given))


def read_side(
    name: SideName, given: str, options: Options, roles: Catalog, as_of: date, path: Path | None = None
) -> tuple[Side, tuple[Unreadable, ...]]:
    """Return one side, and what could not be read of it.

    Anything that is not a path is a revision of the repository around the working directory; ``path`` is read, the
    working directory by default. A revision that is not in the clone is an error. A base without anything to check is
    not: the head adds the first.
    """
    if is_path(given):
        return _read(name, Path(given), given, options, roles, as_of)
    try:
        with revision(given, Path.cwd()) as tree:
            read_as = replace(options, tree=tree, may_be_empty=options.may_be_empty or name == "base")
            wanted = path or Path()
            if name == "base" and not tree.exists(Path.cwd() / wanted):
                return Side(name, Estate([], roles, as_of), str(wanted), given, {}), ()
            return _read(name, wanted, given, read_as, roles, as_of)
    except MissingRevision as error:
        hint = "name a folder, a plan as JSON, an export, or a revision; a shallow clone lacks older commits"
        wrong = Unreadable(Location(given), f"nothing is there, and {error}", hint)
        return Side(name, Estate([], roles, as_of), given, given, {}, is_missing=True), (wrong,)


def _read(
    name: SideName, path: Path, given: str, options: Options, roles: Catalog, as_of: date
) -> tuple[Side, tuple[Unreadable, ...]]:
    shown = Workspace([path], tree=options.tree).shown(path)
    reading = read([path], options)
    is_missing = bool(reading.errors) and not reading.facts
    side = Side(name, Estate(reading.facts, roles, as_of), shown, given, reading.texts, is_missing)
    return side, _once(reading.errors)


def _once(errors: Iterable[Unreadable]) -> tuple[Unreadable, ...]:
    return tuple(sorted(dict.fromkeys(errors), key=lambda error: (error.at, error.reason)))
