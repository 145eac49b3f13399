"""The suite checks the direction of the layers and the style; the README's command checks the types before it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = {
    "layers": ["lint-imports", "--no-cache"],
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
}


@pytest.mark.parametrize("name", TOOLS)
def test_the_house_is_kept(name: str) -> None:
    tool, *arguments = TOOLS[name]
    command = [str(Path(sys.executable).with_name(tool)), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_types_are_checked_before_the_tests() -> None:
    """A run of mypy takes longer than any test, and keeps a cache of its own: it is a step of its own."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (command,) = (line for line in text.splitlines() if line.startswith("python3 -m venv") and "pytest" in line)
    steps = command.split(" && ")
    assert steps.index(".venv/bin/mypy") < steps.index(".venv/bin/pytest -q -n auto")


def test_no_module_grows_beyond_reading() -> None:
    long = {
        path.name for path in (ROOT / "iamlint").rglob("*.py") if path.read_text(encoding="utf-8").count("\n") > 500
    }
    assert long == set()


def test_modules_of_tests_have_names_of_their_own() -> None:
    """Pytest collects no two modules of one name without packages, and then it collects nothing."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
