"""Formats of a comparison: convert it to text, one file per format."""

from __future__ import annotations

from iamlint.comparison.model import Comparison

FORMATS = ("text", "json", "markdown")


def render(form: str, found: Comparison, *, color: bool = False) -> str:
    """Return a comparison in a format; the same comparison gives the same text. Raises ValueError for no format."""
    match form:
        case "text":
            from iamlint.comparison.formats.text import comparison_text

            return comparison_text(found, color=color)
        case "json":
            from iamlint.comparison.formats.json import comparison_json

            return comparison_json(found)
        case "markdown":
            from iamlint.comparison.formats.markdown import comparison_markdown

            return comparison_markdown(found)
        case _:
            raise ValueError(f"{form} is not a format")
