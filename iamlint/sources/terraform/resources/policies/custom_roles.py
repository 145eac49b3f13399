"""Custom roles of projects and organizations."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import Value
from iamlint.facts import CustomRole, Text
from iamlint.sources.terraform.instances.arguments import named, placed_text, placed_texts, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.instances.view import joined
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import Unknown, without_prefix


def project_role(instance: Instance) -> Iterator[CustomRole]:
    """The role of a ``google_project_iam_custom_role``."""
    yield _role(instance, "projects", default_project(instance)[0])


def organization_role(instance: Instance) -> Iterator[CustomRole]:
    """The role of a ``google_organization_iam_custom_role``."""
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
        permissions=placed_texts(body, "permissions"),
        declared=declaration(instance),
        title=text_of(body.value("title")),
        stage="GA" if stage is None else stage,
    )
