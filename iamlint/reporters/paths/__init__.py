"""Paths to bytes: an answer in, a text out, one file per format."""

from __future__ import annotations

from iamlint.reporters.paths.told import Told

FORMATS = ("text", "json", "html", "mermaid", "dot", "opengraph")


def render(form: str, told: Told) -> str:
    """Return the answer in a format; the same paths give the same text. Raises ValueError for an unknown format."""
    match form:
        case "text":
            from iamlint.reporters.paths.text import paths_text

            return paths_text(told)
        case "json":
            from iamlint.reporters.paths.json import paths_json

            return paths_json(told)
        case "html":
            from iamlint.reporters.paths.html import paths_html

            return paths_html(told)
        case "mermaid":
            from iamlint.reporters.paths.mermaid import paths_mermaid

            return paths_mermaid(told)
        case "dot":
            from iamlint.reporters.paths.dot import paths_dot

            return paths_dot(told)
        case "opengraph":
            from iamlint.reporters.paths.opengraph import paths_opengraph

            return paths_opengraph(told)
        case _:
            raise ValueError(f"{form} is not a format")
