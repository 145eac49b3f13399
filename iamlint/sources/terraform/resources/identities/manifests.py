"""Kubernetes documents in a configuration: those of Config Connector are read like its own files.

Sources: ``manifest`` of https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/manifest,
``yaml_body`` of https://registry.terraform.io/providers/gavinbunney/kubectl/latest/docs/resources/kubectl_manifest
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from iamlint.documents import read_yaml
from iamlint.documents.parts import get
from iamlint.documents.values import SetOf, Value, with_elements
from iamlint.facts import Condition, Declaration, Fact, Grant, Resource, Text, UnreadPart
from iamlint.location import SourceText, Span, Unreadable
from iamlint.sources.gcloud.kubernetes.documents import members, unread
from iamlint.sources.gcloud.recognition.kinds import kind_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.embedded import embedded
from iamlint.sources.terraform.instances.instance import Argument, Instance
from iamlint.sources.terraform.resources.identities.accounts import principal_of
from iamlint.unknown import HOLE, Unknown, UnknownPart

ARGUMENTS = {
    "kubernetes_manifest": "manifest",
    "kubectl_manifest": "yaml_body",
    "kubernetes_manifest_v1": "manifest",
    "k8s_manifest": "content",
    "kustomization_resource": "manifest",
}
"""The argument with the document, by resource type."""


def manifest(instance: Instance) -> Iterator[Fact]:
    """Yield the facts of a manifest's Config Connector documents, also of those in a list."""
    written = instance.body.arguments.get(ARGUMENTS[instance.type])
    if written is None:
        return
    declared = declaration(instance)
    documents = _documents(written)
    if isinstance(documents, Unknown):
        yield _unread_part(instance, declared, documents.reason)
        return
    for document in chain.from_iterable(map(members, documents)):
        why = document.unknown or get(document, "apiVersion").unknown or get(document, "kind").unknown
        if why:
            yield _unread_part(instance, declared, why.reason)
        elif kind_of(document) == "config_connector":
            yield from _facts(instance, declared, document)
        elif other := unread(document):
            yield UnreadPart(f"{instance.address} is not read: {other.reason}", declared)


def _unread_part(instance: Instance, declared: Declaration, reason: str) -> UnreadPart:
    return UnreadPart(f"{instance.address} is not read: the document that it applies is not known: {reason}", declared)


def _documents(written: Argument) -> tuple[Value, ...] | Unknown:
    made = written.value.encoded
    if made or isinstance(written.value.data, dict):
        found: Value | Unknown = made or written.value
    else:
        found = embedded(written.value, written.at, "the manifest is not YAML", _read)
    if isinstance(found, Unknown):
        return found
    documents = found.data if isinstance(found.data, tuple) else (found,)
    return tuple(_placed(document, written.at) for document in documents)


def _read(source: SourceText, _reason: str) -> Value | Unreadable:
    documents = read_yaml(source)
    return documents if isinstance(documents, Unreadable) else Value(documents)


def _placed(value: Value, otherwise: Span) -> Value:
    """Return the value with a place for each of its parts: its own, else that of the argument."""
    data = value.data.elements if isinstance(value.data, SetOf) else value.data
    return Value(with_elements(data, lambda item: _placed(item, otherwise)), value.at or otherwise)


def _facts(instance: Instance, declared: Declaration, document: Value) -> Iterator[Fact]:
    from iamlint.sources.gcloud.kubernetes.config_connector import config_connector
    from iamlint.sources.gcloud.recognition.shapes import problems

    unknown_parts = _Holes()
    masked = unknown_parts.masked(document)
    wrong = problems("config_connector", masked)
    if wrong:
        reason = unknown_parts.text(wrong[0].reason)
        if isinstance(reason, Unknown):  # it may have the right form
            yield _unread_part(instance, declared, reason.reason)
        else:
            yield UnreadPart(f"{instance.address} is not read: {reason}", declared)
        return
    for fact in config_connector([masked]):
        if isinstance(fact, Grant):
            yield unknown_parts.grant(replace(fact, declared=declared, origin="member"))
        elif HOLE in repr(fact):
            kind = get(document, "kind").data
            yield UnreadPart(f"{instance.address} is not read: parts of its {kind} are not known", declared)
        else:
            yield replace(fact, declared=declared)


class _Holes:
    """The unknown parts of a document, by the numbers that replace them while it is parsed."""

    def __init__(self) -> None:
        self._unknown: list[tuple[Unknown, UnknownPart | None]] = []

    def masked(self, value: Value) -> Value:
        """Return the value with texts in place of unknown parts."""
        if not isinstance(value.data, Unknown):
            return Value(with_elements(value.data, self.masked), value.at)
        why = value.data
        parts = [part if isinstance(part, str) else self._number(why, part) for part in why.parts]
        return Value("".join(parts) or self._number(why, None), value.at)

    def _number(self, why: Unknown, unknown_part: UnknownPart | None) -> str:
        self._unknown.append((why, unknown_part))
        return f"{HOLE}{len(self._unknown) - 1}{HOLE}"

    def grant(self, grant: Grant) -> Grant:
        """Return the grant with its unknown parts restored."""
        condition, principal = grant.condition, grant.principal
        if isinstance(condition, Condition):
            condition = replace(condition, expression=self.text(condition.expression))
        name = grant.resource.name
        if isinstance(name, Unknown):
            name = replace(name, reason=self.shown(name.reason))
        return replace(
            grant,
            principal=principal_of(self.text(principal.text)) if HOLE in principal.text else principal,
            role=self.text(grant.role),
            resource=Resource(grant.resource.kind, self.text(name)),
            condition=condition,
        )

    def text(self, text: Text) -> Text:
        """Return a text with its unknown parts restored."""
        if isinstance(text, Unknown) or HOLE not in text:
            return text
        found: list[str | UnknownPart] = []
        reason = ""
        for index, piece in enumerate(text.split(HOLE)):
            if index % 2 == 0:
                found += [piece] if piece else []
                continue
            why, unknown_part = self._unknown[int(piece)]
            reason = reason or why.reason
            found.append(unknown_part or UnknownPart("?"))
        return Unknown(reason, () if found == [UnknownPart("?")] else tuple(found))

    def shown(self, text: str) -> str:
        """Return a text for a reader, with the references of its unknown parts."""
        return re.sub(f"{HOLE}([0-9]+){HOLE}", lambda found: str(self._unknown[int(found[1])][1] or "${?}"), text)
