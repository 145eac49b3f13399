"""Paths to bytes: an answer in, a text out, one file per format."""

from __future__ import annotations

from iamlint.reporters.paths.told import Told

FORMATS = ("text", "json")


def render(form: str, told: Told) -> str:
    """Return what is told in a format; the same paths give the same text. Raises ValueError for an unknown format."""
    match form:
        case "text":
            from iamlint.reporters.paths.text import paths_text

            return paths_text(told)
        case "json":
            from iamlint.reporters.paths.json import paths_json

            return paths_json(told)
        case _:
            raise ValueError(f"{form} is not a format")
