"""An estate of files with grants, for the tests of the cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

_GRANT = """resource "google_project_iam_member" "%s" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:%s@example.com"
}
"""


def grant(who: str = "ana", name: str = "it") -> str:
    """A grant with a finding."""
    return _GRANT % (name, who)


def write_all(top: Path, files: Mapping[str, str]) -> None:
    """Write files, by path below a directory."""
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def added(name: str, text: str) -> Callable[[Path], object]:
    """An edit: a text at the end of a file."""

    def edit(top: Path) -> None:
        with (top / name).open("a") as file:
            file.write(text)

    return edit


def replaced(name: str, old: str, new: str) -> Callable[[Path], object]:
    """An edit: a text in a file in place of another."""

    def edit(top: Path) -> None:
        text = (top / name).read_text()
        assert old in text
        (top / name).write_text(text.replace(old, new))

    return edit
