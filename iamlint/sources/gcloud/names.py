"""Converts resource names of the APIs (``//service/collection/name/…``) to the resources of grants.

Source: "Asset names", https://cloud.google.com/asset-inventory/docs/asset-names
"""

from __future__ import annotations

import re

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Resource

_CONTAINERS = {"projects": "project", "folders": "folder", "organizations": "organization"}
_KINDS = {
    ("bigquery", "datasets"): "bigquery_dataset",
    ("bigquery", "tables"): "bigquery_table",
    ("cloudbilling", "billingAccounts"): "billing_account",
    ("cloudfunctions", "functions"): "cloudfunctions_function",
    ("cloudkms", "cryptoKeys"): "kms_crypto_key",
    ("cloudkms", "keyRings"): "kms_key_ring",
    ("pubsub", "subscriptions"): "pubsub_subscription",
    ("pubsub", "topics"): "pubsub_topic",
    ("run", "jobs"): "cloud_run_v2_job",
    ("run", "services"): "cloud_run_v2_service",
    ("secretmanager", "secrets"): "secret_manager_secret",
    ("storage", "buckets"): "storage_bucket",
    ("artifactregistry", "repositories"): "artifact_registry_repository",
    ("cloudtasks", "queues"): "cloud_tasks_queue",
    ("iam", "workloadIdentityPools"): "iam_workload_identity_pool",
    ("iam", "workforcePools"): "iam_workforce_pool",
}
"""Terraform's families (the kinds of resources) for services that run code or store secrets."""
_CONTAINERS_OF = {f"//cloudresourcemanager.googleapis.com/{name}": kind for name, kind in _CONTAINERS.items()}
_FULL = regex(r"//(?P<service>[a-z0-9-]+)(?:\.[a-z0-9.-]+)?/(?P<rest>.+)\Z")
_PROJECT = regex(r"(?:^|/)projects/([^/]+)")
_UPPER = regex(r"(?<=[a-z0-9])(?=[A-Z])")


def resource_of(full: str) -> Resource | None:
    """Return the resource of a full name; None if it is not a full name, or names no one project, folder or tag."""
    collection, _, last = full.rpartition("/")
    container = _CONTAINERS_OF.get(collection)
    if container and last and "\n" not in last:  # most of those with relevant grants
        return Resource(container, last)
    match = _FULL.match(full)
    if match is None:
        return None
    service, parts = match["service"], match["rest"].split("/")
    if service == "cloudresourcemanager" and (len(parts) < 2 or not all(parts[:2])):
        return None
    if len(parts) == 2 and service == "cloudresourcemanager" and parts[0] in _CONTAINERS:
        return Resource(_CONTAINERS[parts[0]], parts[1])
    if len(parts) >= 2 and parts[-2] == "serviceAccounts":
        return Resource("service_account", parts[-1])
    if service == "storage":
        return Resource("storage_bucket", parts[-1])
    collection = parts[-2] if len(parts) >= 2 else ""
    kind = _KINDS.get((service, collection)) or f"{service}_{snake(_singular(collection))}".strip("_")
    return Resource(kind, match["rest"])


def relative(name: str) -> Resource | None:
    """Return the resource of a relative name: ``projects/P``, ``folders/N``, ``projects/P/serviceAccounts/E``."""
    parts = name.split("/")
    if len(parts) == 2 and parts[0] in _CONTAINERS and parts[1]:
        return Resource(_CONTAINERS[parts[0]], parts[1])
    if len(parts) >= 2 and parts[-2] == "serviceAccounts" and parts[-1]:
        return Resource("service_account", parts[-1])
    return None


def project_in(name: str) -> str | None:
    """Return the project in a name, by id or number: ``…/projects/P/…``; None for ``projects/-`` and ``_``."""
    match = _PROJECT.search(name, max(0, name.find("projects/") - 1))
    return match[1] if match and match[1] not in ("-", "_") else None


def account_in(name: str) -> str | None:
    """Return the e-mail or unique id of the service account in a name."""
    match = re.search(r"(?:^|/)serviceAccounts/([^/]+)", name)
    return match[1] if match else None


def snake(name: str) -> str:
    """Return ``StorageBucket`` as ``storage_bucket``."""
    return _UPPER.sub("_", name).replace("-", "_").lower()


def _singular(plural: str) -> str:
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    return plural.removesuffix("s")
