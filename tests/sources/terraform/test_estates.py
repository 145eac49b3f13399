"""Each small estate has the same facts as source and as the plan that Terraform made of it."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iamlint.linter import lint
from iamlint.reporters.listings.facts import facts_json
from iamlint.rules.catalog import load_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

ESTATES = Path(__file__).parents[3] / "testdata" / "estates"
CASES = sorted(path.name for path in ESTATES.iterdir())
RULES, _ = load_rules()
LEFT_OUT = {"path", "line"}


def facts(path: Path, **options: Any) -> list[str]:
    """Return the facts without their places."""
    reading = read([path], Options(**options))
    assert reading.errors == []
    entries = [json.loads(line) for line in facts_json(reading.facts).splitlines()]
    return sorted(json.dumps({k: v for k, v in entry.items() if k not in LEFT_OUT}) for entry in entries)


def findings(path: Path, *, lines: bool) -> list[tuple[Any, ...]]:
    """Every rule's findings, with their lines where both inputs have them."""
    report = lint(read([path], Options()), RULES, as_of=date(2026, 1, 1))
    return sorted(
        (f.rule, f.address or "", f.message, f.severity, str(f.resource), f.permissions, f.at.line if lines else 0)
        for f in report.findings
    )


def source_only(case: str, tmp_path: Path) -> Path:
    """The estate without its plan, in a directory of its own."""
    return Path(shutil.copytree(ESTATES / case, tmp_path / case, ignore=shutil.ignore_patterns("plan.json")))


@pytest.mark.parametrize("case", CASES)
def test_source_and_plan_tell_the_same(case: str, tmp_path: Path) -> None:
    source = facts(source_only(case, tmp_path))
    assert source
    assert source == facts(ESTATES / case / "plan.json", source_root=tmp_path)


@pytest.mark.parametrize("case", CASES)
def test_a_plan_beside_its_source_points_at_the_same_lines(case: str, tmp_path: Path) -> None:
    def places(path: Path) -> set[tuple[Any, ...]]:
        entries = [json.loads(line) for line in facts_json(read([path], Options()).facts).splitlines()]
        grants = [entry for entry in entries if entry["kind"] == "grant"]
        return {(e["address"], e["principal"], e["role"], e["line"], Path(e["path"]).name) for e in grants}

    directory = source_only(case, tmp_path)
    source = places(directory)
    (directory / "plan.json").write_bytes((ESTATES / case / "plan.json").read_bytes())
    assert source == places(directory / "plan.json")


@pytest.mark.parametrize("case", CASES)
def test_source_and_plan_give_the_same_findings(case: str, tmp_path: Path) -> None:
    directory = source_only(case, tmp_path)
    source = findings(directory, lines=False)
    assert source
    assert source == findings(ESTATES / case / "plan.json", lines=False)
    placed = findings(directory, lines=True)
    (directory / "plan.json").write_bytes((ESTATES / case / "plan.json").read_bytes())
    assert placed == findings(directory / "plan.json", lines=True)
