"""What a policy belongs to that does not say so itself: by ``--resource``, else by the name of its file.

The names that are understood, each before ``.json``, ``.yaml`` or ``.yml``; the last part of the path that fits counts:

    ci@shop.iam.gserviceaccount.com        an e-mail is that service account, wherever it stands
    project-shop, projects/shop            a project; also projects/shop/iam, projects/shop/iam-policy, …
    folder-123, folders/123                a folder
    organization-456, organizations/456    an organization; also org-456, org_456, and by domain: org_example.com
    projects/shop/buckets/b/iam            a bucket of a project, and likewise other resources that have policies
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from iamlint.facts import Resource

_EMAIL = re.compile(
    r"(?:(?:service[-_]?accounts?|sa|policy|iam)[-_=])?(?P<email>[a-z0-9][a-z0-9._-]*@[a-z0-9.-]+\.gserviceaccount\.com)\Z"
)
_KINDS = {"project": "project", "folder": "folder", "organization": "organization", "org": "organization"}
_NAMED = re.compile(r"(?P<kind>project|folder|organization|org)s?[-_.=](?P<name>[a-z0-9][a-z0-9.:-]*)\Z")
_POLICY = re.compile(r"(?:[-_.](?:iam|policy|policies|services))+\Z")
_NAME = re.compile(r"[A-Za-z0-9][\w.:-]*\Z")
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+\Z")
_FOLDERS = {
    "projects": "project",
    "folders": "folder",
    "organizations": "organization",
    "buckets": "storage_bucket",
    "datasets": "bigquery_dataset",
    "functions": "cloudfunctions2_function",
    "keyrings": "kms_key_ring",
    "queues": "cloud_tasks_queue",
    "repositories": "artifact_registry_repository",
    "secrets": "secret_manager_secret",
    "subscriptions": "pubsub_subscription",
    "topics": "pubsub_topic",
}
"""Folders named after a collection, with the kind of what is filed in them."""
_RESOURCE = re.compile(
    r"(?:projects/(?P<project>[^/]+)|folders/(?P<folder>[0-9]+)|organizations/(?P<organization>[0-9]+)"
    r"|(?:projects/[^/]+/)?serviceAccounts/(?P<service_account>[^/]+@[^/]+))\Z"
)


def by_option(resource: str) -> Resource | None:
    """The resource that ``--resource`` names; None where it is not of the form that it has."""
    match = _RESOURCE.match(resource)
    if match is None:
        return None
    kind = str(match.lastgroup)
    return Resource(kind, match[kind])


def by_path(path: str) -> Resource | None:
    """The resource that a file's name, or the folders that it lies in, tell."""
    parts = [_stem(path), *reversed(PurePosixPath(path).parent.parts)]
    for part in parts:
        email = _EMAIL.match(part)
        if email:
            return Resource("service_account", email["email"])
    for above, part in zip([*parts[1:], ""], parts, strict=True):
        found = _named(part, above)
        if found:
            return found
    return None


def project_by_path(path: str) -> str | None:
    """The project that a file's name, or one of the folders that it lies in, tells."""
    parts = [_stem(path), *reversed(PurePosixPath(path).parent.parts)]
    for above, part in zip([*parts[1:], ""], parts, strict=True):
        found = _named(part, above)
        if found and found.kind == "project":
            return str(found.name)
    return None


def _stem(path: str) -> str:
    return PurePosixPath(path.removesuffix(".gz")).with_suffix("").name


def _named(part: str, above: str) -> Resource | None:
    name = _POLICY.sub("", part)
    match = _NAMED.match(name)
    if match:
        return _resource(_KINDS[match["kind"]], match["name"])
    kind = _FOLDERS.get(above)
    return _resource(kind, name) if kind and _NAME.match(name) else None


def _resource(kind: str, name: str) -> Resource | None:
    if kind == "organization" and _DOMAIN.match(name) and not name.replace(".", "").isdecimal():
        return Resource(kind, name)
    if kind in ("folder", "organization") and not name.isdecimal():
        return None
    return Resource(kind, name)
