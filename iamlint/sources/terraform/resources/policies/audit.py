"""Audit configurations: resources of their own, and parts of policy documents."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import NULL, Value
from iamlint.facts import AuditConfig, Place, Resource, Text
from iamlint.location import Span
from iamlint.sources.terraform.instances.arguments import elements_of, named, placed_text, placed_texts, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.instances.policies import document_of
from iamlint.sources.terraform.resources.families import family_of, resource_of
from iamlint.sources.terraform.resources.identities.accounts import identified
from iamlint.unknown import Unknown

Exempted = tuple[tuple[Text, Text], ...]

_LOGGED = frozenset({"project", "folder", "organization"})
"""The resources that have audit configurations. Source: https://cloud.google.com/logging/docs/audit/configure-data-access"""


def audit_config(instance: Instance) -> Iterator[AuditConfig]:
    """Yield the configuration of a ``google_project_iam_audit_config``, or that of a folder or organization."""
    family = instance.type.removeprefix("google_").removesuffix("_iam_audit_config")
    found = placed_text(instance.body, "service")
    service = named(found[0] if found else None, f"{instance.address}.service", "service is not set")
    blocks = instance.body.blocks_of("audit_log_config")
    log_types = blocks if isinstance(blocks, Unknown) else tuple(_log_type(one.value("log_type")) for one in blocks)
    yield AuditConfig(
        resource=resource_of(instance, family)[0],
        service=service,
        log_types=log_types,
        declared=declaration(instance),
        place=found[1] if found else Place(instance.body.at.location),
        exempted=blocks if isinstance(blocks, Unknown) else _exempted_in_blocks(blocks),
    )


def _exempted_in_blocks(blocks: tuple[Body, ...]) -> Exempted | Unknown:
    found: list[tuple[Text, Text]] = []
    for block in blocks:
        members = placed_texts(block, "exempted_members")
        if isinstance(members, Unknown):
            return members
        found += ((_log_type(block.value("log_type")), identified(member)) for member, _ in members)
    return tuple(found)


def _log_type(value: Value) -> Text:
    text = text_of(value)
    return Unknown("log_type is not set") if text is None else text


def audit_configs_of_policy(instance: Instance) -> Iterator[AuditConfig]:
    """Yield the configurations in a ``google_project_iam_policy``, or that of a folder or organization.

    A completely unknown document is already an unknown grant.
    """
    family = family_of(instance.type)
    written = instance.body.arguments.get("policy_data")
    if family is None or family[0] not in _LOGGED or family[1] != "policy" or written is None:
        return
    document = document_of(written)
    if isinstance(document, Unknown) or not isinstance(document.data, dict):
        return
    value = document.data.get("auditConfigs", NULL)
    configs, resource = elements_of(value), resource_of(instance, family[0])[0]
    if isinstance(configs, Unknown):
        yield _of_document(instance, resource, Value(configs), value.at or written.at)
        return
    for config in configs:
        yield _of_document(instance, resource, config, config.at or written.at)


def _of_document(instance: Instance, resource: Resource, config: Value, at: Span) -> AuditConfig:
    match config.data:
        case dict() as entries:
            service = entries.get("service", NULL)
            logs = elements_of(entries.get("auditLogConfigs", NULL))
        case Unknown() as why:
            service, logs = Value(why), why
        case _:
            service = Value(Unknown("the audit configuration is not an object"))
            logs = Unknown("the audit configuration is not an object")
    name = text_of(service)
    return AuditConfig(
        resource=resource,
        service=Unknown("service is not set") if name is None else name,
        log_types=logs if isinstance(logs, Unknown) else tuple(_log_type(_entry(log, "logType")) for log in logs),
        declared=declaration(instance),
        place=Place((service.at or at).location),
        exempted=logs if isinstance(logs, Unknown) else _exempted_in_document(logs),
    )


def _exempted_in_document(logs: tuple[Value, ...]) -> Exempted | Unknown:
    found: list[tuple[Text, Text]] = []
    for log in logs:
        members = elements_of(_entry(log, "exemptedMembers"))
        if isinstance(members, Unknown):
            return members
        texts = (text_of(member) for member in members)
        found += ((_log_type(_entry(log, "logType")), identified(text)) for text in texts if text is not None)
    return tuple(found)


def _entry(value: Value, name: str) -> Value:
    if isinstance(value.data, dict):
        return value.data.get(name, NULL)
    return value if value.unknown else Value(Unknown("this is not an object"))
