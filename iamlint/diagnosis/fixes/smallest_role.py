"""The role to propose for a permission: one that gives few other permissions."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.basics.lazy_regex import regex
from iamlint.roles import Catalog, catalog

_USUAL: Mapping[str, str] = {
    "storage.objects.get": "roles/storage.objectViewer",
    "storage.objects.list": "roles/storage.objectViewer",
    "storage.objects.create": "roles/storage.objectCreator",
    "storage.objects.delete": "roles/storage.objectUser",
    "storage.buckets.get": "roles/storage.bucketViewer",
    "bigquery.jobs.create": "roles/bigquery.jobUser",
    "bigquery.datasets.get": "roles/bigquery.metadataViewer",
    "bigquery.tables.create": "roles/bigquery.dataEditor",
    "bigquery.tables.get": "roles/bigquery.metadataViewer",
    "bigquery.tables.getData": "roles/bigquery.dataViewer",
    "bigquery.tables.updateData": "roles/bigquery.dataEditor",
    "cloudkms.cryptoKeyVersions.useToDecrypt": "roles/cloudkms.cryptoKeyDecrypter",
    "cloudkms.cryptoKeyVersions.useToEncrypt": "roles/cloudkms.cryptoKeyEncrypter",
    "cloudtasks.tasks.create": "roles/cloudtasks.enqueuer",
    "compute.networks.addPeering": "roles/compute.networkAdmin",
    "compute.subnetworks.use": "roles/compute.networkUser",
    "secretmanager.versions.access": "roles/secretmanager.secretAccessor",
    "pubsub.topics.publish": "roles/pubsub.publisher",
    "pubsub.subscriptions.consume": "roles/pubsub.subscriber",
    "run.routes.invoke": "roles/run.invoker",
    "artifactregistry.repositories.downloadArtifacts": "roles/artifactregistry.reader",
    "artifactregistry.repositories.uploadArtifacts": "roles/artifactregistry.writer",
    "logging.logEntries.create": "roles/logging.logWriter",
}
"""The role that Google's documentation names for a permission. Each contains it by the role catalogue."""


def smallest_role(permission: str, of_document: str = "") -> str | None:
    """Return the usual role for a permission, else the one with it that changes least; None if no role has it.

    The role that the error's document proposes is the usual one if it has the permission.
    """
    if permission in _USUAL:
        return _USUAL[permission]

    roles = catalog()
    held = roles.permissions(of_document) if of_document else None
    if isinstance(held, frozenset) and permission in held:
        return of_document
    service = permission.partition(".")[0]
    return _smallest(permission, f"roles/{service}.", roles) or _smallest(permission, "roles/", roles)


def _smallest(permission: str, prefix: str, roles: Catalog) -> str | None:
    """The role with a permission that changes least, among those that begin with a prefix."""
    holding = [(role, held) for role in roles.roles if (held := _given(role, prefix, roles)) and permission in held]
    return min(holding, key=lambda one: (_changes(one[1]), len(one[1])))[0] if holding else None


_NOT_FOR_PEOPLE = regex(r"(?i)serviceAgent(?!User)|legacy|\Aroles/(?:owner|editor|viewer|writer|reader)\Z")
"""Roles of service agents, of ACLs, and basic roles."""


def _given(role: str, prefix: str, roles: Catalog) -> frozenset[str]:
    """The permissions of a role that a person can be given; empty for another role."""
    if not role.startswith(prefix) or _NOT_FOR_PEOPLE.search(role) or not roles.is_listed(role):
        return frozenset()
    held = roles.permissions(role)
    return held if isinstance(held, frozenset) else frozenset()


_READS = regex(r"\.(?:get|list|search|query|check|fetch|lookup)(?!AccessToken|OpenIdToken)[A-Za-z]*\Z")


def _changes(permissions: frozenset[str]) -> int:
    """How many of the permissions do more than read: a role with fewer of them is the smaller gift."""
    return sum(_READS.search(one) is None for one in permissions)
