"""The step that checks, and compares with the base."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from iamlint.basics.words import counted
from iamlint.files.git import FULL_ID
from iamlint.finding import SEVERITIES
from iamlint.github_action.event import Event
from iamlint.github_action.inputs import (
    BadInput,
    first,
    flag,
    judging,
    one,
    options,
    paths,
    reading,
    sarif_file,
    wants_comment,
    working_directory,
)
from iamlint.github_action.outputs import write_outputs, write_summary
from iamlint.reporters.github import command as annotation

FAILED, INTERRUPTED = 2, 130
_OPENS = 1
"""The exit code of a comparison if something opens."""
REPORT, COMPARISON = "report.json", "comparison.json"
"""The files that a comment is made of."""


def run(environment: Mapping[str, str]) -> int:
    """One run; returns the check's exit code. Raises `BadInput` or `MissingBase`."""
    os.chdir(working_directory(environment))
    with TemporaryDirectory(dir=environment.get("RUNNER_TEMP") or None) as name:
        directory = Path(name).resolve()
        data = _comment_data(environment) or directory
        report, summary, compared_summary = data / REPORT, directory / "summary.md", directory / "compare.md"
        sarif, page = sarif_file(environment), flag(environment, "SUMMARY", default=True)
        base = _base_commit(environment)
        targets = [f"json={report}", f"markdown={summary}", *([f"sarif={sarif}"] if sarif else [])]
        chosen = list(judging(environment, directory))
        before = _state(sarif)
        further = [word for target in targets for word in ("--output", target)]
        asked = (*options(environment), *first(environment), *reading(environment), *chosen, *_links(environment))
        command = ["check", "--no-cache", *asked, *further]  # earlier jobs of a runner may have run anything
        code = _iamlint(command, paths(environment))
        written = sarif if _state(sarif) != before else ""
        found = _read(report)
        if found and one(environment, "FORMAT") != "text":
            print(_headline(found["summary"]), file=sys.stderr)  # a log of annotations does not say that it ran
        write_outputs(environment, {"exit-code": code, **_counts(found), "sarif-file": written})
        compared, opens = _compare(environment, base, chosen, compared_summary, data / COMPARISON)
        if page:
            write_summary(environment, compared_summary, summary)
        write_outputs(environment, {"opens": opens, "comment-data": data if data != directory else ""})
    return max(code, compared)


def _iamlint(arguments: Sequence[str], named: Sequence[str]) -> int:
    """Run a command of iamlint. Each word is a separate argument, and no path begins with a dash."""
    sys.stdout.flush()
    command = [sys.executable, "-I", "-m", "iamlint", *arguments, "--", *named]
    return subprocess.run(command, check=False).returncode  # noqa: S603  # no shell


def _base_commit(environment: Mapping[str, str]) -> str | None:
    """Return the commit that the checkout is compared with; None if nothing is compared. Raises `BadInput`."""
    if not flag(environment, "COMPARE"):
        return None
    commit = one(environment, "BASE")
    if not commit:
        print("compare: the event names no base commit, so nothing is compared", file=sys.stderr)
        return None
    if not FULL_ID.fullmatch(commit):
        raise BadInput(f"base is not the full id of a commit: {commit!r}")
    return commit


def _compare(
    environment: Mapping[str, str], commit: str | None, chosen: Sequence[str], summary: Path, data: Path
) -> tuple[int, str]:
    """Compare the base commit with the checkout.

    Returns 2 where that could not be done, else 0; and whether something opens, "" where nothing was compared.
    """
    if commit is None:
        return 0, ""
    given = paths(environment)
    configuration = [word for word in chosen if word == "--no-config"]
    if "--config" in chosen:
        at = chosen.index("--config")
        configuration = list(chosen[at : at + (4 if "--config-home" in chosen else 2)])
    for option, value in pairwise(chosen):
        configuration += [option, value] if option == "--role-catalog" else []
    outputs = ["--output", f"markdown={summary}", "--output", f"json={data}"]
    command = ["compare", *reading(environment), *configuration, *_links(environment), *outputs]
    code = _iamlint(command, [commit, given[0] if len(given) == 1 else "."])
    if code in (0, _OPENS):
        return 0, str(code == _OPENS).lower()
    print(annotation("error", {}, "iamlint", f"{commit} could not be compared with the checkout; the log says why"))
    return FAILED, ""


def _links(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the option that makes the places on the job's page links."""
    url = Event.of(environment).source_url
    if url:
        yield from ("--source-url", url)


def _comment_data(environment: Mapping[str, str]) -> Path | None:
    """Return an empty directory for what a comment is made of; None without a comment."""
    if not wants_comment(environment):
        return None
    directory = Path(environment.get("RUNNER_TEMP") or ".", "iamlint-comment").absolute()
    directory.mkdir(exist_ok=True)
    for name in (REPORT, COMPARISON):
        (directory / name).unlink(missing_ok=True)
    return directory


def _read(report: Path) -> dict[str, Any]:
    """Return the report in JSON; empty if the check wrote none."""
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return found


def _headline(summary: Mapping[str, int]) -> str:
    """Return the counts of a check in one line."""
    of_severity = ", ".join(f"{summary[name]} {name}" for name in SEVERITIES if summary[name])
    parts = [f"{counted(summary['findings'], 'finding')} ({of_severity})" if of_severity else "no findings"]
    parts += [f"{summary['accepted']} accepted"] if summary["accepted"] else []
    parts += [f"{summary['unknowns']} unknown"] if summary["unknowns"] else []
    parts += [counted(summary["errors"], "error")] if summary["errors"] else []
    return f"iamlint: {'; '.join(parts)}; {counted(summary['files'], 'file')} read, {counted(summary['rules'], 'rule')}"


def _counts(report: Mapping[str, Any]) -> dict[str, object]:
    findings = report.get("findings", [])
    severities = {finding["severity"] for finding in findings}
    worst = next((severity for severity in SEVERITIES if severity in severities), "")
    return {"findings": len(findings), "highest-severity": worst}


def _state(path: Path | None) -> tuple[int, int] | None:
    """Return what changes when a file is written: a file of that name in the checkout is not this run's output."""
    status = path.stat() if path and path.is_file() else None
    return (status.st_ino, status.st_mtime_ns) if status else None
