"""The suite checks the direction of the layers, the types and the style."""

from __future__ import annotations

import subprocess
import sys
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
