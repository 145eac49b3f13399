"""The tables of docs/speed.md, between their marks: read, changed, and written back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page. ``worse`` says of the columns that are compared whether a higher number is worse."""

    name: str
    columns: tuple[str, ...]
    worse: Mapping[str, bool]

    @property
    def head(self) -> str:
        """The two lines above the rows."""
        return f"| {' | '.join(self.columns)} |\n|{' --- |' * len(self.columns)}"


PEERS = Table(
    "peers",
    ("input", "iamlint", "trivy", "checkov", "trivy : iamlint", "checkov : iamlint", "iamlint : JSON", "iamlint MB"),
    {"trivy : iamlint": False, "checkov : iamlint": False, "iamlint : JSON": True, "iamlint MB": True},
)
GROWTH = Table(
    "growth",
    ("input", "n", "at n", "at 2n", "at 4n", "at 8n", "8n : 4n", "MB at 8n"),
    {"8n : 4n": True, "MB at 8n": True},
)
FORMATS = Table(
    "formats",
    ("format", "seconds", "MB", "MB written", "format : json"),
    {"format : json": True, "MB": True},
)
TABLES = (PEERS, GROWTH, FORMATS)
Rows = dict[str, dict[str, str]]
"""The lines of each table, by the text in their first cell."""


def cells(line: str) -> list[str]:
    """Return the texts of a line's cells."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def line(values: list[str]) -> str:
    """Return the line of a table."""
    return f"| {' | '.join(values)} |"


def rows_of(text: str) -> Rows:
    """Return the rows of the tables in a page."""
    return {table.name: {cells(one)[0]: one for one in _between(text, table.name)[2:]} for table in TABLES}


def _between(text: str, name: str) -> list[str]:
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", text, re.DOTALL)
    return [one for one in found[1].splitlines() if one.startswith("|")] if found else []


def with_rows(text: str, rows: Rows, measured: str) -> str:
    """Return the page with these rows in its tables, and with what was measured when."""
    blocks = {table.name: "\n".join([table.head, *rows[table.name].values()]) for table in TABLES}
    for name, block in {**blocks, "measured": measured}.items():
        pattern = rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)"
        text = re.sub(pattern, lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text, flags=re.DOTALL)
    return text
