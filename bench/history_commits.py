"""Picks commits that touch IAM from a repository's history, and returns the lines that a commit changes."""

from __future__ import annotations

import random
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATTERN = "(_iam_|roles/|workload_identity|service_account|serviceAccount:|custom_role|includedPermissions)"
FILES = ("*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json", "*.json", "*.yaml", "*.yml")
DATA = (".tfvars", ".json", ".yaml", ".yml")
MOST_LOOKED_AT, MOST_LINES = 400, 1500
"""Maximum number of commits of a history that are looked at, and of lines that a commit changes."""
KINDS = {
    "moved": r"^\+\s*moved\s*\{",
    "module": r'^-\s*resource "google_\w*iam_(?s:.*)^\+\s*module "|^-\s*module "(?s:.*)^\+\s*resource "google_\w*iam_',
    "role": r"^[+-].*(iam_custom_role|includedPermissions)",
    "pool": r"^[+-].*(workload_identity_pool|attribute_condition|attribute_mapping)",
    "deletion": r"^deleted file",
    "rename": r"^rename from",
}
"""The kinds of commits that their diff shows, the rarest first; further kinds are merge, revert, data and other."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, its first parent, and what kind of change it is."""

    repository: str
    base: str
    head: str
    kinds: tuple[str, ...]


def git(place: Path | str, *arguments: str) -> str:
    """Return the output of a git command; nothing where it fails."""
    done = subprocess.run(
        ["git", "-C", str(place), *arguments], capture_output=True, text=True, errors="replace", check=False
    )
    return done.stdout


def commits_of(repository: Path, most: int) -> list[Commit]:
    """Return commits of a repository that touch IAM: one of each rare kind, then others, in an order by chance."""
    of_kind: dict[str, list[Commit]] = defaultdict(list)
    found = list(_candidates(repository))
    random.Random(repository.parent.name).shuffle(found)
    for one in found:
        for kind in one.kinds:
            of_kind[kind].append(one)
    rare = sorted(of_kind, key=lambda kind: len(of_kind[kind]))
    picked = dict.fromkeys(of_kind[kind][0] for kind in rare)
    return list(dict.fromkeys([*picked, *found]))[:most]


def _candidates(repository: Path) -> Iterator[Commit]:
    asked = ["log", "HEAD", "--first-parent", "-m", "-p", "-U0", "-M", f"-n{MOST_LOOKED_AT}", f"-G{PATTERN}"]
    log = git(repository, *asked, "--format=%x00%H %P%n%s", "--", *FILES)
    for text in log.split("\0")[1:]:
        head, _, rest = text.partition("\n")
        subject, _, diff = rest.partition("\n")
        commit, *parents = head.split()
        changed = len(re.findall(r"^[+-](?![+-])", diff, re.MULTILINE))
        if parents and 0 < changed <= MOST_LINES:
            yield Commit(str(repository), parents[0], commit, kinds_of(subject, diff, merges=len(parents) > 1))


def kinds_of(subject: str, diff: str, *, merges: bool) -> tuple[str, ...]:
    """Return the kinds of a commit, by its subject and its diff without context."""
    found = [kind for kind, pattern in KINDS.items() if re.search(pattern, diff, re.MULTILINE)]
    files = re.findall(r"^diff --git .* b/(.*)$", diff, re.MULTILINE)
    found += ["data"] if all(name.endswith(DATA) for name in files) else []
    found += ["revert"] if subject.lower().startswith("revert") else []
    found += ["merge"] if merges else []
    return tuple(found or ["other"])


class ChangedLines:
    """The lines that git shows as changed between two revisions, by side and path.

    Where lines are only removed, the lines around the gap count as changed in the head, as they do for a reader. All
    lines of a renamed file are new.
    """

    def __init__(self, diff: str) -> None:
        self._lines: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._gaps: dict[str, set[int]] = defaultdict(set)
        before = after = ""
        for line in diff.splitlines():
            if line.startswith("--- "):
                before = line[6:]
            elif line.startswith("+++ "):
                after = line[6:]
            elif found := re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
                old, of_old, new, of_new = (int(one) if one else 1 for one in found.groups())
                self._lines["base", before].update(range(old, old + of_old))
                self._lines["head", after].update(range(new, new + of_new))
                if not of_new:
                    self._gaps[after].update((new, new + 1))

    @classmethod
    def between(cls, place: Path | str, base: str, head: str) -> ChangedLines:
        """Return the lines that differ between two revisions of a repository."""
        return cls(git(place, "-c", "core.quotePath=false", "diff", "-U0", "--no-renames", "--no-ext-diff", base, head))

    def has(self, side: str, path: str, line: int) -> bool:
        """Whether a line changed."""
        return line in self._lines.get((side, path), ())

    def touches(self, path: str, first: int, last: int) -> bool:
        """Whether any of these lines of the head changed, or lost a line between them."""
        changed = self._lines.get(("head", path), set()) | self._gaps.get(path, set())
        return any(first <= one <= last for one in changed)
