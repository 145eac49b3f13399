"""A release: what goes with it fits, and the wheel checks.

``bench/installs.py`` builds it again from another tree and compares the bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest
import release
import yaml
from release import ROOT, addressed, hashes, locked, mistakes, notes, project, sbom

from iamlint.diagnosis.recognition import error_kinds
from iamlint.methods import documents
from iamlint.rules.build_hook import CompiledDocuments
from iamlint.rules.catalog import COMPILED, load_rules
from iamlint.sources.terraform.configuration import module_stubs

VERSION = str(project()["version"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages(tmp_path_factory.mktemp("packages"), 0, builder=("-c", QUICKLY))


QUICKLY = """
import functools, gzip, runpy, zlib
gzip.GzipFile, zlib.Z_DEFAULT_COMPRESSION = functools.partial(gzip.GzipFile, compresslevel=1), 1
runpy.run_module("hatchling", run_name="__main__")
"""
"""Builds with the least compression, which else takes a third of the time."""


def packages(folder: Path, number: int, builder: tuple[str, str] = ("-m", "hatchling")) -> Path:
    """Build the packages from a copy; return the folder of both.

    With each number the copy has another place, times, modes and environment. Of the tests and their data, which the
    source package has as they are, it has a part.
    """
    names = (
        *("iamlint", "rules", "tests/hcl", "testdata/readme"),
        *("README.md", "LICENSE", "CHANGELOG.md", "action.yml", "pyproject.toml"),
    )
    umask, zone = ((0o022, "UTC"), (0o077, "Asia/Tokyo"))[number]
    top, target = folder / f"source-{'x' * number}", folder / f"dist-{number}"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in names:
        source = ROOT / name
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, top / name, symlinks=True, ignore=ignored, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, top / name)
    for path in sorted(top.rglob("*"), reverse=bool(number)):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~umask)
            os.utime(path, (time.time() - number * 1e6,) * 2)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600", "TZ": zone, "PYTHONHASHSEED": str(number)}
    command = [sys.executable, *builder, "build", "--directory", str(target)]
    done = subprocess.run(command, cwd=top, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in target.iterdir()) == [
        f"iamlint-{VERSION}-py3-none-any.whl",
        f"iamlint-{VERSION}.tar.gz",
    ]
    return target


def test_the_packages_hold_the_program_and_nothing_of_this_machine(built: Path) -> None:
    (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "iamlint/rules/shipped/impersonation/broad-token-creator.yaml" in names
    assert {name.split("/")[0] for name in names} == {"iamlint", f"iamlint-{VERSION}.dist-info"}
    with tarfile.open(source) as archive:
        members = archive.getmembers()
    assert {(member.uid, member.gid, member.uname) for member in members} == {(0, 0, "")}
    assert not any(re.search(r"__pycache__|\.pyc$|\.git/|\.venv", member.name) for member in members)


def test_hashes_name_the_wheel_and_all_that_it_needs(built: Path) -> None:
    lines = list(hashes(VERSION, built))
    (wheel,) = built.glob("*.whl")
    assert lines[0] == f"iamlint=={VERSION} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    assert all(re.fullmatch(r"[\w.-]+==\S+( ; [^-]+)?( --hash=sha256:[0-9a-f]{64})+\n", line) for line in lines)
    assert {"click", "pyyaml", "google-re2", "cel-python"} <= {line.partition("==")[0] for line in lines}
    assert "hatchling" not in "".join(lines)


def test_the_bill_of_materials_lists_what_is_installed() -> None:
    document = sbom(VERSION)
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["purl"] == f"pkg:pypi/iamlint@{VERSION}"
    listed = {(one["name"], one["version"]) for one in document["components"]}
    assert listed == {(name, version) for name, version, _, _ in locked()}
    references = {one["bom-ref"] for one in document["components"]}
    assert set(document["dependencies"][0]["dependsOn"]) == references
    assert sbom(VERSION) == document


def test_the_notes_are_the_changelogs_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.10.0\n\nten\n\n### Added\n\n- x\n\n## [1.1.0] - 2026\n\none\n"
    )
    monkeypatch.setattr(release, "ROOT", tmp_path)
    assert notes("1.10.0") == "ten\n\n### Added\n\n- x"
    assert notes("1.1.0") == "one"
    assert notes("1.1") == ""


def test_a_tag_that_does_not_fit_stops_the_release() -> None:
    assert any("not 9.9.9" in one for one in mistakes("9.9.9"))
    assert any("CHANGELOG.md has no section" in one for one in mistakes("9.9.9"))
    assert not any("pyproject" in one or "__init__" in one for one in mistakes(VERSION))


def test_addresses_are_set_in_one_step_and_again() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in release.documents())
    first = addressed(text, "1.0.0", "b" * 40)
    assert "REVISION" not in first
    assert "iamlint==VERSION" not in first
    assert f'ACTION = "iamlint/iamlint@{"b" * 40} # v1.0.0"\n' in first
    assert 'TAG = "v1.0.0"\n' in first
    assert "Nothing is published yet" not in first
    assert f"uses: iamlint/iamlint@{'b' * 40} # v1.0.0" in first
    assert "iamlint/iamlint\n    rev: v1.0.0" in first
    second = addressed(first, "1.1.0rc1", "c" * 40)
    assert second == first.replace("b" * 40, "c" * 40).replace("1.0.0", "1.1.0rc1")


def test_the_workflow_publishes_without_a_token_and_only_what_it_built() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    jobs = workflow["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["environment"] == "pypi"
    assert jobs["publish"]["needs"] == ["build", "attest"]
    used = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one) for one in used)
    assert {"pypa/gh-action-pypi-publish", "actions/attest-build-provenance", "actions/attest-sbom"} <= {
        one.partition("@")[0] for one in used
    }
    scripts = "".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
    assert "secrets." not in str(workflow)
    for command in re.findall(r"bench/release\.py (\w+)", scripts):
        assert f"bench/release.py {command}" in (release.__doc__ or "")


# -- the wheel holds everything that runs ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    for path in target.rglob("*.py"):
        _take_compiled(ROOT / path.relative_to(target), path)
    return target


def _take_compiled(source: Path, copy: Path) -> None:
    """Let a copy have what Python compiled of its source, with its time: to compile all of them takes a second."""
    compiled, taken = (Path(cache_from_source(str(one))) for one in (source, copy))
    if compiled.is_file() and source.read_bytes() == copy.read_bytes():
        times = source.stat()
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
        taken.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(compiled, taken)


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


def test_an_old_python_is_refused_by_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip builds a checkout before it reads which versions of Python it takes."""
    hook = CompiledDocuments.__new__(CompiledDocuments)
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    with pytest.raises(SystemExit, match=r"^iamlint needs Python 3\.11 or newer"):
        hook.initialize("standard", {})
