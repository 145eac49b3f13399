"""The suite checks the direction of the layers, the types and the style."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = {
    "layers": ["lint-imports", "--no-cache"],
    "types": ["mypy"],
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
}


@pytest.mark.parametrize("name", TOOLS)
def test_the_house_is_kept(name: str) -> None:
    tool, *arguments = TOOLS[name]
    command = [str(Path(sys.executable).with_name(tool)), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_grows_beyond_reading() -> None:
    long = {
        path.name for path in (ROOT / "iamlint").rglob("*.py") if path.read_text(encoding="utf-8").count("\n") > 500
    }
    assert long == set()


def test_modules_of_tests_have_names_of_their_own() -> None:
    """Pytest collects no two modules of one name without packages, and then it collects nothing."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
