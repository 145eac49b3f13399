"""The part of GitHub's runner that the action needs: its steps run as in action.yml."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


REGISTERED = ("error", "warning", "notice", "debug", "group", "add-mask", "add-matcher", "set-output", "stop-commands")


def commands(log: str) -> list[str]:
    """Return the commands that GitHub's runner finds in a log, by its own rules."""
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        second = re.match(r"\s*::([\w-]+)(?: [^\n]*?)?::", line)
        if second and second[1] in REGISTERED:
            found.append(second[1])
            continue
        first = re.search(r"##\[([\w-]+)(?: [^\]]*)?\]", line)
        if first and first[1] in REGISTERED:
            found.append(first[1])
        assert not re.search(r"##\w+\[", line)
    return found


@dataclass
class Job:
    """The results of a run of the action."""

    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    used: list[dict[str, Any]] = field(default_factory=list)


def resolved(text: str, inputs: Mapping[str, str], outputs: Mapping[str, str], event: Mapping[str, str]) -> str:
    """Evaluate the expressions that the action uses: the first non-empty value of ``a || b``; others are an error."""

    def value(name: str) -> str:
        if name.startswith("inputs."):
            return inputs[name.removeprefix("inputs.")]
        if name.startswith("steps.check.outputs."):
            return outputs.get(name.removeprefix("steps.check.outputs."), "")
        if name.startswith("github.event."):
            return event.get(name.removeprefix("github.event."), "")
        raise AssertionError(f"an expression that the test does not know: {name}")

    def first(found: re.Match[str]) -> str:
        return next(filter(None, (value(name.strip()) for name in found[1].split("||"))), "")

    return re.sub(r"\$\{\{(.*?)\}\}", first, text)


def wanted(condition: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    assert condition == "${{ !cancelled() && inputs.upload-sarif == 'true' && steps.check.outputs.sarif-file != '' }}"
    return inputs["upload-sarif"] == "true" and outputs.get("sarif-file", "") != ""


class Runner:
    """The part of GitHub's runner that a composite action of shell steps needs.

    ``event`` is the workflow's event, ``environment`` the variables that the workflow sets for the action's steps.
    """

    def __init__(self, tmp_path: Path, *, installed: bool = True) -> None:
        self.workspace = tmp_path / "work"
        self.temp = tmp_path / "temp"
        self.event: dict[str, str] = {}
        self.environment: dict[str, str] = {"GITHUB_EVENT_NAME": "pull_request"}
        for path in (self.workspace, self.temp):
            path.mkdir()
        if not installed:
            return
        environment = self.temp / "iamlint-environment" / "bin"
        environment.mkdir(parents=True)
        # Installed once, by hand: the first step is slow, and has a test of its own.
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
                if wanted(step["if"], inputs, job.outputs):
                    used = {k: resolved(v, inputs, job.outputs, self.event) for k, v in step["with"].items()}
                    job.used.append(used)
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
            **self.environment,
            **{name: resolved(value, inputs, job.outputs, self.event) for name, value in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(
            command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        job.code = done.returncode
        job.log += done.stdout + done.stderr
        job.outputs |= dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text()
