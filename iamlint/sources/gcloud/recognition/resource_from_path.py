"""The resource of a policy that does not name one: from ``--resource``, else from the file's path.

The known names, each before ``.json``, ``.yaml`` or ``.yml``; the last matching part of the path counts:

    ci@shop.iam.gserviceaccount.com        an e-mail is that service account, anywhere in the path
    project-shop, projects/shop            a project; also projects/shop/iam, projects/shop/iam-policy, …
    folder-123, folders/123                a folder
    organization-456, organizations/456    an organization; also org-456, org_456, and by domain: org_example.com
    projects/shop/buckets/b/iam            a bucket of a project, and likewise other resources that have policies

Most files with such a name are not exports: ``projects/shop/package.json``, ``project-factory/policy.json``. So words
that describe a file do not name a project, and only a `Claim` says that a file must be an export.
"""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.facts import Resource
from iamlint.sources.names import usual

_EMAIL = regex(
    r"(?:(?:service[-_]?accounts?|sa|policy|iam)[-_=])?(?P<email>[a-z0-9][a-z0-9._-]*@[a-z0-9.-]+\.gserviceaccount\.com)\Z"
)
_ACCOUNTS = ".gserviceaccount.com"
"""The end of a service account's e-mail, which is not a file extension."""
_KINDS = {"project": "project", "folder": "folder", "organization": "organization", "org": "organization"}
_NAMED = regex(r"(?P<kind>project|folder|organization|org)(?:[-_=]|s=)(?P<name>[a-z0-9][a-z0-9.:-]*)\Z")
_POLICY = regex(r"(?:[-_.](?:get|iam|policy|policies|(?P<services>services|enabled)))+\Z")
_DESCRIBES = regex(
    r"(?:all|apis?|audit|base|bindings|common|configs?|created?|data|defaults?|describe|examples?|exports?|factory|get|iam"
    r"|ids?|info|level|list|members|metadata|names?|numbers?|owners|polic(?:y|ies)|roles?|rules?|schema|services|set"
    r"|settings|setup|structure|templates?|users|vars|variables)\Z"
)
"""Words after "project-" in names of files and folders that do not name a project."""
_OTHER = regex(r"\.(?:auto|config|example|lock|sample|schema|spec|template|test|tmpl|tpl|vars)\Z")
"""The last part of a name before its extension that marks a file of another program."""
_IAM = regex(r"(?:get[-_])?(?:ancestors[-_])?iam(?:[-_.]?polic(?:y|ies))?\Z")
_LISTED = regex(
    r"(?:ancestors|polic(?:y|ies)|description|describe|project|services|enabled|keys|roles|(?:service[-_]?)?accounts"
    r"|org[-_]?polic(?:y|ies)|(?:deny|boundary)[-_].+)\Z"
)
"""Names of other exports in the folder of a project, folder or organization."""
_NAME = regex(r"[A-Za-z0-9][\w.:-]*\Z")
_DOMAIN = regex(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+\Z")
_FOLDERS = {
    "projects": "project",
    "folders": "folder",
    "organizations": "organization",
    "buckets": "storage_bucket",
    "datasets": "bigquery_dataset",
    "functions": "cloudfunctions_function",
    "keyrings": "kms_key_ring",
    "queues": "cloud_tasks_queue",
    "repositories": "artifact_registry_repository",
    "secrets": "secret_manager_secret",
    "subscriptions": "pubsub_subscription",
    "topics": "pubsub_topic",
}
"""Folders named after a collection, with the kind of the resources in them."""
_RESOURCE = regex(
    r"(?:projects/(?P<project>[^/]+)|folders/(?P<folder>[0-9]+)|organizations/(?P<organization>[0-9]+)"
    r"|(?:projects/[^/]+/)?serviceAccounts/(?P<service_account>[^/]+@[^/]+))\Z"
)


def by_option(resource: str) -> Resource | None:
    """Return the resource that ``--resource`` names; None if it is malformed."""
    match = _RESOURCE.match(resource)
    if match is None:
        return None
    kind = str(match.lastgroup)
    return Resource(kind, match[kind])


def by_path(path: str) -> Resource | None:
    """Return the resource that a file's name, or the folders that contain it, name."""
    parts = _parts(path)
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
    """Return the project that a file's name, or one of the folders that contain it, names."""
    parts = _parts(path)
    for above, part in zip([*parts[1:], ""], parts, strict=True):
        found = _named(part, above)
        if found and found.kind == "project":
            return str(found.name)
    return None


Strength = Literal["certain", "likely", "possible"]


@frozen
class Claim:
    """A file name that says that the file is an export.

    ``what`` is that export in words. Files of other programs have some such names, too: ``likely`` is
    ``project-sync.json``, ``possible`` are ``projects/shop.yaml`` and ``projects/shop/services.yaml``.
    """

    what: str
    is_policy: bool
    strength: Strength


@lru_cache(maxsize=8192)
def claim(path: str) -> Claim | None:
    """Return what a file's name claims, alone or with its parent folder; None if it claims nothing."""
    stem, *above = _parts(path)
    email = _EMAIL.match(stem)
    if email:
        return Claim(f"the policy of service account {email['email']}", is_policy=True, strength="certain")
    own = _named(stem, above[0] if above else "")
    if own and own.is_container:
        suffix = _POLICY.search(stem)
        return _claim(own, "services" if suffix and suffix["services"] else "policy", _strength(own, stem))
    if not (_IAM.match(stem) or _LISTED.match(stem)):
        return None
    around = _EMAIL.match(above[0]) if above else None
    of = Resource("service_account", around["email"]) if around else None
    of = of or (_named(above[0], above[1] if len(above) > 1 else "") if above else None)
    if of is None:
        return None
    if _IAM.match(stem):
        return _claim(of, "policy", "certain")
    found = _claim(of, stem, "possible")
    described = of.is_container or of.kind == "service_account"
    return found if described or found.is_policy else None  # of a secret or a topic, only the policy is read


def _claim(of: Resource, what: str, strength: Strength) -> Claim:
    return Claim(f"the {what} of {of}", is_policy=what in ("policy", "policies"), strength=strength)


def _strength(resource: Resource, stem: str) -> Strength:
    """Return how certainly a name is that of a resource: numbers and domains are hardly anything else."""
    if resource.kind in ("folder", "organization"):
        return "certain"
    return "likely" if _NAMED.match(_POLICY.sub("", stem)) else "possible"


def _parts(path: str) -> list[str]:
    """Return the name of a file without its extensions, then its folders, the innermost first."""
    *above, last = path.split("/")
    name = usual(last)
    stem = name if name.endswith(_ACCOUNTS) else posixpath.splitext(name)[0]
    return [stem, *reversed(above)]


def _named(part: str, above: str) -> Resource | None:
    if _OTHER.search(part):
        return None
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
    return None if kind == "project" and _DESCRIBES.match(name) else Resource(kind, name)
