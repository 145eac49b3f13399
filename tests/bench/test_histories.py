"""The checks of histories: on a commit that a test makes, and on answers that are wrong on purpose."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from history_checks import Seen, _causes, _mirrored, checked
from history_commits import ChangedLines, commits_of, kinds_of

GRANT = """
resource "google_project_iam_member" "%s" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:%s@x.example"
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    for text in (GRANT % ("ana", "ana"), GRANT % ("ana", "ana") + GRANT % ("ben", "ben")):
        (place / "main.tf").write_text(text, encoding="utf-8")
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            who = ["-c", "user.name=x", "-c", "user.email=x@x.example"]
            subprocess.run(["git", "-C", str(place), *who, *command], check=True)
    return place


def test_a_commit_is_picked_and_nothing_differs(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IAMLINT_TRACEBACK", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (commit,) = commits_of(repository, 4)
    place = tmp_path / "place"
    place.mkdir()
    found = checked(commit, place, 60)
    assert found["differences"] == []
    assert found["looked_at"]["cause"] == found["looked_at"]["grant"] == found["looked_at"]["missed"] == 1
    assert [one["principal"] for one in found["answers"]["compare"]["gained"]] == ["user:ben@x.example"]


def entry(**more: Any) -> dict[str, Any]:
    lists: dict[str, Any] = {name: [] for name in ("opened", "closed", "gained", "lost", "unknown")}
    return {**lists, "left_out": {}, **more}


GAINED = {"principal": "user:ben@x.example", "role": "roles/owner", "resource": "project shop"}
DIFF = "--- a/main.tf\n+++ b/main.tf\n@@ -2,0 +3,2 @@\n@@ -9,2 +11,0 @@\n"


@pytest.mark.parametrize(
    ("cause", "differs"),
    [
        ({"path": "main.tf", "line": 4, "side": "head"}, 0),
        ({"path": "main.tf", "line": 5, "side": "head"}, 1),
        ({"path": "main.tf", "line": 11, "side": "head"}, 0),  # beside removed lines
        ({"path": "main.tf", "line": 10, "side": "base"}, 0),
        ({"path": "main.tf", "line": 2, "side": "base"}, 1),
        (None, 1),
    ],
)
def test_a_cause_is_a_line_that_git_shows(cause: dict[str, Any] | None, differs: int) -> None:
    seen = Seen()
    _causes(entry(gained=[{**GAINED, "cause": cause}]), ChangedLines(DIFF), seen)
    assert len(seen.differences["cause"]) == differs


@pytest.mark.parametrize(
    ("back", "differs"),
    [
        (entry(lost=[GAINED]), 0),
        (entry(unknown=[{**GAINED, "change": "closed"}]), 0),
        (entry(unknown=[{**GAINED, "change": "opened"}]), 1),
        (entry(), 1),
    ],
)
def test_what_is_gained_is_lost_the_other_way(back: dict[str, Any], differs: int) -> None:
    seen = Seen()
    _mirrored(entry(gained=[GAINED]), back, seen)
    assert len(seen.differences["mirror"]) == differs


@pytest.mark.parametrize(
    ("subject", "diff", "merges", "kinds"),
    [
        ("Revert x", "diff --git a/a.tf b/a.tf\n+x", False, ("revert",)),
        ("x", "diff --git a/a.yaml b/a.yaml\n+includedPermissions", True, ("role", "data", "merge")),
        (
            "x",
            'diff --git a/a.tf b/a.tf\n-resource "google_project_iam_member" "a" {\n+module "a" {',
            False,
            ("module",),
        ),
        ("x", "diff --git a/a.tf b/a.tf\n+x", False, ("other",)),
    ],
)
def test_the_kinds_of_a_commit(subject: str, diff: str, merges: bool, kinds: tuple[str, ...]) -> None:
    assert kinds_of(subject, diff, merges=merges) == kinds
