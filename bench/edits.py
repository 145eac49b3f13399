"""Measures the editor's server: random edits of a folder's files, each followed by a check.

    python bench/edits.py FOLDER [--edits 200] [--seed 1] [--compare 50]

Prints the time of the first check, the 50th and 95th percentile of the checks after edits (in CPU seconds and beside
the CPU seconds of a whole check in the same process), the memory after the first and the last check, and whether the
diagnostics of every COMPARE-th edit are those of a session that has just begun with the same buffers.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import time
from pathlib import Path

from iamlint.server.diagnostics import diagnostics
from iamlint.server.session import Session

PIECES = ['"', "}", "{\n", "# a comment\n", "roles/owner", "allUsers", "\n", "${", "var.who", "\U0001f642"]


def edited(text: str, seed: int) -> str:
    """Return the text as after a random edit: a piece put in, a stretch or a line taken out."""
    draw = random.Random(seed)
    at = draw.randrange(len(text) + 1)
    match draw.randrange(3):
        case 0:
            return text[:at] + draw.choice(PIECES) + text[at:]
        case 1:
            return text[:at] + text[at + draw.randrange(1, 20) :]
        case _:
            lines = text.splitlines(keepends=True)
            if lines:
                del lines[draw.randrange(len(lines))]
            return "".join(lines)


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(session: Session) -> float:
    before = time.process_time()
    session.check()
    for path in session.problems:
        diagnostics(session, path)
    return time.process_time() - before


def shown(session: Session, directory: Path) -> list[str]:
    return [
        f"{path}: {one}"
        for path in sorted(session.problems)
        if path.parent == directory
        for one in diagnostics(session, path)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", type=int, default=50)
    arguments = parser.parse_args()
    os.chdir(arguments.folder)
    draw, session = random.Random(arguments.seed), Session(Path.cwd())
    first = timed(session)
    whole = timed(session)
    start = megabytes()
    files = sorted(path for path in session.texts if path.suffix == ".tf" and ".terraform" not in path.parts)
    originals = {path: session.texts[path].text for path in files}
    times, different = [], 0
    for number in range(arguments.edits):
        path = draw.choice(files)
        text = session.buffers.get(path, originals[path])
        session.take(path, originals[path] if draw.random() < 0.3 else edited(text, draw.randrange(1 << 30)))
        times.append(timed(session))
        if number % arguments.compare == arguments.compare - 1:
            cold = Session(Path.cwd(), buffers=dict(session.buffers))
            cold.check()
            different += shown(cold, path.parent) != shown(session, path.parent)
    times.sort()
    middle, late = times[len(times) // 2], times[len(times) * 95 // 100]
    print(f"{len(files)} files; first check {first:.2f} s, a whole check after it {whole:.2f} s")
    share = middle / whole
    print(f"{len(times)} edits: 50 % within {middle:.3f} s, {share:.2f} of a whole check; 95 % within {late:.3f} s")
    print(f"memory {start:.0f} MB after the first check, {megabytes():.0f} MB at the end")
    print(f"diagnostics differ from a new session's after {different} of {len(times) // arguments.compare} edits")


if __name__ == "__main__":
    main()
