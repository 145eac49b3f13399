"""The instructions on a rule's page work: its Terraform is clean, its commands exist."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from iamlint.finding import SEVERITIES
from iamlint.linter import lint
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.rules.rule import Rule
from iamlint.sources import read
from iamlint.sources.reading import Options

RULES = load_rules()[0]
DEFAULT = select_rules(RULES)[0]
LEFT = {("stale-key", "user-managed-key")}
"""A new key is a key: the page of the first says to do without one where that is possible."""
_TERRAFORM = re.compile(r"(?:#.*\n)*(?:resource|data|locals|module|variable|provider|terraform|moved|removed)\b")


def blocks(rule: Rule) -> Iterator[str]:
    """Yield the indented blocks of a fix."""
    for found in re.findall(r"(?:^    .*\n(?:^(?:    .*)?\n)*)", f"{rule.page.fix}\n", re.MULTILINE):
        yield textwrap.dedent(found).strip("\n") + "\n"


TERRAFORM = [(rule, block) for rule in RULES for block in blocks(rule) if _TERRAFORM.match(block)]
OTHERS = [(rule, block) for rule in RULES for block in blocks(rule) if not _TERRAFORM.match(block)]


def test_most_rules_say_it_in_terraform() -> None:
    assert len({rule.slug for rule, _ in TERRAFORM}) > len(RULES) * 0.7


@pytest.mark.parametrize(("rule", "block"), TERRAFORM, ids=[rule.slug for rule, _ in TERRAFORM])
def test_the_terraform_of_a_fix_is_clean(rule: Rule, block: str, tmp_path: Path) -> None:
    """The rule itself reports nothing, and no default rule anything of weight: no mistake is traded for another."""
    (tmp_path / "main.tf").write_text(block, encoding="utf-8")
    own = () if rule in DEFAULT else (rule,)
    report = lint(read([tmp_path], Options()), (*DEFAULT, *own))
    assert report.errors == ()
    weighty = SEVERITIES[: SEVERITIES.index("medium") + 1]
    found = {(rule.slug, one.rule) for one in report.findings if one.rule == rule.slug or one.severity in weighty}
    assert found <= LEFT


@pytest.mark.parametrize(("rule", "block"), OTHERS, ids=[rule.slug for rule, _ in OTHERS])
def test_the_rest_of_a_fix_is_a_command_or_a_piece_of_a_file(rule: Rule, block: str) -> None:
    first = block.split(maxsplit=1)[0]
    if first in ("gcloud", "iamlint", "terraform"):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            words = shlex.split(line)
            assert words[0] in ("gcloud", "iamlint", "terraform"), line
            assert all(re.fullmatch(r"--[a-z-]+(=.*)?", word) for word in words if word.startswith("--")), line
    elif re.match(r"[\w-]+:(\s|$)", block):
        assert yaml.safe_load(block)
    else:
        assert re.match(r"[\w.]+\s*=", block), block
