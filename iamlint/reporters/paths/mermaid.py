"""Paths as a Mermaid flowchart, which GitHub and GitLab show in comments and Markdown files.

Source: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.paths.hops import State
from iamlint.reporters.parts.plain import neutral
from iamlint.reporters.paths.drawing import Spot, drawn
from iamlint.reporters.paths.lines import short
from iamlint.reporters.paths.told import Told

MOST_SPOTS = 60
"""Principals in one picture; more cannot be read, and GitHub refuses pictures of more than about 500 lines."""
_ARROWS: dict[State, str] = {"open": "-->", "conditional": "-.->", "closed": "--x"}
_LONGEST = 80


def paths_mermaid(told: Told) -> str:
    """Return a flowchart from left to right: open hops solid, conditional ones dotted, closed ones with a cross."""
    return "".join(f"{line}\n" for line in _lines(told))


def _lines(told: Told) -> Iterator[str]:
    found = drawn(told, MOST_SPOTS)
    yield "flowchart LR"
    for spot in found.spots:
        left, right = ("[", "]") if spot.kind.endswith(("account", "agent")) else ("([", "])")
        yield f'  {spot.id}{left}"{escaped(_cut(short(spot.label)))}"{right}{_style(spot)}'
    for line in found.lines:
        arrow = _ARROWS[line.told.state]
        yield f'  {line.source.id} {arrow}|"{escaped(line.told.method)}"| {line.target.id}'
    if found.left_out:
        yield f'  more["{found.left_out:,} more paths"]'
    if any(spot.severity in ("critical", "high") for spot in found.spots):
        yield "  classDef privileged stroke:#cf222e,stroke-width:3px"


def _style(spot: Spot) -> str:
    return ":::privileged" if spot.severity in ("critical", "high") else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


def escaped(text: str) -> str:
    """Return a text for a quoted label: what Mermaid or HTML would read as markup is an entity."""
    kept = ".-_@:/ ,…="
    return "".join(one if one.isalnum() or one in kept else f"#{ord(one)};" for one in neutral(text))
