"""Fixes the flagged Terraform of every rule with fixes, and holds the result against Terraform itself.

    python bench/fixing.py [RULE]... [--validate COMMAND]

For each flagged example: the fixes are applied, safe and unsafe; the rule must then report nothing that it has a fix
for, `terraform fmt -check` must accept the files if it accepted them before, and so must the command, which runs in the
directory of the example: `sh -c 'terraform init && terraform validate'`, with a provider at hand.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from iamlint.edits import Safety
from iamlint.fixes.proof import Outcome, fixed
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Rule
from iamlint.testing import checked_with, unmarked

LEVELS: frozenset[Safety] = frozenset({"safe", "unsafe"})


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("rules", nargs="*")
    options.add_argument("--validate", default="")
    options.add_argument("--show", action="store_true")
    given = options.parse_args()
    rules, _ = load_rules(())
    broken = left = clean = 0
    for rule in rules:
        if not rule.mends or (given.rules and rule.slug not in given.rules):
            continue
        examples = [one.files for one in rule.flags if one.kind == "terraform"]
        for number, files in enumerate((*examples, *(one.before for one in rule.mends)), start=1):
            with TemporaryDirectory() as directory:
                problems, findings, outcome = _fixed(rule, files, Path(directory).resolve(), given.validate)
            broken += bool(problems)
            left += bool(findings)
            clean += not findings
            state = "BROKEN" if problems else "left" if findings else "clean"
            print(f"{state:<7} {rule.id} {number}: {len(outcome.applied)} fixed, {findings} left")
            for one in outcome.refused:
                print(f"        not fixed: {one.fix.title}: {one.reason}")
            for problem in problems:
                print(f"        {problem}")
            if given.show:
                for path, content in outcome.contents.items():
                    print("  ", path)
                    print(content.decode())
    print(f"{clean} clean, {left} with findings that no fix mends, {broken} broken")
    sys.exit(1 if broken else 0)


def _fixed(rule: Rule, files: dict[str, str], top: Path, validate: str) -> tuple[list[str], int, Outcome]:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(unmarked(text), encoding="utf-8", newline="\n")
    was_formatted, was_valid = _formatted(top), not validate or _valid(top, validate)[0]
    outcome = fixed(lambda contents: checked_with(rule, top, contents), lambda path: Path(path).read_bytes(), LEVELS)
    for path, content in outcome.contents.items():
        Path(path).write_bytes(content)
    problems = [f"cannot be read: {error.reason}" for error in outcome.run.report.errors]
    if was_formatted and not _formatted(top):
        problems.append("terraform fmt changes it")
    if validate and was_valid:
        valid, told = _valid(top, validate)
        problems += [] if valid else [f"terraform validate: {told[:600]}"]
    return problems, len(outcome.run.report.findings), outcome


def _formatted(top: Path) -> bool:
    done = subprocess.run(["terraform", "fmt", "-check", "-recursive", str(top)], capture_output=True, check=False)
    return done.returncode == 0


def _valid(top: Path, validate: str) -> tuple[bool, str]:
    done = subprocess.run(shlex.split(validate), cwd=top, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    main()
