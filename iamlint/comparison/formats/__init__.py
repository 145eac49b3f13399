"""Formats of a comparison: convert it to text, one file per format."""

from __future__ import annotations

from iamlint.comparison.model import Comparison
from iamlint.reporters.parts.presentation import Presentation


def render(form: str, found: Comparison, style: Presentation) -> str:
    """Return a comparison in a format; the same comparison gives the same text. Raises ValueError for no format."""
    match form:
        case "text":
            from iamlint.comparison.formats.text import comparison_text

            return comparison_text(found, color=style.color)
        case "json":
            from iamlint.comparison.formats.json import comparison_json

            return comparison_json(found, style)
        case "markdown":
            from iamlint.comparison.formats.markdown import comparison_markdown

            return comparison_markdown(found, style)
        case _:
            raise ValueError(f"{form} is not a format")
