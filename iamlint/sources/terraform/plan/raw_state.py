"""Terraform's own state format (``terraform.tfstate``, ``terraform state pull``), version 4: entries as of a plan.

Format: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from iamlint.documents.values import NULL, Value
from iamlint.location import Unreadable
from iamlint.sources.terraform.evaluation.expansion import key_text
from iamlint.sources.terraform.plan.addresses import joined
from iamlint.sources.terraform.plan.entries import MODES, Entry, Found, collect, distinct
from iamlint.sources.terraform.plan.shapes import (
    ShapeError,
    array,
    object_,
    optional_string,
    string,
    values_of,
)

VERSION = 4


def is_raw_state(document: Value) -> bool:
    """Whether a document is a state file of any version, or one encrypted by OpenTofu."""
    data = document.data
    if not isinstance(data, dict) or "format_version" in data:
        return False
    is_named = "lineage" in data or "terraform_version" in data or _has_instances(data)
    return is_named and ("version" in data or "serial" in data)


def _has_instances(data: dict[str, Value]) -> bool:
    """Whether there are resources as in a state: Terraform reads one without its lineage, too."""
    resources = data.get("resources", NULL).data
    first = resources[0].data if isinstance(resources, tuple) and resources else None
    return isinstance(first, dict) and {"mode", "type", "instances"} <= first.keys()


def unsupported(document: Value) -> Unreadable | None:
    """Return the error for a state file of another version than 4."""
    fields = values_of(document, "")
    version = fields.get("version", NULL).data
    if version == VERSION or document.at is None:
        return None
    at = document.at.source.location(document.at.start, document.at.start + 1)
    if "encrypted_data" in fields:
        return Unreadable(at, "this state is encrypted", "write it with tofu show -json > state.json")
    if "backend" in fields:
        return Unreadable(at, "this file names a backend; it is not a state", "terraform show -json > state.json")
    hint = "write it with terraform show -json FILE > state.json"
    shown = "no version" if version is None else f"version {json.dumps(version, default=lambda _: '...')}"
    return Unreadable(at, f"this state has {shown}; iamlint reads version {VERSION}", hint)


def read_raw_state(document: Value) -> Found:
    """Return every object of a state; objects left by an interrupted replacement (``deposed``) still exist, too."""
    errors: list[Unreadable] = []

    def resource(item: Value, path: str) -> Iterator[Entry]:
        yield from collect(array(object_(item, path), "instances", path), _reader(item, path), errors)

    found = collect(array(object_(document, ""), "resources", ""), resource, errors)
    return distinct(found), errors


def _reader(resource: Value, path: str) -> Callable[[Value, str], Iterator[Entry]]:
    """Return a function that reads the instances of a resource."""
    fields = object_(resource, path)
    mode, kind, name = (string(fields, key, path) for key in ("mode", "type", "name"))
    module = optional_string(fields, "module", path)
    block = joined(module, f"data.{kind}.{name}" if mode == "data" else f"{kind}.{name}")

    def instance(item: Value, where: str) -> Iterator[Entry]:
        inner = object_(item, where)
        if inner.value("attributes") is None and inner.value("attributes_flat"):
            raise ShapeError(item, where, 'an object with "attributes" (terraform show -json reads older ones)')
        key = inner.value("index_key") or NULL
        at = key.at or fields.at("name")
        if mode in MODES and at is not None:
            yield Entry(
                mode=MODES[mode],
                type=kind,
                name=name,
                address=block + _key(key, where),
                module=module,
                values=values_of(inner.value("attributes"), f"{where}.attributes"),
                at=at,
                deposed=optional_string(inner, "deposed", where),
            )

    return instance


def _key(key: Value, where: str) -> str:
    """Return an instance key as in Terraform's addresses."""
    match key.data:
        case None:
            return ""
        case (int() | str()) as plain if not isinstance(plain, bool):
            return key_text(plain)
        case _:
            raise ShapeError(key, f"{where}.index_key", "a number or a string")
