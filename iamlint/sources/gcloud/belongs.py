"""What a policy belongs to that does not say so itself: by ``--resource``, else by the name of its file.

The names that are understood, each before ``.json``, ``.yaml`` or ``.yml``; the last part of the path that fits counts:

    ci@shop.iam.gserviceaccount.com        an e-mail is that service account, wherever it stands
    project-shop, projects/shop            a project; also projects/shop/iam, projects/shop/iam-policy, …
    folder-123, folders/123                a folder
    organization-456, organizations/456    an organization; also org-456, org_456
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
_POLICY = re.compile(r"(?:[-_.](?:iam|policy|services))+\Z")
_FOLDERS = {"projects": "project", "folders": "folder", "organizations": "organization", "service-accounts": ""}
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
    parts = [PurePosixPath(path).with_suffix("").name, *reversed(PurePosixPath(path).parent.parts)]
    for part in parts:
        email = _EMAIL.match(part)
        if email:
            return Resource("service_account", email["email"])
    for above, part in zip([*parts[1:], ""], parts, strict=True):
        found = _named(part, above)
        if found:
            return found
    return None


def _named(part: str, above: str) -> Resource | None:
    name = _POLICY.sub("", part)
    match = _NAMED.match(name)
    if match:
        return _resource(_KINDS[match["kind"]], match["name"])
    kind = _FOLDERS.get(above)
    return _resource(kind, name) if kind and re.fullmatch(r"[a-z0-9][a-z0-9.:-]*", name) else None


def _resource(kind: str, name: str) -> Resource | None:
    if kind != "project" and not name.isdecimal():
        return None
    return Resource(kind, name)
