"""The part of GitHub's runner that the action needs: its steps run as in action.yml."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import program
import yaml

from iamlint.github_action.__main__ import main

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.load((ROOT / "action.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
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


class Context:
    """Evaluates the expressions that the action uses; any other is an error."""

    def __init__(self, inputs: Mapping[str, str], event: Mapping[str, str]) -> None:
        self.inputs, self.event = inputs, event
        self.outputs: dict[str, dict[str, str]] = {}

    def value(self, name: str) -> str:
        if name.startswith("inputs."):
            return self.text(self.inputs[name.removeprefix("inputs.")])
        if name.startswith("steps."):
            _, step, _, output = name.split(".")
            return self.outputs.get(step, {}).get(output, "")
        if name.startswith("github.event."):
            return self.event.get(name.removeprefix("github.event."), "")
        return {"github.token": "a-token"}[name]

    def text(self, text: str) -> str:
        """Return a text with its expressions replaced: the first non-empty value of ``a || b``."""

        def first(found: re.Match[str]) -> str:
            return next(filter(None, (self.value(name.strip()) for name in found[1].split("||"))), "")

        return re.sub(r"\$\{\{(.*?)\}\}", first, text)

    def holds(self, condition: str) -> bool:
        """Whether a step runs: comparisons with a text, joined by ``&&``, ``||`` and parentheses."""
        values: list[str] = []

        def kept(found: re.Match[str]) -> str:
            values.append(self.value(found[0]))
            return f"v[{len(values) - 1}]"

        inner = condition.removeprefix("${{").removesuffix("}}").replace("!cancelled()", "True")
        python = re.sub(r"(?:inputs|steps)[\w.-]+", kept, inner).replace("&&", " and ").replace("||", " or ")
        assert re.fullmatch(r"(?:True|and|or|v\[\d+\]|[()!=]|'[^'\\]*'|\s)+", python), python
        return bool(eval(python, {"v": values}))


class Runner:
    """The part of GitHub's runner that a composite action of shell steps needs.

    ``event`` is the workflow's event, ``environment`` the variables that the workflow sets for the action's steps.
    If iamlint is ``installed``, the steps that install it are left out. Without ``processes`` iamlint runs in this
    process: five for each job would take most of the suite's time.
    """

    def __init__(self, tmp_path: Path, *, installed: bool = True, processes: bool = False) -> None:
        self.workspace = tmp_path / "work"
        self.temp = tmp_path / "temp"
        self.event: dict[str, str] = {}
        self.environment: dict[str, str] = {"GITHUB_EVENT_NAME": "pull_request"}
        for path in (self.workspace, self.temp):
            path.mkdir(parents=True)
        self.installed, self.processes = installed, processes or not installed

    def run(self, **given: str) -> Job:
        inputs = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        unknown = {name.replace("_", "-") for name in given} - inputs.keys()
        assert unknown == set()
        inputs |= {name.replace("_", "-"): value for name, value in given.items()}
        job, context = Job(), Context(inputs, self.event)
        for number, step in enumerate(ACTION["runs"]["steps"]):
            always = "!cancelled()" in step.get("if", "")
            if (job.code and not always) or not context.holds(step.get("if", "True")):
                continue
            if self.installed and step.get("id", step["name"]) in ("setup", "Install iamlint"):
                context.outputs["setup"] = {"python": sys.executable, "environment": "e", "key": "k"}
            elif "uses" in step:
                job.used.append({"uses": step["uses"]} | {k: context.text(v) for k, v in step["with"].items()})
            else:
                self._step(step, number, context, job)
        job.outputs = {
            name: value
            for name, one in ACTION["outputs"].items()
            if (value := context.text(one["value"])) or name in context.outputs.get("check", {})
        }
        return job

    def _step(self, step: Mapping[str, Any], number: int, context: Context, job: Job) -> None:
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
            **{name: context.text(value) for name, value in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        if not self.processes:
            words = [word for word in step["run"].split() if word == "comment"]
            code, log = _in_process(environment, self.workspace, words)
        else:
            done = subprocess.run(
                command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False, timeout=300
            )
            code, log = done.returncode, done.stdout + done.stderr
        job.code = max(job.code, code)
        job.log += log
        if "id" in step:
            lines = files["GITHUB_OUTPUT"].read_text().splitlines()
            context.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text()


def _in_process(environment: Mapping[str, str], directory: Path, words: list[str]) -> tuple[int, str]:
    """Run a step of `iamlint.github_action`; the commands that it starts run in this process, too."""
    log: list[str] = []

    def iamlint(arguments: list[str], named: list[str]) -> int:
        log.append(out.getvalue())
        out.seek(0)
        out.truncate(0)
        done = program.run(*arguments, "--", *named, cwd=Path.cwd())
        log.append(done.stdout + done.stderr)
        return done.returncode

    out = io.StringIO()
    with (
        contextlib.chdir(directory),
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.object(sys, "argv", ["iamlint.github_action", *words]),
        mock.patch("iamlint.github_action.run._iamlint", iamlint),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
    ):
        try:
            main()
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else 1
    return code, "".join(log) + out.getvalue()
