"""Two little estates, written as Terraform or as exports, and what opens and closes between them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from iamlint.comparison import Comparison
from iamlint.comparison import compare as compared
from iamlint.comparison.reading import read_side
from iamlint.comparison.sides import SideName
from iamlint.roles import catalog
from iamlint.sources.reading import Options

Files = str | Mapping[str, str]
Compare = Callable[[Files, Files], Comparison]

TOKEN = "roles/iam.serviceAccountTokenCreator"


def account(name: str, project: str = '"shop"', more: str = "") -> str:
    return f"""
resource "google_service_account" "{name}" {{
  project    = {project}
  account_id = "{name}"
  {more}
}}
"""


def on_account(label: str, target: str, member: str, role: str = TOKEN, more: str = "") -> str:
    return f"""
resource "google_service_account_iam_member" "{label}" {{
  service_account_id = google_service_account.{target}.name
  role               = "{role}"
  member             = "{member}"
  {more}
}}
"""


def in_project(label: str, member: str, role: str, project: str = '"shop"', more: str = "") -> str:
    return f"""
resource "google_project_iam_member" "{label}" {{
  project = {project}
  role    = "{role}"
  member  = "{member}"
  {more}
}}
"""


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Compare two sets of files; a text is ``main.tf``."""
    monkeypatch.chdir(tmp_path)

    def run(base: Files, head: Files) -> Comparison:
        sides = []
        named: tuple[tuple[SideName, Files], ...] = (("base", base), ("head", head))
        for name, files in named:
            shutil.rmtree(name, ignore_errors=True)
            for path, text in ({"main.tf": files} if isinstance(files, str) else files).items():
                file = Path(name, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            side, errors = read_side(name, name, Options(), catalog(), date(2026, 11, 1))
            assert not errors
            sides.append(side)
        return compared(*sides)

    return run


def opened(found: Comparison) -> set[str]:
    return {_pair(one.principal, one.account) for one in found.opened}


def closed(found: Comparison) -> set[str]:
    return {_pair(one.principal, one.account) for one in found.closed}


def _pair(principal: str, account: str) -> str:
    return f"{principal.removeprefix('serviceAccount:')} -> {account}".replace(".iam.gserviceaccount.com", "")


def is_quiet(found: Comparison) -> bool:
    return not (found.opened or found.closed or found.gained or found.lost or found.unknown)
