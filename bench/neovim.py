"""`iamlint server` in Neovim, without plugins: diagnostics, hover, completion, a fix, an ignore comment.

    sudo apt-get install -y neovim      # 0.7 or later
    python bench/neovim.py

Exits with 1 if a step has not the right answer.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STEPS = Path(__file__).with_suffix(".lua")
BAD = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
FOUND, MISSPELT = {"rule": "broad-token-creator", "line": 3}, {"rule": "unknown-role", "line": 3}


def answers() -> dict[str, Any]:
    """Start Neovim on a file with one finding; return what each step saw."""
    command = f"let g:iamlint = {json.dumps([sys.executable, '-m', 'iamlint', 'server'])}"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.tf").write_text(BAD, encoding="utf-8")
        neovim = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "--cmd", command, "-c", f"luafile {STEPS}"]
        done = subprocess.run([*neovim, "main.tf"], cwd=folder, capture_output=True, text=True, timeout=200, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def wrong(told: dict[str, Any]) -> Iterator[str]:
    """Yield the steps without the right answer."""
    right = {
        "opened": told.get("opened") == [FOUND],
        "hover": "Its holder can:" in told.get("hover", ""),
        "completion": told.get("completion", 0) > 1,
        "changed": told.get("changed") == [MISSPELT],
        "fixed": told.get("fixed", {}).get("found") == [FOUND],
        "comment": "iamlint: ignore[broad-token-creator]" in told.get("comment", ""),
        "ignored": told.get("ignored") == [],
    }
    yield from (f"{step}: {told.get(step)}" for step, holds in right.items() if not holds)
    if "error" in told:
        yield told["error"]


def main() -> None:
    if shutil.which("nvim") is None:
        raise SystemExit("nvim is not installed")
    problems = list(wrong(answers()))
    print("\n".join(problems) or "every step has the right answer")
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
