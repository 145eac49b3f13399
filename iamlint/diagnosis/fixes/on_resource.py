"""A grant on the very resource of a call, smaller than one on its project.

Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs and
https://cloud.google.com/sdk/gcloud/reference
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.answer import Fix
from iamlint.diagnosis.asked.case import ASKED
from iamlint.diagnosis.fixes.fix_text import Member, block
from iamlint.diagnosis.stages.resources import resource_name
from iamlint.facts import Grant, Place, Resource
from iamlint.principals import project_of, read_principal
from iamlint.unknown import shown


@frozen
class _Kind:
    """A kind of resource with a policy of its own.

    ``path`` is its name, where ``{argument}`` is an argument of the Terraform resource ``type``. ``gcloud``
    is the command, without member and role. ``nouns`` are the second words of the permissions that a grant on it gives,
    that of the resource itself first.
    """

    type: str
    path: str
    nouns: tuple[str, ...]
    gcloud: str
    argument: str = ""
    """The argument that takes the whole path, where there is one."""


_BUCKET = _Kind(
    "google_storage_bucket_iam_member",
    "{bucket}",
    ("buckets", "objects"),
    "gcloud storage buckets add-iam-policy-binding gs://{bucket}",
)
_KINDS: tuple[_Kind, ...] = (
    _BUCKET,
    _Kind(
        "google_secret_manager_secret_iam_member",
        "projects/{project}/secrets/{secret_id}",
        ("secrets", "versions"),
        "gcloud secrets add-iam-policy-binding {secret_id} --project={project}",
    ),
    _Kind(
        "google_pubsub_topic_iam_member",
        "projects/{project}/topics/{topic}",
        ("topics",),
        "gcloud pubsub topics add-iam-policy-binding {topic} --project={project}",
    ),
    _Kind(
        "google_pubsub_subscription_iam_member",
        "projects/{project}/subscriptions/{subscription}",
        ("subscriptions",),
        "gcloud pubsub subscriptions add-iam-policy-binding {subscription} --project={project}",
    ),
    _Kind(
        "google_artifact_registry_repository_iam_member",
        "projects/{project}/locations/{location}/repositories/{repository}",
        ("repositories", "dockerimages", "files", "packages", "tags", "versions"),
        "gcloud artifacts repositories add-iam-policy-binding {repository} --location={location} --project={project}",
    ),
    _Kind(
        "google_cloud_run_v2_service_iam_member",
        "projects/{project}/locations/{location}/services/{name}",
        ("services", "routes", "revisions"),
        "gcloud run services add-iam-policy-binding {name} --region={location} --project={project}",
    ),
    _Kind(
        "google_cloud_run_v2_job_iam_member",
        "projects/{project}/locations/{location}/jobs/{name}",
        ("jobs", "executions"),
        "gcloud run jobs add-iam-policy-binding {name} --region={location} --project={project}",
    ),
    _Kind(
        "google_cloudfunctions_function_iam_member",
        "projects/{project}/locations/{region}/functions/{cloud_function}",
        ("functions",),
        "gcloud functions add-iam-policy-binding {cloud_function} --region={region} --project={project}",
    ),
    _Kind(
        "google_cloud_tasks_queue_iam_member",
        "projects/{project}/locations/{location}/queues/{name}",
        ("queues", "tasks"),
        "gcloud tasks queues add-iam-policy-binding {name} --location={location} --project={project}",
    ),
    _Kind(
        "google_bigquery_table_iam_member",
        "projects/{project}/datasets/{dataset_id}/tables/{table_id}",
        ("tables",),
        "bq add-iam-policy-binding {project}:{dataset_id}.{table_id}",
    ),
    _Kind(
        "google_bigquery_dataset_iam_member",
        "projects/{project}/datasets/{dataset_id}",
        ("datasets", "tables", "routines", "models"),
        "",
    ),
    _Kind(
        "google_spanner_database_iam_member",
        "projects/{project}/instances/{instance}/databases/{database}",
        ("databases", "sessions"),
        "gcloud spanner databases add-iam-policy-binding {database} --instance={instance} --project={project}",
    ),
    _Kind(
        "google_compute_subnetwork_iam_member",
        "projects/{project}/regions/{region}/subnetworks/{subnetwork}",
        ("subnetworks",),
        "gcloud compute networks subnets add-iam-policy-binding {subnetwork} --region={region} --project={project}",
    ),
    _Kind(
        "google_kms_crypto_key_iam_member",
        "projects/{project}/locations/{location}/keyRings/{keyring}/cryptoKeys/{key}",
        ("cryptoKeys", "cryptoKeyVersions"),
        "gcloud kms keys add-iam-policy-binding {key} --keyring={keyring} --location={location} --project={project}",
        "crypto_key_id",
    ),
    _Kind(
        "google_service_account_iam_member",
        "projects/{project}/serviceAccounts/{email}",
        ("serviceAccounts", "serviceAccountKeys"),
        "gcloud iam service-accounts add-iam-policy-binding {email}",
        "service_account_id",
    ),
)
_CONTAINERS: Mapping[str, _Kind] = {
    "project": _Kind("google_project_iam_member", "{project}", (), "gcloud projects add-iam-policy-binding {project}"),
    "folder": _Kind(
        "google_folder_iam_member",
        "folders/{id}",
        (),
        "gcloud resource-manager folders add-iam-policy-binding {id}",
        "folder",
    ),
    "organization": _Kind(
        "google_organization_iam_member", "{org_id}", (), "gcloud organizations add-iam-policy-binding {org_id}"
    ),
    "billing_account": _Kind(
        "google_billing_account_iam_member",
        "{billing_account_id}",
        (),
        "gcloud billing accounts add-iam-policy-binding {billing_account_id}",
    ),
}
_ABOVE_PROJECTS: Mapping[str, tuple[str, str]] = {
    "roles/compute.xpnAdmin": ("folder", "FOLDER"),
    "roles/orgpolicy.policyAdmin": ("organization", "ORGANIZATION"),
    "roles/resourcemanager.folderAdmin": ("folder", "FOLDER"),
    "roles/resourcemanager.folderCreator": ("folder", "FOLDER"),
    "roles/resourcemanager.projectCreator": ("folder", "FOLDER"),
    "roles/resourcemanager.organizationAdmin": ("organization", "ORGANIZATION"),
}
"""Roles that no project takes, with the lowest resource that does.

