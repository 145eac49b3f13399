"""What Terraform leads to, and what an export shows of the same resources: one set of grants.

A ``_policy`` owns the whole policy of its resource and a ``_binding`` all that have its role, so that what an export
shows there beside them is gone after an apply; a ``_member`` only adds. Source: the note at the top of
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from iamlint.estate.hierarchy import Hierarchy, Node
from iamlint.estate.names import condition_key, identity, principal_node
from iamlint.facts import Declaration, Gap, Grant, Removed


@dataclass(frozen=True, slots=True)
class Replaced:
    """A grant of an export that does not count, with what of Terraform owns it, takes it away or states it itself."""

    grant: Grant
    by: Grant | Removed
    same: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """The grants that count, and those of exports that do not."""

    grants: tuple[Grant, ...]
    replaced: tuple[Replaced, ...] = ()


@dataclass(slots=True)
class _Stated:
    """What Terraform says: the resources and bindings that it owns, the grants that are there, and those that go."""

    policies: dict[Node, Grant] = field(default_factory=dict)
    bindings: dict[tuple[Node, str, str], Grant] = field(default_factory=dict)
    single: dict[tuple[Node, str, str, str], Grant | Removed] = field(default_factory=dict)

    def add(self, grant: Grant, hierarchy: Hierarchy) -> None:
        node = hierarchy.node(grant.resource, grant.declared)
        if node is None:
            return
        # How often what stands for any number of instances is there is not known: it may not own anything.
        certain = "[*]" not in (grant.declared.address or "")
        if grant.origin == "policy" and certain:
            self.policies.setdefault(node, grant)
        if grant.origin == "binding" and certain and (key := _binding(node, grant)):
            self.bindings.setdefault(key, grant)
        self.add_single(node, grant, grant)

    def add_single(self, node: Node, grant: Grant, by: Grant | Removed) -> None:
        key, who = _binding(node, grant), principal_node(grant)
        if key and who:
            self.single.setdefault((*key, who), by)

    def replaces(self, grant: Grant, hierarchy: Hierarchy) -> Replaced | None:
        """What of Terraform stands in the place of a grant that an export shows, if anything does."""
        node = hierarchy.node(grant.resource, grant.declared)
        if node is None:
            return None
        key, who = _binding(node, grant), principal_node(grant)
        single = self.single.get((*key, who)) if key and who else None
        if single:
            return Replaced(grant, single, same=isinstance(single, Grant))
        owner = self.policies.get(node) or (self.bindings.get(key) if key else None)
        return Replaced(grant, owner, same=False) if owner else None


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
            stated.add_single(node, one.grant, one)
    if not stated.policies and not stated.bindings and not stated.single:
        return Merged(grants)
    replaced = tuple(found for grant in exported if (found := stated.replaces(grant, hierarchy)))
    gone = {id(one.grant) for one in replaced}
    return Merged(tuple(grant for grant in grants if id(grant) not in gone), replaced)


def taken_away(replaced: Iterable[Replaced]) -> Iterator[Gap]:
    """What of each export does not count because of Terraform, though nobody states it again: said, not dropped."""
    exports: dict[Declaration, list[Replaced]] = defaultdict(list)
    for one in replaced:
        if not one.same:
            exports[one.grant.declared].append(one)
    for declared, several in exports.items():
        by = list(dict.fromkeys(one.by.declared.address or "" for one in several))
        grants = f"{len(several)} grant{'s' if len(several) > 1 else ''} that this export shows"
        verb = "are" if len(several) > 1 else "is"
        more = f" and {len(by) - 1} more" if len(by) > 1 else ""
        yield Gap(f"{grants} {verb} replaced or taken away when {by[0]}{more} is applied", declared)
