"""Paths as a graph for Graphviz. Source: https://graphviz.org/doc/info/lang.html"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.paths.hops import State
from iamlint.reporters.parts.frame import place
from iamlint.reporters.parts.plain import neutral
from iamlint.reporters.paths.drawing import drawn
from iamlint.reporters.paths.lines import short
from iamlint.reporters.paths.told import Told, place_of

MOST_SPOTS = 5_000
_STYLES: dict[State, str] = {"open": "solid", "conditional": "dashed", "closed": "dotted"}


def paths_dot(told: Told) -> str:
    """Return a directed graph from left to right."""
    return "".join(f"{line}\n" for line in _lines(told))


def _lines(told: Told) -> Iterator[str]:
    found = drawn(told, MOST_SPOTS)
    yield "digraph paths {"
    yield "  rankdir=LR;"
    for spot in found.spots:
        shape = "box" if spot.kind.endswith(("account", "agent")) else "ellipse"
        color = ", color=red, penwidth=2" if spot.severity in ("critical", "high") else ""
        yield f"  {spot.id} [label={_quoted(short(spot.label))}, shape={shape}{color}];"
    for line in found.lines:
        at = place_of(line.told)
        label = f"{line.told.method}\n{place(at)}" if at else line.told.method
        yield f"  {line.source.id} -> {line.target.id} [label={_quoted(label)}, style={_STYLES[line.told.state]}];"
    if found.left_out:
        yield f"  more [label={_quoted(f'{found.left_out:,} more paths')}, shape=plaintext];"
    yield "}"


def _quoted(text: str) -> str:
    lines = [neutral(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'
