"""What is compared: a folder, a plan or an export, read into an estate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from iamlint.comparison.sides import Side, SideName
from iamlint.estate import Estate
from iamlint.location import Location, Unreadable
from iamlint.roles import Catalog
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.workspace import Workspace


def read_side(
    name: SideName, path: Path, options: Options, roles: Catalog, as_of: date
) -> tuple[Side, tuple[Unreadable, ...]]:
    """Return one side, and what could not be read of it. A path that is not there is an error."""
    shown = Workspace([path]).shown(path)
    if not path.exists():
        hint = "name a folder, a plan as JSON or an export"
        return _empty(name, shown, roles, as_of), (Unreadable(Location(shown), "nothing is there", hint),)
    reading = read([path], options)
    estate = Estate(reading.facts, roles, as_of)
    return Side(name, estate, shown, reading.texts), _once(reading.errors)


def _empty(name: SideName, shown: str, roles: Catalog, as_of: date) -> Side:
    return Side(name, Estate([], roles, as_of), shown, {})


def _once(errors: Iterable[Unreadable]) -> tuple[Unreadable, ...]:
    return tuple(sorted(dict.fromkeys(errors), key=lambda error: (error.at, error.reason)))
