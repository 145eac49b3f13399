"""Every rule's examples are tests, its document matches the schema, and its page matches the examples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from iamlint import testing
from iamlint.documents import plain, read_yaml
from iamlint.location import SourceText
from iamlint.results.report import Report
from iamlint.rules.catalog import load_rules, shipped_folder
from iamlint.rules.rule import Example, Rule
from iamlint.testing import checked, run_examples

RULES, ERRORS = load_rules()
SCHEMA = json.loads((shipped_folder() / "rule.schema.json").read_text(encoding="utf-8"))


def test_all_rules_can_be_read() -> None:
    assert ERRORS == []
    assert len(RULES) >= 4


SHOWN = re.compile(r"^ *(\w+) = .*# iamlint: ignore\[([\w-]+)\] .*$", re.MULTILINE)


@pytest.mark.parametrize("rule", [rule for rule in RULES if SHOWN.search(rule.page.fix)], ids=lambda rule: rule.id)
def test_a_comment_that_a_fix_shows_accepts_the_finding(rule: Rule, check: Callable[..., Report]) -> None:
    shown = SHOWN.search(rule.page.fix)
    assert shown is not None
    argument, rules = shown.groups()
    assert rules == rule.slug
    text = next(one.files["main.tf"] for one in rule.page.flags if one.kind == "terraform")
    text, changed = re.subn(rf"^ *{argument} +=.*$", shown.group(), text, flags=re.MULTILINE)
    report = check({"main.tf": text}, select=(rule.slug,))
    assert changed == 1
    assert (report.findings, [one.finding.rule for one in report.accepted]) == ((), [rule.slug])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_examples_say_what_is_found(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding fills in every word of the message."""
    reports = []

    def noted(*given: Any) -> tuple[Report, set[tuple[str, int]]]:
        report, found = checked(*given)
        reports.append(report)
        return report, found

    monkeypatch.setattr(testing, "checked", noted)
    assert [f"{problem.at.line}: {problem.reason}" for problem in run_examples(rule)] == []
    assert len(reports) == len(rule.page.flags) + len(rule.page.passes)
    for finding in (finding for report in reports for finding in report.findings):
        assert "{" not in finding.message.replace("${", "")
        assert "Unknown(" not in finding.message


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_there_are_two_examples_of_each(rule: Rule) -> None:
    assert len(rule.page.flags) >= 2
    assert len(rule.page.passes) >= 2


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_document_fits_the_schema(rule: Rule) -> None:
    path = Path(rule.at.path)
    documents = read_yaml(SourceText(rule.at.path, path.read_text(encoding="utf-8")))
    assert isinstance(documents, tuple)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(plain(documents[0]))] == []


def examples() -> list[tuple[Rule, Example]]:
    return [(rule, example) for rule in RULES for example in rule.page.flags]


def test_the_first_four_rules_fire_whatever_the_facts_came_from() -> None:
    """Through a member, a binding, a policy document, a plan, and an export."""
    wanted = {"_iam_member", "_iam_binding", "_iam_policy", "plan", "export"}
    for slug in ("broad-token-creator", "broad-service-account-user"):
        rule = next(rule for rule in RULES if rule.slug == slug)
        found = {example.kind for example in rule.page.flags if example.kind != "terraform"}
        for example in rule.page.flags:
            text = "".join(example.files.values())
            found |= {form for form in wanted if example.kind == "terraform" and f'{form}"' in text}
        assert found == wanted, slug
