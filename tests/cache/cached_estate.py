"""An estate of files with grants, for the tests of the cache."""

from __future__ import annotations

from collections.abc import Mapping
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
