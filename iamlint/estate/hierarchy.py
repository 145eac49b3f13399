"""The hierarchy: organizations, folders, projects and accounts, each by one name, and which lies in which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.estate.names import identity, scope
from iamlint.facts import Declaration, Folder, Organization, Project, Resource, ServiceAccount, Text
from iamlint.principals import project_number_of, project_of
from iamlint.unknown import Unknown, shown

Node = tuple[str, str]
"""A kind and a name: ("project", "shop"), ("service_account", "ci@shop.iam.gserviceaccount.com")."""

CONTAINERS = ("project", "folder", "organization")
_COLLECTIONS = ("projects", "folders", "organizations")


def account_node(account: Text, declared: Declaration) -> Node | None:
    """The node of an account by its e-mail."""
    name = identity(account, declared)
    return ("service_account", name) if name else None


class Hierarchy:
    """Which resource lies in which project, folder or organization, as far as the input says."""

    def __init__(
        self,
        projects: Iterable[Project],
        folders: Iterable[Folder],
        accounts: Iterable[ServiceAccount],
        organizations: Iterable[Organization] = (),
    ) -> None:
        projects = tuple(projects)
        self._numbers = {one.domain: one.name.rpartition("/")[2] for one in organizations if one.domain}
        self._shared: dict[Node, Node] = {}  # each once: there may be a grant on it for each of a thousand members
        self._keys = {name: key for project in projects for name, key in _project_names(project)}
        self._projects: dict[str, Text] = {}
        for account in accounts:
            name = identity(account.email, account.declared)
            if name:
                self._projects.setdefault(name, account.project)
        self._parents: dict[Node, Node] = {}
        for project in projects:
            self._add(self.node(Resource("project", project.project_id), project.declared), project)
        for folder in folders:
            self._add(self.node(Resource("folder", folder.name), folder.declared), folder)

    def _add(self, node: Node | None, fact: Project | Folder) -> None:
        if node is None or fact.parent is None:
            return
        text = shown(fact.parent)
        kind = "organization" if "organization" in text.partition("/")[0] else "folder"
        parent = self.node(Resource(kind, fact.parent), fact.declared)
        if parent:
            self._parents.setdefault(node, parent)

    # -- names ------------------------------------------------------------------------------------------------------

    def project_key(self, project: Text, declared: Declaration) -> str | None:
        """One name for a project, whether it is named by id or by number; None where nothing is known of it."""
        name = identity(project, declared)
        return self._keys.get(name, name) if name else None

    def node(self, resource: Resource, declared: Declaration) -> Node | None:
        """One name for a resource, however it is written; None where nothing is known of it."""
        match resource.kind:
            case "project":
                name = self.project_key(resource.name, declared)
            case "folder":
                name = identity(_number(resource.name, "folders/"), declared)
            case "organization":
                name = identity(_number(resource.name, "organizations/"), declared)
                name = self._numbers.get(name, name) if name else None
            case "service_account":
                name = identity(resource.name, declared)
            case _:
                name = identity(resource.name, declared)
                name = self._short(name) if name else None
        node = (resource.kind, name) if name else None
        return self._shared.setdefault(node, node) if node else None

    def _short(self, name: str) -> str:
        """``projects/P/locations/L/topics/T`` as ``P/L/T``: so Terraform names what exports name in full."""
        if "/" not in name or "${" in name:
            return name
        parts = name.split("/")
        if parts[0] in _COLLECTIONS and len(parts) % 2 == 0:
            parts = parts[1::2]
        return "/".join((self._keys.get(parts[0], parts[0]), *parts[1:]))

    def project_of(self, email: str, declared: Declaration) -> Text | None:
        """The project of the account that a declaration names: as declared, else by its e-mail (an id or a number)."""
        name = identity(email, declared)
        declared_in = self._projects.get(name) if name else None
        return declared_in if declared_in is not None else project_of(email) or project_number_of(email)

    # -- what lies in what ------------------------------------------------------------------------------------------

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
        email = shown(account)
        project = self.project_of(email, declared)
        above = self.node(Resource("project", project), declared) if project else None
        return (node, *(self.containers(above) if above else ()))

    def above(self, resource: Resource, declared: Declaration) -> tuple[Node, ...]:
        """A resource and all that it lies in, the nearest first, as the input says; empty where it is unknown."""
        if resource.kind == "service_account":
            return self.around(resource.name, declared)
        node = self.node(resource, declared)
        if node is None:
            return ()
        return tuple(self.containers(node)) if resource.is_container else (node, *self._of_name(resource, declared))

    def _of_name(self, resource: Resource, declared: Declaration) -> Iterator[Node]:
        """The project, and what it lies in, that a full name has in it: ``projects/P/topics/T``."""
        parts = resource.name.split("/") if isinstance(resource.name, str) else []
        if len(parts) > 2 and parts[0] == "projects" and parts[1] not in ("-", "_"):
            project = self.node(Resource("project", parts[1]), declared)
            if project:
                yield from self.containers(project)


def _number(name: Text, prefix: str) -> Text:
    """The number of ``folders/N``, or of N, known or not."""
    match name:
        case str():
            return name.rpartition("/")[2]
        case Unknown(reason, (str() as first, *rest)) if rest and first == prefix:
            return Unknown(reason, tuple(rest))
        case _:
            return name


def _project_names(project: Project) -> Iterator[tuple[str, str]]:
    """The other names of a project, each with the name that stands for it."""
    key, address = identity(project.project_id, project.declared), project.declared.address
    if key is None:
        return
    if project.number:
        yield project.number, key
    if address:
        for attribute in ("number", "project_id"):
            yield f"${{{address}.{attribute}}} in {scope(project.declared)}", key
