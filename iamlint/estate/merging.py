"""Merges Terraform's grants with the grants that exports show of the same resources.

An export's grant is removed only if its replacement is certain to be applied: by a root module or a plan that the user
named. Any other owner may be an example, or planted: then both grants are reported.

A ``_policy`` owns the whole policy of its resource and a ``_binding`` all members of its role: an apply removes any
other grants that an export shows there. A ``_member`` only adds. Source: the note at the top of
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import field

from iamlint.basics.frozen import frozen, mutable
from iamlint.basics.words import counted, first_names
from iamlint.estate.hierarchy import Hierarchy, Node
from iamlint.estate.names import condition_key, identity, in_force, principal_node
from iamlint.facts import Declaration, DefaultAccounts, EmptyBinding, Grant, RemovedGrant, UnreadPart, default_account
from iamlint.logic.verdict import TRUE
from iamlint.principals import project_number_of, project_of
from iamlint.provenance import configuration, owns
from iamlint.unknown import shown

Change = RemovedGrant | EmptyBinding | DefaultAccounts
"""Facts that remove grants that an export shows, and grant nothing themselves."""


@frozen
class Replaced:
    """A grant of an export, with the fact of Terraform that owns, removes or repeats it."""

    grant: Grant
    by: Grant | Change
    same: bool


@frozen
class Merged:
    """The grants that count, the replaced ones of exports, and those that count although they may be replaced."""

    grants: tuple[Grant, ...]
    replaced: tuple[Replaced, ...] = ()
    contested: tuple[Replaced, ...] = ()


@mutable
class _Stated:
    """What Terraform states: the resources and bindings that it owns, its grants, and the removed grants.

    ``defaults`` are the projects whose default accounts it deprives of their roles, disables or deletes.
    """

    hierarchy: Hierarchy
    policies: dict[Node, Grant | Change] = field(default_factory=dict)
    bindings: dict[tuple[Node, str, str], Grant | Change] = field(default_factory=dict)
    single: dict[tuple[Node, str, str, str], Grant | Change] = field(default_factory=dict)
    defaults: dict[str, DefaultAccounts] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.policies or self.bindings or self.single or self.defaults)

    def add(self, grant: Grant) -> None:
        """Add a grant of Terraform."""
        self._own(grant)
        if not grant.declared.uncertain:
            self._add_single(grant, grant)

    def add_change(self, change: Change) -> None:
        """Add a removal by Terraform, if it is certain."""
        if in_force(change.declared) is not TRUE:
            return
        match change:
            case RemovedGrant(grant):
                self._add_single(grant, change)
            case EmptyBinding():
                self._own(change)
            case DefaultAccounts(project, action):
                key = self.hierarchy.project_key(project, change.declared)
                if key and isinstance(action, str):
                    self.defaults.setdefault(key, change)

    def _own(self, owner: Grant | EmptyBinding) -> None:
        node = self.hierarchy.node(owner.resource, owner.declared)
        # What may not exist, or may differ from what is written, may leave other grants as they are.
        if node is None or in_force(owner.declared) is not TRUE:
            return
        match owner:
            case Grant(origin="policy") | EmptyBinding(role=None):
                self.policies.setdefault(node, owner)
            case Grant(origin="binding") | EmptyBinding():
                key = _binding(node, owner)
                if key:
                    self.bindings.setdefault(key, owner)
            case _:
                pass

    def _add_single(self, grant: Grant, by: Grant | Change) -> None:
        node = self.hierarchy.node(grant.resource, grant.declared)
        key, who = _binding(node, grant) if node else None, principal_node(grant)
        if key and who:
            self.single.setdefault((*key, who), by)

    def replaces(self, grant: Grant) -> Replaced | None:
        """Return the fact of Terraform that replaces a grant of an export, if any."""
        node = self.hierarchy.node(grant.resource, grant.declared)
        if node is None:
            return None
        key, who = _binding(node, grant), principal_node(grant)
        single = self.single.get((*key, who)) if key and who else None
        if single:
            return Replaced(grant, single, same=isinstance(single, Grant))
        owner = self.policies.get(node) or (self.bindings.get(key) if key else None) or self._of_default(grant, node)
        return Replaced(grant, owner, same=False) if owner else None

    def _of_default(self, grant: Grant, node: Node) -> DefaultAccounts | None:
        """Return Terraform's change to the default account that holds a grant: it loses its project roles, or
        everything.
        """
        email = grant.principal.email or ""
        if grant.principal.kind != "default_service_account" or default_account(email) in (None, "cloud_build"):
            return None
        project = project_of(email) or project_number_of(email)
        key = self.hierarchy.project_key(project, grant.declared) if project else None
        fact = self.defaults.get(key) if key else None
        return fact if fact and (fact.action != "DEPRIVILEGE" or node == ("project", key)) else None


def _binding(node: Node, of: Grant | EmptyBinding) -> tuple[Node, str, str] | None:
    role = None if of.role is None else identity(of.role, of.declared)
    condition = condition_key(of.condition)
    return None if role is None or condition is None else (node, role, condition)


def merged(
    grants: Iterable[Grant], changes: Iterable[Change], hierarchy: Hierarchy, closed: Set[str] = frozenset()
) -> Merged:
    """Return Terraform's grants, and the grants of exports that Terraform does not replace, remove or repeat.

    ``closed`` are the configurations that may block grants of their own. A grant that such a configuration repeats from
    an export counts twice, since the block may not apply to the export's.
    """
    grants = tuple(grants)
    exported = [grant for grant in grants if grant.origin == "export"]
    if not exported:
        return Merged(grants)
    stated = _Stated(hierarchy)
    for grant in sorted((one for one in grants if one.origin != "export"), key=lambda one: not owns(one.declared)):
        stated.add(grant)
    for change in sorted(changes, key=lambda one: not owns(one.declared)):
        stated.add_change(change)
    if not stated:
        return Merged(grants)
    found = [one for grant in exported if (one := stated.replaces(grant))]
    replaced = tuple(one for one in found if _is_certain(one, closed))
    contested = tuple(one for one in found if not one.same and not _is_certain(one, closed))
    gone = {id(one.grant) for one in replaced}
    return Merged(tuple(grant for grant in grants if id(grant) not in gone), replaced, contested)


def _is_certain(one: Replaced, closed: Set[str]) -> bool:
    """Whether a grant of an export is certainly removed, or counted elsewhere."""
    declared = one.by.declared
    return owns(declared) or (one.same and configuration(declared) not in closed)


def replaced_parts(replaced: Iterable[Replaced]) -> Iterator[UnreadPart]:
    """Yield the grants of each export that do not count because of Terraform and that no fact repeats."""
    exports: dict[Declaration, list[Replaced]] = defaultdict(list)
    for one in replaced:
        if not one.same:
            exports[one.grant.declared].append(one)
    for declared, several in exports.items():
        by = list(dict.fromkeys(one.by.declared.address or "" for one in several))
        verb = "are" if len(several) > 1 else "is"
        what = f"{counted(len(several), 'grant')} that this export shows {verb} replaced or removed"
        named = first_names([f"{one.grant.principal.text} as {shown(one.grant.role)}" for one in several], _NAMED)
        yield UnreadPart(f"{what} when {first_names(by, 1)} is applied: {named}", declared, unread=False)


_NAMED = 5
"""Maximum number of grants that a sentence names."""
