"""Files and commits of the folders that tests make."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SETTINGS = (
    *("user.name=t", "user.email=t@example.com", "commit.gpgsign=false", "init.defaultBranch=main"),
    *("init.templateDir=", "maintenance.auto=false"),  # a quarter of the time of a commit
)


def write(top: Path, files: Mapping[str, str | None]) -> Path:
    """Write texts to files below a folder, as they are; None removes a file. Returns the folder."""
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8", newline="")
    return top


def git(top: Path, *arguments: str) -> str:
    """Run git in a folder, as somebody, and return what it prints."""
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    command = ["git", *settings, *arguments]
    return subprocess.run(command, cwd=top, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def commit(top: Path) -> str:
    """Commit everything in a folder, which becomes a repository if it is none; returns the commit's id."""
    if not (top / ".git").exists():
        _init(top / ".git")
    git(top, "add", "-A")
    git(top, "commit", "-q", "--allow-empty", "-m", "x")
    head = (top / ".git" / "HEAD").read_text(encoding="ascii").strip()
    branch = top / ".git" / head.removeprefix("ref: ")
    return branch.read_text(encoding="ascii").strip() if branch.is_file() else git(top, "rev-parse", "HEAD")


def _init(folder: Path) -> None:
    """Make what ``git init`` makes: two of four processes for a commit were for it and for the name of the commit."""
    (folder / "objects").mkdir(parents=True)
    (folder / "refs" / "heads").mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii", newline="\n")
    settings = ("repositoryformatversion = 0", f"filemode = {str(os.name != 'nt').lower()}", "bare = false")
    text = "".join(f"\t{one}\n" for one in (*settings, "logallrefupdates = true"))
    (folder / "config").write_text(f"[core]\n{text}", encoding="ascii", newline="\n")
