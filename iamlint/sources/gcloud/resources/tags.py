"""Tags: keys, values, bindings, and the effective tags that a search of resources prints.

Sources: https://cloud.google.com/resource-manager/reference/rest/v3/tagBindings and
https://cloud.google.com/asset-inventory/docs/reference/rest/v1/TopLevel/searchAllResources
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.documents.parts import first, get, has, items, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, EffectiveTags, Place, Resource, TagBinding, TagKey, TagValue
from iamlint.sources.gcloud.names import resource_of


def tag_keys(found: Sequence[Value]) -> Iterator[TagKey]:
    """Yield the keys of ``gcloud resource-manager tags keys list``."""
    for key in found:
        home = (text(get(key, "parent")) or "").rpartition("/")[2]
        name = text(first(key, "namespacedName", "namespaced_name")) or f"{home}/{_short(key)}"
        yield TagKey(name, Declaration(key.location, "tag_key"), text(get(key, "name")))


def tag_values(found: Sequence[Value]) -> Iterator[TagValue]:
    """Yield the values of ``gcloud resource-manager tags values list``."""
    for value in found:
        name = text(first(value, "namespacedName", "namespaced_name")) or ""
        key = text(get(value, "parent")) or name.rpartition("/")[0]
        yield TagValue(key, _short(value), Declaration(value.location, "tag_value"), text(get(value, "name")))


def _short(one: Value) -> str:
    return text(first(one, "shortName", "short_name")) or ""


def tag_bindings(found: Sequence[Value]) -> Iterator[TagBinding]:
    """Yield the bindings of ``gcloud resource-manager tags bindings list``."""
    for binding in found:
        resource = resource_of(text(get(binding, "parent")) or "")
        written = first(binding, "tagValue", "tag_value")
        value = text(written) or text(first(binding, "tagValueNamespacedName", "tag_value_namespaced_name"))
        if resource and value:
            declared = Declaration(binding.location, "tag_binding")
            yield TagBinding(resource, value, declared, Place((written if written.at else binding).location))


def effective_tags(one: Value, resource: Resource) -> Iterator[EffectiveTags]:
    """Yield all tags of a resource of ``gcloud asset search-all-resources``, if it shows them."""
    listed = first(one, "effectiveTags", "effective_tags")
    if not (has(one, "effectiveTags") or has(one, "effective_tags")):
        return
    nearest: dict[str, str] = {}
    for group in items(listed):
        for tag in items(first(group, "effectiveTags", "effective_tags")):
            for key, value in _names(tag):
                nearest.setdefault(key, value)
    yield EffectiveTags(resource, tuple(nearest.items()), Declaration(one.location, "asset"), Place(listed.location))


def _names(tag: Value) -> Iterator[tuple[str, str]]:
    """Yield key and value, by namespaced name and by id. The namespaced value contains its key."""
    for names in (
        ("tagKey", "tag_key", "tagValue", "tag_value"),
        ("tagKeyId", "tag_key_id", "tagValueId", "tag_value_id"),
    ):
        key, value = text(first(tag, *names[:2])), text(first(tag, *names[2:]))
        if key and value:
            yield key, value
