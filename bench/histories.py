"""Checks `compare` and `check --changed-since` on commits of real repositories, by what must hold for any commit.

    python bench/histories.py GIT_DIRECTORY ... [--commits N] [--output FILE] [--processes N] [--seconds N]
    python bench/histories.py --again FILE [--only CHECK ...] [--output FILE]

Of each git directory it takes up to N commits that touch IAM (4): rare kinds first (merges, reverts, renamed files,
``moved`` blocks, resources that become modules, data files, custom roles, pools, deletions), then others, by chance
with a fixed seed. It needs only the history: the commits are checked out into a temporary clone.

For a commit B and its first parent A:

- crash: no command ends with a traceback or an exit code that is not documented; every unknown has a reason.
- self: nothing opens or closes between B and B.
- mirror: what opens from A to B closes from B to A, and the reverse, with certainty or not.
- cause: the line of each pair and role is one that git shows as changed; no line is named only if none is found.
- grant: each grant of B that A does not have is in the comparison, or the principal had its permissions there or above,
  or the facts say that it has no effect.
- missed: each finding of ``check`` on B that A does not have is reported by ``check --changed-since A``.
- old: what it reports besides has a changed line, or is more severe than in A.

The report has a line for each difference, then the counts. ``--output`` writes a JSON object a line, with the answers;
``--again`` checks those commits again (those with a difference in CHECK). Exits with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from history_checks import CHECKS, checked, import_commands
from history_commits import Commit, commits_of

Entry = dict[str, Any]


def entry_of(task: tuple[Commit, float]) -> Entry:
    """Return what was found on a commit, with its repository, revisions and kinds."""
    commit, seconds = task
    with tempfile.TemporaryDirectory(prefix="histories-") as directory:
        return {**asdict(commit), **checked(commit, Path(directory), seconds)}


def lines_of(entry: Entry) -> Iterator[str]:
    """Yield a line for each difference."""
    name = Path(entry["repository"]).name
    name = Path(entry["repository"]).parent.name if name in ("repo", ".git") else name
    for one in entry["differences"]:
        yield f"{one['check']:7} {name} {entry['base'][:8]} {entry['head'][:8]}: {one['what']}"


def counts(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the table of the checks: what was looked at, what differs, and in how many commits."""
    yield f"{'check':8}{'looked at':>10}{'differ':>8}{'commits':>8}"
    for check in CHECKS:
        looked = sum(entry["looked_at"].get(check, 0) for entry in entries)
        found = [sum(one["check"] == check for one in entry["differences"]) for entry in entries]
        yield f"{check:8}{looked:>10,}{sum(found):>8,}{sum(map(bool, found)):>8,}"
    kinds = Counter(kind for entry in entries for kind in entry["kinds"])
    yield f"{len(entries):,} commits: " + ", ".join(f"{kind} {number:,}" for kind, number in kinds.most_common())


def given_commits(given: argparse.Namespace) -> Iterator[Commit]:
    """Yield the commits to look at: those of a former result, or of the git directories."""
    if given.again is None:
        for place in given.git:
            yield from commits_of(place, given.commits)
        return
    for line in given.again.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if not given.only or any(other["check"] in given.only for other in one["differences"]):
            yield Commit(one["repository"], one["base"], one["head"], tuple(one["kinds"]))


def results(commits: Iterable[Commit], processes: int, seconds: float, output: IO[str] | None) -> list[Entry]:
    """Check commits, each in a process of its own; prints what differs as it comes."""
    found: list[Entry] = []
    import_commands()
    with multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=1) as pool:
        for entry in pool.imap_unordered(entry_of, ((one, seconds) for one in commits)):
            found.append(entry)
            print(*lines_of(entry), sep="\n", end="\n" if entry["differences"] else "", flush=True)
            if output:
                print(json.dumps(entry), file=output, flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("git", nargs="*", type=Path, metavar="GIT_DIRECTORY")
    parser.add_argument("--commits", type=int, default=4, metavar="N", help="commits of a repository (default: 4)")
    parser.add_argument("--again", type=Path, metavar="FILE", help="the commits of an --output file")
    parser.add_argument("--only", action="append", choices=CHECKS, metavar="CHECK")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write a JSON object for each commit")
    parser.add_argument("--processes", type=int, default=1, metavar="N")
    parser.add_argument("--seconds", type=float, default=120, help="maximum time of a command (default: 120)")
    given = parser.parse_args()
    if (given.again is None) == (not given.git):
        parser.error("name git directories, or a file with --again")
    commits = given_commits(given)
    if given.output:
        with given.output.open("w", encoding="utf-8") as output:
            entries = results(commits, given.processes, given.seconds, output)
    else:
        entries = results(commits, given.processes, given.seconds, None)
    print(*counts(entries), sep="\n")
    return int(any(entry["differences"] for entry in entries))


if __name__ == "__main__":
    sys.exit(main())
