"""Fixes the flagged Terraform of every rule with fixes, and holds the result against Terraform itself.

    python bench/fixing.py [RULE]... [--validate COMMAND]

For each flagged example: the fixes are applied, safe and unsafe. Then `terraform fmt -check` must accept the files if
it accepted them before, and so must the command, which runs in the directory of the example:
`sh -c 'terraform init && terraform validate'`, with a provider at hand. A finding that is left has a
suggestion, or one of the reasons in `iamlint rules --fixable`, which the fix found in the example; otherwise a fix is
missing. Exits with 1 if a fix breaks something or is missing.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from iamlint.edits import Safety
from iamlint.fixes.mends import withheld
from iamlint.fixes.proof import Outcome, fixed
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Rule
from iamlint.testing import checked_with, unmarked

STATES = ("clean", "suggested", "withheld", "missing", "BROKEN")
LEVELS: frozenset[Safety] = frozenset({"safe", "unsafe"})


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("rules", nargs="*")
    options.add_argument("--validate", default="")
    options.add_argument("--show", action="store_true")
    given = options.parse_args()
    rules, _ = load_rules(())
    count = Counter[str]()
    for rule in rules:
        if not rule.mends or (given.rules and rule.slug not in given.rules):
            continue
        examples = [one.files for one in rule.page.flags if one.kind == "terraform"]
        for number, files in enumerate((*examples, *(one.before for one in rule.page.mended)), start=1):
            with TemporaryDirectory() as directory:
                problems, outcome = _fixed(rule, files, Path(directory).resolve(), given.validate)
            left = list(remaining(rule, outcome))
            state = "BROKEN" if problems else worst(left)
            count[state] += 1
            print(f"{state:<9} {rule.id} {number}: {len(outcome.applied)} fixed, {len(left)} left")
            for how, why in left:
                print(f"          {how}: {why}")
            for one in outcome.refused:
                print(f"        not fixed: {one.fix.title}: {one.reason}")
            for problem in problems:
                print(f"        {problem}")
            if given.show:
                for path, content in outcome.contents.items():
                    print("  ", path)
                    print(content.decode())
    print(", ".join(f"{count[state]} {state}" for state in STATES))
    sys.exit(1 if count["missing"] or count["BROKEN"] else 0)


def worst(left: Iterable[tuple[str, str]]) -> str:
    """Return the state of an example from what is left: the worst of its findings."""
    return max((how for how, _ in left), key=STATES.index, default="clean")


def remaining(rule: Rule, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield for each finding after the fixes its state and why: a suggestion, a reason for no fix, or neither."""
    listed = {one.reason for mending in rule.mends for one in withheld().get(mending.by, ())}
    reasons = {(one.rule, one.message): why for one, why in outcome.run.withheld}
    for one in outcome.run.report.findings:
        why = reasons.get((one.rule, one.message))
        if one.fix and one.fix.safety == "suggestion":
            yield "suggested", one.fix.title
        elif why in listed:
            yield "withheld", str(why)
        else:
            yield "missing", one.message


def write(files: Mapping[str, str], top: Path) -> None:
    """Write an example, without its marks, below a directory."""
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(unmarked(text), encoding="utf-8", newline="\n")


def applied(rule: Rule, top: Path) -> Outcome:
    """Return what the safe and unsafe fixes of a rule make of a directory."""
    return fixed(lambda contents: checked_with(rule, top, contents), lambda path: Path(path).read_bytes(), LEVELS)


def _fixed(rule: Rule, files: Mapping[str, str], top: Path, validate: str) -> tuple[list[str], Outcome]:
    write(files, top)
    was_formatted, was_valid = _formatted(top), not validate or _valid(top, validate)[0]
    outcome = applied(rule, top)
    for path, content in outcome.contents.items():
        Path(path).write_bytes(content)
    problems = [f"cannot be read: {error.reason}" for error in outcome.run.report.errors]
    if was_formatted and not _formatted(top):
        problems.append("terraform fmt changes it")
    if validate and was_valid:
        valid, told = _valid(top, validate)
        problems += [] if valid else [f"terraform validate: {told[:600]}"]
    return problems, outcome


def _formatted(top: Path) -> bool:
    done = subprocess.run(["terraform", "fmt", "-check", "-recursive", str(top)], capture_output=True, check=False)
    return done.returncode == 0


def _valid(top: Path, validate: str) -> tuple[bool, str]:
    done = subprocess.run(shlex.split(validate), cwd=top, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    main()
