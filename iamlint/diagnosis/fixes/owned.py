"""A grant where Terraform already has a resource that owns the role: another one would be reverted at each apply.

Source: the note at the top of https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iamlint.diagnosis.answer import Fix
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.fixes.fix_text import Member
from iamlint.estate import identity
from iamlint.facts import EmptyBinding, Grant
from iamlint.unknown import shown


def in_owner(fix: Fix, made: Grant, member: Member, case: Case) -> Fix:
    """Return a fix that makes a grant as a change of the binding or policy that owns the role; itself without one."""
    owners = list(_owners(made, case))
    owner = next((one for one in owners if _is_policy(one)), owners[0] if owners else None)
    if owner is None:
        return fix
    address, role = owner.declared.block, shown(made.role)
    if not _is_policy(owner):
        terraform = f"# {address}: add to members\n{member.terraform},"
    elif any(_has_role(one, made) for one in owners):
        terraform = f"# the policy of {address}: add to the members of {role}\n{member.terraform},"
    else:
        lines = f'  role    = "{role}"\n  members = [{member.terraform}]'
        terraform = f"# the policy of {address}: add\nbinding {{\n{lines}\n}}"
    at = owner.principal_place.at if isinstance(owner, Grant) else owner.declared.at
    what = "the whole policy" if _is_policy(owner) else "the role"
    note = f"{address} owns {what}: each apply takes away what another resource or gcloud adds."
    notes = "\n".join(filter(None, (fix.note, note)))
    return replace(fix, terraform=terraform, gcloud="", file=at.path, note=notes)


def _owners(made: Grant, case: Case) -> Iterator[Grant | EmptyBinding]:
    """Yield what Terraform's bindings of the role and policies state about the resource of a grant."""
    estate = case.estate
    node = estate.hierarchy.node(made.resource, made.declared)
    stated: list[Grant | EmptyBinding] = [*estate.of(Grant), *estate.of(EmptyBinding)]
    for one in stated:
        is_binding = isinstance(one, EmptyBinding) or one.origin == "binding"
        owns = _is_policy(one) or (is_binding and _has_role(one, made))
        if owns and one.declared.address and node and estate.hierarchy.node(one.resource, one.declared) == node:
            yield one


def _is_policy(one: Grant | EmptyBinding) -> bool:
    return one.role is None if isinstance(one, EmptyBinding) else one.origin == "policy"


def _has_role(one: Grant | EmptyBinding, made: Grant) -> bool:
    same = one.role is not None and identity(one.role, one.declared) == identity(made.role, made.declared)
    return same and one.condition is None
