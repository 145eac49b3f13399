"""Entitlements of Privileged Access Manager, as ``gcloud pam entitlements list`` prints them.

Source: https://cloud.google.com/iam/docs/reference/pam/rest/v1/projects.locations.entitlements
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.documents.parts import get, has, items, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, Grant, Place, Resource
from iamlint.principals import read_principal
from iamlint.sources.gcloud.names import relative, resource_of
from iamlint.unknown import Unknown


def entitlements(found: Sequence[Value]) -> Iterator[Grant]:
    """Yield the possible grants of each eligible user, under the condition of a request."""
    for one in found:
        name = text(get(one, "name")) or ""
        how = "on approval" if has(one, "approvalWorkflow") else "on request, without approval,"
        latent = Unknown(f"it is granted only {how} by the entitlement {name.rpartition('/')[2]}")
        access = get(one, "privilegedAccess", "gcpIamAccess")
        written = get(access, "resource")
        resource = resource_of(text(written) or "") or relative(name.partition("/locations/")[0])
        yield from _grants(one, access, resource or Resource("project", text(written) or ""), latent)


def _grants(one: Value, access: Value, resource: Resource, latent: Unknown) -> Iterator[Grant]:
    declared = Declaration(one.location, "entitlement")
    written = get(access, "resource")
    for users in items(get(one, "eligibleUsers")):
        for member in items(get(users, "principals")):
            for binding in items(get(access, "roleBindings")):
                role = get(binding, "role")
                yield Grant(
                    principal=read_principal(text(member) or ""),
                    role=text(role) or "",
                    resource=resource,
                    origin="export",
                    declared=declared,
                    principal_place=Place(member.location),
                    role_place=Place(role.location),
                    resource_place=Place((written if written.at else one).location),
                    condition=latent,
                    latent="on approval" if has(one, "approvalWorkflow") else "on request",
                )
