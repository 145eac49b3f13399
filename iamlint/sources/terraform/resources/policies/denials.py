"""Deny policies: one denial per rule."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from iamlint.facts import Denial, Place, Text
from iamlint.sources.terraform.instances.arguments import (
    named,
    place_of,
    placed_text,
    placed_texts,
    text_of,
    texts_only,
)
from iamlint.sources.terraform.instances.condition import condition_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.identities.accounts import identified
from iamlint.unknown import Unknown


def denials(instance: Instance) -> Iterator[Denial]:
    """Yield the rules of a ``google_iam_deny_policy``; an unknown rule denies unknown permissions.

    Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/iam_deny_policy
    """
    found = placed_text(instance.body, "parent")
    parent = _decoded(named(found[0] if found else None, f"{instance.address}.parent", "parent is not set"))
    rules = instance.body.blocks_of("rules")
    if isinstance(rules, Unknown):
        yield _unknown(instance, parent, rules)
        return
    for rule in rules:
        denied = rule.blocks_of("deny_rule")
        if isinstance(denied, Unknown):
            yield _unknown(instance, parent, denied)
            continue
        for body in denied:
            yield _denial(instance, parent, body)


def _denial(instance: Instance, parent: Text, body: Body) -> Denial:
    permissions, principals = body.arguments.get("denied_permissions"), body.arguments.get("denied_principals")
    return Denial(
        parent=parent,
        declared=declaration(instance),
        denied_principals=_principals(body, "denied_principals"),
        denied_permissions=texts_only(placed_texts(body, "denied_permissions")),
        exception_principals=_principals(body, "exception_principals"),
        exception_permissions=texts_only(placed_texts(body, "exception_permissions")),
        condition=condition_of(body, "denial_condition"),
        place=place_of(permissions) if permissions else Place(body.at.location),
        principals_place=place_of(principals) if principals else None,
        places=tuple(_elsewhere(body)),
        name=text_of(instance.body.value("name")),
    )


def _elsewhere(body: Body) -> Iterator[tuple[str, Place]]:
    """Yield the permissions and principals that are written elsewhere than in the rule, with their places."""
    for name in ("denied_permissions", "denied_principals", "exception_permissions", "exception_principals"):
        listed = placed_texts(body, name)
        for text, place in () if isinstance(listed, Unknown) else listed:
            if isinstance(text, str) and place.origin is not None:
                yield text, place


def _principals(body: Body, name: str) -> tuple[Text, ...] | Unknown:
    found = placed_texts(body, name)
    return found if isinstance(found, Unknown) else tuple(identified(text) for text, _ in found)


def _unknown(instance: Instance, parent: Text, why: Unknown) -> Denial:
    return Denial(parent, declaration(instance), why, why, why, why, why)


def _decoded(parent: Text) -> Text:
    """Return the attachment point. With a slash that is not encoded it is no attachment point to the API.

    Source: ``parent`` in https://cloud.google.com/iam/docs/reference/rest/v2/policies/createPolicy
    """
    parts = (parent,) if isinstance(parent, str) else parent.parts
    if any(isinstance(part, str) and "/" in part for part in parts):
        return Unknown("its parent is not a URL-encoded text, which the API demands")
    if isinstance(parent, str):
        return unquote(parent)
    return Unknown(parent.reason, tuple(unquote(part) if isinstance(part, str) else part for part in parts))
