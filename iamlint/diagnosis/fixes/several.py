"""The grants of what a call needs: one or several permissions, on one or several resources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.answer import Fix
from iamlint.diagnosis.fixes.fix_text import Member
from iamlint.diagnosis.fixes.on_resource import grant_on, grant_on_bucket, grant_on_container
from iamlint.diagnosis.fixes.smallest_role import smallest_role, smallest_roles

Need = tuple[str, str | None]
"""A permission, and the resource that it is needed on, where that is known."""


@frozen
class RoleChoice:
    """What decides about roles and places.

    ``of_agent`` is the role of a service agent, ``of_document`` that of the error's document, ``project`` the one for
    grants whose resource names none.
    """

    of_agent: str
    of_document: str
    project: str


def grants_of(needs: tuple[Need, ...], choice: RoleChoice, member: Member) -> Fix:
    """Return the smallest grants of what is needed; empty if no role has one of the permissions."""
    by_place: dict[str, list[Need]] = {}
    for permission, on in needs:
        place = _grant(on, (permission,), "ROLE", choice.project, member)
        by_place.setdefault(place.terraform, []).append((permission, on))
    found: list[Fix] = []
    for there in by_place.values():
        roles = _roles(tuple(dict.fromkeys(permission for permission, _ in there)), choice)
        if not roles:
            return Fix()
        found += (_grant(there[0][1], its, role, choice.project, member) for role, its in roles.items())
    return _together(found)


def _roles(permissions: tuple[str, ...], choice: RoleChoice) -> dict[str, tuple[str, ...]]:
    if choice.of_agent:
        return {choice.of_agent: permissions}
    if len(permissions) > 1:
        return smallest_roles(permissions, choice.of_document) or {}
    role = smallest_role(permissions[0], choice.of_document)
    return {role: permissions} if role else {}


def _grant(on: str | None, permissions: tuple[str, ...], role: str, project: str, member: Member) -> Fix:
    """Return the grant on the resource itself if it can give all permissions, else on what contains the resource."""
    own = [grant_on(on, one, role, member) if on else grant_on_bucket(one, role, member) for one in permissions]
    if own[0] is not None and None not in own:
        return own[0]
    first = next(one for one, grant in zip(permissions, own, strict=True) if grant is None)
    return grant_on_container(on or "", first, project, role, member)


def _together(fixes: list[Fix]) -> Fix:
    """Return one fix that has all of these once; their blocks have different names."""
    unique = list(dict.fromkeys(fixes))
    if len(unique) == 1:
        return unique[0]
    return Fix(
        "\n\n".join(_named_apart(unique)),
        "\n".join(dict.fromkeys(one.gcloud for one in unique)),
        note="\n".join(dict.fromkeys(one.note for one in unique if one.note)),
    )


def _named_apart(fixes: list[Fix]) -> Iterator[str]:
    """Yield the blocks, each named after its role, with a number if an earlier one has the name."""
    taken = Counter[str]()
    for one in fixes:
        role = re.search(r"/[\w.]*?(\w+)\"", one.terraform)
        word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", role[1]).lower() if role else "this"
        taken[word] += 1
        name = f"{word}_{taken[word]}" if taken[word] > 1 else word
        yield one.terraform.replace('" "this" {', f'" "{name}" {{', 1)
