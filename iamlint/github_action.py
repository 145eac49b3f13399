"""What the GitHub Action runs: inputs from the environment, outputs to the files that GitHub names.

Every input arrives as an environment variable and leaves as one argument, so nothing of it is ever a command. Python
is started in isolated mode (``-I``): neither the checkout nor a variable like PYTHONPATH brings modules.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from iamlint.accepted.base_commit import MissingBase, base_files
from iamlint.files.git import FULL_ID
from iamlint.finding import SEVERITIES
from iamlint.reporters.github import command

FAILED, INTERRUPTED = 2, 130
_OPENS = 1
"""The exit code of a comparison if something opens."""
_OWN_BASE = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release"})
"""Events for commits that are already in the repository: their own configuration counts."""


class BadInput(Exception):  # noqa: N818  # the name of what happened
    """An invalid input; the message says which and why."""


def main() -> None:
    """Run the check, write outputs and summary, exit with the check's exit code."""
    try:
        sys.exit(run(os.environ))
    except (BadInput, MissingBase) as error:
        print(command("error", {}, "iamlint", str(error)))
        _write_outputs(os.environ, {"exit-code": FAILED, "findings": 0, "highest-severity": "", "sarif-file": ""})
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


def run(environment: Mapping[str, str]) -> int:
    """One run; returns the check's exit code. Raises `BadInput` or `MissingBase`."""
    os.chdir(_working_directory(environment))
    with TemporaryDirectory(dir=environment.get("RUNNER_TEMP") or None) as directory:
        report, summary = Path(directory, "report.json"), Path(directory, "summary.md")
        sarif = _sarif_file(environment)
        outputs = [f"json={report}", f"markdown={summary}", *([f"sarif={sarif}"] if sarif else [])]
        arguments = [sys.executable, "-I", "-m", "iamlint", "check", *_options(environment)]
        judging = list(_judging(environment, Path(directory).resolve()))
        arguments += judging
        arguments += [word for output in outputs for word in ("--output", output)]
        sys.stdout.flush()
        before = _state(sarif)
        # Each word is a separate argument, and no path begins with a dash.
        code = subprocess.run([*arguments, "--", *_paths(environment)], check=False).returncode  # noqa: S603  # no shell
        written = sarif if _state(sarif) != before else ""
        _write_outputs(environment, {"exit-code": code, **_counts(report), "sarif-file": written})
        wanted = _flag(environment, "SUMMARY", default=True) and environment.get("GITHUB_STEP_SUMMARY")
        if wanted and summary.exists():
            with Path(wanted).open("a", encoding="utf-8") as file:
                file.write(summary.read_text(encoding="utf-8"))
        compared, opens = _compare(environment, judging, Path(directory, "compare.md"))
        _write_outputs(environment, {"opens": opens})
    return max(code, compared)


def _compare(environment: Mapping[str, str], judging: Sequence[str], summary: Path) -> tuple[int, str]:
    """Compare the base commit with the checkout, and add the result to the job's page.

    Returns 2 where that could not be done, else 0; and whether something opens, "" where nothing was compared.
    """
    if not _flag(environment, "COMPARE"):
        return 0, ""
    commit, paths = _one(environment, "BASE"), _paths(environment)
    if not commit:
        print("compare: the event names no base commit, so nothing is compared", file=sys.stderr)
        return 0, ""
    if not FULL_ID.fullmatch(commit):
        raise BadInput(f"base is not the full id of a commit: {commit!r}")
    configuration = [word for word in judging if word == "--no-config"]
    if "--config" in judging:
        at = judging.index("--config")
        configuration = list(judging[at : at + (4 if "--config-home" in judging else 2)])
    path = paths[0] if len(paths) == 1 else "."
    arguments = [sys.executable, "-I", "-m", "iamlint", "compare", *configuration, "--output", f"markdown={summary}"]
    sys.stdout.flush()
    code = subprocess.run([*arguments, "--", commit, path], check=False).returncode  # noqa: S603  # no shell
    wanted = _flag(environment, "SUMMARY", default=True) and environment.get("GITHUB_STEP_SUMMARY")
    if wanted and summary.exists():
        with Path(wanted).open("a", encoding="utf-8") as file:
            file.write(summary.read_text(encoding="utf-8"))
    return (0, str(code == _OPENS).lower()) if code in (0, _OPENS) else (FAILED, "")


# -- inputs --------------------------------------------------------------------------------------------------------


def _input(name: str) -> str:
    """The name of an input in action.yml."""
    return name.lower().replace("_", "-")


def _lines(environment: Mapping[str, str], name: str) -> Iterator[str]:
    for line in environment.get(f"IAMLINT_{name}", "").splitlines():
        value = line.strip()
        if value.startswith("-"):
            raise BadInput(f"{_input(name)} may not begin with a dash")
        if value:
            yield value


