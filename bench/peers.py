"""Compares our rules with other tools' own test fixtures, by the map in docs/peers.yaml.

    python bench/peers.py CHECKOV_CHECKOUT TRIVY_CHECKS_CHECKOUT SEMGREP_RULES_CHECKOUT

For each check: on how many resources of its fixtures the verdicts agree, and where they do not. Checkov names the
resources that pass and fail next to its examples; trivy has good and bad examples, each a text; semgrep says before a
resource whether its rule fires.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pages import peers

from iamlint.linter import lint
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

RULES, _ = select_rules(load_rules()[0], ("default", "pedantic"))
INDEX = re.compile(r"\[[^\]]*\]")
REFERENCE = re.compile(r"\$\{(.+?)\.\w+\}")
"""A reference to a resource by an attribute of its block."""


@dataclass
class Outcome:
    agree: int = 0
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)


def addresses(directory: Path, slugs: set[str]) -> set[str]:
    """Return the resources that these rules report, without instance keys, and those that a reported grant is on."""
    report = lint(read([directory], Options()), [rule for rule in RULES if rule.slug in slugs])
    found = {INDEX.sub("", finding.address or finding.message) for finding in report.findings}
    names = (str(finding.resource) for finding in report.findings)
    return found | {INDEX.sub("", name) for text in names for name in REFERENCE.findall(text)}


def written(text: str, slugs: set[str]) -> set[str]:
    with TemporaryDirectory() as directory:
        Path(directory, "main.tf").write_text(text)
        return addresses(Path(directory), slugs)


# -- checkov -------------------------------------------------------------------------------------------------------


def checkov(top: Path, check: str, slugs: set[str]) -> Outcome:
    outcome = Outcome()
    for expected, directory in examples(top, check):
        found = addresses(directory, slugs)
        for name in expected["fail"]:
            if name in found:
                outcome.agree += 1
            else:
                outcome.missed.append(f"{directory.name}: {name}")
        for name in expected["pass"]:
            if name in found:
                outcome.extra.append(f"{directory.name}: {name}")
            else:
                outcome.agree += 1
    for name, text, fails in inline(top, check):
        found = written(text, slugs)
        if bool(found) == fails:
            outcome.agree += 1
        else:
            (outcome.missed if fails else outcome.extra).append(f"{name}: {text.strip().splitlines()[0]}")
    return outcome


def examples(top: Path, check: str) -> Iterator[tuple[dict[str, set[str]], Path]]:
    """The directories of examples of a check, with the resources that pass and fail."""
    for test in tests(top, check):
        tree = ast.parse(test.read_text())
        names = {
            target.id: {
                one.value
                for one in ast.walk(node.value)
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        strings = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for name in strings:
            directory = test.parent / name.strip("/")
            if name.strip("/").startswith("example_") and directory.is_dir():
                yield (
                    {"pass": names.get("passing_resources", set()), "fail": names.get("failing_resources", set())},
                    directory,
                )
    for policy in (top / "checkov/terraform/checks/graph_checks/gcp").glob("*.yaml"):
        if f'"{check}"' not in policy.read_text():
            continue
        directory = top / "tests/terraform/graph/checks/resources" / policy.stem
        if (directory / "expected.yaml").exists():
            said = yaml.safe_load((directory / "expected.yaml").read_text())
            yield {kind: set(said.get(kind) or ()) for kind in ("pass", "fail")}, directory


def tests(top: Path, check: str) -> list[Path]:
    """Return the test files of a check: those that import its module, which may be named as another cloud's."""
    modules = [
        path.stem for path in (top / "checkov/terraform/checks").rglob("gcp/*.py") if f'"{check}"' in path.read_text()
    ]
    return sorted(
        path
        for path in (top / "tests/terraform/checks").rglob("gcp/test_*.py")
        if any(re.search(rf"\b{module}\b", path.read_text()) for module in modules)
    )


def inline(top: Path, check: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the texts that tests parse themselves: the test's name says what is expected."""
    for test in tests(top, check):
        for function in ast.walk(ast.parse(test.read_text())):
            if not isinstance(function, ast.FunctionDef) or not re.search("fail|success|pass", function.name):
                continue
            texts = [
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            for text in texts:
                if 'resource "google' in text:
                    yield function.name, text, "fail" in function.name


# -- trivy ---------------------------------------------------------------------------------------------------------


def trivy(top: Path, check: str, slugs: set[str]) -> Outcome:
    outcome = Outcome()
    for rego in (top / "checks/cloud/google").rglob("*.rego"):
        if f"id: {check}\n" not in rego.read_text() or rego.stem.endswith("_test"):
            continue
        said: dict[str, Any] = yaml.safe_load(rego.with_suffix(".yaml").read_text())["terraform"]
        for kind in ("good", "bad"):
            for text in said.get(kind, ()):
                found = written(text, slugs)
                if bool(found) == (kind == "bad"):
                    outcome.agree += 1
                else:
                    first = next(line for line in text.splitlines() if line.startswith(("resource", "data")))
                    (outcome.missed if kind == "bad" else outcome.extra).append(
                        f"{kind} example: {first} {sorted(found)}"
                    )
    return outcome


# -- semgrep -------------------------------------------------------------------------------------------------------

MARKED = re.compile(r'# *(ok|ruleid): *([\w-]+)[^\n]*\nresource "(\w+)" "([\w-]+)"')


def semgrep(top: Path, check: str, slugs: set[str]) -> Outcome:
    outcome = Outcome()
    text = (top / "terraform/gcp/security" / f"{check}.tf").read_text()
    found = written(text, slugs)
    for kind, rule, type_, name in MARKED.findall(text):
        address = f"{type_}.{name}"
        if rule != check:
            continue
        if (address in found) == (kind == "ruleid"):
            outcome.agree += 1
        else:
            (outcome.missed if kind == "ruleid" else outcome.extra).append(address)
    return outcome


def main() -> None:
    judges = {"checkov": checkov, "trivy": trivy, "semgrep": semgrep}
    tops = {tool: (judge, Path(top)) for (tool, judge), top in zip(judges.items(), sys.argv[1:], strict=False)}
    total, unseen = Outcome(), []
    for entry in peers():
        if entry["tool"] not in tops:
            continue
        judge, top = tops[entry["tool"]]
        outcome = judge(top, entry["id"], set(entry["rules"]))
        total.agree += outcome.agree
        if not (outcome.agree or outcome.missed or outcome.extra):
            unseen.append(entry["id"])
        print(f"{entry['id']:12} {outcome.agree:3} agree, {len(outcome.missed)} missed, {len(outcome.extra)} extra")
        for kind, names in (("missed", outcome.missed), ("extra", outcome.extra)):
            for name in names:
                print(f"             {kind}: {name}")
        if outcome.missed or outcome.extra:
            print(f"             on purpose: {entry.get('note', '(no reason is given)')}")
        total.missed += outcome.missed
        total.extra += outcome.extra
    print(f"all: {total.agree} agree, {len(total.missed)} missed, {len(total.extra)} extra")
    if unseen:
        sys.exit(f"no fixture of {', '.join(unseen)} was found: are the checkouts whole?")


if __name__ == "__main__":
    main()
