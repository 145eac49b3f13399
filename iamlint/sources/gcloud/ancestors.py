"""Policies of a project and its containers, as ``projects get-ancestors-iam-policy`` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from iamlint.documents.values import Value
from iamlint.facts import Declaration, Fact, Resource
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.gcloud.parts import get, has, place, text
from iamlint.sources.gcloud.resources.denials import attached_to, denials
from iamlint.sources.gcloud.resources.policies import whole_policy


def ancestors(found: Sequence[Value], hierarchy: Hierarchy) -> Iterator[Fact]:
    """Yield the grants and denials, nearest first; with ``--include-deny`` a resource has one entry per policy."""
    names: dict[str, Declaration] = {}
    for entry in found:
        kind, name = text(get(entry, "type")) or "", text(get(entry, "id")) or ""
        resource, written = Resource(kind, name), get(entry, "policy")
        declared = Declaration(place(entry), "ancestors")
        names.setdefault(f"{kind}s/{name}", declared)
        if has(written, "kind") or has(written, "rules"):
            yield from denials((written,), attached_to(resource))
        else:
            yield from whole_policy(written, resource, place(get(entry, "id")), declared)
    for (name, declared), parent in zip_longest(names.items(), list(names)[1:]):
        hierarchy.note(name, parent, None, declared)
