"""Runs iamlint on hostile inputs, and measures each.

    python bench/hostile.py                  # all of them; exits with 1 if one exceeds its limits
    python bench/hostile.py 'chain-*' -k     # some, the inputs kept

Each runs in a separate process. A run is wrong if it takes more than 20 CPU seconds or 1 GB, exits with anything but 0,
1, 2 or 3 (a diagnosis without an answer), shows a traceback, prints more than 64 MB, or loses the finding of the honest
grant in the input.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import hostile_commands  # noqa: F401  # puts its inputs among the others
import hostile_estates  # noqa: F401  # these, too
import hostile_parts  # noqa: F401  # these, too
from hostile_inputs import INPUTS

MOST_SECONDS, MOST_MEGABYTES, MOST_OUTPUT = 20.0, 1000, 64_000_000
_KILLED_AFTER, _KILLED_AT = 40, 6 << 30
WANTED = "broad-token-creator"


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of one input: CPU seconds, wall seconds, peak megabytes, bytes printed; and what is wrong."""

    name: str
    size: int
    seconds: float
    wall: float
    megabytes: int
    code: int
    printed: int
    honest: bool
    last: str

    @property
    def problem(self) -> str:
        """Return what is wrong; "" if nothing is."""
        if self.size > 1_050_000:
            return f"an input of {self.size} bytes"
        if self.code not in (0, 1, 2, 3):
            return f"killed ({self.code})"
        if self.seconds > MOST_SECONDS or self.megabytes > MOST_MEGABYTES:
            return "too much"
        if self.printed > MOST_OUTPUT:
            return "too much output"
        if "Traceback" in self.last or "please report" in self.last:
            return "a mistake of iamlint's"
        return "" if self.honest else "the honest grant is lost"


def measured(name: str, command: list[str], keep: Path | None) -> Run:
    """Make and check one input."""
    place = Path(tempfile.mkdtemp(prefix=f"hostile-{name}-", dir=keep))
    more = INPUTS[name](place) or []
    asks_else = bool(more) and not more[0].startswith("-")
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file() and not path.is_symlink())
    out, err = place.parent / f"{place.name}.out", place.parent / f"{place.name}.err"
    start = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, *(more if asks_else else ["check", ".", "--format", "json", *more])],
            cwd=place,
            stdout=stdout,
            stderr=stderr,
            preexec_fn=_limited,  # noqa: PLW1509  # there are no threads
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    with out.open("rb") as stdout:
        honest = asks_else or any(WANTED.encode() in line for line in stdout)
    last = err.read_text(encoding="utf-8", errors="replace")[-2000:]
    found = Run(
        name,
        size,
        used.ru_utime + used.ru_stime,
        wall,
        used.ru_maxrss // 1024,
        process.returncode,
        out.stat().st_size,
        honest,
        last,
    )
    if keep is None:
        shutil.rmtree(place)
        out.unlink()
        err.unlink()
    return found


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_KILLED_AFTER, _KILLED_AFTER))
    resource.setrlimit(resource.RLIMIT_AS, (_KILLED_AT, _KILLED_AT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["*"], help="globs of inputs")
    parser.add_argument("-k", "--keep", type=Path, help="keep inputs and outputs in this directory")
    parser.add_argument("--command", default=f"{sys.executable} -I -m iamlint", help="how iamlint is started")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    chosen = [name for name in INPUTS if any(fnmatchcase(name, glob) for glob in arguments.names)]
    runs = []
    for name in chosen:
        runs.append(measured(name, arguments.command.split(), arguments.keep))
        print(
            f"{name}: {runs[-1].seconds:.1f} s {runs[-1].megabytes} MB {runs[-1].problem}", file=sys.stderr, flush=True
        )
    print(f"{'input':<34} {'kB':>5} {'CPU s':>6} {'wall s':>6} {'MB':>5} {'exit':>4} {'kB out':>7}  problem")
    for run in sorted(runs, key=lambda run: -run.seconds):
        print(
            f"{run.name:<34} {run.size // 1000:>5} {run.seconds:>6.1f} {run.wall:>6.1f} {run.megabytes:>5} "
            f"{run.code:>4} {run.printed // 1000:>7}  {run.problem}"
        )
    sys.exit(any(run.problem for run in runs))


if __name__ == "__main__":
    main()
