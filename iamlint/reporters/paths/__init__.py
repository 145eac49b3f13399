"""Paths to bytes: an answer in, a text out, one file per format."""

from __future__ import annotations

from importlib import import_module

from iamlint.reporters.paths.told import Told

FORMATS = ("text", "json", "html", "mermaid", "dot", "opengraph")


def render(form: str, told: Told) -> str:
    """Return the answer in a format; the same paths give the same text. Raises ValueError for an unknown format."""
    if form not in FORMATS:
        raise ValueError(f"{form} is not a format")
    written: str = getattr(import_module(f"{__name__}.{form}"), f"paths_{form}")(told)
    return written
