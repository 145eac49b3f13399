"""Asks Terraform again for the answers that `testdata/console` records: ``console.py EVALUATOR``.

EVALUATOR is a program that reads expressions, one per line, evaluates each with ``terraform console`` in the directory
after ``-d``, and writes one JSON object per line: ``{"expr", "ok", "value" | "error"}``. ``terraform`` itself is asked
for its version, its list of functions, the type of each answer, and, with a plan, for the results with unknown values.
A new expression needs only ``{"expression": …}`` in one of the files.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TESTDATA = Path(__file__).parent.parent / "testdata" / "console"
ENVIRONMENT = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull, "TF_IN_AUTOMATION": "1"}


def run(directory: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of Terraform's."""
    command = ["terraform", *arguments]
    return subprocess.run(
        command, cwd=directory, input=given, text=True, capture_output=True, env=ENVIRONMENT, check=False
    )


def terraform(directory: Path, *arguments: str, given: str = "") -> str:
    """Return the output of a command of Terraform's."""
    done = run(directory, *arguments, given=given)
    if done.returncode:
        sys.exit(f"terraform {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def answers(evaluator: Path, directory: Path, expressions: list[str]) -> list[dict[str, Any]]:
    """Each expression with its value or its error."""
    done = subprocess.run(
        [sys.executable, evaluator, "-d", directory],
        input="\n".join(expressions) + "\n",
        text=True,
        capture_output=True,
        check=True,
    )
    found = []
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        kept = "value" if answer["ok"] else "error"
        found.append({"expression": answer["expr"], kept: answer[kept]})
    return found


def types(directory: Path, expressions: list[str]) -> list[str]:
    """The type of each expression, as the console's ``type()`` shows it, on one line."""
    shown = terraform(directory, "console", given=f"type([{', '.join(expressions)}])\n")
    found, depth = [""], 0
    for word in re.findall(r"[(\[{]|[)\]}]|,|[^(\[{)\]},]+", " ".join(shown.split()).removeprefix("tuple([")):
        depth += (word in "([{") - (word in ")]}")
        if depth < 0:
            break
        if word == "," and depth == 0:
            found.append("")
        else:
            found[-1] += word
    return [one.strip() for one in found][: len(expressions)]


def plan(directory: Path, expressions: list[str]) -> list[dict[str, Any]]:
    """Return the plan's result of each expression: its ``value``, ``unknown`` if it is, or its ``error``."""
    outputs = {f"output_{at:04}": {"value": "${" + one + "}"} for at, one in enumerate(expressions)}
    good, errors = dict(outputs), dict[str, str]()
    while True:
        (directory / "outputs.tf.json").write_text(json.dumps({"output": good}, indent=1))
        done = run(directory, "plan", "-no-color", "-input=false", "-out", "plan")
        if not done.returncode:
            break
        told = re.findall(r"Error: (.+)(?:.|\n)*?in output\.(output_[0-9]+)", done.stderr)
        errors |= {name: text for text, name in told}
        if not told:
            sys.exit(done.stderr)
        good = {name: output for name, output in good.items() if name not in errors}
    shown = json.loads(terraform(directory, "show", "-json", "plan"))["output_changes"]
    return [
        {"expression": one, "error": errors[name]}
        if name in errors
        else {"expression": one, "value": shown[name].get("after"), "unknown": shown[name].get("after_unknown", False)}
        for name, one in zip(outputs, expressions, strict=True)
    ]


def record(path: Path, version: str, found: list[dict[str, Any]]) -> None:
    """Write the answers, one a line."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in found)
    path.write_text(f'{{"terraform": "{version}", "answers": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{path.name}: {len(found)}")


def expressions_of(path: Path) -> list[str]:
    """The expressions of a file."""
    return [one["expression"] for one in json.loads(path.read_text(encoding="utf-8"))["answers"]]


def main() -> None:
    """Record everything, or only the files that are named after the evaluator."""
    evaluator, only = Path(sys.argv[1]).resolve(), sys.argv[2:]
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "module"
        shutil.copytree(TESTDATA / "module", directory)
        terraform(directory, "init", "-backend=false")
        version = json.loads(terraform(directory, "version", "-json"))["terraform_version"]
        functions = json.loads(terraform(directory, "metadata", "functions", "-json"))["function_signatures"]
        names = sorted(name for name in functions if "::" not in name)
        (TESTDATA / "functions.json").write_text(
            json.dumps({"terraform": version, "functions": names}, indent=1) + "\n"
        )
        for path in sorted((TESTDATA / "answers").glob("*.json")):
            if not only or path.stem in only:
                found = answers(evaluator, directory, expressions_of(path))
                known = [one for one in found if "value" in one]
                for one, kind in zip(known, types(directory, [one["expression"] for one in known]), strict=True):
                    one["type"] = kind
                record(path, version, found)
        unknown = TESTDATA / "unknown.json"
        if unknown.exists() and (not only or unknown.stem in only):
            record(unknown, version, plan(directory, expressions_of(unknown)))


if __name__ == "__main__":
    main()
