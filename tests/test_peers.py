"""The map from other tools' checks to ours: it names what is there, and each id can be used in the place of ours."""

from __future__ import annotations

from iamlint.catalog import load_rules, select_rules
from iamlint.pages import peers

RULES, _ = load_rules()
BY_SLUG = {rule.slug: rule for rule in RULES}


def test_every_rule_that_is_named_is_there() -> None:
    assert {slug for entry in peers() for slug in entry["rules"]} <= BY_SLUG.keys()


def test_no_check_is_there_twice() -> None:
    ids = [entry["id"] for entry in peers()]
    assert len(ids) == len(set(ids))


def test_a_check_is_an_alias_of_the_first_rule_and_every_alias_is_a_check() -> None:
    wanted = {entry["id"]: entry["rules"][0] for entry in peers()}
    assert {alias: rule.slug for rule in RULES for alias in rule.aliases} == wanted


def test_the_ids_can_be_selected() -> None:
    chosen, errors = select_rules(RULES, ("CKV_GCP_41", "GCP-0003", "iam_sa_no_user_managed_keys"))
    assert errors == []
    assert {rule.slug for rule in chosen} == {"broad-token-creator", "direct-user-grant", "user-managed-key"}


def test_every_tool_of_the_field_is_there() -> None:
    assert {entry["tool"] for entry in peers()} == {"checkov", "trivy", "KICS", "semgrep", "prowler"}
