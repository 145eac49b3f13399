"""The fix of a grant with permissions that its principal does not use."""

from __future__ import annotations

from iamlint.facts import Grant
from iamlint.fixes.mends.grants import removal
from iamlint.fixes.problem import Change, change
from iamlint.fixes.sources import Sources
from iamlint.fixes.writing import reworded
from iamlint.hcl.syntax import Tuple


def narrower(grant: Grant, roles: tuple[str, ...], sources: Sources) -> Change | None:
    """Return the change that grants another role instead, or removes the grant without a role.

    None if several principals share the role, or if several roles would replace it.
    """
    if not roles:
        return change(f"remove {grant.role} of {grant.principal.text}", removal(sources, grant))
    found = sources.find(grant.principal_place.at)
    if len(roles) != 1 or found is None or not isinstance(grant.role, str) or grant.origin == "policy":
        return None
    listed = found[0].parent(found[1])
    if grant.origin == "binding" and not (isinstance(listed, Tuple) and len(listed.items) == 1):
        return None
    edits = reworded(sources, grant.role_place, grant.role, roles[0])
    return change(f"grant {roles[0]} instead of {grant.role}", edits)
