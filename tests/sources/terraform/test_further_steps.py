"""Root modules that take more than their part of the steps: a few get more at once, and need not begin again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from iamlint import budget
from iamlint.facts import Grant
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform import source
from iamlint.sources.terraform.sharing import MOST_FURTHER, Share

GRANT = """resource "google_project_iam_member" "it" {
  count   = %d
  project = "shop-${count.index}"
  role    = "roles/viewer"
  member  = "user:ana@example.com"
}
"""


@pytest.mark.parametrize("many", [1, MOST_FURTHER, MOST_FURTHER + 2])
def test_a_few_expensive_root_modules_are_evaluated_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(budget, "STEPS", 200_000)
    monkeypatch.setattr(budget, "STEPS_A_BYTE", 0)
    for number in range(40):
        (tmp_path / f"r{number:02}").mkdir()
        (tmp_path / f"r{number:02}/main.tf").write_text(GRANT % (50 if number < many else 1))
    told: list[str] = []

    def spy(self: Any, readings: Any) -> Any:
        told.append(next(iter(readings.values())).directory.name)
        return original(self, readings)

    original = source._Roots.told
    with mock.patch.object(source._Roots, "told", spy):
        reading = read([tmp_path], Options())
    assert len(told) == 40 + max(0, many - MOST_FURTHER)
    assert sum(isinstance(fact, Grant) for fact in reading.facts) == 50 * many + 40 - many
    assert not reading.errors


def test_a_module_that_needs_most_gets_what_the_others_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "STEPS", 200_000)
    monkeypatch.setattr(budget, "STEPS_A_BYTE", 0)
    grants = [250] + [50] * 6 + [1] * 33
    for number, many in enumerate(grants):
        (tmp_path / f"r{number:02}").mkdir()
        (tmp_path / f"r{number:02}/main.tf").write_text(GRANT % many)
    reading = read([tmp_path], Options())
    assert not reading.errors
    assert sum(isinstance(fact, Grant) for fact in reading.facts) == sum(grants)


def test_a_search_in_a_long_program_gets_further_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "STEPS", 200_000)
    monkeypatch.setattr(budget, "STEPS_A_BYTE", 0)
    lines = "".join(f"echo step {number}\\n" for number in range(8_000))
    program = f'resource "terraform_data" "it" {{\n  provisioner "local-exec" {{\n    command = "{lines}"\n  }}\n}}\n'
    for number in range(40):
        (tmp_path / f"r{number:02}").mkdir()
        (tmp_path / f"r{number:02}/main.tf").write_text(GRANT % 1 if number else program)
    shares: list[Share] = []
    original = Share.facts_of

    def spy(share: Share, top: Any) -> Any:
        shares.append(share)
        return original(share, top)

    monkeypatch.setattr(Share, "facts_of", spy)
    assert not read([tmp_path], Options()).errors
    assert len(shares) == 40
