"""Defaults that the variable's own validation refuses: somebody must set the variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

NODES = """
resource "google_compute_instance" "vm" {
  name = "vm"
  zone = "europe-west1-b"

  service_account {
    email  = var.account
    scopes = ["cloud-platform"]
  }
}
"""


def variable(condition: str, more: str = "", default: str = '""') -> str:
    return f"""
variable "account" {{
  default = {default}

  validation {{
    condition     = {condition}
    error_message = "An account is needed."
  }}
}}
{more}
"""


def reasons(check: Check, text: str) -> tuple[int, list[str]]:
    report = check({"main.tf": text + NODES}, select=("full-api-scope",))
    assert report.errors == ()
    return len(report.findings), [answer.reason for answer in report.unknown_answers]


REFUSED = "var.account has only a default that its validation refuses"


@pytest.mark.parametrize(
    "text",
    [
        variable('var.account != ""'),
        variable('can(regex("@", var.account))'),
        variable('var.create || var.account != ""', 'variable "create" {\n  default = false\n}'),
        # Two variables whose validations name each other.
        variable(
            "var.account != var.other",
            'variable "other" {\n  default = ""\n  validation {\n    condition = var.other != var.account\n'
            '    error_message = "The two differ."\n  }\n}',
        ),
    ],
)
def test_a_refused_default_is_no_value(check: Check, text: str) -> None:
    findings, why = reasons(check, text)
    assert findings == 0
    assert len(why) == 1
    assert REFUSED in why[0]


@pytest.mark.parametrize(
    "text",
    [
        variable('var.account == "" || can(regex("@", var.account))'),
        variable('var.create || var.account != ""', 'variable "create" {\n  default = true\n}'),
        # What depends on more than variables is not decided here.
        variable('local.needed == false || var.account != ""', "locals {\n  needed = true\n}"),
        variable('var.missing != ""'),
    ],
)
def test_other_defaults_are_the_value(check: Check, text: str) -> None:
    assert reasons(check, text) == (1, [])


def test_a_given_value_counts(check: Check) -> None:
    files = {"main.tf": variable('var.account != ""') + NODES, "terraform.tfvars": 'account = "ci@shop.test"\n'}
    report = check(files, select=("full-api-scope",))
    assert (report.findings, report.unknown_answers) == ((), ())


def test_the_cause_names_the_variable(check: Check) -> None:
    report = check({"main.tf": variable('var.account != ""') + NODES}, select=("full-api-scope",))
    (cause,) = report.by_cause
    assert (cause.kind.slug, cause.subjects) == ("variable", ("var.account",))


def test_a_null_default_within_a_text_names_its_variable(check: Check) -> None:
    nodes = NODES.replace("= var.account", '= "${var.account}@shop.iam.gserviceaccount.com"')
    report = check({"main.tf": f'variable "account" {{\n  default = null\n}}\n{nodes}'}, select=("full-api-scope",))
    (why,) = report.unknown_answers
    assert "var.account is null in a string" in why.reason
