"""Installs the program in each way that users install it, by pip into environments of their own.

    .venv/bin/pytest -q bench/installs.py

The Dockerfile's steps, the action's own installation in a hostile checkout, pre-commit, and a release that is built
twice. Each takes up to twenty seconds, so they are not part of the suite; ``.ci/run`` runs them after it. They need a
package index, and a clone of git.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.extend(str(Path(__file__).parents[1] / "tests" / name) for name in ("", "action", "distribution"))
from action_runner import Runner
from checkout import git, write
from test_docker import ROOT, copied, instructions
from test_hook import CALL, MODULE
from test_hostile_checkout import Checkout
from test_release import packages

os.environ["IAMLINT_NO_CACHE"] = "1"


def test_the_steps_of_the_dockerfile_install_a_program_that_checks(tmp_path: Path) -> None:
    """The first stage's steps in a folder of this machine, and then the entry point."""
    builds = {"/build": tmp_path / "build", "/opt/iamlint": tmp_path / "opt" / "iamlint"}

    def here(text: str) -> str:
        for path, real in builds.items():
            text = re.sub(rf"(?<![\w/]){path}(?![\w])", str(real), text)
        return text

    for sources, target in copied():
        for source in sources:
            to = Path(here(target)) / (Path(source).name if target.endswith("/") else "")
            to.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, to)
    steps = [rest for name, rest in instructions() if name == "RUN"]
    for step in steps[:3]:
        command = here(re.sub(r"^python(?= )", sys.executable, step))
        done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    (entry,) = [json.loads(rest) for name, rest in instructions() if name == "ENTRYPOINT"]
    command = [here(entry[0]), *entry[1:], "check", "testdata/readme", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1, done.stderr
    assert "broad-token-creator" in done.stdout


def test_the_action_installs_itself_and_nothing_of_the_checkout(tmp_path: Path) -> None:
    """Both steps as they are: this checkout is installed into an environment of its own, and checks a hostile one."""
    runner = Runner(tmp_path, installed=False)
    checkout = Checkout(runner.workspace, tmp_path / "marks")
    runner.environment |= checkout.environment
    if "REQUESTS_CA_BUNDLE" in os.environ:
        runner.environment["REQUESTS_CA_BUNDLE"] = os.environ["REQUESTS_CA_BUNDLE"]
    job = runner.run()
    assert job.code == 1, job.log
    assert job.outputs.get("findings") == "1", job.log
    assert checkout.ran == []
    program = runner.temp / "iamlint-environment" / "bin" / "iamlint"
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert version.stdout.startswith("iamlint 0.")


def test_two_builds_of_a_release_have_the_same_bytes(tmp_path: Path) -> None:
    first, second = (
        {path.name: path.read_bytes() for path in packages(tmp_path, number).iterdir()} for number in range(2)
    )
    assert first == second


def test_pre_commit_runs_the_hook(tmp_path: Path) -> None:
    """``pre-commit try-repo`` builds the hook's environment from this checkout and blocks the commit."""
    repository = write(tmp_path / "repository", {"modules/grant/main.tf": MODULE, "envs/prod/main.tf": CALL})
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    command = [str(Path(sys.executable).with_name("pre-commit")), "try-repo", str(ROOT), "iamlint", "--all-files"]
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"), "HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "broad-token-creator" in said
