"""What grants connect: principals and resources, each by one name, and which lies below which."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.estate import Estate, identity
from iamlint.facts import Declaration, Folder, Grant, Project, Resource, Text
from iamlint.unknown import Unknown

Node = tuple[str, str]
"""A kind and a name: ("project", "shop"), ("service_account", "ci@shop.iam.gserviceaccount.com")."""

CONTAINERS = ("project", "folder", "organization")


def principal_node(grant: Grant) -> str | None:
    """One name for who holds a grant, None where nothing is known of it. An account is named by its e-mail."""
    principal = grant.principal
    email = principal.email
    if email and principal.text.startswith("serviceAccount:"):
        return identity(email, grant.declared)
    if principal.unknown is None:
        return principal.text
    parts = principal.unknown.parts
    if parts and parts[0] == "serviceAccount:":
        return identity(Unknown(principal.unknown.reason, parts[1:]), grant.declared)
    return identity(principal.unknown, grant.declared)


def resource_node(estate: Estate, resource: Resource, declared: Declaration) -> Node | None:
    """One name for a resource, however it is written; None where nothing is known of it."""
    match resource.kind:
        case "project":
            name = estate.project_key(resource.name, declared)
        case "folder" | "organization":
            name = identity(_number(resource.name), declared)
        case _:
            name = identity(resource.name, declared)
    return (resource.kind, name) if name else None


def account_node(account: Text, declared: Declaration) -> Node | None:
    """The node of an account by its e-mail."""
    name = identity(account, declared)
    return ("service_account", name) if name else None


def _number(name: Text) -> Text:
    """The number of ``folders/N``, or of N."""
    return name.rpartition("/")[2] if isinstance(name, str) else name


class Hierarchy:
    """Which resource lies in which project, folder or organization, as far as the input says."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._parents: dict[Node, Node] = {}
        for project in estate.of(Project):
            self._add(resource_node(estate, Resource("project", project.project_id), project.declared), project)
        for folder in estate.of(Folder):
            self._add(resource_node(estate, Resource("folder", folder.name), folder.declared), folder)

    def _add(self, node: Node | None, fact: Project | Folder) -> None:
        if node is None or fact.parent is None:
            return
        text = fact.parent if isinstance(fact.parent, str) else fact.parent.text
        kind = "organization" if "organization" in text.partition("/")[0] else "folder"
        parent = resource_node(self._estate, Resource(kind, fact.parent), fact.declared)
        if parent:
            self._parents.setdefault(node, parent)

    def containers(self, node: Node) -> Iterator[Node]:
        """The node itself, and what it lies in, from the nearest on; each once, though the input may have a cycle."""
        seen: set[Node] = set()
        at: Node | None = node
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self._parents.get(at)

    def around(self, account: Text, declared: Declaration) -> tuple[Node, ...]:
        """An account, its project, and what that lies in."""
        node = account_node(account, declared)
        if node is None:
            return ()
        email = account if isinstance(account, str) else account.text
        project = self._estate.project_of(email, declared)
        above = resource_node(self._estate, Resource("project", project), declared) if project else None
        return (node, *(self.containers(above) if above else ()))
