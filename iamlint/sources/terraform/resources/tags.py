"""Tags: keys, values, and what they are attached to.

Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/tags_tag_binding and
https://cloud.google.com/resource-manager/docs/tags/tags-creating-and-managing
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import Value
from iamlint.facts import Resource, TagBinding, TagKey, TagValue, Text
from iamlint.sources.gcloud.names import resource_of
from iamlint.sources.terraform.instances.arguments import named, place_of, placed_text, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.instances.view import joined
from iamlint.sources.terraform.resources.identities.accounts import account_name
from iamlint.sources.terraform.resources.projects import folder, project
from iamlint.unknown import Unknown, without_prefix

_MANAGER = "//cloudresourcemanager.googleapis.com/"
_CONTAINERS = {"projects/": "project", "folders/": "folder", "organizations/": "organization"}


def tag_key(instance: Instance) -> Iterator[TagKey]:
    """Yield the key of a ``google_tags_tag_key``."""
    parent = named(text_of(instance.body.value("parent")), f"{instance.address}.parent", "parent is not set")
    short = named(text_of(instance.body.value("short_name")), f"{instance.address}.short_name", "it has no name")
    home = without_prefix(parent, "organizations/", "projects/")
    name = text_of(joined(Value(home), "/", Value(short))) or Unknown("it has no name")
    yield TagKey(name, declaration(instance), _id(instance, "tagKeys/"))


def tag_value(instance: Instance) -> Iterator[TagValue]:
    """Yield the value of a ``google_tags_tag_value``."""
    parent = named(text_of(instance.body.value("parent")), f"{instance.address}.parent", "parent is not set")
    short = named(text_of(instance.body.value("short_name")), f"{instance.address}.short_name", "it has no name")
    yield TagValue(parent, short, declaration(instance), _id(instance, "tagValues/"))


def _id(instance: Instance, prefix: str) -> str | None:
    """Return the id that a plan or state has."""
    found = text_of(instance.body.value("id"))
    return found if isinstance(found, str) and found.startswith(prefix) else None


def tag_binding(instance: Instance) -> Iterator[TagBinding]:
    """Yield the binding of a ``google_tags_tag_binding`` or a ``google_tags_location_tag_binding``."""
    parent, value = placed_text(instance.body, "parent"), placed_text(instance.body, "tag_value")
    resource = tagged(parent[0]) if parent else None
    if resource and value:
        yield TagBinding(resource, value[0], declaration(instance), value[1])


def tagged(parent: Text) -> Resource | None:
    """Return the resource that a full name means, as grants name it; None if its kind is not known.

    The rest of the name may be unknown: ``//cloudresourcemanager.googleapis.com/projects/${…number}``.
    """
    found = resource_of(parent) if isinstance(parent, str) else None
    if found:
        return found
    short = without_prefix(parent, _MANAGER)
    for prefix, kind in _CONTAINERS.items():
        rest = without_prefix(short, prefix)
        if rest != short:
            return Resource(kind, rest)
    account = account_name(parent)
    if account != parent:
        return Resource("service_account", account)
    return None


def project_tags(instance: Instance) -> Iterator[TagBinding]:
    """Yield the ``tags`` of a ``google_project``: a map of keys to values, by id."""
    for found in project(instance):
        yield from _own_tags(instance, Resource("project", found.project_id))


def folder_tags(instance: Instance) -> Iterator[TagBinding]:
    """Yield the ``tags`` of a ``google_folder``: a map of keys to values, by id."""
    for found in folder(instance):
        yield from _own_tags(instance, Resource("folder", without_prefix(found.name, "folders/")))


def _own_tags(instance: Instance, resource: Resource) -> Iterator[TagBinding]:
    argument = instance.body.arguments.get("tags")
    entries = argument.value.data if argument else None
    if argument is None or not isinstance(entries, dict):
        return
    for value in entries.values():
        text = text_of(value)
        if text is not None:
            yield TagBinding(resource, text, declaration(instance), place_of(argument, value))
