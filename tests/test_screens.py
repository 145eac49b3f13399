"""Whole screens, as a user sees them: each folder of ``testdata/screens`` has an input, a command and its screen.

A new case is a folder with an input and a command: ``pytest --update`` writes its screen, and those that change.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import program
import pytest

from iamlint.roles import catalog

SCREENS = Path(__file__).parents[1] / "testdata" / "screens"
CASES = sorted(path.parent.name for path in SCREENS.glob("*/command"))


@pytest.mark.parametrize("name", CASES)
def test_the_screen_is_as_it_was_reviewed(name: str, expected: Callable[[Path, str], None]) -> None:
    folder = SCREENS / name
    arguments = shlex.split((folder / "command").read_text(encoding="utf-8"))
    done = program.run(*arguments, cwd=folder)
    screen = f"{done.stdout}-- standard error\n{done.stderr}-- exit code {done.returncode}\n"
    expected(folder / "screen.txt", screen.replace(f"role catalogue of {catalog().date}", "role catalogue of DATE"))


def test_every_kind_of_screen_is_there() -> None:
    assert {"alike", "clean", "odd-letters", "plan", "unknown", "unreadable"} <= set(CASES)
