"""Policies whose keys Go's encoding/json reads in its own way: each is a grant, or an unknown that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iamlint.facts import AuditConfig
from iamlint.results.report import Report
from iamlint.sources import read
from iamlint.sources.reading import Options

Check = Callable[..., Report]
RULE = ("broad-token-creator",)
ROLE, EVE = "roles/iam.serviceAccountTokenCreator", "user:eve@example.com"

STALE = (
    f'{{"bindings": [{{}}, {{"members": ["{EVE}"]}}], "bindings": [{{}}], "bindings": [{{}}, {{"role": "{ROLE}"}}]}}'
)
"""Go decodes the last list into what it kept of the first."""


def policy(policy_data: str, kind: str = "google_project_iam_policy", target: str = 'project = "prod"') -> str:
    return f'variable "k" {{}}\nresource "{kind}" "p" {{\n  {target}\n  policy_data = {policy_data}\n}}\n'


def heredoc(text: str) -> str:
    return f"<<-E\n{text}\nE"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"Bindings": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}}',
        f'{{"BINDINGS": [{{"Role": "{ROLE}", "MEMBERS": ["{EVE}"]}}]}}',
        f'{{"binding\u017f": [{{"role": "{ROLE}", "member\u017f": ["{EVE}"]}}]}}',
        f'{{"binding\\u0073": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}}',
        f'{{"bindings": [], "Bindings": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}}',
        f'{{"bindings": [{{"role": "{ROLE}"}}], "bindings": [{{"members": ["{EVE}"]}}]}}',
        f'{{"bindings": [{{"role": "{ROLE}", "role": null, "members": ["{EVE}"]}}]}}',
        f'{{"bindings": [{{"role": "roles/browser", "ROLE": "{ROLE}", "members": ["{EVE}"]}}]}}',
        STALE,
    ],
)
def test_found(check: Check, text: str) -> None:
    report = check({"main.tf": policy(heredoc(text))}, select=RULE)
    assert [finding.address for finding in report.findings] == ["google_project_iam_policy.p"]
    report = check({"main.tf": policy('file("p.json")'), "p.json": text}, select=RULE)
    assert [finding.address for finding in report.findings] == ["google_project_iam_policy.p"]


@pytest.mark.parametrize(
    "text",
    [
        f'{{"bindings": [], "Comment": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}}',
        f'{{"bindings": [{{"role": "{ROLE}", "ROLE": "roles/browser", "members": ["{EVE}"]}}]}}',
        f'{{"bindings": [{{"role": "{ROLE}", "members": ["{EVE}"]}}], "Bindings": []}}',
        f'{{"bindings": [{{"role": "{ROLE}", "members": ["{EVE}"]}}], "bindings": null}}',
        f'{{"b\u0131ndings": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}}',
    ],
)
def test_not_granted(check: Check, text: str) -> None:
    report = check({"main.tf": policy(heredoc(text))}, select=RULE)
    assert not report.findings
    assert not report.unknown_answers


def test_structures_of_jsonencode(check: Check) -> None:
    text = f'jsonencode({{ Bindings = [{{ ROLE = "{ROLE}", Members = ["{EVE}"] }}] }})'
    report = check({"main.tf": policy(text, "google_folder_iam_policy", 'folder = "folders/42"')}, select=RULE)
    assert [finding.address for finding in report.findings] == ["google_folder_iam_policy.p"]


@pytest.mark.parametrize(
    "policy_data",
    [
        heredoc(f'{{"bind${{var.k}}": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}}'),
        heredoc(f'{{"bindings": [{{"${{var.k}}": "{ROLE}", "members": ["{EVE}"]}}]}}'),
        f'jsonencode({{ (var.k) = [{{ role = "{ROLE}", members = ["{EVE}"] }}] }})',
        'templatefile("t.tftpl", { key = var.k })',
        heredoc(f'{{"bindings": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}} trailing'),
    ],
)
def test_keys_that_are_not_known(check: Check, policy_data: str) -> None:
    template = f'{{"${{key}}": [{{"role": "{ROLE}", "members": ["{EVE}"]}}]}}'
    report = check({"main.tf": policy(policy_data), "t.tftpl": template}, select=RULE)
    assert not report.findings
    assert {unknown_answer.address for unknown_answer in report.unknown_answers if unknown_answer.rule} == {
        "google_project_iam_policy.p"
    }


def test_a_member_that_is_not_known_hides_no_other(check: Check) -> None:
    text = f'{{"bindings": [{{"role": "{ROLE}", "members": ["user:${{var.k}}", "{EVE}"]}}]}}'
    report = check({"main.tf": policy(heredoc(text))}, select=RULE)
    assert EVE in {finding.principal for finding in report.findings}


def test_audit_configurations(check: Check) -> None:
    text = '{"AuditConfigs": [{"Service": "allServices", "AUDITLOGCONFIGS": [{"LogType": "ADMIN_READ"}]}]}'
    check({"main.tf": policy(heredoc(text))})
    facts = read([Path()], Options()).facts
    assert [(one.service, one.log_types) for one in facts if isinstance(one, AuditConfig)] == [
        ("allServices", ("ADMIN_READ",))
    ]
