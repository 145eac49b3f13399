"""Compare what two versions of iamlint find in public repositories at fixed commits.

    python bench/ecosystem.py BEFORE AFTER [--cache DIR] [--only NAME ...] [--from TEMPLATE] [--max N]

BEFORE and AFTER are git revisions of this repository, or paths of installed commands (``venv/bin/iamlint``). Every
rule runs over every repository. The report is Markdown: for each repository the findings that only one version has
(+ and -), those that both have in other words or with another severity (!), and the change of the number of unknowns.

Repositories are fetched once into the cache (``git fetch --depth 1`` of the commit), by default from GitHub. With
``--from /mirrors/{owner}+{name}`` they come from there. Exits with 2 if a repository could not be fetched or checked.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
REPOSITORIES = {
    "GoogleCloudPlatform/accelerated-platforms": "9320f3b27aa0998e9607829ad6e9695d3514a8ef",
    "GoogleCloudPlatform/cloud-foundation-toolkit": "13b3d13e3195b844847c593f3e0d852f7bde51c3",
    "GoogleCloudPlatform/data-analytics-golden-demo": "56a3a0728cc0509c728d1d6119ea0ef995af3dd6",
    "GoogleCloudPlatform/terraform-google-enterprise-application": "fe3c3ffeb30ebe5d671c24afaae4d465b7af1116",
    "GoogleCloudPlatform/terraform-google-enterprise-genai": "7552fa1bfe90785f3e2805730984a570030186cc",
    "GoogleCloudPlatform/terraform-google-secured-data-warehouse": "0c83b9eb671bbea58cc26e7366cab915399caae6",
    "cilly-yllic/terraform-google-platform": "978ea41ef8564ea02f03079c69dcdf0976c2260a",
    "google/osv.dev": "7e6c189879195a8aad33ccbf27fe9344f3479632",
    "istio/test-infra": "0761763246c18029c09dbe3269074753c524e6e0",
    "rajesh-nitc/terraform-gcp-foundation": "e4796221115bb6416795f6a11c06d5aa108ce371",
    "tvv-lippu-ja-maksujarjestelma-oy/waltti-apc-gcp-terraform": "a755cfef1af0313d88ed771f13cf9efb62f5d78d",
    "zentralpro/zentral-terraform-gcp": "25021b453a7c0dc0744d297a9fed5cee8347edac",
}
GITHUB = "https://github.com/{owner}/{name}.git"
SECONDS = 600

Key = tuple[str, str, int, int, str, str]
Found = dict[Key, tuple[str, str]]


@dataclass
class Result:
    """What one version reports on a repository: findings as severity and message, by place; the unknowns."""

    findings: Found = field(default_factory=dict)
    unknowns: int = 0
    failed: str = ""


def result_of(document: dict[str, Any]) -> Result:
    """The result that a JSON report states."""
    if not document["summary"]["files"]:
        return Result(failed="; ".join(error["reason"] for error in document["errors"]) or "no file was read")
    found: Found = {}
    for one in document["findings"]:
        key = (one["path"], one["rule"], one["line"], one["column"], one["address"] or "", one["principal"] or "")
        found[key] = (one["severity"], one["message"])
    return Result(found, document["summary"]["unknowns"])


def difference(before: Result, after: Result) -> Iterator[str]:
    """The lines of a diff: a sign, then the severity, the rule, the place and the message of a finding."""
    for key in sorted(before.findings.keys() | after.findings.keys()):
        old, new = before.findings.get(key), after.findings.get(key)
        if old == new:
            continue
        path, rule, line, *_ = key
        where = f"{rule} {path}:{line}"
        match old, new:
            case None, (severity, message):
                yield f"+ {severity} {where} {message}"
            case (severity, message), None:
                yield f"- {severity} {where} {message}"
            case (was, old_message), (severity, message):
                changed = severity if was == severity else f"{was} -> {severity}"
                yield f"! {changed} {where} {message}" + (f" (was: {old_message})" if old_message != message else "")


def report(results: dict[str, tuple[Result, Result]], most: int) -> str:
    """The Markdown report over all repositories, at most so many lines for each."""
    total: Counter[str] = Counter()
    parts: list[str] = []
    for name, (before, after) in results.items():
        failed = before.failed or after.failed
        lines = [] if failed else list(difference(before, after))
        total.update(line[0] for line in lines)
        change = after.unknowns - before.unknowns
        if failed:
            parts.append(f"### {name}\n\nnot compared: {failed}\n")
        elif lines or change:
            shown = "\n".join([*lines[:most], *([f"... {len(lines) - most} more"] if len(lines) > most else [])])
            counts = f"{len(before.findings)} -> {len(after.findings)} findings, {change:+} unknowns"
            parts.append(f"### {name}\n\n{counts}\n" + (f"\n```diff\n{shown}\n```\n" if lines else ""))
    changes = f"+{total['+']} -{total['-']} !{total['!']} findings"
    head = f"{len(results)} repositories, {len(parts)} of them differ: {changes}\n"
    return "\n".join([head, *parts])


def fetched(name: str, commit: str, cache: Path, template: str) -> Path:
    """The checkout of a commit in the cache. Raises CalledProcessError where it cannot be fetched."""
    owner, _, repository = name.partition("/")
    place = cache / f"{owner}+{repository}@{commit[:12]}"
    if not (place / ".complete").exists():
        place.mkdir(parents=True, exist_ok=True)
        source = template.format(owner=owner, name=repository)
        for arguments in (
            ["init", "-q"],
            ["fetch", "-q", "--depth", "1", source, commit],
            ["checkout", "-q", "--force", "FETCH_HEAD"],
        ):
            subprocess.run(["git", "-C", str(place), *arguments], check=True, capture_output=True, text=True)
        (place / ".complete").touch()
    return place


@contextmanager
def version(asked: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    """How to start a version: a command and its environment. A revision gets a worktree for as long."""
    if Path(asked).is_file():
        yield [asked], dict(os.environ)
        return
    with tempfile.TemporaryDirectory() as directory:
        git = ["git", "-C", str(HERE), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", directory, asked], check=True)
        try:
            yield [sys.executable, "-m", "iamlint"], {**os.environ, "PYTHONPATH": directory}
        finally:
            subprocess.run([*git, "remove", "--force", directory], check=True)


def checked(command: list[str], environment: dict[str, str], place: Path) -> Result:
    """Return what a version reports on a checkout; many repositories have files with errors."""
    arguments = [*command, "check", ".", "--format", "json", "--select", "default,pedantic"]
    try:
        done = subprocess.run(
            arguments, cwd=place, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return result_of(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return Result(failed=f"not done in {SECONDS} seconds")
    except ValueError:
        return Result(failed=(done.stderr.strip().splitlines() or ["no output"])[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", help="a git revision, or the path of an installed iamlint")
    parser.add_argument("after", help="the same, of the version to compare it with")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "iamlint-ecosystem")
    parser.add_argument("--only", action="append", metavar="NAME", help="a repository whose name contains NAME")
    parser.add_argument("--from", dest="template", default=GITHUB, help=f"where repositories are (default: {GITHUB})")
    parser.add_argument("--max", dest="most", type=int, default=50, help="lines of a repository (default: 50)")
    given = parser.parse_args()
    chosen = {name: at for name, at in REPOSITORIES.items() if any(one in name for one in given.only or [""])}
    results: dict[str, tuple[Result, Result]] = {}
    with version(given.before) as before, version(given.after) as after:
        for name, commit in chosen.items():
            print(name, file=sys.stderr)
            try:
                place = fetched(name, commit, given.cache, given.template)
            except subprocess.CalledProcessError as error:
                results[name] = (Result(failed=f"not fetched: {error.stderr.strip()}"), Result())
                continue
            results[name] = (checked(*before, place), checked(*after, place))
    print(report(results, given.most), end="")
    return 2 if any(old.failed or new.failed for old, new in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
