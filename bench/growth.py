"""Inputs that double three times, and one with many findings: how the costs of iamlint grow, and by report format."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assets import make
from costs import cost
from plans import plan_of
from speed_tables import line

GRANT = """\
resource "google_project_iam_member" "m{number}" {{
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana{number}@example.com"
}}
"""
LINK = """\
resource "google_service_account" "a{number}" {{
  project    = "shop"
  account_id = "account-{number}"
}}

resource "google_service_account_iam_member" "a{number}" {{
  service_account_id = "projects/shop/serviceAccounts/account-{next}@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:account-{number}@shop.iam.gserviceaccount.com"
}}
"""
IN_A_FILE = 500
"""Resources in a file of a made module."""
FORMATS = ("json", "sarif", "text", "github", "markdown")
FINDINGS = 25_000


@dataclass(frozen=True, slots=True)
class Growing:
    """An input that is made in sizes: ``size`` is the smallest, ``write`` makes one of a size at a path."""

    name: str
    size: int
    unit: str
    write: Callable[[Path, int], None]


def module(template: str, path: Path, count: int) -> None:
    """Write a module with so many of a template, in several files."""
    path.mkdir(parents=True)
    for first in range(0, count, IN_A_FILE):
        numbers = range(first, min(first + IN_A_FILE, count))
        text = "\n".join(template.format(number=number, next=number + 1) for number in numbers)
        (path / f"main{first}.tf").write_text(text, encoding="utf-8")


def _plan(path: Path, count: int) -> None:
    path.with_suffix(".json").write_text(plan_of(count), encoding="utf-8")


def _export(path: Path, size: int) -> None:
    make(path.with_suffix(".ndjson"), size)


GROWING = (
    Growing("source", 2_500, "grants", partial(module, GRANT)),
    Growing("accounts in a chain", 250, "accounts", partial(module, LINK)),
    Growing("plan", 5_000, "grants", _plan),
    Growing("export", 12_500_000, "bytes", _export),
)


def made(directory: Path, one: Growing, size: int) -> Path:
    """Return the path of an input of a size; makes it if it is not there yet."""
    bare = directory / "growth" / f"{one.name.replace(' ', '-')}-{size}"
    candidates = (bare, bare.with_suffix(".json"), bare.with_suffix(".ndjson"))
    found = next((path for path in candidates if path.exists()), None)
    if found is None:
        bare.parent.mkdir(parents=True, exist_ok=True)
        one.write(bare, size)
        found = next(path for path in candidates if path.exists())
    return found


def _check(form: str, path: Path) -> list[str]:
    fixed = ["check", "--no-cache", "--exit-zero", "--format", form]
    return [sys.executable, "-I", "-m", "iamlint", *fixed, str(path)]


def growth(directory: Path, runs: int, scale: float) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the name of each line of the table of growth, and what measures it; ``scale`` is for smaller sizes."""

    def of(one: Growing) -> str:
        size = max(1, int(one.size * scale))
        paths = [made(directory, one, size * times) for times in (1, 2, 4, 8)]
        costs = [cost(_check("json", path), runs, path.parent) for path in paths]
        ratio = costs[3].seconds / costs[2].seconds if costs[2].seconds else 0.0
        seconds = [f"{found.seconds:.2f}" for found in costs]
        return line([one.name, f"{size:,} {one.unit}", *seconds, f"{ratio:.1f}", f"{costs[3].megabytes:.0f}"])

    for one in GROWING:
        yield one.name, partial(of, one)


def formats(directory: Path, runs: int, scale: float) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the name of each line of the table of formats, and what measures it."""
    first: dict[str, float] = {}

    def of(form: str) -> str:
        path = made(directory, Growing("findings", 0, "", partial(module, GRANT)), max(1, int(FINDINGS * scale)))
        if "json" not in first:
            first["json"] = cost(_check("json", path), runs, path).seconds
        found = cost(_check(form, path), runs, path)
        ratio = f"{found.seconds / first['json']:.2f}" if first["json"] else ""
        return line([form, f"{found.seconds:.2f}", f"{found.megabytes:.0f}", f"{found.written / 1e6:.1f}", ratio])

    for form in FORMATS:
        yield form, partial(of, form)
