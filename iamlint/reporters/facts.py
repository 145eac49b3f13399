"""Facts, one a line: for other programs as JSON, for people in columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from iamlint.facts import (
    Condition,
    CustomRole,
    Denial,
    Fact,
    Gap,
    Grant,
    Impersonation,
    Principal,
    Project,
    Resource,
    Service,
    ServiceAccount,
    ServiceAccountKey,
    Text,
)
from iamlint.location import Location
from iamlint.reporters.plain import neutral
from iamlint.unknown import Unknown

Entry = dict[str, Any]


class _Entry:
    """Builds an entry: what is not known is null, and its reason stands under ``unknown``."""

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}

    def text(self, name: str, value: Text | None) -> str | None:
        if isinstance(value, Unknown):
            self.unknown[name] = value.reason
            return None
        return value

    def principal(self, name: str, value: Principal) -> str | None:
        if value.unknown:
            self.unknown[name] = value.unknown.reason
            return None
        return value.text

    def resource(self, value: Resource) -> Entry:
        return {"kind": value.kind, "name": self.text("resource", value.name)}

    def condition(self, value: Condition | Unknown | None) -> Entry | None:
        match value:
            case None:
                return None
            case Unknown():
                self.unknown["condition"] = value.reason
                return None
            case Condition():
                return {
                    "expression": self.text("condition", value.expression),
                    "title": self.text("title", value.title),
                }

    def texts(self, name: str, values: Iterable[Text] | Unknown | None) -> list[str | None] | None:
        if values is None:
            self.unknown[name] = "the input does not list them"
            return None
        if isinstance(values, Unknown):
            self.unknown[name] = values.reason
            return None
        return [self.text(name, value) for value in values]


def entry(fact: Fact) -> Entry:
    """A fact as plain data."""
    build = _Entry()
    at, found = _described(fact, build)
    head = {"kind": found.pop("kind"), "address": fact.declared.address, "type": fact.declared.type}
    return {**head, **found, "path": at.path, "line": at.line, "unknown": build.unknown}


def _described(fact: Fact, build: _Entry) -> tuple[Location, Entry]:
    at = fact.declared.at
    match fact:
        case Grant():
            return fact.principal_place.at, _grant(fact, build)
        case CustomRole():
            return at, _custom_role(fact, build)
        case ServiceAccount():
            found = {"email": build.text("email", fact.email), "project": build.text("project", fact.project)}
            if isinstance(fact.disabled, Unknown):
                build.unknown["disabled"] = fact.disabled.reason
            disabled = None if isinstance(fact.disabled, Unknown) else fact.disabled
            return at, {"kind": "service_account", **found, "disabled": disabled, "unique_id": fact.unique_id}
        case ServiceAccountKey():
            account = build.text("account", fact.account)
            return at, {"kind": "service_account_key", "account": account, "uploaded": fact.uploaded}
        case Service():
            found = {"name": build.text("name", fact.name), "project": build.text("project", fact.project)}
            return fact.place.at, {"kind": "service", **found, "complete": fact.complete}
        case Impersonation():
            return fact.place.at, _impersonation(fact, build)
        case Project():
            found = {"project_id": build.text("project_id", fact.project_id), "number": fact.number}
            return at, {"kind": "project", **found, "parent": build.text("parent", fact.parent)}
        case Denial():
            return at, _denial(fact, build)
        case Gap():
            return at, {"kind": "gap", "reason": fact.reason}


def _grant(fact: Grant, build: _Entry) -> Entry:
    return {
        "kind": "grant",
        "principal": build.principal("principal", fact.principal),
        "role": build.text("role", fact.role),
        "resource": build.resource(fact.resource),
        "condition": build.condition(fact.condition),
        "origin": fact.origin,
    }


def _custom_role(fact: CustomRole, build: _Entry) -> Entry:
    permissions = fact.permissions
    listed = tuple(name for name, _ in permissions) if isinstance(permissions, tuple) else permissions
    return {
        "kind": "custom_role",
        "name": build.text("name", fact.name),
        "permissions": build.texts("permissions", listed),
        "title": build.text("title", fact.title),
        "stage": build.text("stage", fact.stage),
    }


def _impersonation(fact: Impersonation, build: _Entry) -> Entry:
    delegates = fact.delegates
    listed = delegates if isinstance(delegates, Unknown) else tuple(name for name, _ in delegates)
    return {
        "kind": "impersonation",
        "target": build.text("target", fact.target),
        "delegates": build.texts("delegates", listed),
        "caller": build.text("caller", fact.caller),
        "quota_project": build.text("quota_project", fact.quota_project),
    }


def _denial(fact: Denial, build: _Entry) -> Entry:
    names = ("denied_principals", "denied_permissions", "exception_principals", "exception_permissions")
    listed = {name: build.texts(name, getattr(fact, name)) for name in names}
    return {
        "kind": "denial",
        "parent": build.text("parent", fact.parent),
        **listed,
        "condition": build.condition(fact.condition),
    }


def _sorted(facts: Iterable[Fact]) -> list[Entry]:
    def order(found: Entry) -> tuple[object, ...]:
        return (found["path"], found["line"], found["address"] or "", found["kind"], json.dumps(found, sort_keys=True))

    return sorted(map(entry, facts), key=order)


def facts_json(facts: Iterable[Fact]) -> str:
    """One JSON object a line, in the order of the places."""
    return "".join(json.dumps(found, ensure_ascii=False) + "\n" for found in _sorted(facts))


def facts_text(facts: Iterable[Fact]) -> str:
    """Columns: the place, the kind, what the fact says."""
    rows = [(f"{found['path']}:{found['line']}", found["kind"], " ".join(_words(found))) for found in _sorted(facts)]
    place = min(max((len(row[0]) for row in rows), default=0), 60)
    kind = max((len(row[1]) for row in rows), default=0)
    return "".join(f"{neutral(at):<{place}}  {name:<{kind}}  {neutral(rest)}\n" for at, name, rest in rows)


_HIDDEN = frozenset({"kind", "type", "path", "line", "unknown"})


def _words(found: Entry) -> Iterator[str]:
    for name, value in found.items():
        reason = found["unknown"].get(name)
        if name in _HIDDEN or (value in (None, False, []) and not reason):
            continue
        if isinstance(value, dict):
            shown = " ".join(str(part) for part in value.values() if part is not None)
        elif isinstance(value, list):
            shown = ",".join(str(part) for part in value)
        else:
            shown = str(value)
        yield f"{name}={'?' if value is None else shown}" + (f" (unknown: {reason})" if reason else "")
