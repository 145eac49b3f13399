"""Globs of paths: what they match, wherever the command runs, and in linear time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iamlint.logic.path_globs import PathGlobs, compiled_path, globs_of


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("*.tf", "a/b.tf", True),
        ("old", "old", True),
        ("old", "a/old", False),
        ("old/*", "old/x", True),
        ("**/x", "x", True),
        ("**/x", "a/b/x", True),
        ("**/x", "ax", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/c/d/b", True),
        ("a/**/b", "ab", False),
        ("**/a/**/c.tf", "z/a/q/a/c.tf", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("**", "x/y", True),
        ("a/*/b*c/d", "a/q/bc/bxc/d", True),
        ("[ab]", "a", False),  # brackets are plain letters
        ("[ab]", "[ab]", True),
    ],
)
def test_what_a_glob_matches(glob: str, path: str, fits: bool) -> None:
    assert bool(compiled_path(glob).match(path)) is fits


def test_a_folder_means_everything_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    globs = globs_of(["./sub/old/"], tmp_path)
    assert globs.matches("old/deep/main.tf")
    assert globs.matches(tmp_path / "sub" / "old")
    assert not globs.matches("main.tf")
    assert not globs.matches("../../elsewhere/sub/old")
    assert globs.matches_itself("old")
    assert not globs.matches_itself("old/main.tf")
    assert not PathGlobs().matches("x")


def test_hostile_globs_take_linear_time() -> None:
    begun = time.process_time()
    assert not compiled_path("**/a/*" * 100 + "b").match("a/" * 2000)
    assert time.process_time() - begun < 5
