"""What a command costs: CPU seconds and peak memory of the process and those that it starts, and what it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

SECONDS, LONG = 3600, 10.0
"""Maximum wall time of a run, and the CPU seconds after which a command is not run again."""
_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of the unit of the system's figures about memory."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds, peak memory in megabytes, and bytes on standard output: medians of several runs."""

    seconds: float
    megabytes: float
    written: int


def cost(command: Sequence[str | Path], runs: int, directory: Path) -> Cost:
    """Return what a command costs in a directory; one run of what takes over ten seconds."""
    found: list[Cost] = []
    for _ in range(runs):
        found.append(_once(command, directory))
        if found[0].seconds > LONG:
            break
    return Cost(
        median(one.seconds for one in found),
        median(one.megabytes for one in found),
        int(median(one.written for one in found)),
    )


_START = """\
import os, sys
null = os.open(os.devnull, os.O_RDWR)
closed = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 2)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=closed)
used = os.wait4(pid, 0)[2]
print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
"""
"""Starts the command from a small process: on Linux the peak memory of a process includes that of its parent."""


def _once(command: Sequence[str | Path], directory: Path) -> Cost:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    small = [sys.executable, "-I", "-S", "-c", _START, *map(str, command)]
    with TemporaryFile() as output:
        process = subprocess.Popen(
            small, stdout=output, stderr=subprocess.PIPE, env=environment, cwd=directory, text=True, process_group=0
        )
        try:
            _, told = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        written = os.fstat(output.fileno()).st_size
    seconds, peak = told.split()
    return Cost(float(seconds), int(peak) * _UNIT / 1_000_000, written)
