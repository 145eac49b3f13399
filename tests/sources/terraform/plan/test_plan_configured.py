"""Unknown attributes of a plan that are not configured are no arguments; configured ones are unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import CustomRole
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
