"""What takes a grant away again: another resource of the same configuration that owns the role or the whole policy.

Source: the note at the top of https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.estate import Estate, condition_key, identity, principal_node, scope
from iamlint.facts import Declaration, Emptied, Grant, Removed, Text
from iamlint.unknown import shown

_REMOVES = "google_project_iam_member_remove"


def takes_away(grant: Grant, estate: Estate) -> Declaration | None:
    """The resource that would take a grant of Terraform away, so that the two undo each other; None where none does."""
    if not grant.declared.address:
        return None
    node = estate.hierarchy.node(grant.resource, grant.declared)
    if node is None:
        return None
    for removed in estate.of(Removed):
        if removed.declared.type == _REMOVES and _is_same(removed.grant, grant, estate):
            return removed.declared
    owners: dict[str, Declaration] = {}
    for owner in _owners(grant, estate):
        owners.setdefault(owner.declared.address or "", owner.declared)
    kept = {
        one.declared.address
        for one in estate.of(Grant)
        if one.declared.address in owners and _is_same(one, grant, estate)
    }
    return next((declared for address, declared in owners.items() if address not in kept), None)


def _owners(grant: Grant, estate: Estate) -> Iterator[Grant | Emptied]:
    """What owns the binding of a grant, or the whole policy that it is in, and is another resource."""
    node, home = estate.hierarchy.node(grant.resource, grant.declared), scope(grant.declared)
    facts: tuple[Grant | Emptied, ...] = (*estate.of(Grant), *estate.of(Emptied))
    for one in facts:
        if one.declared.address in (None, grant.declared.address) or scope(one.declared) != home:
            continue
        if not _owns(one, grant.role, grant) or estate.hierarchy.node(one.resource, one.declared) != node:
            continue
        yield one


def _owns(one: Grant | Emptied, role: Text, grant: Grant) -> bool:
    whole = one.role is None if isinstance(one, Emptied) else one.origin == "policy"
    if whole:
        return True
    if isinstance(one, Grant) and one.origin != "binding":
        return False
    same_role = one.role is not None and identity(one.role, one.declared) == identity(role, grant.declared)
    return same_role and condition_key(one.condition) == condition_key(grant.condition)


def _is_same(one: Grant, grant: Grant, estate: Estate) -> bool:
    """Whether two grants give one principal one role on one resource."""
    node = estate.hierarchy.node
    if node(one.resource, one.declared) != node(grant.resource, grant.declared):
        return False
    if identity(one.role, one.declared) != identity(grant.role, grant.declared):
        return False
    return _who(one) == _who(grant)


def _who(grant: Grant) -> str:
    name = principal_node(grant) or shown(grant.principal.unknown)
    return name if name.startswith("principal") or "${" in name else name.lower()
