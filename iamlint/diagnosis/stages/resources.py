"""The resources that the text of an error may mean, among those that the input grants something on.

Errors have full names (``projects/P/locations/L/repositories/R``), names with a service (``//run.googleapis.com/…``),
addresses of images, names of BigQuery (``P:DATASET.TABLE``), or a bare name. Source:
https://cloud.google.com/iam/docs/full-resource-names
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.asked.attachments import named
from iamlint.diagnosis.asked.case import ASKED, Case
from iamlint.facts import Declaration, Grant, Resource
from iamlint.logic.globs import text_is
from iamlint.unknown import Truth, Unknown, shown

Place = tuple[Resource, Declaration]
"""A resource, and where it is named."""

_CONTAINERS: Mapping[str, str] = {
    "projects": "project",
    "folders": "folder",
    "organizations": "organization",
    "billingAccounts": "billing_account",
}
_PREFIX = regex(r"\A(?:https?:)?//[a-z.-]+\.googleapis\.com/(?:[a-z]+/)??(?:v\d\w*/)?(?=projects/|folders/|organ|b/)")
_BIGQUERY = regex(r"(?P<project>[a-z][\w.:-]*?\w)[:.](?P<dataset>\w+)(?:\.(?P<table>[\w$-]+))?\Z")
_IMAGE = regex(
    r"(?P<location>[a-z0-9-]+)-(?:docker|npm|python|maven|apt|yum|go|generic)\.pkg\.dev/(?P<project>[a-z][a-z0-9.:-]*)(?:/(?P<repository>[\w.-]+))?"
    r"|(?:[a-z]+\.)?gcr\.io/(?P<of_gcr>[a-z][a-z0-9.:-]*)"
)
_BUCKET = regex(r"\A(?:gs://|(?:projects/_/)?buckets/|b/)(?P<name>[a-z0-9][\w.-]*[a-z0-9])")
_CONNECTION = regex(r"(?P<project>(?:[a-z0-9.-]+:)?[a-z][\w-]*):[a-z]+-[a-z]+\d+:[\w-]+")
"""The name that Cloud SQL's clients connect to."""
_PROJECT = regex(r"[a-z][a-z0-9-]{2,28}[a-z0-9]|\d{6,20}")
_NAMES_OF_OWN = ("storage.", "run.", "cloudfunctions.")
"""What the permissions of services begin with whose resources errors name without a project."""
_SERVICES: Mapping[str, tuple[str, ...]] = {
    "run": ("cloud_run",),
    "cloudfunctions": ("cloudfunctions",),
    "cloudkms": ("kms",),
    "secretmanager": ("secret_manager",),
    "artifactregistry": ("artifact_registry", "storage_bucket"),
    "compute": ("compute",),
}
"""What the kinds of a service's resources begin with, where that is not the service's own name."""


@frozen
class ResourceName:
    """A name in parts: what contains the resource, and its full names by collection, the longest first."""

    containers: tuple[Resource, ...] = ()
    paths: tuple[tuple[str, str], ...] = ()


def places_of(case: Case, on: str | None, permission: str) -> list[Place]:
    """Return the resources that are meant, with their containers; without a name, all that the input has grants on.

    The first is the resource itself.
    """
    return list(_named(case, on, permission)) if on else list(_anywhere(case))


def unknown_grants(case: Case, on: str | None, permission: str) -> Iterator[Grant]:
    """Yield the grants on resources of the permission's service with unknown names: they may be on the one meant.

    Errors often have the number of a project where the input has its id, and does not say that it is its number.
    """
    service = permission.partition(".")[0]
    kinds = _SERVICES.get(service, (service,))
    name = resource_name(on, permission) if on else ResourceName()
    ends = tuple(f"*{path.rpartition('/')[2]}" for _, path in name.paths)
    for grant in case.estate.of(Grant):
        own = grant.resource.name
        if _may_be_numbered(case, grant, name):
            yield grant
        if not on or not isinstance(own, Unknown) or not grant.resource.kind.startswith(kinds):
            continue
        if not ends or text_is(ends, own) is not Truth.FALSE:
            yield grant


def _may_be_numbered(case: Case, grant: Grant, name: ResourceName) -> bool:
    """Whether a grant is on this resource or its project, if the number of one project is that of the other's id."""
    own = case.estate.hierarchy.node(grant.resource, grant.declared)
    project = next((one.name for one in name.containers if one.kind == "project"), None)
    if own is None or not isinstance(project, str):
        return False
    home, _, rest = own[1].partition("/")
    if home.isdecimal() is project.isdecimal() or case.number_of(home) or case.number_of(project):
        return False
    if own[0] == "project":
        return True
    kind = own[0].replace("_", "")
    return bool(rest) and any(
        kind.endswith(_singular(collection)) and path.split("/")[3::2] == rest.split("/")
        for collection, path in name.paths
    )


def _anywhere(case: Case) -> Iterator[Place]:
    found: dict[str, Place] = {}
    for grant in case.estate.of(Grant):
        if grant.resource.kind != "service_account":
            found.setdefault(str(grant.resource), (grant.resource, grant.declared))
    project = case.project_of(case.target)
    if project is not None:
        found.setdefault("", (Resource("project", project), ASKED))
    yield from found.values()


