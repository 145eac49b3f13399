"""Whole screens, as a user sees them: each folder of ``testdata/screens`` has an input, a command and its screen.

A new case is a folder; a screen that changes is looked at as a diff.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from iamlint.roles import catalog

SCREENS = Path(__file__).parents[1] / "testdata" / "screens"
CASES = sorted(path.parent.name for path in SCREENS.glob("*/command"))


@pytest.mark.parametrize("name", CASES)
def test_the_screen_is_as_it_was_reviewed(name: str) -> None:
    folder = SCREENS / name
    arguments = shlex.split((folder / "command").read_text(encoding="utf-8"))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.run(
        [sys.executable, "-m", "iamlint", *arguments],
        cwd=folder,
        env={**environment, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    screen = f"{done.stdout}-- standard error\n{done.stderr}-- exit code {done.returncode}\n"
    expected = (folder / "screen.txt").read_text(encoding="utf-8")
    assert screen.replace(f"role catalogue of {catalog().date}", "role catalogue of DATE") == expected


def test_every_kind_of_screen_is_there() -> None:
    assert {"alike", "clean", "odd-letters", "plan", "unknown", "unreadable"} <= set(CASES)
