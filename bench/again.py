"""Measures the second run: without a cache, with a result in it, and after an edit of one file, in pairs.

    python bench/again.py FOLDER... [--runs N] [--file FILE]

The times are CPU seconds of whole processes, medians of N runs (3). Each folder is copied, and the edit
adds a line to a file: the one that is given, or the largest Terraform file. What the runs print is compared.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--file", type=Path)
    given = options.parse_args()
    print("| folder | files | cold | kept | unchanged | after an edit | unchanged : cold | edit : cold | same bytes |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for folder in given.folders:
        with TemporaryDirectory() as name:
            top = Path(name).resolve()
            shutil.copytree(folder, top / "tree", symlinks=True, ignore=shutil.ignore_patterns(".git"))
            print(_row(folder.resolve().name, top, given.file, given.runs), flush=True)


def _row(name: str, top: Path, file: Path | None, runs: int) -> str:
    tree = top / "tree"
    files = sorted(tree.rglob("*.tf"), key=lambda path: (path.stat().st_size, path))
    edited = tree / file if file else files[-1]
    cold, kept, warm, after = [], [], [], []
    same = True
    for number in range(runs):
        shutil.rmtree(top / "home", ignore_errors=True)
        (top / "home").mkdir()
        seconds, expected = _run(top, "--no-cache")
        cold.append(seconds)
        for times in (kept, warm):
            seconds, said = _run(top)
            times.append(seconds)
            same = same and said == expected
        with edited.open("a", encoding="utf-8") as opened:
            opened.write(f"\n# edit {number}\n")
        seconds, said = _run(top)
        after.append(seconds)
        same = same and said == _run(top, "--no-cache")[1]
    base = median(cold)
    times = " | ".join(f"{median(each):.2f}" for each in (cold, kept, warm, after))
    ratios = f"{median(warm) / base:.1%} | {median(after) / base:.1%}"
    return f"| {name} | {len(files)} | {times} | {ratios} | {'yes' if same else 'NO'} |"


def _run(top: Path, *options: str) -> tuple[float, bytes]:
    """Return the CPU seconds of a check, and what it printed."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(top / "home"), "IAMLINT_NO_CACHE": ""}
    command = [sys.executable, "-I", "-m", "iamlint", "check", *options, "."]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=top / "tree", env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout + done.stderr


if __name__ == "__main__":
    main()
