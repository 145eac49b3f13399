"""Facts about tags, which conditions of grants and deny policies can ask for.

Source: https://cloud.google.com/resource-manager/docs/tags/tags-overview
"""

from __future__ import annotations

from iamlint.basics.frozen import frozen
from iamlint.facts.parts import Declaration, Place, Resource, Text


@frozen
class TagKey:
    """A tag key. ``name`` is its namespaced name: ``123456/env`` or ``shop/env``; ``id`` is ``tagKeys/N``."""

    name: Text
    declared: Declaration
    id: str | None = None


@frozen
class TagValue:
    """A value of a tag key. ``key`` is any name of the key or a reference to it; ``id`` is ``tagValues/N``."""

    key: Text
    short_name: Text
    declared: Declaration
    id: str | None = None


@frozen
class TagBinding:
    """A tag value that is attached to a resource; everything below inherits it.

    ``value`` is the value's id, its namespaced name (``123456/env/prod``), or a reference to it. A resource has at most
    one value of a key, and its own replaces an inherited one.
    """

    resource: Resource
    value: Text
    declared: Declaration
    place: Place


@frozen
class EffectiveTags:
    """All tags of a resource, inherited ones included: (key, value) by namespaced names or ids."""

    resource: Resource
    tags: tuple[tuple[str, str], ...]
    declared: Declaration
    place: Place
