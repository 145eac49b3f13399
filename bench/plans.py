"""Plans of a chosen size, with all their parts."""

from __future__ import annotations

import json


def plan_of(count: int) -> str:
    """Return a plan, with all its parts, that grants a role to as many people."""
    changes, planned, written = [], [], []
    provider = "registry.terraform.io/hashicorp/google"
    for number in range(count):
        name, kind = f"m{number}", "google_project_iam_member"
        head = {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}
        known = {"project": f"p{number}", "role": "roles/viewer", "member": f"user:ana{number}@example.com"}
        after = {**known, "condition": []}
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"etag": True, "id": True}}
        expressions = {key: {"constant_value": value} for key, value in known.items()}
        changes.append({**head, "provider_name": provider, "change": change})
        planned.append({**head, "provider_name": provider, "schema_version": 0, "values": after})
        written.append({**head, "provider_config_key": "google", "expressions": expressions, "schema_version": 0})
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": written}},
    }
    return json.dumps(plan)
