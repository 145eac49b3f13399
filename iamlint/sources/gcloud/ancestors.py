"""Policies of a project and its containers, as ``projects get-ancestors-iam-policy`` prints them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from iamlint.documents.parts import get, has, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, Fact, Resource
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.gcloud.recognition.kinds import Kind
from iamlint.sources.gcloud.resources.denials import attached_to, denials
from iamlint.sources.gcloud.resources.policies import whole_policy

_ORDER = ("project", "folder", "organization")


def in_lists(documents: Iterable[tuple[Value, Kind | None]]) -> list[tuple[Value, Kind | None]]:
    """Return the documents of a text with each chain of ancestors as one list: in YAML each entry is a document."""
    found: list[tuple[Value, Kind | None]] = []
    chain: list[Value] = []
    for document, kind in documents:
        is_entry = kind == "ancestors" and not isinstance(document.data, tuple)
        if chain and not (is_entry and _is_above(document, chain[-1])):
            found.append((Value(tuple(chain), chain[0].at), "ancestors"))
            chain = []
        if is_entry:
            chain.append(document)
        else:
            found.append((document, kind))
    return [*found, (Value(tuple(chain), chain[0].at), "ancestors")] if chain else found


def _is_above(entry: Value, before: Value) -> bool:
    """Whether an entry continues a chain; a resource has several entries with ``--include-deny``."""
    (kind, name), (last, of) = ((text(get(one, "type")), text(get(one, "id"))) for one in (entry, before))
    if kind not in _ORDER or last not in _ORDER:
        return True
    return _ORDER.index(kind) >= _ORDER.index(last) and (kind != "project" or name == of)


def ancestors(found: Sequence[Value], hierarchy: Hierarchy) -> Iterator[Fact]:
    """Yield the grants and denials, nearest first; with ``--include-deny`` a resource has one entry per policy."""
    names: dict[str, Declaration] = {}
    for entry in found:
        kind, name = text(get(entry, "type")) or "", text(get(entry, "id")) or ""
        resource, written = Resource(kind, name), get(entry, "policy")
        declared = Declaration(entry.location, "ancestors")
        names.setdefault(f"{kind}s/{name}", declared)
        if has(written, "kind") or has(written, "rules"):
            yield from denials((written,), attached_to(resource))
        else:
            yield from whole_policy(written, resource, get(entry, "id").location, declared)
    for (name, declared), parent in zip_longest(names.items(), list(names)[1:]):
        hierarchy.note(name, parent, None, declared)
