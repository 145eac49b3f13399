"""Pools of federated identities: which pool a name, a principal or a set names, and which of its identities.

Source: https://cloud.google.com/iam/docs/principal-identifiers
"""

from __future__ import annotations

import re
from functools import lru_cache

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.facts import Principal

_PART = r"(?:[^/$]|\$\{[^{}]*\})+"
"""A part of a path; a reference may have slashes."""
_POOL = regex(
    rf"(?:(?:\A|/)projects/(?P<project>{_PART})/)?(?:locations/{_PART}/)?"
    rf"(?P<kind>workloadIdentityPools|workforcePools)/(?P<id>{_PART})(?:/(?P<selector>.*))?\Z",
    re.DOTALL,
)
_OF_CLUSTERS = regex(r"serviceAccount:(?P<id>(?P<project>[^\[]+)\.svc\.id\.goog)\[(?P<inside>.*)", re.DOTALL)


@frozen
class PoolName:
    """A pool as a text names it.

    ``name`` is its full name, or ``PROJECT.svc.id.goog`` where a principal of GKE names the pool that a project's
    clusters share. ``project`` is an id, a number or a reference; None for workforce pools. ``selector`` is what
    follows the name: ``subject/x``, ``attribute.x/y``, ``group/x``, ``*``; empty if nothing follows.
    """

    name: str
    id: str
    project: str | None
    workforce: bool
    selector: str = ""


@lru_cache(maxsize=512)
def pool_in(text: str) -> PoolName | None:
    """Return the pool that a text names, with references as ``${…}``; None if it names none.

    A misspelt name, such as one without its location, still names the pool that was meant.
    """
    if found := _OF_CLUSTERS.match(text):
        return PoolName(found["id"], found["id"], found["project"], workforce=False)
    found = _POOL.search(text)
    if found is None:
        return None
    name = text[found.start() : found.end("id")].removeprefix("/")
    workforce = found["kind"] == "workforcePools"
    return PoolName(name, found["id"], None if workforce else found["project"], workforce, found["selector"] or "")


def is_federated(principal: Principal) -> bool:
    """Whether a principal is an identity from outside Google, or a workload of GKE."""
    return "//" in principal.text or ".svc.id.goog[" in principal.text
