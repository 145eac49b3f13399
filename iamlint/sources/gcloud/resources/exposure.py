"""API keys, and the settings of buckets and services that decide about public access.

Sources: https://cloud.google.com/api-keys/docs/reference/rest/v2/projects.locations.keys,
https://cloud.google.com/storage/docs/json_api/v1/buckets and
https://cloud.google.com/run/docs/securing/managing-access#invoker_check
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.documents.parts import first, get, items, text, texts
from iamlint.documents.values import Value
from iamlint.facts import AccessSetting, ApiKey, Bucket, Credential, Declaration, Fact, Place, Resource, Setting, Text
from iamlint.sources.gcloud.names import project_in, resource_of
from iamlint.unknown import Unknown

_CLIENTS = (
    ("browserKeyRestrictions", "allowedReferrers"),
    ("serverKeyRestrictions", "allowedIps"),
    ("iosKeyRestrictions", "allowedBundleIds"),
)
_NO_CHECK = "run.googleapis.com/invoker-iam-disabled"


def api_keys(found: Sequence[Value]) -> Iterator[Fact]:
    """Yield API keys, and those bound to an account as its credentials, too; deleted ones can only be restored."""
    for key in found:
        if get(key, "deleteTime").data is not None:
            continue
        name = get(key, "name")
        project = project_in(text(name) or "") or Unknown("the export does not name the project")
        declared = Declaration((name if name.at else key).location, "api_key")
        yield api_key(key, text(get(key, "displayName")) or text(name) or "", project, declared)
        account = get(key, "serviceAccountEmail")
        if text(account):
            yield Credential("api_key", text(account) or "", declared, Place(account.location))


def api_key(key: Value, name: str, project: Text, declared: Declaration) -> ApiKey:
    """Return the API key of a resource of the API, or of the ``spec`` of a document of Config Connector."""
    restrictions = get(key, "restrictions")
    android = items(get(restrictions, "androidKeyRestrictions", "allowedApplications"))
    clients = [one for path in _CLIENTS for one in texts(get(restrictions, *path))]
    clients += [text(get(one, "packageName")) or "" for one in android]
    return ApiKey(
        name=name,
        project=project,
        declared=declared,
        place=Place(restrictions.location if restrictions.at else declared.at),
        clients=tuple(clients),
        apis=tuple(text(get(one, "service")) or "" for one in items(get(restrictions, "apiTargets"))),
        created=text(get(key, "createTime")),
    )


def buckets(found: Sequence[Value]) -> Iterator[AccessSetting | Bucket]:
    """Yield the settings of buckets that ``gcloud storage buckets list`` prints, and with ``--raw`` their projects."""
    for one in found:
        name, declared = text(get(one, "name")) or "", Declaration(one.location, "bucket")
        yield from bucket_settings(one, name, declared)
        project = get(one, "projectNumber")
        if text(project):
            yield Bucket(name, text(project) or "", declared, Place(project.location))


def bucket_asset(name: Value, data: Value) -> Iterator[AccessSetting]:
    """Yield the settings of a bucket in an export of assets."""
    bucket = (text(name) or "").rpartition("/")[2]
    yield from bucket_settings(data, bucket, Declaration(name.location, "bucket"))


def bucket_settings(bucket: Value, name: str, declared: Declaration) -> Iterator[AccessSetting]:
    """Yield the settings of a bucket, in the form of gcloud, of the API, or of Config Connector."""
    configured = get(bucket, "iamConfiguration")
    prevention = first(bucket, "public_access_prevention", "publicAccessPrevention")
    prevention = prevention if prevention.at else get(configured, "publicAccessPrevention")
    uniform = first(bucket, "uniform_bucket_level_access", "uniformBucketLevelAccess")
    uniform = uniform if uniform.at else get(configured, "uniformBucketLevelAccess", "enabled")
    resource = Resource("storage_bucket", name)
    if text(prevention) == "enforced":
        yield _setting("public_access_prevention", resource, declared, prevention)
    if uniform.data is True:
        yield _setting("uniform_access", resource, declared, uniform)


def run_service_asset(name: Value, data: Value) -> Iterator[AccessSetting]:
    """Yield the setting of a Cloud Run service in an export of assets, of either version of the API."""
    checked = get(data, "invokerIamDisabled")
    annotation = get(data, "metadata", "annotations", _NO_CHECK)
    resource = resource_of(text(name) or "")
    declared = Declaration(name.location, "run_service")
    if resource and (checked.data is True or text(annotation) == "true"):
        yield _setting("no_invoker_check", resource, declared, checked if checked.data is True else annotation)


def _setting(setting: Setting, resource: Resource, declared: Declaration, written: Value) -> AccessSetting:
    return AccessSetting(setting, resource, declared, Place(written.location))
