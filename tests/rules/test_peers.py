"""The map from other tools' checks to our rules: its names exist, and each id can be used instead of ours."""

from __future__ import annotations

from pages import peers

from iamlint.rules.catalog import load_rules, select_rules

RULES, _ = load_rules()
BY_SLUG = {rule.slug: rule for rule in RULES}


def test_every_rule_that_is_named_is_there() -> None:
    assert {slug for entry in peers() for slug in entry["rules"]} <= BY_SLUG.keys()


def test_no_check_is_there_twice() -> None:
    ids = [entry["id"] for entry in peers()]
    assert len(ids) == len(set(ids))


def test_a_check_is_an_alias_of_its_rules_and_every_alias_is_a_check() -> None:
    wanted = {(entry["id"], slug) for entry in peers() for slug in entry["rules"]}
    assert {(alias, rule.slug) for rule in RULES for alias in rule.aliases} == wanted


def test_a_check_selects_all_of_its_rules() -> None:
    chosen, errors = select_rules(RULES, ("CKV_GCP_41", "GCP-0003", "iam_sa_user_managed_key_rotate_90_days"))
    assert errors == []
    wanted = {"broad-token-creator", "broad-service-account-user", "direct-user-grant", "stale-key"}
    assert {rule.slug for rule in chosen} == wanted


def test_both_rules_about_missing_conditions_know_the_same_shared_issuers() -> None:
    """Each of the two rules reports what the other one leaves to it."""
    patterns = {slug: (BY_SLUG[slug].when or {})["provider"] for slug in CONDITIONS}
    assert patterns["unconditioned-provider"]["issuer"] == patterns["provider-without-condition"]["unless"]["issuer"]


CONDITIONS = ("unconditioned-provider", "provider-without-condition")


def test_every_tool_of_the_field_is_there() -> None:
    assert {entry["tool"] for entry in peers()} == {"checkov", "trivy", "KICS", "semgrep", "prowler"}
