"""The readers of Terraform's language on real files: compared with Go's parser, with python-hcl2, and timed.

    python bench/parsing.py go DIR...       # every file against hashicorp/hcl (npm's @cdktf/hcl2json)
    python bench/parsing.py second DIR...   # every file against python-hcl2, as --second-parser does
    python bench/parsing.py speed DIR...    # megabytes per second of CPU time

Files with equal content count once. ``go`` fails if one of the two parsers refuses what the other accepts, if the trees
differ, or if the first error is in another line.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from go_tree import difference
from oracle import GoParser, error_lines, is_syntax_error

from iamlint.hcl.reading import native
from iamlint.hcl.second_reader import outline, python_hcl2
from iamlint.hcl.syntax import File
from iamlint.location import SourceText

SUFFIXES = (".tf", ".tofu", ".tfvars", ".hcl")
GOOD = {"files", "bytes", "equal", "refused by both", "not UTF-8 (refused before parsing)"}
SAMPLE = 1_500_000
"""How many bytes are enough to measure python-hcl2, which is slow."""


def sources(directories: list[Path], count: Counter[str]) -> Iterator[SourceText]:
    """The distinct texts below the directories."""
    seen: set[bytes] = set()
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.suffix not in SUFFIXES or path.is_symlink() or not path.is_file():
                continue
            data = path.read_bytes()
            if data in seen:
                continue
            seen.add(data)
            count["files"] += 1
            count["bytes"] += len(data)
            try:
                yield SourceText(str(path), data.decode())
            except UnicodeDecodeError:
                count["not UTF-8 (refused before parsing)"] += 1


def against_go(directories: list[Path]) -> Counter[str]:
    """Counts by class; every file that is not equal is printed."""
    go, count = GoParser(), Counter[str]()
    for source in sources(directories, count):
        file = native.read(source)
        _, errors = go.parse(source.text)
        kind, shown = _verdict(go, file, errors)
        count[kind] += 1
        if kind not in GOOD:
            print(f"{source.path}: {kind}: {shown[:500]}")
    go.close()
    return count


def _verdict(go: GoParser, file: File, errors: str) -> tuple[str, str]:
    ours = file.errors[0] if file.errors else None
    if is_syntax_error(errors):
        if ours is None:
            return "accepted by iamlint only", errors
        if ours.at.line != error_lines(errors)[0]:
            return "first error in another line", f"{ours.at.line} {ours.reason} - {errors}"
        return "refused by both", ""
    if ours is not None:
        return "refused by iamlint only", f"{ours.at.line}:{ours.at.column} {ours.reason}"
    different = difference(go, file)
    return ("different", different) if different else ("equal", "")


def against_python_hcl2(directories: list[Path]) -> Counter[str]:
    """Return counts by class; every file that is not equal is printed, with its first difference."""
    count = Counter[str]()
    for source in sources(directories, count):
        file = native.read(source)
        if file.errors:
            count["refused by iamlint"] += 1
            continue
        second = python_hcl2.read(source)
        if second.errors:
            kind, found = "refused by python-hcl2", second.errors
        else:
            found = outline.differences(file, second, ("iamlint", "python-hcl2"))
            kind = "different" if found else "equal"
        count[kind] += 1
        if kind not in GOOD:
            print(f"{source.path}:{found[0].at.line}:{found[0].at.column}: {kind}: {found[0].reason[:300]}")
    return count


def speed(directories: list[Path]) -> Counter[str]:
    """Prints the speed of each parser; python-hcl2's on a sample."""
    import hcl2

    count = Counter[str]()
    texts = [source for source in sources(directories, count) if not native.read(source).errors]
    random.Random(0).shuffle(texts)
    sample, size = list[SourceText](), 0
    for source in texts:
        if size < SAMPLE and not python_hcl2.read(source).errors:
            sample.append(source)
            size += len(source.text.encode())
    _measure("iamlint", native.read, texts, rounds=3)
    _measure("iamlint, the sample", native.read, sample, rounds=3)
    _measure("python-hcl2 as second parser", python_hcl2.read, sample, rounds=1)
    _measure("python-hcl2 parses_to_tree", lambda source: hcl2.parses_to_tree(source.text), sample, rounds=1)
    _measure("python-hcl2 loads", lambda source: hcl2.loads(source.text), sample, rounds=1)
    return count


def _measure(name: str, parse: Callable[[SourceText], object], texts: list[SourceText], rounds: int) -> None:
    size = sum(len(source.text.encode()) for source in texts) / 1e6
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for source in texts:
            parse(source)
        best = min(best, time.process_time() - start)
    print(f"{name:<30} {size / best:6.2f} MB/s ({size:.1f} MB, {len(texts)} files, {best:.2f} s of CPU)")


def main() -> None:
    """Run the chosen comparison; fails if the readers and their reference differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["go", "second", "speed"])
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    run = {"go": against_go, "second": against_python_hcl2, "speed": speed}[arguments.what]
    count = run(arguments.directories)
    print(", ".join(f"{name}: {number}" for name, number in sorted(count.items())))
    sys.exit(arguments.what == "go" and bool(count.keys() - GOOD))


if __name__ == "__main__":
    main()