def _one(environment: Mapping[str, str], name: str) -> str | None:
    """Return an input of one line; None if it is empty."""
    values = list(_lines(environment, name))
    if len(values) > 1:
        raise BadInput(f"{_input(name)} is one line, not {len(values)}")
    return values[0] if values else None


def _flag(environment: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Return an input that is true or false; any other value is ambiguous, so it is an error."""
    value = environment.get(f"IAMLINT_{name}", "").strip().lower()
    if value not in ("", "true", "false"):
        raise BadInput(f"{_input(name)} is true or false, not {value!r}")
    return value == "true" if value else default


def _working_directory(environment: Mapping[str, str]) -> Path:
    """Return where to run. A link in the checkout may not lead out of it; a path elsewhere is the workflow's choice."""
    top = Path(os.path.abspath(environment.get("GITHUB_WORKSPACE") or "."))
    given = _one(environment, "WORKING_DIRECTORY") or "."
    named = Path(os.path.normpath(top / given))
    real = Path(os.path.realpath(top / given))
    if named.is_relative_to(top) and not real.is_relative_to(top.resolve()):
        raise BadInput(f"working-directory leads out of the checkout through a symbolic link: {given}")
    if not real.is_dir():
        raise BadInput(f"working-directory is not a directory: {given}")
    return real


def _paths(environment: Mapping[str, str]) -> list[str]:
    return list(_lines(environment, "PATHS")) or ["."]


def _options(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the options that select what is read and printed."""
    yield from ("--format", environment.get("IAMLINT_FORMAT") or "github")
    yield from ("--fail-on", environment.get("IAMLINT_FAIL_ON") or "info")
    for name in ("SELECT", "IGNORE", "SOURCE_ROOT"):
        for value in _lines(environment, name):
            yield from (f"--{_input(name)}", value)
    for name in ("NO_IGNORE", "FAIL_ON_UNKNOWN"):
        if _flag(environment, name):
            yield f"--{_input(name)}"


def _judging(environment: Mapping[str, str], directory: Path) -> Iterator[str]:
    """Yield the options that name configuration, rules and baseline: files of the checkout, or copies from the base."""
    config, baseline = _one(environment, "CONFIG"), _one(environment, "BASELINE")
    rules: list[str] = list(_lines(environment, "RULES"))
    no_config = _flag(environment, "NO_CONFIG")
    if config and no_config:
        raise BadInput("config and no-config exclude each other")
    commit, assertions, home = _base(environment), None, None
    if commit:
        into = directory / f"base-{commit[:12]}"
        into.mkdir()
        found = base_files(commit, config=config, rules=rules, baseline=baseline, into=into)
        config, rules = str(found.config or ""), list(map(str, found.rules))
        baseline, no_config = str(found.baseline or ""), no_config or not found.config
        assertions, home = found.assertions, found.home
    if no_config:
        yield "--no-config"
    elif config:
        yield from ("--config", config)
        yield from ("--config-home", str(home)) if home and home.is_dir() else ()
    for rule in rules:
        yield from ("--rules", rule)
    if baseline:
        yield from ("--baseline", baseline)
    if assertions:
        yield from ("--assertions", str(assertions))


def _base(environment: Mapping[str, str]) -> str | None:
    """Return the commit to take the configuration from; None if the checked commit's own counts. Raises `BadInput`."""
    if not _flag(environment, "CONFIG_FROM_BASE"):
        return None
    commit, event = _one(environment, "BASE"), environment.get("GITHUB_EVENT_NAME", "")
    if commit:
        return commit
    if event in _OWN_BASE:
        print(f"config-from-base: {event} has no base, this commit's own configuration counts", file=sys.stderr)
        return None
    raise BadInput(f"config-from-base: the event {event or '(unknown)'} names no base commit; set the input base")


def _sarif_file(environment: Mapping[str, str]) -> Path | None:
    named = _one(environment, "SARIF_FILE")
    if named:
        return Path(named).absolute()
    if _flag(environment, "UPLOAD_SARIF"):
        return Path(environment.get("RUNNER_TEMP") or ".", "iamlint.sarif").absolute()
    return None


# -- outputs -------------------------------------------------------------------------------------------------------


def _counts(report: Path) -> dict[str, object]:
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"] if report.exists() else []
    severities = {finding["severity"] for finding in findings}
    worst = next((severity for severity in SEVERITIES if severity in severities), "")
    return {"findings": len(findings), "highest-severity": worst}


def _state(path: Path | None) -> tuple[int, int] | None:
    """Return what changes when a file is written: a file of that name in the checkout is not this run's output."""
    status = path.stat() if path and path.is_file() else None
    return (status.st_ino, status.st_mtime_ns) if status else None


def _write_outputs(environment: Mapping[str, str], outputs: Mapping[str, object]) -> None:
    """Write one line per output: a value of several lines could set others."""
    path = environment.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={' '.join(str(value).splitlines())}\n" for name, value in outputs.items())


if __name__ == "__main__":
    main()
