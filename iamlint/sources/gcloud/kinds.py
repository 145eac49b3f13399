"""Which kind of export a document is: told by its content, in the order in which the shapes exclude each other."""

from __future__ import annotations

import re
from typing import Literal

from iamlint.values import Value

Kind = Literal["policy", "ancestors", "role", "services", "accounts", "projects"]

_ROLE = re.compile(r"(?:^|/)roles/[^/]+$")
_SERVICE = re.compile(r"^projects/[^/]+/services/[^/]+$")


def kind_of(document: Value) -> Kind | None:
    """The kind of a document, None where it is none that iamlint knows."""
    match document.data:
        case dict() as entries:
            return _kind_of_object(entries)
        case (Value(data=dict() as first), *_):
            return _kind_of_list(first)
        case _:
            return None


def _kind_of_object(entries: dict[str, Value]) -> Kind | None:
    if "includedPermissions" in entries or (
        _ROLE.search(_text(entries, "name")) and {"stage", "title"} & entries.keys()
    ):
        return "role"
    if "uniqueId" in entries and "email" in entries:
        return "accounts"
    if "projectId" in entries and "projectNumber" in entries:
        return "projects"
    if "bindings" in entries or (entries and entries.keys() <= {"etag", "version", "auditConfigs"}):
        return "policy"
    return None


def _kind_of_list(first: dict[str, Value]) -> Kind | None:
    if {"id", "policy", "type"} <= first.keys():
        return "ancestors"
    if _ROLE.search(_text(first, "name")) and {"stage", "title"} & first.keys():
        return "role"
    if "uniqueId" in first and "email" in first:
        return "accounts"
    if _SERVICE.match(_text(first, "name")) and {"config", "state", "parent"} & first.keys():
        return "services"
    if "projectId" in first and "projectNumber" in first:
        return "projects"
    return None


def _text(entries: dict[str, Value], name: str) -> str:
    value = entries.get(name)
    return value.data if value and isinstance(value.data, str) else ""
