"""Inventories: roles, service accounts and their keys, services, projects and folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import first, get, has, items, text
from iamlint.documents.values import Value
from iamlint.facts import (
    CustomRole,
    Declaration,
    Folder,
    Organization,
    Place,
    Project,
    Service,
    ServiceAccount,
    ServiceAccountKey,
    Text,
)
from iamlint.sources.gcloud.names import account_in, project_in
from iamlint.unknown import Unknown, UnknownPart

_PERMISSIONS = "includedPermissions", "included_permissions"


def roles(found: Sequence[Value], *, listed: bool) -> Iterator[CustomRole]:
    """Yield custom roles. A list prints none of their permissions, which does not mean that they have none.

    Neither do the fields that somebody chose (``--format``); a whole role has an ``etag``, and one without permissions
    omits them: null is no answer of Google's. Google's own roles come from the role catalogue (`iamlint.roles`).
    """
    for role in found:
        name = _role_name(role)
        if isinstance(name, str) and name.startswith("roles/"):
            continue
        written = first(role, *_PERMISSIONS)
        in_part = listed or (isinstance(name, str) and text(get(role, "etag")) is None)
        in_part = in_part or any(has(role, key) for key in _PERMISSIONS)
        permissions = tuple((text(one) or "", Place(one.location)) for one in items(written))
        yield CustomRole(
            name=name,
            permissions=None if in_part and written.data is None else permissions,
            declared=Declaration(role.location, "role"),
            title=text(get(role, "title")),
            stage=text(get(role, "stage")),
            deleted=get(role, "deleted").data is True,
            accepted=isinstance(name, str),  # a file written by hand for `roles create` does not have the full name
        )


def _role_name(role: Value) -> Text:
    """Return the name of a role. A file for `gcloud iam roles create` has none: the command line has the project."""
    name = text(get(role, "name")) or ""
    if "roles/" in name:
        return name
    parts = (UnknownPart("the project or organization"), f"/roles/{name}") if name else ()
    return Unknown("the file does not say in which project or organization the role is", parts)


def accounts(found: Sequence[Value]) -> Iterator[ServiceAccount]:
    """Yield service accounts. ``describe`` omits ``disabled`` if it is false."""
    for account in found:
        project = text(first(account, "projectId", "project_id")) or project_in(text(get(account, "name")) or "")
        yield ServiceAccount(
            email=text(get(account, "email")) or "",
            project=project or Unknown("the export does not name the project"),
            declared=Declaration(account.location, "service_account"),
            disabled=get(account, "disabled").data is True,
            unique_id=text(first(account, "uniqueId", "unique_id")),
        )


def keys(found: Sequence[Value]) -> Iterator[ServiceAccountKey]:
    """Yield user-managed keys; Google rotates its own keys, which nobody holds."""
    for key in found:
        if text(first(key, "keyType", "key_type")) == "SYSTEM_MANAGED":
            continue
        name = get(key, "name")
        yield ServiceAccountKey(
            account=account_in(text(name) or "") or "",
            declared=Declaration(key.location, "service_account_key"),
            place=Place(name.location),
            uploaded=text(first(key, "keyOrigin", "key_origin")) == "USER_PROVIDED",
            disabled=get(key, "disabled").data is True,
            created=text(first(key, "validAfterTime", "valid_after_time")),
            expires=text(first(key, "validBeforeTime", "valid_before_time")),
        )


def services(found: Sequence[Value], project: str | None) -> Iterator[Service]:
    """Yield the enabled services of a project: by its id if the file's name has it, else by its number."""
    for service in found:
        written = get(service, "name")
        _, number, _, name = (text(written) or "///").split("/", 3)
        if get(service, "state").data in (None, "ENABLED"):
            yield Service(
                name=name,
                project=project or number,
                declared=Declaration(service.location, "service"),
                place=Place(written.location),
                complete=True,
            )


_SERVICE_ASSET = regex(r"//serviceusage\.googleapis\.com/projects/(?P<project>[^/]+)/services/(?P<name>[^/]+)\Z")


def service_asset(name: Value, data: Value) -> Iterator[Service]:
    """Yield the service of an export of assets; such an export has all enabled services of a project.

    Source: https://cloud.google.com/asset-inventory/docs/asset-types#service_usage
    """
    found = _SERVICE_ASSET.match(text(name) or "")
    if found and get(data, "state").data in (None, "ENABLED"):
        declared = Declaration(name.location, "service")
        yield Service(found["name"], found["project"], declared, Place(name.location), complete=True)


def projects(found: Sequence[Value]) -> Iterator[Project]:
    """Yield projects, with id and number."""
    for project in found:
        yield Project(
            project_id=text(first(project, "projectId", "project_id")) or "",
            declared=Declaration(project.location, "project"),
            number=_number(project),
            parent=_parent(get(project, "parent")),
            display_name=_display_name(project),
        )


def _display_name(project: Value) -> str | None:
    """Return the display name: ``displayName``, or the older API's ``name``, which is ``projects/N`` in the newer."""
    return text(first(project, "displayName", "display_name", "name"))


def _number(project: Value) -> str | None:
    found = text(first(project, "projectNumber", "project_number"))
    return found or (text(get(project, "name")) or "").partition("projects/")[2] or None


def folders(found: Sequence[Value]) -> Iterator[Folder]:
    """Yield folders and their parents."""
    for folder in found:
        name = text(get(folder, "name")) or ""
        yield Folder(
            name,
            Declaration(folder.location, "folder"),
            parent=_parent(get(folder, "parent")),
            display_name=text(first(folder, "displayName", "display_name")),
        )


def organizations(found: Sequence[Value]) -> Iterator[Organization]:
    """Yield organizations, with their domain and customer id."""
    for one in found:
        yield Organization(
            name=text(get(one, "name")) or "",
            declared=Declaration(one.location, "organization"),
            domain=text(first(one, "displayName", "display_name")),
            customer_id=text(first(one, "directoryCustomerId", "directory_customer_id"))
            or text(first(get(one, "owner"), "directoryCustomerId", "directory_customer_id")),
        )


def _parent(parent: Value) -> str | None:
    """Return ``folders/N``, also from the older API's ``{id, type}``."""
    kind, name = text(get(parent, "type")), text(get(parent, "id"))
    return f"{kind}s/{name}" if kind and name else text(parent)
