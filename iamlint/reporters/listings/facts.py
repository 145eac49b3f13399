"""Lists facts, one per line: as JSON for programs, in columns for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from iamlint.facts import (
    AccessSetting,
    ApiKey,
    Attachment,
    AuditConfig,
    Boundary,
    BoundaryBinding,
    Bucket,
    Condition,
    Credential,
    CustomRole,
    DefaultAccounts,
    Denial,
    EffectiveTags,
    EmptyBinding,
    ExportedPolicy,
    Fact,
    Folder,
    Grant,
    Group,
    Impersonation,
    KubernetesAccount,
    Membership,
    Organization,
    OrgPolicy,
    Perimeter,
    Place,
    Pool,
    Principal,
    Project,
    ProjectReference,
    Provider,
    RemovedGrant,
    Resource,
    Service,
    ServiceAccount,
    ServiceAccountKey,
    TagBinding,
    TagKey,
    TagValue,
    Text,
    UnreadPart,
)
from iamlint.location import Location
from iamlint.reporters.parts.plain import json_escaped, neutral
from iamlint.unknown import Unknown

Entry = dict[str, Any]


class _Entry:
    """Builds an entry for programs: an unknown part is null, and has its reason under ``unknown``.

    A partly known text keeps its known parts, with ``${…}`` for the others.
    """

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}

    def unknown_part(self, name: str, why: Unknown) -> str | None:
        """Return the value for an unknown part."""
        self.unknown[name] = why.reason
        return why.text if why.has_text else None

    def text(self, name: str, value: Text | None) -> str | None:
        return self.unknown_part(name, value) if isinstance(value, Unknown) else value

    def flag(self, name: str, value: bool | Unknown | None) -> bool | None:
        if isinstance(value, Unknown):
            self.unknown[name] = value.reason
            return None
        return value

    def principal(self, name: str, value: Principal) -> str | None:
        return self.unknown_part(name, value.unknown) if value.unknown else value.text

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

    def placed(self, name: str, values: tuple[tuple[Text, Place], ...] | Unknown | None) -> list[str | None] | None:
        return self.texts(name, tuple(text for text, _ in values) if isinstance(values, tuple) else values)


class _Shown(_Entry):
    """An entry for people: an unknown text shows its reference."""

    def unknown_part(self, name: str, why: Unknown) -> str | None:
        super().unknown_part(name, why)
        return why.text if why.parts else None


def entry(fact: Fact) -> Entry:
    """Return a fact as plain data."""
    return _built(fact, _Entry())


def _built(fact: Fact, build: _Entry) -> Entry:
    at, kind, found = _described(fact, build)
    head = {"kind": kind, "address": fact.declared.address, "type": fact.declared.type}
    if fact.declared.uncertain:
        head["exists"] = build.unknown_part("exists", Unknown(fact.declared.uncertain))
    return {**head, **found, "path": at.path, "line": at.line, "unknown": build.unknown}


def _described(fact: Fact, build: _Entry) -> tuple[Location, str, Entry]:
    """Return where a fact is shown, the name of its kind, and its parts."""
    at = fact.declared.at
    match fact:
        case Grant():
            return fact.principal_place.at, "grant", _grant(fact, build)
        case RemovedGrant() | EmptyBinding() | ExportedPolicy() | DefaultAccounts():
            return _policy(fact, build)
        case CustomRole() | ServiceAccount():
            return (at, *_defined(fact, build))
        case ServiceAccountKey() | Credential():
            return (fact.place.at, *_key(fact, build))
        case ApiKey() | KubernetesAccount() | AccessSetting() | Perimeter() | Bucket():
            return (fact.place.at, *_further(fact, build))
        case Service() | Impersonation():
            return (fact.place.at, *_call(fact, build))
        case Project() | Folder() | Organization() | ProjectReference():
            return (at, *_container(fact, build))
        case UnreadPart():
            return at, "gap", {"reason": fact.reason}
        case Pool() | Provider():
            return _federation(fact, build)
        case Denial() | Boundary() | BoundaryBinding() | OrgPolicy() | AuditConfig():
            return _limit(fact, build)
        case Attachment():
            return fact.place.at, "attachment", _attachment(fact, build)
        case Group() | Membership() | TagKey() | TagValue() | TagBinding() | EffectiveTags():
            return _sets(fact, build)


def _defined(fact: CustomRole | ServiceAccount, build: _Entry) -> tuple[str, Entry]:
    if isinstance(fact, CustomRole):
        return "custom_role", _custom_role(fact, build)
    return "service_account", _service_account(fact, build)


def _sets(
    fact: Group | Membership | TagKey | TagValue | TagBinding | EffectiveTags, build: _Entry
) -> tuple[Location, str, Entry]:
    at, found = fact.declared.at, dict[str, Any]()
    match fact:
        case Group():
            return at, "group", {"email": build.text("email", fact.email), "name": fact.name}
        case Membership():
            found = {name: build.text(name, getattr(fact, name)) for name in ("group", "member")}
            return fact.place.at, "membership", found
        case TagKey():
            return at, "tag_key", {"name": build.text("name", fact.name), "id": fact.id}
        case TagValue():
            found = {name: build.text(name, getattr(fact, name)) for name in ("key", "short_name")}
            return at, "tag_value", {**found, "id": fact.id}
        case TagBinding():
            found = {"resource": build.resource(fact.resource), "value": build.text("value", fact.value)}
            return fact.place.at, "tag_binding", found
        case EffectiveTags():
            tags = [f"{key}={value}" for key, value in fact.tags]
            return fact.place.at, "effective_tags", {"resource": build.resource(fact.resource), "tags": tags}


def _call(fact: Service | Impersonation, build: _Entry) -> tuple[str, Entry]:
    if isinstance(fact, Impersonation):
        return "impersonation", _impersonation(fact, build)
    found = {"name": build.text("name", fact.name), "project": build.text("project", fact.project)}
    return "service", {**found, "complete": fact.complete}


def _federation(fact: Pool | Provider, build: _Entry) -> tuple[Location, str, Entry]:
    match fact:
        case Pool():
            found = {
                "name": build.text("name", fact.name),
                "project_number": fact.project_number,
                "imported": fact.imported,
            }
            return fact.declared.at, "pool", {**found, "disabled": build.flag("disabled", fact.disabled)}
        case Provider():
            return fact.place.at, "provider", _provider(fact, build)


def _limit(
    fact: Denial | Boundary | BoundaryBinding | OrgPolicy | AuditConfig, build: _Entry
) -> tuple[Location, str, Entry]:
    match fact:
        case Denial():
            return (fact.place.at if fact.place else fact.declared.at), "denial", _denial(fact, build)
        case Boundary():
            return fact.place.at, "boundary", _boundary(fact, build)
        case BoundaryBinding():
            found = {name: build.text(name, getattr(fact, name)) for name in ("policy", "principal_set")}
            return fact.declared.at, "boundary_binding", {**found, "condition": build.condition(fact.condition)}
        case OrgPolicy():
            return fact.place.at, "org_policy", _org_policy(fact, build)
        case AuditConfig():
            return fact.place.at, "audit_config", _audit_config(fact, build)


def _grant(fact: Grant, build: _Entry) -> Entry:
    return {
        "principal": build.principal("principal", fact.principal),
        "role": build.text("role", fact.role),
        "resource": build.resource(fact.resource),
        "condition": build.condition(fact.condition),
        "origin": fact.origin,
        **({"latent": True} if fact.latent else {}),
    }


def _policy(
    fact: RemovedGrant | EmptyBinding | ExportedPolicy | DefaultAccounts, build: _Entry
) -> tuple[Location, str, Entry]:
    at = fact.declared.at
    match fact:
        case RemovedGrant(grant):
            return grant.principal_place.at, "removed_grant", _grant(grant, build)
        case EmptyBinding():
            found = {"role": build.text("role", fact.role), "resource": build.resource(fact.resource)}
            return at, "emptied", {**found, "condition": build.condition(fact.condition)}
        case ExportedPolicy():
            counts = {"bindings": fact.bindings, "version": fact.version}
            return fact.place.at, "exported_policy", {"resource": build.resource(fact.resource), **counts}
        case DefaultAccounts():
            return at, "default_accounts", {n: build.text(n, getattr(fact, n)) for n in ("project", "action")}


def _custom_role(fact: CustomRole, build: _Entry) -> Entry:
    return {
        "name": build.text("name", fact.name),
        "permissions": build.placed("permissions", fact.permissions),
        "title": build.text("title", fact.title),
        "stage": build.text("stage", fact.stage),
        "deleted": fact.deleted,
    }


def _service_account(fact: ServiceAccount, build: _Entry) -> Entry:
    return {
        "email": build.text("email", fact.email),
        "project": build.text("project", fact.project),
        "disabled": build.flag("disabled", fact.disabled),
        "unique_id": fact.unique_id,
    }


def _key(fact: ServiceAccountKey | Credential, build: _Entry) -> tuple[str, Entry]:
    found = {"account": build.text("account", fact.account), "disabled": build.flag("disabled", fact.disabled)}
    match fact:
        case ServiceAccountKey():
            times = {"created": fact.created, "expires": fact.expires}
            return "service_account_key", {**found, "uploaded": fact.uploaded, **times}
        case Credential():
            return "credential", {"form": fact.kind, **found}


def _further(fact: ApiKey | KubernetesAccount | AccessSetting | Perimeter | Bucket, build: _Entry) -> tuple[str, Entry]:
    match fact:
        case ApiKey():
            found: Entry = {name: build.text(name, getattr(fact, name)) for name in ("name", "project")}
            found |= {name: build.texts(name, getattr(fact, name)) for name in ("clients", "apis")}
            return "api_key", {**found, "created": fact.created}
        case KubernetesAccount():
            names = ("namespace", "name", "account")
            return "kubernetes_account", {name: build.text(name, getattr(fact, name)) for name in names}
        case AccessSetting():
            found = {"setting": fact.setting, "resource": build.resource(fact.resource)}
            return "access_setting", {**found, "enabled": build.flag("enabled", fact.enabled)}
        case Bucket():
            return "bucket", {name: build.text(name, getattr(fact, name)) for name in ("name", "project")}
        case Perimeter():
            found = {name: build.texts(name, getattr(fact, name)) for name in ("resources", "services")}
            return "perimeter", {"name": build.text("name", fact.name), **found}


def _container(fact: Project | Folder | Organization | ProjectReference, build: _Entry) -> tuple[str, Entry]:
    if isinstance(fact, Organization):
        return "organization", {"name": fact.name, "domain": fact.domain, "customer_id": fact.customer_id}
    if isinstance(fact, ProjectReference):
        return "project_reference", {"reference": fact.reference, "project": build.text("project", fact.project)}
    shown = {name: build.text(name, getattr(fact, name)) for name in ("parent", "display_name")}
    match fact:
        case Project():
            return "project", {"project_id": build.text("project_id", fact.project_id), "number": fact.number, **shown}
        case Folder():
            return "folder", {"name": build.text("name", fact.name), **shown}


def _impersonation(fact: Impersonation, build: _Entry) -> Entry:
    return {
        "target": build.text("target", fact.target),
        "delegates": build.placed("delegates", fact.delegates),
        "caller": build.text("caller", fact.caller),
        "quota_project": build.text("quota_project", fact.quota_project),
        "method": fact.method,
        "lifetime": build.text("lifetime", fact.lifetime[0]) if fact.lifetime else None,
    }


def _provider(fact: Provider, build: _Entry) -> Entry:
    mapping: Entry | None = None
    if isinstance(fact.mapping, Unknown):
        build.unknown["mapping"] = fact.mapping.reason
    else:
        mapping = {attribute: build.text("mapping", expression) for attribute, expression, _ in fact.mapping}
    return {
        "pool": build.text("pool", fact.pool),
        "name": build.text("name", fact.name),
        "protocol": build.text("protocol", fact.protocol),
        "issuer": build.text("issuer", fact.issuer),
        "audiences": build.texts("audiences", fact.audiences),
        "condition": build.condition(fact.condition),
        "mapping": mapping,
        "disabled": build.flag("disabled", fact.disabled),
    }


def _attachment(fact: Attachment, build: _Entry) -> Entry:
    return {
        "account": build.text("account", fact.account),
        "default": build.text("default", fact.default),
        "resource": build.resource(fact.resource),
        "project": build.text("project", fact.project),
        "scopes": None if fact.scopes is None else build.placed("scopes", fact.scopes),
        "permissions": list(fact.permissions),
    }


def _denial(fact: Denial, build: _Entry) -> Entry:
    names = ("denied_principals", "denied_permissions", "exception_principals", "exception_permissions")
    listed = {name: build.texts(name, getattr(fact, name)) for name in names}
    return {"parent": build.text("parent", fact.parent), **listed, "condition": build.condition(fact.condition)}


def _boundary(fact: Boundary, build: _Entry) -> Entry:
    return {
        "name": build.text("name", fact.name),
        "resources": build.texts("resources", fact.resources),
        "enforcement_version": build.text("enforcement_version", fact.enforcement_version),
    }


def _org_policy(fact: OrgPolicy, build: _Entry) -> Entry:
    return {
        "constraint": build.text("constraint", fact.constraint),
        "resource": build.resource(fact.resource),
        "enforced": build.flag("enforced", fact.enforced),
        "allowed": build.texts("allowed", fact.allowed),
        "denied": build.texts("denied", fact.denied),
        "reset": fact.reset,
    }


def _audit_config(fact: AuditConfig, build: _Entry) -> Entry:
    exempted: list[Entry] | None = None
    if isinstance(fact.exempted, Unknown):
        build.unknown["exempted"] = fact.exempted.reason
    else:
        exempted = [
            {"log_type": build.text("exempted", kind), "principal": build.text("exempted", principal)}
            for kind, principal in fact.exempted
        ]
    return {
        "resource": build.resource(fact.resource),
        "service": build.text("service", fact.service),
        "log_types": build.texts("log_types", fact.log_types),
        "exempted": exempted,
    }


def _sorted(facts: Iterable[Fact], kind: type[_Entry]) -> list[Entry]:
    def order(found: Entry) -> tuple[object, ...]:
        return (found["path"], found["line"], found["address"] or "", found["kind"], json.dumps(found, sort_keys=True))

    return sorted((_built(fact, kind()) for fact in facts), key=order)


def facts_json(facts: Iterable[Fact]) -> str:
    """Return one JSON object per line, in the order of the places."""
    return "".join(json_escaped(json.dumps(found, ensure_ascii=False)) + "\n" for found in _sorted(facts, _Entry))


def facts_text(facts: Iterable[Fact]) -> str:
    """Return columns: the place, the kind, the content of the fact."""
    entries = _sorted(facts, _Shown)
    rows = [(f"{found['path']}:{found['line']}", found["kind"], " ".join(_words(found))) for found in entries]
    place = min(max((len(row[0]) for row in rows), default=0), 60)
    kind = max((len(row[1]) for row in rows), default=0)
    return "".join(f"{neutral(at):<{place}}  {name:<{kind}}  {neutral(rest)}\n" for at, name, rest in rows)


_HIDDEN = frozenset({"kind", "type", "path", "line", "unknown"})


def _words(found: Entry) -> Iterator[str]:
    for name, value in found.items():
        reason = found["unknown"].get(name)
        if name in _HIDDEN or (_says_nothing(name, value) and not reason):
            continue
        shown = "?" if value is None else _shown(value)
        yield f"{name}={shown}" + (f" (unknown: {reason})" if reason else "")


def _says_nothing(name: str, value: Any) -> bool:
    return value is None or value in ([], {}) or (value is False and name != "enforced")


def _shown(value: Any) -> str:
    """Return a part as one word: the parts of a resource or a condition joined, the entries of a map by name."""
    match value:
        case bool():
            return str(value).lower()
        case dict() if "kind" in value or "expression" in value or "log_type" in value:
            return " ".join(str(part) for part in value.values() if part is not None)
        case dict():
            return ",".join(f"{name}:{'?' if part is None else part}" for name, part in value.items())
        case list():
            return ",".join("?" if part is None else _shown(part) for part in value)
        case _:
            return str(value)
