"""Exports of each kind to facts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamlint.facts import (
    Condition,
    CustomRole,
    Declaration,
    Fact,
    Grant,
    Place,
    Project,
    Resource,
    Service,
    ServiceAccount,
)
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.unknown import Unknown
from iamlint.values import NULL, Value

_HIDDEN = re.compile(r"(?P<role>.+)_withcond_[0-9a-f]+\Z")
_WHY_HIDDEN = "the policy was read below version 3, which hides its conditions"


def _at(value: Value) -> Location:
    return value.at.location if value.at else Location("")


def _get(value: Value, name: str) -> Value:
    return value.data.get(name, NULL) if isinstance(value.data, dict) else NULL


def _items(value: Value) -> tuple[Value, ...]:
    """The items of a list; a single object counts as a list of one, since describe prints one and list many."""
    match value.data:
        case tuple() as items:
            return items
        case dict():
            return (value,)
        case _:
            return ()


def _text(value: Value) -> str | None:
    return value.data if isinstance(value.data, str) else None if value.data is None else str(value.data)


def policy(document: Value, resource: Resource, where: Location | None = None) -> Iterator[Fact]:
    """The grants of an allow policy. ``where`` is what names the resource, if the document does."""
    declared = Declaration(_at(document), "policy")
    for binding in _items(_get(document, "bindings")):
        written, condition = _get(binding, "role"), _condition(_get(binding, "condition"))
        role = _text(written) or ""
        hidden = _HIDDEN.match(role)
        if hidden:
            role, condition = hidden["role"], Unknown(_WHY_HIDDEN)
        for member in _items(_get(binding, "members")):
            yield Grant(
                principal=read_principal(_text(member) or ""),
                role=role,
                resource=resource,
                origin="export",
                declared=declared,
                principal_place=Place(_at(member)),
                role_place=Place(_at(written)),
                resource_place=Place(where or _at(document)),
                condition=condition,
            )


def _condition(value: Value) -> Condition | Unknown | None:
    expression = _get(value, "expression")
    if value.data is None:
        return None
    return Condition(_text(expression) or "", _text(_get(value, "title")), _at(expression))


def ancestors(document: Value) -> Iterator[Fact]:
    """The policies of a project and all above it, and with them who lies below whom."""
    entries = _items(document)
    for entry, above in zip(entries, [*entries[1:], None], strict=True):
        kind, name = _text(_get(entry, "type")) or "", _text(_get(entry, "id")) or ""
        if kind == "project":
            parent = f"{_text(_get(above, 'type'))}s/{_text(_get(above, 'id'))}" if above else None
            yield Project(name, Declaration(_at(entry), "project"), parent=parent)
        yield from policy(_get(entry, "policy"), Resource(kind, name), _at(_get(entry, "id")))


def roles(document: Value) -> Iterator[Fact]:
    """Custom roles; a list prints none of their permissions, which is not the same as having none."""
    for role in _items(document):
        name = _text(_get(role, "name")) or ""
        listed = "includedPermissions" not in role.data if isinstance(role.data, dict) else True
        described = isinstance(document.data, dict)
        permissions = tuple((_text(one) or "", Place(_at(one))) for one in _items(_get(role, "includedPermissions")))
        yield CustomRole(
            name=name,
            permissions=None if listed and not described else permissions,
            declared=Declaration(_at(role), "role"),
            title=_text(_get(role, "title")),
            stage=_text(_get(role, "stage")),
            deleted=_get(role, "deleted").data is True,
        )


def services(document: Value, project: str | None) -> Iterator[Fact]:
    """The enabled services of a project: its id where the file's name tells it, else its number."""
    for service in _items(document):
        written = _get(service, "name")
        _, number, _, name = (_text(written) or "///").split("/", 3)
        if _get(service, "state").data in (None, "ENABLED"):
            yield Service(
                name=name,
                project=project or number,
                declared=Declaration(_at(service), "service"),
                place=Place(_at(written)),
                complete=True,
            )


def accounts(document: Value) -> Iterator[Fact]:
    """Service accounts."""
    for account in _items(document):
        yield ServiceAccount(
            email=_text(_get(account, "email")) or "",
            project=_text(_get(account, "projectId")) or Unknown("the export does not name the project"),
            declared=Declaration(_at(account), "service_account"),
            disabled=_get(account, "disabled").data is True,
            unique_id=_text(_get(account, "uniqueId")),
        )


def projects(document: Value) -> Iterator[Fact]:
    """Projects, which tell the number of each id."""
    for project in _items(document):
        parent = _get(project, "parent")
        kind, name = _text(_get(parent, "type")), _text(_get(parent, "id"))
        yield Project(
            project_id=_text(_get(project, "projectId")) or "",
            declared=Declaration(_at(project), "project"),
            number=_text(_get(project, "projectNumber")),
            parent=f"{kind}s/{name}" if kind and name else None,
        )
