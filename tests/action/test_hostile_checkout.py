"""No code of a pull request runs: neither in the action's steps, nor in the hook, nor in the program itself.

``bench/installs.py`` runs the step that installs the action.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from action_runner import BAD, ROOT, Runner

MODULES = (
    "iamlint/__init__", "iamlint/__main__", "iamlint/github_action/__main__", "pip/__init__", "pip/__main__",
    "ensurepip/__init__", "json", "venv", "runpy", "pkgutil", "signal", "re", "click", "yaml", "attr", "lark",
    "sitecustomize", "usercustomize", "backend", "setup", "conftest", "hatchling/__init__", "hatchling/build",
)  # fmt: skip
"""What Python, pip, venv or iamlint would import if the checkout were on the path."""
PROGRAMS = ("python3", "python", "git", "pip", "iamlint", "uname")


class Checkout:
    """A checkout full of things that could be executed; ``ran`` says which were."""

    def __init__(self, top: Path, marks: Path) -> None:
        self.top, self._marks = top, marks
        marks.mkdir()
        code = "import os; os.close(os.open({mark!r}, os.O_CREAT))\n"
        user = f"user/lib/python{sysconfig.get_python_version()}/site-packages"
        for name in (*MODULES, f"{user}/usercustomize", f"{user}/sitecustomize", "startup"):
            self.write(f"{name}.py", code.format(mark=str(marks / name.replace("/", "."))))
        self.write("x.pth", code.format(mark=str(marks / "pth")).replace("\n", ""))
        self.write(f"{user}/x.pth", code.format(mark=str(marks / "user.pth")))
        for name in PROGRAMS:
            self.write(f"bin/{name}", f"#!/bin/sh\ntouch {marks}/bin-{name}\nexit 1\n").chmod(0o755)
        self.write(
            "pyproject.toml",
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "iamlint"\nversion = "99"\n',
        )
        self.write("setup.cfg", "[easy_install]\nindex_url = http://127.0.0.1:9/\n")
        self.write("pip.conf", "[global]\nindex-url = http://127.0.0.1:9/\nno-index = true\n")
        self.write("requirements.txt", "./\n")
        self.write("pyvenv.cfg", f"home = {top}/bin\n")
        self.write(".iamlint.yaml", "rules: []\n")
        self.write("main.tf", BAD)

    def write(self, name: str, text: str) -> Path:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    @property
    def ran(self) -> list[str]:
        return sorted(path.name for path in self._marks.iterdir())

    @property
    def environment(self) -> dict[str, str]:
        """Variables that a workflow may set for good reasons; all lead into the checkout."""
        return {
            "PATH": f"{self.top}/bin{os.pathsep}bin{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{self.top}{os.pathsep}.",
            "PYTHONSTARTUP": str(self.top / "startup.py"),
            "PYTHONUSERBASE": str(self.top / "user"),
            "PYTHONINSPECT": "",
            "PIP_CONFIG_FILE": str(self.top / "pip.conf"),
            "PIP_REQUIREMENT": str(self.top / "requirements.txt"),
            "PIP_CONSTRAINT": "pip.conf",
            "PIP_PYTHON": "bin/python3",
            "XDG_CACHE_HOME": str(self.top / "cache"),
        }


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path, processes=True)


def test_the_check_runs_nothing_of_the_checkout(runner: Runner, tmp_path: Path) -> None:
    checkout = Checkout(runner.workspace, tmp_path / "marks")
    runner.environment |= checkout.environment
    job = runner.run()
    assert job.outputs["findings"] == "1", job.log
    assert job.code == 1
    assert checkout.ran == []


def test_the_checkout_would_run_otherwise(tmp_path: Path) -> None:
    """The control: isolated mode keeps the modules out."""
    (tmp_path / "work").mkdir()
    checkout = Checkout(tmp_path / "work", tmp_path / "marks")
    subprocess.run([sys.executable, "-m", "iamlint", "--version"], cwd=checkout.top, capture_output=True, check=False)
    assert checkout.ran != []


@pytest.mark.parametrize("python", ["bin/python3", "./bin/python3", "nowhere", "-c", "{workspace}/bin/python3"])
def test_no_python_of_the_checkout_installs(tmp_path: Path, python: str) -> None:
    runner = Runner(tmp_path, installed=False)
    checkout = Checkout(runner.workspace, tmp_path / "marks")
    job = runner.run(python=python.format(workspace=runner.workspace))
    assert job.code == 2
    assert "::error title=iamlint::the input python names no program outside of the checkout" in job.log
    assert checkout.ran == []


def _entries() -> list[str]:
    return [hook["entry"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))]


@pytest.mark.parametrize("entry", _entries())
def test_the_hook_runs_nothing_of_the_checkout(tmp_path: Path, entry: str) -> None:
    """As pre-commit runs it: the environment's programs come first, the working directory is the repository's top."""
    (tmp_path / "work").mkdir()
    checkout = Checkout(tmp_path / "work", tmp_path / "marks")
    path = f"{Path(sys.executable).parent}{os.pathsep}{checkout.environment['PATH']}"
    done = subprocess.run(
        [*shlex.split(entry), "main.tf"],
        cwd=checkout.top,
        env={**checkout.environment, "PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "broad-token-creator" in done.stdout
    assert checkout.ran == []


def test_nothing_that_was_written_before_is_loaded_as_code(tmp_path: Path) -> None:
    """Not a cache either: its folder may be in the checkout, and a pull request may bring a file of its name."""
    package = ROOT / "iamlint"
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"\b(pickle|marshal|shelve|exec|eval)\b\(?.*\bimport\b|^\s*import (pickle|marshal)", text
        ), path
        assert "cache=" not in text, f"{path}: lark loads its cache as a pickle"
        if path not in (package / "github_action" / "run.py", package / "files" / "git.py"):
            assert "subprocess" not in text, path
