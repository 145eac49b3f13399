"""Unknown attributes of a plan that are not configured do not count as arguments; configured ones are unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import Attachment, CustomRole
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown

ADDRESS = "google_project_iam_custom_role.x"
AFTER = {"project": "shop", "role_id": "tokens", "title": "Tokens", "permissions": ["iam.roles.get"]}


def role(tmp_path: Path, expressions: dict[str, Any] | None) -> CustomRole:
    """The role of a plan that does not know its stage."""
    change = {"actions": ["create"], "before": None, "after": AFTER, "after_unknown": {"stage": True}}
    entry = {"address": ADDRESS, "mode": "managed", "type": "google_project_iam_custom_role", "name": "x"}
    document: dict[str, Any] = {"format_version": "1.2", "resource_changes": [{**entry, "change": change}]}
    if expressions is not None:
        block = {"address": ADDRESS, "provider_config_key": "google", "expressions": expressions}
        document["configuration"] = {"provider_config": {}, "root_module": {"resources": [block]}}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    (found,) = (fact for fact in read([path], Options()).facts if isinstance(fact, CustomRole))
    return found


CONSTANTS = {name: {"constant_value": value} for name, value in AFTER.items()}


def test_the_provider_fills_in_what_is_not_configured(tmp_path: Path) -> None:
    assert role(tmp_path, CONSTANTS).stage == "GA"


@pytest.mark.parametrize("expressions", [None, {**CONSTANTS, "stage": {"references": ["var.stage"]}}])
def test_what_may_be_configured_is_unknown(tmp_path: Path, expressions: dict[str, Any] | None) -> None:
    assert isinstance(role(tmp_path, expressions).stage, Unknown)


COMPUTE, OWN = "1234567-compute@developer.gserviceaccount.com", "web@shop.iam.gserviceaccount.com"
SERVICE = """resource "google_cloud_run_v2_service" "x" {
  name    = "web"
  project = "shop"
  template {
    service_account = %s
  }
}
"""


@pytest.mark.parametrize("document", ["plan", "plan beside", "state beside"])
@pytest.mark.parametrize(
    ("account", "written", "expected"),
    [(COMPUTE, None, (None, "compute")), (COMPUTE, COMPUTE, (COMPUTE, "compute")), (OWN, None, (OWN, None))],
)
def test_the_provider_fills_in_the_default_account(
    tmp_path: Path, document: str, account: str, written: str | None, expected: tuple[str | None, str | None]
) -> None:
    head = {"mode": "managed", "type": "google_cloud_run_v2_service", "name": "x"}
    values = {"name": "web", "project": "shop", "template": [{"service_account": account}]}
    if "beside" in document:
        (tmp_path / "main.tf").write_text(SERVICE % json.dumps(written))
    if document == "state beside":
        text = {
            "version": 4,
            "serial": 1,
            "lineage": "a",
            "resources": [{**head, "instances": [{"attributes": values}]}],
        }
        path = tmp_path / "terraform.tfstate"
    else:
        template = {"service_account": {"constant_value": written}} if written else {}
        block = {"address": "google_cloud_run_v2_service.x", **head, "expressions": {"template": [template]}}
        change = {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}}
        entry = {"address": "google_cloud_run_v2_service.x", **head, "change": change}
        text = {"format_version": "1.2", "resource_changes": [entry]}
        text["configuration"] = {"provider_config": {}, "root_module": {"resources": [block]}}
        path = tmp_path / "plan.json"
    path.write_text(json.dumps(text))
    (found,) = (fact for fact in read([path], Options()).facts if isinstance(fact, Attachment))
    assert (found.account, found.default) == expected


@pytest.mark.parametrize("scope", ["cloud-platform", "https://www.googleapis.com/auth/cloud-platform"])
def test_the_long_form_of_a_scope_makes_no_second_attachment(tmp_path: Path, scope: str) -> None:
    account = f'service_account {{\n    email  = "{OWN}"\n    scopes = ["{scope}"]\n  }}'
    head = {"mode": "managed", "type": "google_compute_instance", "name": "x"}
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    values = {"name": "vm", "project": "shop", "service_account": [{"email": OWN, "scopes": scopes}]}
    resource = {**head, "instances": [{"attributes": values}]}
    (tmp_path / "main.tf").write_text(
        f'resource "google_compute_instance" "x" {{\n  name = "vm"\n  project = "shop"\n  {account}\n}}\n'
    )
    (tmp_path / "terraform.tfstate").write_text(
        json.dumps({"version": 4, "serial": 1, "lineage": "a", "resources": [resource]})
    )
    assert len([fact for fact in read([tmp_path], Options()).facts if isinstance(fact, Attachment)]) == 1
