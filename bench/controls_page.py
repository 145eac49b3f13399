"""Writes the page of controls of the CIS benchmark and techniques of MITRE ATT&CK, with the rules that name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from iamlint.rules.rule import Rule

SOURCE = Path(__file__).parents[1] / "docs" / "controls.yaml"


def controls() -> Mapping[str, list[dict[str, Any]]]:
    """The entries of ``docs/controls.yaml``: id, what, and a note; under "cis" and "mitre"."""
    found: Mapping[str, list[dict[str, Any]]] = yaml.load(SOURCE.read_bytes(), yaml.CSafeLoader)
    return found


def controls_page(rules: Iterable[Rule]) -> str:
    """The page, as Markdown."""
    return "\n".join(_page(tuple(rules))) + "\n"


def _page(rules: tuple[Rule, ...]) -> Iterator[str]:
    listed = controls()
    yield "# Controls and techniques"
    yield ""
    yield "Which rules check which control of the CIS Google Cloud Platform Foundation Benchmark 5.0, and which"
    yield "techniques of [MITRE ATT&CK](https://attack.mitre.org/matrices/enterprise/cloud/) findings make possible."
    yield "`--select cis` runs all rules of the first table, pedantic ones included, `--select cis-1.7` those of one"
    yield "control, `--select T1548.005` those of a technique. SARIF has both as tags, `iamlint rules --format json` as"
    yield "lists. Not covered means that iamlint does not check it; the reason follows."
    yield ""
    yield "Generated from [`controls.yaml`](controls.yaml) and the rules by `python bench/pages.py`."
    yield from ("", "## CIS Google Cloud Platform Foundation Benchmark 5.0", "")
    yield from ("| control | what it asks for | covered by |", "| --- | --- | --- |")
    for entry in listed["cis"]:
        named = [rule for rule in rules if str(entry["id"]) in rule.cis]
        yield f"| {entry['id']} | {entry['what']} | {_covered(entry, named)} |"
    yield from ("", "## MITRE ATT&CK", "", "| technique | name | rules |", "| --- | --- | --- |")
    for entry in listed["mitre"]:
        name = str(entry["id"])
        address = f"https://attack.mitre.org/techniques/{name.replace('.', '/')}/"
        yield f"| [{name}]({address}) | {entry['what']} | {_links(one for one in rules if name in one.mitre)} |"


def _covered(entry: Mapping[str, Any], rules: list[Rule]) -> str:
    note = entry.get("note", "")
    if not rules:
        return f"not covered: {note}"
    return _links(rules) + (f"; {note}" if note else "")


def _links(rules: Iterable[Rule]) -> str:
    return ", ".join(f"[`{rule.slug}`](rules/{rule.id}.md)" for rule in rules)
