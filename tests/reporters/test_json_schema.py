"""The JSON of ``check`` is what its schema says, over everything in testdata, and the schema describes every key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import program
import pytest
from jsonschema import Draft202012Validator

from iamlint.reporters.json_report import SCHEMA, SCHEMA_VERSION

DATA = Path(__file__).parents[2] / "testdata"
GROUPS = ("screens", "estates", "hiding", "modules", "plans", "exports")
INPUTS = {group: sorted(str(path.relative_to(DATA)) for path in (DATA / group).iterdir()) for group in GROUPS}
NO_SEVERITY = "modules/google-iam"
"""Alone it has a cause of unknown answers without a severity."""
WRITTEN: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(WRITTEN)
    assert WRITTEN["properties"]["schema_version"]["const"] == SCHEMA_VERSION


@pytest.mark.parametrize("names", [*INPUTS.values(), [NO_SEVERITY], ["nowhere"]])
def test_every_report_is_as_the_schema_says(names: list[str]) -> None:
    done = program.run("check", *names, "--format", "json", "--select", "all", cwd=DATA)
    report = json.loads(done.stdout)
    errors = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(WRITTEN).iter_errors(report)]
    assert errors == []
    assert list(undescribed(report, WRITTEN)) == []


def undescribed(value: Any, schema: dict[str, Any], path: str = "$") -> Iterator[str]:
    """Yield the keys of a report that the schema does not describe."""
    parts = [resolved(part) for part in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ()))]
    if isinstance(value, dict):
        known = {key: one for part in parts for key, one in part.get("properties", {}).items()}
        free = any("additionalProperties" in part for part in parts)
        for key, inner in value.items():
            if key in known:
                assert "description" in known[key], f"{path}.{key}"
                yield from undescribed(inner, resolved(known[key]), f"{path}.{key}")
            elif not free:
                yield f"{path}.{key}"
    if isinstance(value, list):
        items = next((part["items"] for part in parts if "items" in part), {})
        for inner in value:
            yield from undescribed(inner, resolved(items), f"{path}[]")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its reference followed."""
    if "$ref" not in schema:
        return schema
    target: dict[str, Any] = WRITTEN["$defs"][schema["$ref"].rpartition("/")[2]]
    return {**target, **{key: one for key, one in schema.items() if key != "$ref"}}


def test_an_undescribed_key_is_noticed() -> None:
    assert list(undescribed({"summary": {"new": 1}}, WRITTEN)) == ["$.summary.new"]
