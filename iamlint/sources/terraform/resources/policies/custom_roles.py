"""Custom roles of projects and organizations."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import Value
from iamlint.facts import CustomRole, Place, Text
from iamlint.sources.terraform.instances.arguments import (
    Placed,
    named,
    placed_parts,
    placed_text,
    placed_texts,
    text_of,
)
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.instances.view import joined
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import Unknown, without_prefix


def project_role(instance: Instance) -> Iterator[CustomRole]:
    """Yield the role of a ``google_project_iam_custom_role``."""
    yield _role(instance, "projects", default_project(instance)[0])


def organization_role(instance: Instance) -> Iterator[CustomRole]:
    """Yield the role of a ``google_organization_iam_custom_role``."""
    found = placed_text(instance.body, "org_id")
    organization = named(found[0] if found else None, f"{instance.address}.org_id", "org_id is not set")
    yield _role(instance, "organizations", without_prefix(organization, "organizations/"))


def _role(instance: Instance, kind: str, home: Text) -> CustomRole:
    """Return the role; its default stage is GA."""
    body = instance.body
    found, stage = placed_text(body, "role_id"), text_of(body.value("stage"))
    role_id = named(found[0] if found else None, f"{instance.address}.role_id", "role_id is not set")
    name = text_of(joined(f"{kind}/", Value(home), "/roles/", Value(role_id)))
    return CustomRole(
        name=name if name is not None else Unknown("role_id is not set"),
        permissions=_permissions(body),
        declared=declaration(instance),
        title=text_of(body.value("title")),
        stage="GA" if stage is None else stage,
    )


def _permissions(body: Body) -> tuple[Placed, ...] | Unknown:
    """Return the permissions; of a list that is known in part those that it certainly has, and an unknown one."""
    found, argument = placed_texts(body, "permissions"), body.arguments.get("permissions")
    parts = placed_parts(argument) if argument else ()
    if not isinstance(found, Unknown) or argument is None or isinstance(parts, Unknown):
        return found
    sure = ((text_of(part.value), place) for part, place in parts if part.sure)
    known = tuple((text, place) for text, place in sure if isinstance(text, str))
    return (*dict(known).items(), (found, Place(argument.at.location))) if known else found