Source: https://cloud.google.com/iam/docs/roles-permissions, "lowest-level resources where you can grant this role"
"""
_OF_PARENT = frozenset({"create", "list"})
"""Verbs that act on a collection: the right is needed on what contains the resource."""


def grant_on_bucket(permission: str, role: str, member: Member) -> Fix | None:
    """Return the grant of a role on a bucket that the reader must name; None for rights that are not of a bucket."""
    service, noun, verb = _words(permission)
    if service != "storage" or not _gives(_BUCKET, noun, verb):
        return None
    return _grant(_BUCKET, {"bucket": "BUCKET"}, role, member)


def grant_on(resource: str, permission: str, role: str, member: Member) -> Fix | None:
    """Return the grant of a role on the resource of a call; None if it takes one on what contains the resource."""
    _, noun, verb = _words(permission)
    for collection, path in _paths(resource, permission):
        for kind in _KINDS:
            found = _pattern(kind.path).fullmatch(path)
            is_kind = found is not None and (kind is _BUCKET) == (collection == "buckets")
            if found and is_kind and _gives(kind, noun, verb):
                return _grant(kind, found.groupdict(), role, member)
    return None


def grant_on_container(resource: str, permission: str, project: str, role: str, member: Member) -> Fix:
    """Return the grant of a role on the project, folder or organization of a resource, else on the given project.

    Rights on billing accounts are granted on these.
    """
    name = resource_name(resource, permission)
    is_billing = permission.startswith("billing.")
    default = Resource("billing_account", "BILLING_ACCOUNT") if is_billing else Resource("project", project)
    found = next((one for one in name.containers if one.kind in _CONTAINERS), default)
    above = _ABOVE_PROJECTS.get(role) if found.kind == "project" else None
    if above:
        found = Resource(*above)
    kind = _CONTAINERS[found.kind]
    fix = _grant(kind, {re.findall(r"\{(\w+)\}", kind.path)[0]: shown(found.name)}, role, member)
    place = Place(ASKED.at)
    grant = Grant(read_principal(member.text), role, found, "member", ASKED, place, place, place)
    fix = replace(fix, grants=(grant,))
    if above:
        return replace(fix, note=f"Google does not allow {role} on a project: grant it on what contains the project.")
    return replace(fix, note="On the resource itself it is smaller still.") if name.paths else fix


def _paths(resource: str, permission: str) -> tuple[tuple[str, str], ...]:
    """Return the names of a resource by collection, the longest first."""
    name = resource_name(resource, permission)
    if permission.startswith("storage.") and "/" not in resource:  # errors of Cloud Storage name the bucket alone
        return (("buckets", resource),)
    account = next((shown(one.name) for one in name.containers if one.kind == "service_account"), resource)
    if "@" in account and "/" not in account:
        project = project_of(account) or "-"
        return (("serviceAccounts", f"projects/{project}/serviceAccounts/{account}"),)
    return name.paths


def _words(permission: str) -> tuple[str, str, str]:
    service, _, rest = permission.partition(".")
    noun, _, verb = rest.partition(".")
    return service, noun, verb


def _gives(kind: _Kind, noun: str, verb: str) -> bool:
    """Whether a grant on a resource of this kind gives permissions of these words."""
    return noun in kind.nouns and not (noun == kind.nouns[0] and verb in _OF_PARENT)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


def _grant(kind: _Kind, parts: dict[str, str], role: str, member: Member) -> Fix:
    if kind.argument:
        arguments = {kind.argument: f'"{kind.path.format(**parts)}"'}
    else:
        arguments = {name: f'"{value}"' for name, value in parts.items()}
    terraform = block(f'resource "{kind.type}" "this"', {**arguments, "role": f'"{role}"', "member": member.terraform})
    if kind.gcloud:
        return Fix(terraform, f"{kind.gcloud.format(**parts)} --member={member.in_shell} --role={role}")
    statement = f'GRANT `{role}` ON SCHEMA `{parts["project"]}.{parts["dataset_id"]}` TO "{member.text}"'
    return Fix(terraform, f"bq query --nouse_legacy_sql '{statement}'")
