"""The Dockerfile: its instructions as a builder reads them, and the files that it copies.

``bench/installs.py`` runs its steps.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / ".github" / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def test_it_runs_as_nobody_in_particular_and_isolated() -> None:
    found = instructions()
    last = [name for name, _ in found][len(found) - [name for name, _ in reversed(found)].index("FROM") - 1 :]
    assert last == ["FROM", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT", "CMD"]
    assert ("USER", "65532:65532") in found
    (entry,) = [json.loads(rest) for name, rest in found if name == "ENTRYPOINT"]
    assert entry[1:] == ["-I", "-m", "iamlint"]


def test_its_base_is_slim_debian_in_both_stages() -> None:
    bases = {rest.split()[0] for name, rest in instructions() if name == "FROM"}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", bases.pop())


def copied() -> list[tuple[list[str], str]]:
    found = [rest.split() for name, rest in instructions() if name == "COPY" and not rest.startswith("--from")]
    return [(words[:-1], words[-1]) for words in found]


def test_what_it_copies_is_there_and_not_ignored() -> None:
    kept = [
        line[1:]
        for line in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    for sources, _ in copied():
        for source in sources:
            assert (ROOT / source).exists(), source
            assert any(fnmatchcase(source, pattern) for pattern in kept), source
