"""Projects, folders, and the services enabled on projects."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.facts import DefaultAccounts, Folder, Organization, Place, Project, ProjectReference, Service, Text
from iamlint.sources.terraform.instances.arguments import Placed, named, placed_text
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.instances.view import NO_PROJECT
from iamlint.unknown import Unknown, UnknownPart, without_prefix


def default_project(instance: Instance, argument: str = "project") -> Placed:
    """Return the id of the instance's project: its own argument, else the provider's.

    Without both, the provider takes it from its environment: one project for all its resources.
    """
    provider = instance.provider
    own = _unless_empty(placed_text(instance.body, argument))
    inherited = _unless_empty(placed_text(provider.body, "project")) if provider else None
    match own, inherited:
        case (Unknown(parts=()) as text, place), _:
            return Unknown(text.reason, (UnknownPart(f"{instance.address}.{argument}"),)), place
        case (text, place), _:
            return without_prefix(text, "projects/"), place
        case None, (text, place):
            return without_prefix(text, "projects/"), Place(instance.body.at.location, place.at)
        case _:
            home = provider.address if provider else "provider.google"
            return Unknown(NO_PROJECT, (UnknownPart(f"{home}.project"),)), Place(instance.body.at.location)


def _unless_empty(found: Placed | None) -> Placed | None:
    """Return a text with its place; None for an empty one, which the provider treats as unset."""
    return None if found and found[0] == "" else found


def project(instance: Instance) -> Iterator[Project]:
    """Yield the project of a ``google_project``; its number is known after apply."""
    found = placed_text(instance.body, "project_id")
    reference = f"{instance.address}.project_id"
    number = placed_text(instance.body, "number")
    yield Project(
        project_id=named(found[0] if found else None, reference, "project_id is not set"),
        declared=declaration(instance),
        number=number[0] if number and isinstance(number[0], str) else None,
        parent=_parent(instance),
        display_name=_text(instance, "name"),
    )


def found_project(instance: Instance) -> Iterator[Project | ProjectReference]:
    """Yield the project that a plan or state has for a ``data.google_project``; a configuration has only the query."""
    if all(isinstance(_text(instance, name), str) for name in ("project_id", "number")):
        yield from project(instance)
    else:
        yield _reference(instance, "number", default_project(instance, "project_id")[0])


def project_of_account(instance: Instance) -> Iterator[ProjectReference]:
    """Yield the project of an account that is named by the project's number, as ``project_number`` names it."""
    yield _reference(instance, "project_number", default_project(instance)[0])


def _reference(instance: Instance, attribute: str, project: Text) -> ProjectReference:
    return ProjectReference(f"${{{instance.address}.{attribute}}}", project, declaration(instance))


def found_folder(instance: Instance) -> Iterator[Folder]:
    """Yield the folder that a plan or state has for a data source; of an active folder only the names."""
    if isinstance(_text(instance, "name"), str):
        yield from folder(instance)


def found_organization(instance: Instance) -> Iterator[Organization]:
    """Yield the organization that a plan or state has for a ``data.google_organization``."""
    name, domain, customer = (_text(instance, part) for part in ("name", "domain", "directory_customer_id"))
    if isinstance(name, str):
        yield Organization(
            name=name,
            declared=declaration(instance),
            domain=domain if isinstance(domain, str) else None,
            customer_id=customer if isinstance(customer, str) else None,
        )


def _text(instance: Instance, name: str) -> Text | None:
    found = placed_text(instance.body, name)
    return found[0] if found else None


def _parent(instance: Instance) -> Text | None:
    for argument, kind in (("folder_id", "folders/"), ("org_id", "organizations/")):
        found = placed_text(instance.body, argument)
        if not found:
            continue
        match without_prefix(found[0], kind):
            case "":
                continue
            case str(number):
                return kind + number
            case Unknown(reason, parts):
                unknown_parts = parts or (UnknownPart(f"{instance.address}.{argument}"),)
                if isinstance(unknown_parts[0], str):
                    return Unknown(reason, (kind + unknown_parts[0], *unknown_parts[1:]))
                return Unknown(reason, (kind, *unknown_parts))
    return None


def folder(instance: Instance) -> Iterator[Folder]:
    """Yield the folder of a ``google_folder``; its number is known after apply."""
    body = instance.body
    told = placed_text(body, "name") or placed_text(body, "folder_id")
    number = without_prefix(told[0], "folders/") if told else None
    own = named(number, f"{instance.address}.folder_id", f"{instance.address}.folder_id is known after apply")
    parent = placed_text(body, "parent")
    reference = f"{instance.address}.parent"
    yield Folder(
        name=f"folders/{own}" if isinstance(own, str) else Unknown(own.reason, ("folders/", *own.parts)),
        declared=declaration(instance),
        parent=named(parent[0] if parent else None, reference, "parent is not set"),
        display_name=_text(instance, "display_name"),
    )


def project_service(instance: Instance) -> Iterator[Service]:
    """Yield the API that a ``google_project_service`` enables."""
    found = placed_text(instance.body, "service")
    place = found[1] if found else Place(instance.body.at.location)
    service = named(found[0] if found else None, f"{instance.address}.service", "service is not set")
    yield Service(service, default_project(instance)[0], declaration(instance), place)


def default_accounts(instance: Instance) -> Iterator[DefaultAccounts]:
    """Yield what a ``google_project_default_service_accounts`` will do, once, to a project's default accounts.

    A plan or state has ``service_accounts`` if that was done: grants that an export shows of them were added later.
    """
    done = instance.body.value("service_accounts")
    if done.data is None or done.unknown:
        action = placed_text(instance.body, "action")
        text = named(action[0] if action else None, f"{instance.address}.action", "action is not set")
        yield DefaultAccounts(default_project(instance)[0], text, declaration(instance))
