"""Entitlements of Privileged Access Manager: temporary roles on request.

Source: https://cloud.google.com/iam/docs/pam-overview and
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/privileged_access_manager_entitlement
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.facts import Grant, Place, Resource, Text
from iamlint.sources.gcloud.names import resource_of
from iamlint.sources.terraform.instances.arguments import Placed, placed_text, placed_texts, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.identities.accounts import principal_of
from iamlint.unknown import Unknown, without_prefix

_PREFIX = "//cloudresourcemanager.googleapis.com/"
_KINDS = {"projects/": "project", "folders/": "folder", "organizations/": "organization"}


def entitlement(instance: Instance) -> Iterator[Grant]:
    """Yield the possible grants of each eligible user, under the condition of a request."""
    approved = instance.body.blocks_of("approval_workflow") != ()
    how = "on approval" if approved else "on request, without approval,"
    latent = Unknown(f"it is granted only {how} by the entitlement {instance.address}")
    for users in _blocks(instance.body, "eligible_users"):
        for member, member_place in _texts(instance, users, "principals"):
            for resource, resource_place, role, role_place in _roles(instance):
                yield Grant(
                    principal=principal_of(member),
                    role=role,
                    resource=resource,
                    origin="member",
                    declared=declaration(instance),
                    principal_place=member_place,
                    role_place=role_place,
                    resource_place=resource_place,
                    condition=latent,
                    latent="on approval" if approved else "on request",
                )


def _roles(instance: Instance) -> Iterator[tuple[Resource, Place, Text, Place]]:
    for outer in _blocks(instance.body, "privileged_access"):
        for access in (outer,) if isinstance(outer, Unknown) else _blocks(outer, "gcp_iam_access"):
            resource, place = _resource(instance, access)
            for binding in (access,) if isinstance(access, Unknown) else _blocks(access, "role_bindings"):
                role, role_place = _text(instance, binding, "role")
                yield resource, place, role, role_place


def _blocks(body: Body, name: str) -> Iterator[Body | Unknown]:
    found = body.blocks_of(name)
    yield from (found,) if isinstance(found, Unknown) else found


def _text(instance: Instance, body: Body | Unknown, name: str) -> Placed:
    found = body if isinstance(body, Unknown) else placed_text(body, name)
    if isinstance(found, Unknown) or found is None:
        return found or Unknown(f"{name} is not set"), Place(instance.body.at.location)
    return found


def _texts(instance: Instance, body: Body | Unknown, name: str) -> tuple[Placed, ...]:
    found = body if isinstance(body, Unknown) else placed_texts(body, name)
    return ((found, Place(instance.body.at.location)),) if isinstance(found, Unknown) else found


def _resource(instance: Instance, access: Body | Unknown) -> tuple[Resource, Place]:
    name, place = _text(instance, access, "resource")
    found = resource_of(name) if isinstance(name, str) else None
    if found:
        return found, place
    short = without_prefix(name, _PREFIX)
    for prefix, kind in _KINDS.items():
        rest = without_prefix(short, prefix)
        if rest != short:
            return Resource(kind, rest), place
    said = text_of(access.value("resource_type")) if isinstance(access, Body) else None
    kind = said.rpartition("/")[2].lower() if isinstance(said, str) else "project"
    return Resource(kind, short), place
