"""Measures the second run: without a cache, with a result in it, and after edits of one file, in pairs.

    python bench/again.py FOLDER... [--edits N] [--seed N] [--file FILE]

The times are CPU seconds of whole processes. Each folder is copied and gets N edits (12) of random files, one after
another: each kind of `KINDS` in turn, in a file that allows it; or a comment at the end of FILE. Every edit is followed
by a run with the cache and one without; what they print is compared. An edit stays for the ones after it.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

_GRANT = """
resource "google_project_iam_member" "edit_{number}" {{
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}}
"""
_BLOCK = re.compile(r"^[a-z]+ .*\{$", re.MULTILINE)
_ROLE = re.compile(r"roles/[a-zA-Z.]+")
_VALUE = re.compile(r'(?<== ")[\w-]+(?="$)', re.MULTILINE)


def at_end(text: str, number: int, _: random.Random) -> str:
    """Add a comment at the end."""
    return f"{text}\n# edit {number}\n"


def above_block(text: str, number: int, draw: random.Random) -> str:
    """Add a comment above a block: all that follows moves."""
    return _at(_BLOCK, text, draw, lambda found: f"# edit {number}\n{found}")


def role(text: str, number: int, draw: random.Random) -> str:
    """Change a role."""
    return _at(_ROLE, text, draw, lambda _: "roles/viewer" if number % 2 else "roles/editor")


def value(text: str, number: int, draw: random.Random) -> str:
    """Change an argument."""
    return _at(_VALUE, text, draw, lambda found: f"{found}-{number}")


def grant(text: str, number: int, _: random.Random) -> str:
    """Add a grant with a finding."""
    return text + _GRANT.format(number=number)


def _at(pattern: re.Pattern[str], text: str, draw: random.Random, changed: Callable[[str], str]) -> str:
    found = draw.choice(list(pattern.finditer(text)) or [None])
    return text if found is None else text[: found.start()] + changed(found[0]) + text[found.end() :]


KINDS = {"comment at the end": (at_end, ".tf"), "comment above a block": (above_block, ".tf"), "role": (role, ".tf")}
KINDS |= {"value": (value, ".tf"), "new grant": (grant, ".tf"), "variable file": (at_end, ".tfvars")}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--edits", type=int, default=12)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--file", type=Path)
    options.add_argument("--verbose", action="store_true")
    given = options.parse_args()
    heads = ("folder", "files", "cold", "kept", "unchanged", "after an edit: median, worst", "of cold", "cache")
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for folder in given.folders:
        with TemporaryDirectory() as name:
            top = Path(name).resolve()
            shutil.copytree(folder, top / "tree", symlinks=True, ignore=shutil.ignore_patterns(".git"))
            print(_row(folder.resolve().name, top, given), flush=True)


def _row(name: str, top: Path, given: argparse.Namespace) -> str:
    draw = random.Random(given.seed)
    (top / "home").mkdir()
    first, expected = _run(top, "--no-cache")
    kept, said = _run(top)
    same = said == expected
    cold, after, warm = [first], [], []
    for number in range(given.edits):
        kind, path = _edit(top / "tree", number, draw, given.file)
        seconds, said = _run(top)
        after.append(seconds)
        again, repeated = _run(top)
        warm.append(again)
        whole, expected = _run(top, "--no-cache")
        cold.append(whole)
        same = same and said == expected == repeated
        if given.verbose:
            print(f"  {seconds / whole:.0%} {kind} {path}{'' if said == expected else ' OTHER BYTES'}", file=sys.stderr)
    base = median(cold)
    ratios = [one / two for one, two in zip(after, cold[1:], strict=True)]
    size = sum(path.stat().st_size for path in (top / "home").rglob("*") if path.is_file()) / 1e6
    files = sum(1 for _ in (top / "tree").rglob("*.tf"))
    return (
        f"| {name} | {files} | {base:.2f} | {kept:.2f} | {median(warm):.2f}, {median(warm) / base:.1%}"
        f" | {median(after):.2f}, {max(after):.2f} | {median(ratios):.1%}, {max(ratios):.1%} | {size:.2f} MB |"
        f"{'' if same else ' OTHER BYTES'}"
    )


def _edit(tree: Path, number: int, draw: random.Random, file: Path | None) -> tuple[str, Path]:
    """Edit a file; returns the kind of the edit, and the file."""
    names = list(KINDS)
    kind = "comment at the end" if file else names[number % len(names)]
    change, suffix = KINDS[kind]
    files = [tree / file] if file else sorted(path for path in tree.rglob(f"*{suffix}") if path.is_file())
    for path in draw.sample(files, len(files)):
        text = path.read_text(encoding="utf-8")
        edited = change(text, number, draw)
        if edited != text:
            path.write_text(edited, encoding="utf-8")
            return kind, path.relative_to(tree)
    return f"{kind}: nowhere", Path()


def _run(top: Path, *options: str) -> tuple[float, bytes]:
    """Return the CPU seconds of a check, and what it printed."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(top / "home"), "IAMLINT_NO_CACHE": ""}
    command = [sys.executable, "-I", "-m", "iamlint", "check", "--format", "json", "--max-time", "3600", *options, "."]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=top / "tree", env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout + done.stderr


if __name__ == "__main__":
    main()
