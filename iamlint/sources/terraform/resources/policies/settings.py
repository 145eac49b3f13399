"""Settings of buckets and services that decide about public access, whatever is granted.

Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/storage_bucket and
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iamlint.documents.values import Value
from iamlint.facts import AccessSetting, Bucket, Resource, Setting
from iamlint.sources.terraform.instances.arguments import flag_of, named, place_of, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.families import resource_of
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import Unknown

_NO_CHECK = "run.googleapis.com/invoker-iam-disabled"
_NAMES = ("project", "location", "name")


def bucket(instance: Instance) -> Iterator[AccessSetting | Bucket]:
    """Yield the settings of a ``google_storage_bucket``, and its project."""
    name = named(text_of(instance.body.value("name")), f"{instance.address}.name", "name is not set")
    resource = Resource("storage_bucket", name)
    prevention = text_of(instance.body.value("public_access_prevention"))
    enforced = prevention if isinstance(prevention, Unknown) else prevention == "enforced"
    yield from _setting(instance, "public_access_prevention", resource, "public_access_prevention", enforced)
    argument = "uniform_bucket_level_access"
    yield from _setting(instance, "uniform_access", resource, argument, flag_of(instance.body.value(argument)))
    project, place = default_project(instance)
    if isinstance(project, str) or project.parts:
        yield Bucket(name, project, declaration(instance), place)


def run_service(instance: Instance) -> Iterator[AccessSetting]:
    """Yield the setting of a ``google_cloud_run_v2_service`` that answers without checking the caller."""
    argument = "invoker_iam_disabled"
    resource = _service(instance, "cloud_run_v2_service", instance.body)
    yield from _setting(instance, "no_invoker_check", resource, argument, flag_of(instance.body.value(argument)))


def older_run_service(instance: Instance) -> Iterator[AccessSetting]:
    """Yield the same setting of a ``google_cloud_run_service``, which has an annotation for it."""
    blocks = instance.body.blocks_of("metadata")
    if isinstance(blocks, Unknown) or not blocks:
        return
    annotations = blocks[0].value("annotations")
    match annotations.data:
        case dict() as entries:
            enabled = flag_of(entries.get(_NO_CHECK, Value(None)))
        case _:
            return
    resource = _service(instance, "cloud_run_service", instance.body)
    within = replace(instance, body=blocks[0])
    yield from _setting(within, "no_invoker_check", resource, "annotations", enabled, entries.get(_NO_CHECK))


def _service(instance: Instance, family: str, body: Body) -> Resource:
    written = {name: body.arguments[name] for name in _NAMES if name in body.arguments}
    return resource_of(replace(instance, body=Body(body.at, written)), family)[0]


def _setting(
    instance: Instance,
    setting: Setting,
    resource: Resource,
    argument: str,
    enabled: bool | Unknown,
    value: Value | None = None,
) -> Iterator[AccessSetting]:
    written = instance.body.arguments.get(argument)
    if written is not None and enabled is not False:
        yield AccessSetting(setting, resource, declaration(instance), place_of(written, value), enabled)