def _named(case: Case, on: str, permission: str) -> Iterator[Place]:
    name = resource_name(on, permission)
    of_input = list(_granted(case, on, name))
    yield from of_input or [(_itself(on, name, permission), ASKED)]
    for container in name.containers:
        yield container, ASKED
    homes = {one.project: one.declared for one in named(on, case.estate) if isinstance(one.project, str)}
    if len(homes) == 1:
        yield from ((Resource("project", project), by) for project, by in homes.items())


def _granted(case: Case, on: str, name: ResourceName) -> Iterator[Place]:
    """Yield the resources by this name that the input grants something on."""
    seen: set[str] = set()
    for grant in case.estate.of(Grant):
        if str(grant.resource) not in seen and _is_meant(case, on, name, grant):
            seen.add(str(grant.resource))
            yield grant.resource, grant.declared


def _is_meant(case: Case, on: str, name: ResourceName, grant: Grant) -> bool:
    own = grant.resource.name
    if not isinstance(own, str) or grant.resource.is_container:
        return False
    if not name.paths:
        return on in (own, own.rpartition("/")[2])
    kind = grant.resource.kind
    node = case.estate.hierarchy.node(grant.resource, grant.declared)
    return any(
        kind.replace("_", "").endswith(_singular(collection))
        and case.estate.hierarchy.node(Resource(kind, path), ASKED) == node
        for collection, path in name.paths
    )


def _singular(collection: str) -> str:
    """``repository`` for ``repositories``, in lower case: the last word of a kind."""
    name = collection.lower()
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


def _itself(on: str, name: ResourceName, permission: str) -> Resource:
    """Return the resource that is named, where the input grants nothing on it."""
    if name.paths:
        collection, path = name.paths[0]
        is_of_storage = collection == "buckets" and "/" not in path  # Cloud Logging's have a project in their names
        return Resource("storage_bucket" if is_of_storage else _singular(collection), path)
    if name.containers:
        return name.containers[0]
    kinds = {
        "resourcemanager.projects": "project",
        "storage.buckets": "storage_bucket",
        "storage.objects": "storage_bucket",
    }
    return Resource(kinds.get(permission.rpartition(".")[0], "resource"), on)


# -- names ---------------------------------------------------------------------------------------------------------


def resource_name(on: str, permission: str) -> ResourceName:
    """Read the name of a resource as errors write it; ``permission`` decides between forms of several services."""
    on = re.sub(r"\Anamespaces/", "projects/", _PREFIX.sub("", on.strip()))  # Cloud Run's first API
    bucket = _BUCKET.match(on)
    if bucket:
        return ResourceName(paths=(("buckets", bucket["name"]),))
    image = _IMAGE.match(on)
    if image:
        return _image(image)
    parts = on.split("/")
    if len(parts) > 1 and parts[0] in _CONTAINERS:
        return _path(parts)
    if "@" in on and len(parts) == 1 and permission.startswith("iam.serviceAccount"):
        return ResourceName((Resource("service_account", on),))
    table = _BIGQUERY.match(on) if permission.startswith("bigquery.") else None
    if table:
        dataset = f"projects/{table['project']}/datasets/{table['dataset']}"
        tables = (("tables", f"{dataset}/tables/{table['table']}"),) if table["table"] else ()
        return ResourceName((Resource("project", table["project"]),), (*tables, ("datasets", dataset)))
    connection = _CONNECTION.fullmatch(on) if permission.startswith("cloudsql.") else None
    if connection:
        return ResourceName((Resource("project", connection["project"]),))
    is_project = "/" not in on and _PROJECT.fullmatch(on) and not permission.startswith(_NAMES_OF_OWN)
    return ResourceName((Resource("project", on),)) if is_project else ResourceName()


def _image(image: re.Match[str]) -> ResourceName:
    """Return the repository of an image. Source: https://cloud.google.com/artifact-registry/docs/docker/names"""
    if image["of_gcr"]:
        return ResourceName((Resource("project", image["of_gcr"]),))
    project = (Resource("project", image["project"]),)
    if not image["repository"]:
        return ResourceName(project)
    path = f"projects/{image['project']}/locations/{image['location']}/repositories/{image['repository']}"
    return ResourceName(project, (("repositories", path),))


def _path(parts: list[str]) -> ResourceName:
    """``projects/P/secrets/S/versions/1``: the project, the version, and the secret."""
    containers = (Resource(_CONTAINERS[parts[0]], parts[1]),)
    if len(parts) > 3 and parts[2] == "serviceAccounts":
        return ResourceName((Resource("service_account", parts[3]), *containers))
    paths = [(parts[end - 2], "/".join(parts[:end])) for end in range(4, len(parts) + 1, 2)]
    return ResourceName(containers, tuple(reversed(paths)))


def shown_place(place: Place) -> tuple[str, str]:
    """Return the node of a place as text, for the command that prints its policy."""
    return place[0].kind, shown(place[0].name)
