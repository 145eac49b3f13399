"""The wheel holds everything that runs: it is built, installed into a folder, and checks the README's example."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from iamlint.basics.lazy_regex import FILE, engine
from iamlint.diagnosis.recognition import error_kinds
from iamlint.methods import documents
from iamlint.rules.catalog import COMPILED, load_rules
from iamlint.sources.terraform.configuration import module_stubs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def run(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "iamlint", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_counts_as_many_rules_as_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-c", "import iamlint; print(iamlint.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed)
    listed = run(installed, "rules", cwd=tmp_path)
    assert len(listed.stdout.splitlines()) == len(load_rules()[0])


def test_the_wheel_checks(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "check", str(ROOT / "testdata" / "readme"), "-q", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "broad-token-creator" in done.stdout


def test_the_wheel_has_compiled_documents(installed: Path) -> None:
    counts = {COMPILED: len(load_rules()[0]), documents.COMPILED: 300, error_kinds.COMPILED: 120}
    for file, count in (counts | {module_stubs.COMPILED: 10}).items():
        first = (installed / file.relative_to(ROOT)).read_bytes().partition(b"\n")[0]
        compiled = json.loads(first)
        assert compiled["sources"] is None, "a wheel's sources have other times"
        assert len(compiled["heads"]) >= count
    made_for, patterns = json.loads((installed / Path(FILE).relative_to(ROOT)).read_bytes().partition(b"\n")[0])
    assert made_for == engine()
    assert len(patterns) > 400
