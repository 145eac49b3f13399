"""Builds the site, strictly: a broken link, anchor or entry of the navigation is an error.

    python bench/site.py            # into a temporary directory
    python bench/site.py DIRECTORY

Needs the group `site`: pip install --group site
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / ".github" / "mkdocs.yml"


def main() -> int:
    """Build it; returns the exit code."""
    with TemporaryDirectory() as name:
        target = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Path(name)
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(CONFIG)]
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # an advertisement of the theme
        done = subprocess.run([*command, "--site-dir", str(target)], env=environment, check=False)
        if done.returncode == 0:
            print(f"{len(list(target.rglob('*.html')))} pages")
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
