"""What the GitHub Action runs: inputs from the environment, outputs to the files that GitHub names.

Every input arrives as an environment variable and leaves as one argument, so nothing of it is ever a command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from iamlint.finding import SEVERITIES

FAILED = 2


class BadInput(Exception):  # noqa: N818  # the name of what happened
    """An input that is not taken; the message says which and why."""


def main() -> None:
    """Run the check, write outputs and summary, leave with the check's exit code."""
    try:
        sys.exit(run(os.environ))
    except BadInput as error:
        print(f"::error title=iamlint::{error}")
        sys.exit(FAILED)


def run(environment: Mapping[str, str]) -> int:
    """One run; returns the check's exit code. Raises `BadInput`."""
    with TemporaryDirectory() as directory:
        report, summary = Path(directory, "report.json"), Path(directory, "summary.md")
        sarif = _sarif_file(environment)
        outputs = [f"json={report}", f"markdown={summary}", *([f"sarif={sarif}"] if sarif else [])]
        arguments = [sys.executable, "-m", "iamlint", "check", *_options(environment)]
        arguments += [word for output in outputs for word in ("--output", output)]
        sys.stdout.flush()
        # Every word is an argument of its own, and none of a path begins with a dash.
        code = subprocess.run([*arguments, "--", *_paths(environment)], check=False).returncode  # noqa: S603  # no shell
        _write_outputs(environment, code, report, sarif)
        wanted = environment.get("IAMLINT_SUMMARY", "true") == "true" and environment.get("GITHUB_STEP_SUMMARY")
        if wanted and summary.exists():
            with Path(wanted).open("a", encoding="utf-8") as file:
                file.write(summary.read_text(encoding="utf-8"))
    return code


def _lines(environment: Mapping[str, str], name: str) -> Iterator[str]:
    for line in environment.get(name, "").splitlines():
        value = line.strip()
        if value.startswith("-"):
            raise BadInput(f"{name.removeprefix('IAMLINT_').lower()} may not begin with a dash")
        if value:
            yield value


def _paths(environment: Mapping[str, str]) -> list[str]:
    return list(_lines(environment, "IAMLINT_PATHS")) or ["."]


def _options(environment: Mapping[str, str]) -> Iterator[str]:
    yield from ("--format", environment.get("IAMLINT_FORMAT") or "github")
    yield from ("--fail-on", environment.get("IAMLINT_FAIL_ON") or "info")
    for name, option in (
        ("SELECT", "--select"),
        ("IGNORE", "--ignore"),
        ("SOURCE_ROOT", "--source-root"),
        ("RULES", "--rules"),
        ("BASELINE", "--baseline"),
    ):
        for value in _lines(environment, f"IAMLINT_{name}"):
            yield from (option, value)


def _sarif_file(environment: Mapping[str, str]) -> Path | None:
    named = next(_lines(environment, "IAMLINT_SARIF_FILE"), None)
    if named:
        return Path(named).absolute()
    if environment.get("IAMLINT_UPLOAD_SARIF") == "true":
        return Path(environment.get("RUNNER_TEMP", "."), "iamlint.sarif").absolute()
    return None


def _write_outputs(environment: Mapping[str, str], code: int, report: Path, sarif: Path | None) -> None:
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"] if report.exists() else []
    severities = {finding["severity"] for finding in findings}
    outputs = {
        "exit-code": code,
        "findings": len(findings),
        "highest-severity": next((severity for severity in SEVERITIES if severity in severities), ""),
        "sarif-file": sarif if sarif and sarif.exists() else "",
    }
    path = environment.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in outputs.items())


if __name__ == "__main__":
    main()
