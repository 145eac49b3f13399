"""Groups of Cloud Identity and Workspace, and the members that Terraform declares.

Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_identity_group_membership
and https://registry.terraform.io/providers/hashicorp/googleworkspace/latest/docs/resources/group_member
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.facts import Group, Membership, Place, Text
from iamlint.sources.terraform.instances.arguments import placed_text
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.unknown import Unknown

_KEYS = ("preferred_member_key", "member_key")


def group(instance: Instance) -> Iterator[Group]:
    """Yield the group of a ``google_cloud_identity_group`` or a ``googleworkspace_group``."""
    found = _in_block(instance.body, "group_key") or placed_text(instance.body, "email")
    name = placed_text(instance.body, "name")
    if found:
        yield Group(found[0], declaration(instance), name[0] if name and isinstance(name[0], str) else None)


def membership(instance: Instance) -> Iterator[Membership]:
    """Yield the membership of a ``google_cloud_identity_group_membership``."""
    of = placed_text(instance.body, "group")
    found = next(filter(None, (_in_block(instance.body, key) for key in _KEYS)), None)
    if of and found:
        yield Membership(of[0], found[0], declaration(instance), found[1])


def workspace_member(instance: Instance) -> Iterator[Membership]:
    """Yield the membership of a ``googleworkspace_group_member``."""
    of, member = placed_text(instance.body, "group_id"), placed_text(instance.body, "email")
    if of and member:
        yield Membership(of[0], member[0], declaration(instance), member[1])


def workspace_members(instance: Instance) -> Iterator[Membership]:
    """Yield the memberships of a ``googleworkspace_group_members``."""
    of, members = placed_text(instance.body, "group_id"), instance.body.blocks_of("members")
    if of is None or isinstance(members, Unknown):
        return
    for block in members:
        member = placed_text(block, "email")
        if member:
            yield Membership(of[0], member[0], declaration(instance), member[1])


def _in_block(body: Body, name: str) -> tuple[Text, Place] | None:
    """Return the ``id`` in a nested block, or in a nested object."""
    blocks = body.blocks_of(name)
    if isinstance(blocks, Unknown) or not blocks:
        return None
    return placed_text(blocks[0], "id")
