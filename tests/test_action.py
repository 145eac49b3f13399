"""The GitHub Action: its steps run as a runner runs them, and nothing that a pull request brings becomes a command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
BAD = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""


@dataclass
class Job:
    """What a run of the action left behind."""

    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    used: list[dict[str, Any]] = field(default_factory=list)


def resolved(text: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """The expressions that the action uses; anything else is an error."""

    def value(found: re.Match[str]) -> str:
        kind, _, name = found[1].strip().partition(".")
        match kind, name:
            case "inputs", _:
                return inputs[name]
            case "steps", _ if name.startswith("check.outputs."):
                return outputs.get(name.removeprefix("check.outputs."), "")
            case _:
                raise AssertionError(f"an expression that the test does not know: {found[1]}")

    return re.sub(r"\$\{\{(.*?)\}\}", value, text)


def wanted(condition: str, inputs: Mapping[str, str]) -> bool:
    assert condition == "${{ !cancelled() && inputs.upload-sarif == 'true' }}"
    return inputs["upload-sarif"] == "true"


class Runner:
    """As much of GitHub's runner as a composite action of shell steps needs."""

    def __init__(self, tmp_path: Path) -> None:
        self.workspace = tmp_path / "work"
        self.temp = tmp_path / "temp"
        for path in (self.workspace, self.temp):
            path.mkdir()
        environment = self.temp / "iamlint-environment" / "bin"
        environment.mkdir(parents=True)
        # Installed once, by hand: what the first step does takes long, and has a test of its own.
        for name in ("python", "iamlint"):
            (environment / name).write_text(
                f'#!/bin/sh\nexec {sys.executable} {"-m iamlint " if name == "iamlint" else ""}"$@"\n'
            )
            (environment / name).chmod(0o755)

    def run(self, **given: str) -> Job:
        inputs = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        unknown = {name.replace("_", "-") for name in given} - inputs.keys()
        assert unknown == set()
        inputs |= {name.replace("_", "-"): value for name, value in given.items()}
        job = Job()
        for number, step in enumerate(ACTION["runs"]["steps"]):
            if "uses" in step:
                if wanted(step["if"], inputs):
                    job.used.append({k: resolved(v, inputs, job.outputs) for k, v in step["with"].items()})
            elif job.code == 0:
                self._step(step, number, inputs, job)
        return job

    def _step(self, step: Mapping[str, Any], number: int, inputs: Mapping[str, str], job: Job) -> None:
        files = {
            name: self.temp / f"{name}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")
        }
        for path in files.values():
            path.write_text("")
        script = self.temp / f"script-{number}.sh"
        script.write_text(step["run"])
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux",
            **{name: str(path) for name, path in files.items()},
            **{name: resolved(value, inputs, job.outputs) for name, value in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(
            command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        job.code = done.returncode
        job.log += done.stdout + done.stderr
        job.outputs |= dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text()


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path)
    (made.workspace / "main.tf").write_text(BAD)
    yield made
    assert not (made.workspace / "pwned").exists()


def test_no_expression_stands_in_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), "pinned by its commit"


def test_findings_fail_the_job_and_are_annotated(runner: Runner) -> None:
    job = runner.run()
    assert job.code == 1
    assert "::error file=main.tf,line=3," in job.log
    assert job.outputs["exit-code"] == "1"
    assert job.outputs["findings"] == "1"
    assert job.outputs["highest-severity"] == "high"
    assert "broad-token-creator" in job.summary
    assert job.used == []


def test_a_clean_job(runner: Runner) -> None:
    (runner.workspace / "main.tf").write_text(BAD.replace("iam.serviceAccountTokenCreator", "logging.viewer"))
    job = runner.run()
    assert (job.code, job.outputs["findings"], job.outputs["highest-severity"]) == (0, "0", "")


def test_the_upload_runs_after_a_failure_and_finds_the_file(runner: Runner) -> None:
    job = runner.run(upload_sarif="true", category="dev")
    assert job.code == 1
    (upload,) = job.used
    assert upload["category"] == "dev"
    assert Path(upload["sarif_file"]).is_file()


def test_inputs_choose(runner: Runner) -> None:
    (runner.workspace / "other").mkdir()
    (runner.workspace / "other" / "main.tf").write_text(BAD)
    assert runner.run(fail_on="critical").code == 0
    assert runner.run(ignore="impersonation").code == 0
    assert runner.run(paths="other\nmain.tf").outputs["findings"] == "2"
    assert runner.run(working_directory="other").outputs["findings"] == "1"
    assert runner.run(summary="false").summary == ""
    (runner.workspace / "known.json").write_text(runner.run(format="json").log)
    assert runner.run(baseline="known.json").outputs["findings"] == "0"
    assert '"version": "2.1.0"' in runner.run(format="sarif").log
    assert runner.run(sarif_file="out.sarif").outputs["sarif-file"] == str(runner.workspace / "out.sarif")


@pytest.mark.parametrize(
    "name", ["paths", "select", "ignore", "source_root", "sarif_file", "working_directory", "fail_on"]
)
def test_hostile_inputs_are_no_commands(runner: Runner, name: str) -> None:
    for hostile in ('$(touch pwned)"; touch pwned; #', "`touch pwned`", "--exit-zero\n; touch pwned"):
        job = runner.run(**{name: hostile})
        assert job.code in (1, 2), job.log


def test_input_that_cannot_be_read_is_two(runner: Runner) -> None:
    job = runner.run(paths="nowhere.tf")
    assert job.code == 2
    assert job.outputs["exit-code"] == "2"


def test_it_installs_itself(tmp_path: Path) -> None:
    """The first step as it is, from this checkout into an environment of its own."""
    (tmp_path / "work").mkdir()
    (tmp_path / "temp").mkdir()
    step = ACTION["runs"]["steps"][0]
    environment = {
        **os.environ,
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_ACTION_PATH": str(ROOT),
        "IAMLINT_PYTHON": sys.executable,
    }
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(
        script, cwd=tmp_path / "work", env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode and re.search(
        r"No matching distribution|Could not find a version|Connection|Network", done.stderr
    ):
        pytest.skip(f"pip reaches no index here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
    program = tmp_path / "temp" / "iamlint-environment" / "bin" / "iamlint"
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert version.stdout.startswith("iamlint ")


@pytest.mark.parametrize(
    ("schema", "path"), [("github-actions", "action.yml"), ("github-workflows", ".github/workflows/ci.yml")]
)
def test_github_would_take_it(schema: str, path: str) -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", f"vendor.{schema}", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--persona", "pedantic"]
    done = subprocess.run([*command, "action.yml", ".github"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
