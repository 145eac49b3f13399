"""The controls and techniques that rules name: they are listed, they select rules, and every format carries them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from controls_page import controls

from iamlint.cli.program import program
from iamlint.rules.catalog import load_rules, select_rules

RULES, _ = load_rules()
PUBLIC = """
resource "google_storage_bucket_iam_member" "all" {
  bucket = "shop-site"
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}
"""


@pytest.mark.parametrize("standard", ["cis", "mitre"])
def test_every_control_of_a_rule_is_listed_once(standard: str) -> None:
    listed = [str(entry["id"]) for entry in controls()[standard]]
    assert len(listed) == len(set(listed))
    assert {one for rule in RULES for one in getattr(rule, standard)} <= set(listed)


def test_a_control_is_covered_or_says_why_not() -> None:
    covered = {one for rule in RULES for one in rule.cis}
    assert [
        entry["id"] for entry in controls()["cis"] if str(entry["id"]) not in covered and not entry.get("note")
    ] == []


def test_every_listed_technique_has_a_rule() -> None:
    assert {str(entry["id"]) for entry in controls()["mitre"]} <= {one for rule in RULES for one in rule.mitre}


def test_standards_select_rules_also_pedantic_ones() -> None:
    chosen, errors = select_rules(RULES, ["cis"])
    assert errors == []
    assert [rule.id for rule in chosen] == [rule.id for rule in RULES if rule.cis]
    assert any(rule.pedantic for rule in chosen)
    chosen, errors = select_rules(RULES, ["cis-1.7", "T1562.008"])
    wanted = {"broad-token-creator", "broad-service-account-user", "incomplete-audit-config", "missing-audit-config"}
    assert (errors, {rule.slug for rule in chosen}) == ([], wanted)


def test_standards_are_ignored_by_the_same_names() -> None:
    chosen, errors = select_rules(RULES, ["cis"], ["mitre"])
    assert errors == []
    assert all(not rule.mitre for rule in chosen)


def test_a_control_without_a_rule_is_an_error() -> None:
    _, errors = select_rules(RULES, ["cis-9.9"])
    assert [error.reason for error in errors] == ["no rule or family is called `cis-9.9`"]


def test_sarif_has_them_as_tags(tmp_path: Path) -> None:
    path = tmp_path / "main.tf"
    path.write_text(PUBLIC, encoding="utf-8")
    done = CliRunner().invoke(program, ["check", str(path), "--select", "cis-5.1", "--format", "sarif"])
    (rule,) = json.loads(done.stdout)["runs"][0]["tool"]["driver"]["rules"]
    assert {"external/cis-gcp/5.1", "external/mitre-attack/T1530"} <= set(rule["properties"]["tags"])


def test_lists_and_pages_of_rules_show_them() -> None:
    run = CliRunner().invoke
    (listed,) = json.loads(run(program, ["rules", "--select", "stale-key", "--format", "json"]).stdout)
    assert (listed["cis"], listed["mitre"]) == (["1.5", "1.8"], ["T1552.001"])
    assert "(CIS 1.5, CIS 1.8, T1552.001)" in run(program, ["rules", "--select", "stale-key"]).stdout
    page = run(program, ["explain", "stale-key"]).stdout
    assert "CIS Google Cloud Platform Foundation Benchmark 5.0: 1.5, 1.8" in page
    assert "https://attack.mitre.org/techniques/T1552/001/" in page
