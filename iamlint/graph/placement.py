"""Where the permissions of a method must be granted, and what a method reaches from there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from functools import cache, lru_cache
from typing import TypeVar

from iamlint.estate import CONTAINERS, Node
from iamlint.methods.model import ACT_AS, Method, Place

ON_ACCOUNTS = ("service_account", *CONTAINERS)
"""The kinds of resources whose grants concern accounts: an account itself, or what contains it."""
PLACES: Mapping[Place, tuple[str, ...] | None] = {
    "account": ON_ACCOUNTS,
    "account_project": CONTAINERS,
    "project": CONTAINERS,
    "container": CONTAINERS,
    "folder": ("folder", "organization"),
    "organization": ("organization",),
    "resource": None,
    "another_resource": None,
}
"""The kinds of resources where a grant counts for a place; None for all."""

BOUND_KINDS = {
    "gke_workload": "workloads",
    "federated": "federated",
    "federated_set": "federated",
    "federated_pool": "federated",
}
"""What the kinds of principals that can be bound to accounts are to a method."""


@cache
def places(method: Method) -> tuple[tuple[str, Place], ...]:
    """Return the permissions that a method needs, each with where it must be granted."""
    found: dict[str, Place] = {need.permission: need.on for need in method.needs}
    if method.needs_act_as:
        found.setdefault(ACT_AS, "account")
    return tuple(found.items())


def may_fit(method: Method, around: frozenset[str], everywhere: frozenset[str]) -> bool:
    """Whether these permissions, around the node and anywhere, may be enough for a method."""
    needed = places(method)
    return all(one in (everywhere if place == "another_resource" else around) for one, place in needed)


def reaches_from(method: Method, node: Node) -> bool:
    """Whether a method that is granted on a node reaches something there."""
    match method.reaches:
        case "named":
            return node[0] in ON_ACCOUNTS
        case "below" | "agent" | "default":
            return node[0] in CONTAINERS
        case reaches:
            return reaches == "resource"


@lru_cache(maxsize=4096)
def common(held: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """Return the common permissions of two sets; cached, since the same few roles are granted again and again."""
    return held & wanted


_One = TypeVar("_One")


def by_node(pairs: Iterable[tuple[Node, _One]]) -> Mapping[Node, tuple[_One, ...]]:
    """Return things by their nodes."""
    found: dict[Node, list[_One]] = defaultdict(list)
    for node, one in pairs:
        found[node].append(one)
    return {node: tuple(those) for node, those in found.items()}  # most are alone: a list takes twice the memory


def each_once(
    index: Mapping[Node, tuple[_One, ...]],
    beyond: Mapping[Node, tuple[_One, ...]],
    nodes: Collection[Node],
    covered: Set[Node],
) -> Iterable[_One]:
    """Return what is at some nodes, each once; at covered ones only what leads beyond them."""
    if index.keys().isdisjoint(nodes):  # most principals
        return ()
    found = (one for node in nodes for one in (beyond if node in covered else index).get(node, ()))
    return {id(one): one for one in found}.values()
