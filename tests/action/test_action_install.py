"""The action's installation: locked, cached by what it depends on, and the same on every system."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from action_runner import ACTION, ROOT, Runner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("action_install", ROOT / ".github" / "install.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, text in {"iamlint/a.py": "1", "rules/x/y.yaml": "2", "pyproject.toml": "3", "tests/t.py": "4"}.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "source"


def test_the_key_changes_with_what_the_environment_depends_on(
    install: ModuleType, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key() -> str:
        return str(install.key(Path("/t/e"), source, ""))

    before = key()
    assert key() == before
    (source / "tests" / "t.py").write_text("5")
    (source / "iamlint" / "a.pyc").write_text("5")
    assert key() == before
    (source / "rules" / "x" / "y.yaml").write_text("5")
    changed = key()
    (source / "iamlint" / "b.py").write_text("")
    keys = {before, changed, key(), install.key(Path("/other"), source, ""), install.key(Path("/t/e"), source, "1.2")}
    monkeypatch.setattr(sys, "version", "another")
    keys.add(key())
    assert len(keys) == 6
    assert all(re.fullmatch(r"iamlint-[\w.-]{1,100}-[0-9a-f]{32}", one) for one in keys)


def test_the_source_of_the_key_is_what_is_installed(install: ModuleType) -> None:
    names = {path.relative_to(ROOT).as_posix() for path in install.files(ROOT)}
    assert {"iamlint/github_action/__main__.py", "rules/rule.schema.json", ".github/requirements.txt"} <= names
    assert not any(name.endswith(".pyc") or name.startswith("tests/") for name in names)


def test_python_is_found_on_every_system(install: ModuleType) -> None:
    assert install.program(Path("e"), windows=True).as_posix() == "e/Scripts/python.exe"
    assert install.program(Path("e"), windows=False).as_posix() == "e/bin/python"


def test_an_environment_of_another_machine_is_made_again(install: ModuleType, tmp_path: Path) -> None:
    python = install.program(tmp_path / "e")
    assert not install.works(tmp_path / "e")
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert not install.works(tmp_path / "e")
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    assert install.works(tmp_path / "e")


@pytest.mark.parametrize(("version", "good"), [("1.2.3", True), ("0.2.0rc1", True), ("1.2; x", False), ("==1", False)])
def test_a_version_is_a_version(install: ModuleType, version: str, good: bool) -> None:
    assert bool(install.VERSION.fullmatch(version)) == good


def test_every_dependency_is_locked_with_hashes() -> None:
    text = (ROOT / ".github" / "requirements.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)==(\S+)(.*?)(?=^[\w.-]+==|\Z)", text, re.MULTILINE | re.DOTALL)
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", rest) for _, _, rest in entries)
    locked = {canonicalize_name(name): version for name, version, _ in entries}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = map(Requirement, (*project["project"]["dependencies"], *project["build-system"]["requires"]))
    for one in wanted:
        assert one.specifier.contains(locked[canonicalize_name(one.name)]), one


def test_no_step_knows_where_an_environment_keeps_its_programs() -> None:
    for step in ACTION["runs"]["steps"]:
        script = step.get("run", "").replace("/usr/bin/cygpath", "")
        assert not re.search(r"\bbin/|Scripts|\.exe\b", script), step["name"]


def test_on_windows_the_checkout_is_named_as_in_the_path(tmp_path: Path) -> None:
    """``PATH`` in Git's bash has another form than the runner's variables; cygpath changes one into the other."""
    runner = Runner(tmp_path, installed=False)
    script = ACTION["runs"]["steps"][0]["run"]
    assert "/usr/bin/cygpath" in script
    cygpath = tmp_path / "cygpath"
    cygpath.write_text(f'#!/bin/sh\nprintf "%s" "{runner.workspace}"\n')
    cygpath.chmod(0o755)
    for name in ("python3", "python"):
        bad = runner.workspace / "BIN" / name
        bad.parent.mkdir(exist_ok=True)
        bad.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        bad.chmod(0o755)
    output = tmp_path / "output"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script.replace("/usr/bin/cygpath", str(cygpath))],
        cwd=runner.workspace,
        env={
            "PATH": f"{runner.workspace}/BIN:{Path(sys.executable).parent}:/usr/bin:/bin",
            "GITHUB_WORKSPACE": r"D:\a\work",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "RUNNER_OS": "Windows",
            "RUNNER_TEMP": str(runner.temp),
            "IAMLINT_PYTHON": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert found["with"] == str(Path(sys.executable).parent / "python3")
    assert str(runner.workspace) not in found["path"]
    assert not (tmp_path / "ran").exists()
