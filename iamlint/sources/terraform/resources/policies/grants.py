"""Grants: one for each principal of a member, a binding or a policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Value
from iamlint.facts import Condition, Declaration, EmptyBinding, Grant, Origin, Place, RemovedGrant, Resource
from iamlint.location import Span
from iamlint.sources.terraform.instances.arguments import (
    Member,
    Placed,
    doubt_of,
    listed_texts,
    named,
    needed_text,
    placed_members,
    text_of,
    written_at,
)
from iamlint.sources.terraform.instances.condition import condition_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.families import family_of, resource_of
from iamlint.sources.terraform.resources.identities.accounts import principal_of
from iamlint.unknown import Unknown, without_prefix

if TYPE_CHECKING:
    from iamlint.sources.terraform.instances.policies import Binding


@frozen
class _Target:
    """The common parts of all grants of one instance."""

    instance: Instance
    declared: Declaration
    origin: Origin
    resource: Resource
    place: Place

    def grant(
        self, member: Placed, role: Placed, condition: Condition | Unknown | None, at: Span | None = None
    ) -> Grant:
        """Return the grant to a principal; ``at`` is where its text is written."""
        text = member[0]
        if self.resource.kind == "bigquery_dataset":
            text = without_prefix(text, "iamMember:")  # the provider's form of principals without a prefix: allUsers
        return Grant(
            principal=principal_of(text, at),
            role=role[0],
            resource=self.resource,
            origin=self.origin,
            declared=self.declared,
            principal_place=member[1],
            role_place=role[1],
            resource_place=self.place,
            condition=condition,
        )


def grants(instance: Instance) -> Iterator[Grant | EmptyBinding]:
    """Yield the grants of a ``google_*_iam_member``, ``_binding`` or ``_policy``; none for any other type.

    A binding or policy without grants yields a marker, since it removes existing grants.
    """
    found = family_of(instance.type)
    if found is None:
        return
    family, form = found
    target = _Target(instance, declaration(instance), form, *resource_of(instance, family))
    match form:
        case "member":
            member = _required(instance, "member")
            written = instance.body.arguments.get("member")
            at = written_at(written) if written else None
            yield target.grant(member, _required(instance, "role"), condition_of(instance.body), at)
        case "binding":
            role, condition = _required(instance, "role"), condition_of(instance.body)
            if "members" not in instance.body.arguments:  # refused by Terraform; the argument may be misspelt
                yield replace(target.grant(_required(instance, "members"), role, condition), origin="member")
                return
            granted = list(_binding(target, role, condition))
            yield from granted or (EmptyBinding(target.resource, target.declared, role[0], condition),)
        case "policy":
            yield from list(_policy(target)) or (EmptyBinding(target.resource, target.declared),)


def member_removal(instance: Instance) -> Iterator[RemovedGrant]:
    """Yield the grants that a ``google_project_iam_member_remove`` removes.

    Source:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam_member_remove
    """
    declared = declaration(instance)
    target = _Target(instance, declared, "member", *resource_of(instance, "project"))
    grant = target.grant(_required(instance, "member"), _required(instance, "role"), None)
    yield RemovedGrant(grant, declared)


def _binding(target: _Target, role: Placed, condition: Condition | Unknown | None) -> Iterator[Grant]:
    body = target.instance.body
    again = _repeated(body)
    for member, at, doubt in placed_members(body):
        grant = _doubted(target.grant(member, role, condition, at), doubt)
        repeated = again.get(member[0], ()) if isinstance(member[0], str) else ()
        yield replace(grant, repeated=tuple(repeated)) if repeated else grant


def _doubted(grant: Grant, doubt: str) -> Grant:
    """Return a grant whose existence is not certain if there is a reason for doubt."""
    return replace(grant, declared=replace(grant.declared, uncertain=doubt)) if doubt else grant


def _repeated(body: Body) -> dict[str, list[Place]]:
    """Return the places after the first of members that are named several times."""
    listed = listed_texts(body, "members")
    seen: set[str] = set()
    found: dict[str, list[Place]] = {}
    for text, place in () if isinstance(listed, Unknown) else listed:
        if isinstance(text, str) and text in seen:
            found.setdefault(text, []).append(place)
        elif isinstance(text, str):
            seen.add(text)
    return found


def _policy(target: _Target) -> Iterator[Grant]:
    from iamlint.sources.terraform.instances.policies import bindings_of

    written = target.instance.body.arguments.get("policy_data")
    bindings = bindings_of(written) if written else Unknown("policy_data is not set")
    at = written.at if written else target.instance.body.at
    if isinstance(bindings, Unknown):
        nowhere = (bindings, Place(at.location))
        yield target.grant(nowhere, nowhere, bindings)
        return
    for binding in bindings:
        role = _part(binding.role, at)
        for member, span, doubt in _members(binding, at):
            yield _doubted(target.grant(member, role, binding.condition, span), binding.doubt or doubt)


def _members(binding: Binding, policy: Span) -> Iterator[Member]:
    if isinstance(binding.members, Unknown):
        at = binding.role.at or policy
        yield (binding.members, Place(at.location)), at, ""
        return
    seen: set[str] = set()
    for part in binding.members:
        text, place = _part(part.value, policy)
        if not isinstance(text, str) or text not in seen:
            yield (text, place), part.value.at or policy, doubt_of(part, text, binding.why)
        if isinstance(text, str):
            seen.add(text)


def _part(value: Value, policy: Span) -> Placed:
    """Return a part of a policy document, placed where the document is written, not where the policy is used."""
    text = text_of(value)
    return Unknown("this is null") if text is None else text, Place((value.at or policy).location)


def _required(instance: Instance, name: str) -> Placed:
    found = needed_text(instance.body, name)
    if found is None:
        return Unknown(f"{name} is not set"), Place(instance.body.at.location)
    return named(found[0], f"{instance.address}.{name}", ""), found[1]
