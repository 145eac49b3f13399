"""The flagged examples of rules with fixes: each becomes clean, or the input does not determine the right change."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixing import applied, remaining, worst, write

from iamlint.fixes.mends import MENDS, mend_of, withheld
from iamlint.rules.catalog import load_rules

RULES = {rule.slug: rule for rule in load_rules(())[0] if rule.mends and not rule.acceptance}
GRANT = """resource "google_project_iam_member" "a" {
  project = "shop"
  role    = "%s"
  member  = "user:ana@example.com"
}
"""
BINDING = GRANT.replace("_member", "_binding").replace(
    'member  = "user:ana@example.com"', 'members = ["user:ana@example.com"]'
)
ROLE = "roles/iam.serviceAccountTokenCreator"
USED = """
resource "google_service_account" "deploy" {
  project    = "shop"
  account_id = "deploy"
}

provider "google" {
  impersonate_service_account = google_service_account.deploy.email
}
"""


@pytest.mark.parametrize("slug", RULES)
def test_no_fix_of_a_flagged_example_is_missing(slug: str, tmp_path: Path) -> None:
    rule = RULES[slug]
    examples = [one.files for one in rule.page.flags if one.kind == "terraform"]
    states = []
    for number, files in enumerate(examples):
        write(files, tmp_path / str(number))
        states.append(worst(remaining(rule, applied(rule, tmp_path / str(number)))))
    assert states
    assert "missing" not in states


@pytest.mark.parametrize("name", MENDS)
def test_a_fix_is_found_by_its_name(name: str) -> None:
    assert mend_of(name).__name__ == name


def test_a_reason_belongs_to_a_fix() -> None:
    assert set(withheld()) <= set(MENDS)
    assert all(one.reason and not one.reason.endswith(".") for some in withheld().values() for one in some)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (GRANT % ROLE, "withheld"),
        (GRANT % ROLE + USED, "clean"),
        (BINDING % ROLE + USED, "missing"),
    ],
)
def test_a_reason_is_true_of_the_example(text: str, state: str, tmp_path: Path) -> None:
    rule = RULES["broad-token-creator"]
    write({"main.tf": text}, tmp_path)
    assert worst(remaining(rule, applied(rule, tmp_path))) == state
