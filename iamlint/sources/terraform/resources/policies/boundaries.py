"""Principal access boundaries: the policies, and their bindings.

Source:
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/iam_principal_access_boundary_policy and
…/iam_projects_policy_binding
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import Value
from iamlint.facts import Boundary, BoundaryBinding, Place, Text
from iamlint.sources.terraform.instances.arguments import named, placed_text, placed_texts, text_of, texts_only
from iamlint.sources.terraform.instances.computed import boundary_name
from iamlint.sources.terraform.instances.condition import condition_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.unknown import Unknown, without_prefix

_KIND = "PRINCIPAL_ACCESS_BOUNDARY"


def boundary(instance: Instance) -> Iterator[Boundary]:
    """Yield the policy of a ``google_iam_principal_access_boundary_policy``; each of its rules allows resources."""
    body = instance.body
    details = body.blocks_of("details")
    inner = details[0] if isinstance(details, tuple) and details else None
    version = placed_text(inner, "enforcement_version") if inner else None
    at = version[1] if version else Place((inner or body).at.location)
    yield Boundary(
        name=_name(instance),
        declared=declaration(instance),
        place=at,
        resources=_resources(inner) if inner else details if isinstance(details, Unknown) else (),
        enforcement_version=details if isinstance(details, Unknown) else version[0] if version else None,
    )


def _name(instance: Instance) -> Text:
    def part(name: str) -> Value:
        text = named(text_of(instance.body.value(name)), f"{instance.address}.{name}", f"{name} is not set")
        return Value(without_prefix(text, "organizations/"))

    names = ("organization", "location", "principal_access_boundary_policy_id")
    return text_of(boundary_name(*map(part, names))) or Unknown("the policy has no name")


def _resources(details: Body) -> tuple[Text, ...] | Unknown:
    rules = details.blocks_of("rules")
    if isinstance(rules, Unknown):
        return rules
    found: list[Text] = []
    for rule in rules:
        effect = text_of(rule.value("effect"))
        if isinstance(effect, str) and effect != "ALLOW":
            return Unknown(f"{effect} is not an effect that boundary policies have")
        resources = texts_only(placed_texts(rule, "resources"))
        if isinstance(resources, Unknown):
            return resources
        found += resources
    return tuple(found)


def boundary_binding(instance: Instance) -> Iterator[BoundaryBinding]:
    """Yield the binding of a ``google_iam_projects_policy_binding``, or that of folders or organizations.

    Policies of other kinds have bindings of the same form.
    """
    body = instance.body
    kind = text_of(body.value("policy_kind"))
    if isinstance(kind, str) and kind != _KIND:
        return
    targets = body.blocks_of("target")
    if isinstance(targets, Unknown):
        principals: Text = targets
    else:
        told = text_of(targets[0].value("principal_set")) if targets else None
        principals = named(told, f"{instance.address}.target", "target has no principal_set")
    yield BoundaryBinding(
        policy=named(text_of(body.value("policy")), f"{instance.address}.policy", "policy is not set"),
        principal_set=principals,
        declared=declaration(instance),
        condition=condition_of(body),
    )
