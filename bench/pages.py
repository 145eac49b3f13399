"""Writes the generated files: a page for each rule, their index, the language of rules with its schema, and others.

    python bench/pages.py           # writes them
    python bench/pages.py --check   # prints the outdated ones, and exits with 1

The others are the methods, the errors, the controls, and the blocks of the README.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner
from configuration_page import configuration_page, report_page, schema_copies
from controls_page import controls_page
from error_page import errors_page
from rule_language import SCHEMA, language_page, schema_text

from iamlint.cli.program import program
from iamlint.diagnosis.asked.identity_files import read_input
from iamlint.diagnosis.asking import Asked, answered
from iamlint.diagnosis.output.text_answer import answer_text
from iamlint.reporters.listings.methods import methods_page
from iamlint.reporters.page import rule_page
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Rule
from iamlint.sources.reading import Options

ROOT = Path(__file__).parents[1]
EXAMPLE, DEPLOYER = "testdata/readme", "deployer@shop-prod.iam.gserviceaccount.com"
STORY = "testdata/story"
FAMILIES = {
    "impersonation": "Grants that let a principal become a service account",
    "custom-roles": "Custom roles that give more than they seem to",
    "chains": "Chains of delegation",
    "federation": "Identities from outside Google Cloud",
    "keys": "Long-lived credentials",
    "default-accounts": "Default accounts in use",
    "services": "What the IAM Credentials API needs",
    "conditions": "Conditions and deny policies that do not do what they say",
    "exposure": "Grants to the public, to domains, to personal accounts",
    "hygiene": "Policies that conflict, miss settings, or grant too much",
    "acceptance": "Acceptance without a finding, or after its last day",
}


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or check them; returns the exit code."""
    checking = "--check" in (sys.argv[1:] if arguments is None else arguments)
    rules, errors = load_rules()
    stale = [str(error) for error in errors]
    wanted = generated(rules)
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
            if not checking:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    for path in sorted(set((ROOT / "docs" / "rules").rglob("*.md")) - wanted.keys()):
        stale.append(str(path.relative_to(ROOT)))
        if not checking:
            path.unlink()
    print("\n".join(stale))
    return 1 if checking and stale else 0


def generated(rules: Iterable[Rule]) -> Mapping[Path, str]:
    """Every generated file, with the text that it should have."""
    rules = tuple(rules)
    pages = ROOT / "docs" / "rules"
    readme = ROOT / "README.md"
    story = {"diagnose": _story()}
    blocks = {"screen": _screen("check", EXAMPLE), "who": _console("who", DEPLOYER, EXAMPLE)}
    diagnose, start = ROOT / "docs" / "diagnose.md", ROOT / "docs" / "index.md"
    finding = {"finding": _screen("check", EXAMPLE, "-q", "--select", "broad-token-creator")}
    return {
        **{pages / f"{rule.id}.md": rule_page(rule) for rule in rules},
        pages / "README.md": "\n".join(_index(rules)) + "\n",
        ROOT / "docs" / "controls.md": controls_page(rules),
        ROOT / "docs" / "configuration.md": configuration_page(),
        ROOT / "docs" / "json.md": report_page(),
        **schema_copies(ROOT / "docs"),
        ROOT / "docs" / "403.md": errors_page(),
        ROOT / "docs" / "methods.md": methods_page(),
        ROOT / "docs" / "rule-language.md": language_page(),
        SCHEMA: schema_text(),
        ROOT / "docs" / "peers.md": "\n".join(_peers(rules)) + "\n",
        diagnose: _with_blocks(diagnose.read_text(encoding="utf-8"), story),
        start: _with_blocks(start.read_text(encoding="utf-8"), finding),
        readme: _with_blocks(readme.read_text(encoding="utf-8"), blocks),
    }


def _index(rules: tuple[Rule, ...]) -> Iterator[str]:
    yield "# The rules"
    yield ""
    yield "Generated from the documents in [`rules/`](../../rules) by `python bench/pages.py`."
    for family, members in groupby(_by_family(rules), key=lambda rule: rule.family):
        yield from ("", f"## {family}", "", f"{FAMILIES.get(family, family)}.", "")
        yield _table(tuple(members), ".")


def _peers(rules: tuple[Rule, ...]) -> Iterator[str]:
    """The names of other tools' checks here."""
    yield "# Coming from another tool"
    yield ""
    yield "Each check of these tools in the field of IAM, and the rules that say the same here. They have the check's"
    yield "id for an alias: `--select`, `--ignore`, ignore comments and the configuration take it, and mean all rules"
    yield "of the line, pedantic ones included. Where we differ, we do so on purpose, and the line says why."
    yield ""
    yield "Generated from [`peers.yaml`](peers.yaml) by `python bench/pages.py`."
    ids = {rule.slug: rule.id for rule in rules}
    for tool, entries in groupby(peers(), key=lambda entry: entry["tool"]):
        yield from ("", f"## {tool}", "", "| check | what it looks for | here |", "| --- | --- | --- |")
        for entry in entries:
            ours = ", ".join(f"[`{slug}`](rules/{ids[slug]}.md)" for slug in entry["rules"])
            note = f" {entry['note']}" if "note" in entry else ""
            yield f"| `{entry['id']}` | {entry['what']} | {ours}{'.' if note else ''}{note} |"


def peers() -> list[dict[str, Any]]:
    """The entries of ``docs/peers.yaml``: tool, id, what, rules, and a note where we differ."""
    found: list[dict[str, Any]] = yaml.load((ROOT / "docs" / "peers.yaml").read_bytes(), yaml.CSafeLoader)
    return found


def _by_family(rules: Iterable[Rule]) -> list[Rule]:
    order = list(FAMILIES)
    return sorted(rules, key=lambda rule: (order.index(rule.family) if rule.family in order else len(order), rule.id))


def _table(rules: tuple[Rule, ...], folder: str) -> str:
    rows = ["| rule | severity | what is wrong |", "| --- | --- | --- |"]
    for rule in _by_family(rules):
        severity = f"{rule.severity}, pedantic" if rule.pedantic else rule.severity
        rows.append(f"| [`{rule.id}`]({folder}/{rule.id}.md) | {severity} | {rule.title} |")
    return "\n".join(rows)


def _screen(*command: str) -> str:
    """Return the output of a command of the README."""
    return f"```text\n{_output(command)}\n```"


def _console(*command: str) -> str:
    """Return a command of the README and its output."""
    return f"```console\n$ iamlint {' '.join(command)}\n{_output(command)}\n```"


def _output(command: tuple[str, ...]) -> str:
    with contextlib.chdir(ROOT):
        done = CliRunner().invoke(program, command, env={"NO_COLOR": "1"})
    return done.stdout.rstrip()


def _story() -> str:
    """Return the output of ``iamlint diagnose`` for the README's example."""
    with contextlib.chdir(ROOT):
        given = read_input([Path(STORY)], Options(folders_are_named=True))
        error = (Path(STORY) / "error.txt").read_text(encoding="utf-8")
        answer = answered(Asked(as_of=date(2026, 1, 1), error=error), given, catalog())
    return f"```text\n{answer_text(answer, given.reading.texts, color=False).rstrip()}\n```"


def _with_blocks(text: str, blocks: Mapping[str, str]) -> str:
    def written(found: re.Match[str]) -> str:
        return f"{found[1]}{blocks[found[2]]}\n{found[3]}"

    return re.sub(r"(<!-- (\w+): begin -->\n).*?(<!-- \2: end -->)", written, text, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
