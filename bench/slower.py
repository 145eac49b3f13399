"""Reports which ratios got worse by a fifth or more, compared with the tables of docs/speed.md.

    python bench/slower.py PAGE [--by 0.2]

PAGE is one that `python bench/side_by_side.py DIRECTORY --write PAGE` made. Only ratios and memory are compared, since
seconds differ between machines, and only the lines that both have. Writes warnings for GitHub and a table, and exits
with 0 whatever it finds: timed tests prove nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from speed_tables import PAGE, TABLES, cells, rows_of


def slower(before: str, after: str, by: float) -> Iterator[tuple[str, str, float, float]]:
    """Yield line, column, the number before and the number after, where it is worse by this share or more."""
    old, new = rows_of(before), rows_of(after)
    for table in TABLES:
        for name, row in new[table.name].items():
            was = dict(zip(table.columns, cells(old[table.name].get(name, "")), strict=False))
            now = dict(zip(table.columns, cells(row), strict=False))
            for column, higher in table.worse.items():
                if not was.get(column) or not now.get(column):
                    continue
                one, other = float(was[column]), float(now[column])
                if one and other and (other / one if higher else one / other) >= 1 + by:
                    yield f"{table.name}: {name}", column, one, other


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("page", type=Path)
    options.add_argument("--by", type=float, default=0.2)
    given = options.parse_args()
    after = given.page.read_text(encoding="utf-8")
    found = list(slower(PAGE.read_text(encoding="utf-8"), after, given.by))
    compared = sum(len(rows) for rows in rows_of(after).values())
    for name, column, one, other in found:
        print(f"::warning title=Slower than docs/speed.md::{name}: {column} was {one:g}, is {other:g}")
    print(f"{len(found)} ratios of {compared} lines are worse by {given.by:.0%} or more than in docs/speed.md")


if __name__ == "__main__":
    main()
