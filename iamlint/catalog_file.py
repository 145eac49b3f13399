"""The role catalogue as a file: where it is, and its date."""

from __future__ import annotations

from pathlib import Path

CATALOG = Path(__file__).parent / "roles" / "catalog.json"
"""The catalogue; ``bench/pack_roles.py`` writes it, with its date as the first entry."""

_BEGINNING = len('{"date":"YYYY-MM-DD"') + 8
"""Number of characters that hold the date, with some for blanks."""


def catalog_date() -> str:
    """Return the date of the built-in catalogue, YYYY-MM-DD, without reading all of it."""
    with CATALOG.open("rb") as file:
        return file.read(_BEGINNING).split(b'"')[3].decode()
