"""What takes a grant away again: another resource of the same configuration that owns the role or the whole policy.

Source: the note at the top of https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.basics.frozen import frozen
from iamlint.estate import Estate, Node, condition_key, identity, principal_node, scope
from iamlint.facts import Declaration, EmptyBinding, Grant, RemovedGrant
from iamlint.unknown import Unknown, shown

_REMOVES = "google_project_iam_member_remove"


@frozen
class Owner:
    """A resource that takes a grant away, or may: ``unknown`` says why that is not certain."""

    declared: Declaration
    unknown: str = ""


def takes_away(grant: Grant, estate: Estate) -> Owner | None:
    """Return the resource that would take a grant away, so that the two undo each other; None if none does.

    Of an export only what is not known in full may take something away: what is known has done so already.
    """
    for removed in estate.of(RemovedGrant):
        unknown = _removes(removed.grant, grant, estate) if removed.declared.type == _REMOVES else None
        if unknown is not None:
            return Owner(removed.declared, unknown)
    owners: dict[str, Owner] = {}
    for owner in _owners(grant, estate):
        owners.setdefault(owner.declared.address or "", owner)
    kept = {
        one.declared.address
        for one in estate.of(Grant)
        if one.declared.address in owners and _is_same(one, grant, estate)
    }
    left = [owner for address, owner in owners.items() if address not in kept]
    return min(left, key=lambda owner: bool(owner.unknown), default=None)


def _removes(one: Grant, grant: Grant, estate: Estate) -> str | None:
    """Why a removed grant may be this one, "" where it certainly is; None if it is another."""
    if identity(one.role, one.declared) != identity(grant.role, grant.declared) or _who(one) != _who(grant):
        return None
    its, mine = (estate.hierarchy.node(each.resource, each.declared) for each in (one, grant))
    if its == mine and its is not None:
        return ""
    if one.resource.kind != grant.resource.kind or not (_is_open(its) or _is_open(mine)):
        return None
    return f"whether {one.resource} is {grant.resource} is not known"


def _is_open(node: Node | None) -> bool:
    return node is None or "${" in node[1]


def _owners(grant: Grant, estate: Estate) -> Iterator[Owner]:
    """Yield what owns the binding of a grant, or the whole policy that it is in, or may, and is another resource."""
    facts: tuple[Grant | EmptyBinding, ...] = (*estate.of(Grant), *estate.of(EmptyBinding))
    for one in facts:
        address = one.declared.address
        if address in (None, grant.declared.address) or one.resource.kind != grant.resource.kind:
            continue
        if grant.declared.address and scope(one.declared) != scope(grant.declared):
            continue
        unknown = _owns(one, grant, estate)
        if unknown is not None and (unknown or grant.declared.address):
            yield Owner(one.declared, unknown)


def _owns(one: Grant | EmptyBinding, grant: Grant, estate: Estate) -> str | None:
    """Why a statement may own the binding of a grant, "" where it certainly does; None if it does not."""
    whole = one.role is None if isinstance(one, EmptyBinding) else one.origin == "policy"
    if not whole and isinstance(one, Grant) and one.origin != "binding":
        return None
    node = estate.hierarchy.node
    its, mine = node(one.resource, one.declared), node(grant.resource, grant.declared)
    unknown = ""
    if its != mine or its is None:
        if its is not None and "${" not in its[1]:
            return None
        unknown = f"the resource of {one.declared.address} is not known"
    if whole:
        return unknown
    if isinstance(one.role, Unknown):
        return unknown or f"the role of {one.declared.address} is not known: {one.role.reason}"
    if one.role is None or identity(one.role, one.declared) != identity(grant.role, grant.declared):
        return None
    keys = condition_key(one.condition), condition_key(grant.condition)
    if keys[0] is None:
        return unknown or f"the condition of {one.declared.address} is not known"
    return unknown if keys[0] == keys[1] else None


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
