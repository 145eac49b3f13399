"""What Terraform leads to, and what an export shows of the same resources: one set of grants.

A ``_policy`` owns the whole policy of its resource and a ``_binding`` all that have its role, so that what an export
shows there beside them is gone after an apply; a ``_member`` only adds. Source: the note at the top of
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from iamlint.estate.hierarchy import Hierarchy, Node
from iamlint.estate.names import condition_key, identity, principal_node
from iamlint.facts import Grant, Removed


@dataclass(frozen=True, slots=True)
class Merged:
    """The grants that count. ``replaced`` are those of exports that Terraform owns, takes away, or states itself."""

    grants: tuple[Grant, ...]
    replaced: tuple[Grant, ...] = ()


@dataclass(slots=True)
class _Stated:
    """What Terraform says: the resources and bindings that it owns, the grants that are there, and those that go."""

    policies: set[Node] = field(default_factory=set)
    bindings: set[tuple[Node, str, str]] = field(default_factory=set)
    single: set[tuple[Node, str, str, str]] = field(default_factory=set)

    def add(self, grant: Grant, hierarchy: Hierarchy) -> None:
        node = hierarchy.node(grant.resource, grant.declared)
        if node is None:
            return
        # How often what stands for any number of instances is there is not known: it may not own anything.
        certain = "[*]" not in (grant.declared.address or "")
        if grant.origin == "policy" and certain:
            self.policies.add(node)
        if grant.origin == "binding" and certain and (key := _binding(node, grant)):
            self.bindings.add(key)
        self.add_single(node, grant)

    def add_single(self, node: Node, grant: Grant) -> None:
        key, who = _binding(node, grant), principal_node(grant)
        if key and who:
            self.single.add((*key, who))

    def covers(self, grant: Grant, hierarchy: Hierarchy) -> bool:
        node = hierarchy.node(grant.resource, grant.declared)
        if node is None:
            return False
        key, who = _binding(node, grant), principal_node(grant)
        return node in self.policies or (key is not None and (key in self.bindings or (*key, who) in self.single))


def _binding(node: Node, grant: Grant) -> tuple[Node, str, str] | None:
    role, condition = identity(grant.role, grant.declared), condition_key(grant)
    return None if role is None or condition is None else (node, role, condition)


def merged(grants: Iterable[Grant], removed: Iterable[Removed], hierarchy: Hierarchy) -> Merged:
    """The grants of Terraform, and those of exports that Terraform neither replaces nor takes away nor repeats."""
    grants = tuple(grants)
    exported = [grant for grant in grants if grant.origin == "export"]
    if not exported:
        return Merged(grants)
    stated = _Stated()
    for grant in grants:
        if grant.origin != "export":
            stated.add(grant, hierarchy)
    for one in removed:
        node = hierarchy.node(one.grant.resource, one.grant.declared)
        if node:
            stated.add_single(node, one.grant)
    if not stated.policies and not stated.bindings and not stated.single:
        return Merged(grants)
    gone = {id(grant) for grant in exported if stated.covers(grant, hierarchy)}
    return Merged(
        tuple(grant for grant in grants if id(grant) not in gone),
        tuple(grant for grant in exported if id(grant) in gone),
    )
