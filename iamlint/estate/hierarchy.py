"""The hierarchy of organizations, folders, projects and accounts, with one name for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from iamlint.basics.lazy_regex import regex
from iamlint.estate.names import agreed, identity, scope
from iamlint.facts import (
    Bucket,
    Declaration,
    Folder,
    Organization,
    Project,
    ProjectReference,
    Resource,
    ServiceAccount,
    Text,
    short_name,
)
from iamlint.principals import project_number_of, project_of
from iamlint.provenance import counts_for
from iamlint.unknown import Unknown, shown

Node = tuple[str, str]
"""A kind and a name: ("project", "shop"), ("service_account", "ci@shop.iam.gserviceaccount.com")."""

_Parent = tuple[Node, Declaration | None]
"""What a document says contains a node, and the declaration; None for one that counts everywhere."""
_MOST_KEPT = 16
"""Maximum length of a chain of containers that is kept: folders nest ten deep, but hostile input may go on for ever.

Source: https://cloud.google.com/resource-manager/docs/limits"""
_BUCKET = "storage_bucket"
CONTAINERS = ("project", "folder", "organization")
_ONE_KIND: Mapping[str, str] = {
    "cloud_run_v2_job": "cloud_run_job",
    "cloud_run_v2_service": "cloud_run_service",
    "cloudfunctions2_function": "cloudfunctions_function",
}
"""Kinds of resources that two versions of an API name, with one kind for both: they share one policy.
Sources: https://cloud.google.com/run/docs/reference/rest and https://cloud.google.com/functions/docs/reference/rest"""


def account_node(account: Text, declared: Declaration) -> Node | None:
    """Return the node of an account by its e-mail."""
    name = identity(account, declared)
    return ("service_account", name) if name else None


class Hierarchy:
    """Which project, folder or organization contains each resource, as far as the input shows."""

    def __init__(
        self,
        projects: Iterable[Project],
        folders: Iterable[Folder],
        accounts: Iterable[ServiceAccount],
        organizations: Iterable[Organization] = (),
        buckets: Iterable[Bucket] = (),
        references: Iterable[ProjectReference] = (),
    ) -> None:
        projects = tuple(projects)
        domains = ((one.domain, one.name.rpartition("/")[2], one.declared) for one in organizations if one.domain)
        self._numbers, _ = agreed(domains)
        self._plain: dict[tuple[str, Text], Node] = {}
        self._others: dict[Node, Node] = {}
        self._chains: dict[Node, tuple[Node, ...]] = {}
        self._homes: dict[str, tuple[Node, ...]] = {}
        self._keys = _project_keys(projects)
        self._keys |= _referred(references, self._keys)
        self._projects: dict[str, list[tuple[Text, Declaration]]] = {}
        for account in accounts:
            name = identity(account.email, account.declared)
            if name:
                self._projects.setdefault(name, []).append((account.project, account.declared))
        self._buckets: dict[Node, list[Bucket]] = {}
        for bucket in buckets:
            there = self.node(Resource(_BUCKET, bucket.name), bucket.declared)
            if there:
                self._buckets.setdefault(there, []).append(bucket)
        self._parents: dict[Node, tuple[_Parent, ...]] = {}
        self._alone: dict[Node, tuple[_Parent]] = {}
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
        if parent is None:
            return
        told = self._parents.get(node, ())
        if any(other == parent and by is None for other, by in told):
            return
        if fact.declared.trust != "named":
            self._parents[node] = (*told, (parent, fact.declared))
        else:  # the projects of a folder share one tuple
            self._parents[node] = (*told, *self._alone.setdefault(parent, ((parent, None),)))

    # -- names ------------------------------------------------------------------------------------------------------

    def project_key(self, project: Text, declared: Declaration) -> str | None:
        """Return one name for a project, named by id or by number; None if nothing is known about it."""
        name = identity(project, declared)
        return self._keys.get(name, name) if name else None

    def node(self, resource: Resource, declared: Declaration) -> Node | None:
        """Return one name for a resource, in any of its spellings; None if nothing is known about it."""
        name = resource.name
        if not isinstance(name, str):
            found = self._node(resource, declared)
            return self._one(found) if found else None
        try:
            return self._plain[resource.kind, name]
        except KeyError:
            found = self._node(resource, declared)
            if found is None:
                return None
            if "${" in name:  # it means something else in the next configuration
                return self._one(found)
            key = resource.kind, name
            if found == key:
                found = self._plain[found] = self._others.pop(found, found)
                return found
            found = self._one(found)
            if resource.kind != "project":  # a number: it is asked for once for each account of the project
                self._plain[key] = found
            return found

    def _one(self, node: Node) -> Node:
        """Return an equal node that others have, too: a thousand members may have grants on it."""
        known = self._plain.get(node)
        return known if known == node else self._others.setdefault(node, node)

    def _node(self, resource: Resource, declared: Declaration) -> Node | None:
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
        return (_ONE_KIND.get(resource.kind, resource.kind), name) if name else None

    def _short(self, name: str) -> str:
        """Return the short form of a name, with the id of a project that it names by its number."""
        if "/" not in name or "${" in name:
            return name
        project, *rest = short_name(name).split("/")
        return "/".join((self._keys.get(project, project), *rest))

    def project_of(self, email: str, declared: Declaration) -> Text | None:
        """Return the project of an account: the declared one, else by its e-mail (an id or number).

        Other configurations' declarations are used last.
        """
        told: Sequence[tuple[Text, Declaration]] = ()
        if self._projects and (name := identity(email, declared)):
            told = self._projects.get(name, ())
            counted = next((project for project, by in told if counts_for(by, declared)), None)
            if counted is not None:
                return counted
        known = project_of(email) or (told[0][0] if told else None) or project_number_of(email)
        return known or self._by_reference(email, declared)

    def _by_reference(self, email: str, declared: Declaration) -> Text | None:
        """Return the project of a default account or agent whose e-mail has a reference to the project's number."""
        found = _NUMBER_REFERENCE.match(email)
        return found["number"] if found and identity(found["number"], declared) in self._keys else None

    # -- containment ------------------------------------------------------------------------------------------------

    def containers(self, node: Node, declared: Declaration | None = None, *, certain: bool = False) -> Iterable[Node]:
        """Return a node and its containers, from the nearest on; each once, even if the input has a cycle.

        Facts that count for the declaration decide. If no such fact names a container, all containers that other facts
        name are used, unless ``certain`` is set.
        """
        known = self._chains.get(node)
        if known is None:
            known = self._chains[node] = self._plain_chain(node)
        return known or self._walk(node, declared, certain=certain)

    def _plain_chain(self, node: Node) -> tuple[Node, ...]:
        """Return a node and its containers if they are few and the same for every declaration; else nothing."""
        found = [node]
        while told := self._parents.get(found[-1]):
            (parent, by), *others = told
            if by or others or parent in found or len(found) == _MOST_KEPT:
                return ()
            found.append(parent)
        return tuple(found)

    def _walk(self, node: Node, declared: Declaration | None, *, certain: bool) -> Iterator[Node]:
        seen: set[Node] = set()
        waiting = [node]
        for at in waiting:
            if at not in seen:
                seen.add(at)
                yield at
                waiting += self._in(at, declared, certain=certain)

    def _in(self, node: Node, declared: Declaration | None, *, certain: bool) -> list[Node]:
        told = self._parents.get(node, ())
        counted = [one for one, by in told if by is None or (declared and counts_for(by, declared))]
        if certain:  # a second block of a project must not put it below a policy
            return counted if len(set(counted)) == 1 else []
        return counted or [one for one, _ in told]

    def around(self, account: Text, declared: Declaration, *, certain: bool = False) -> tuple[Node, ...]:
        """Return an account, its project, and the project's containers."""
        if isinstance(account, str) and account in self._homes:
            return ("service_account", account), *self._homes[account]
        node = account_node(account, declared)
        if node is None:
            return ()
        email = shown(account)
        project = self.project_of(email, declared)
        above = self.node(Resource("project", project), declared) if project else None
        home = tuple(self.containers(above, declared, certain=certain)) if above else ()
        is_plain = "${" not in email and email not in self._projects and (above is None or self._chains[above])
        if is_plain and isinstance(account, str):  # then it is the same for every declaration
            self._homes[account] = home
        return node, *home

    def home(self, account: Text, declared: Declaration) -> tuple[Node, ...]:
        """Return the project of an account, and the project's containers."""
        known = self._homes.get(account) if isinstance(account, str) else None
        return self.around(account, declared)[1:] if known is None else known

    def above(self, resource: Resource, declared: Declaration, *, certain: bool = False) -> tuple[Node, ...]:
        """Return a resource and its containers, the nearest first; empty if the input does not show them."""
        if resource.kind == "service_account":
            return self.around(resource.name, declared, certain=certain)
        node = self.node(resource, declared)
        if node is None:
            return ()
        if resource.is_container:
            return tuple(self.containers(node, declared, certain=certain))
        return (node, *self._of_name(resource, declared, certain=certain))

    def _of_name(self, resource: Resource, declared: Declaration, *, certain: bool) -> Iterator[Node]:
        """Yield the project in a full name (``projects/P/topics/T``), or that of a bucket, and its containers."""
        if resource.kind == _BUCKET:
            node = self.node(resource, declared)
            yield from self._of_bucket(self._buckets.get(node, ()), declared, certain=certain) if node else ()
            return
        parts = resource.name.split("/") if isinstance(resource.name, str) else []
        if len(parts) > 2 and parts[0] == "projects" and parts[1] not in ("-", "_"):
            project = self.node(Resource("project", parts[1]), declared)
            if project:
                yield from self.containers(project, declared, certain=certain)

    def _of_bucket(self, told: Sequence[Bucket], declared: Declaration, *, certain: bool) -> Iterator[Node]:
        """Yield the project of a bucket and its containers; nothing if two blocks disagree about it."""
        counted = [one for one in told if counts_for(one.declared, declared)] or ([] if certain else told)
        homes = {self.node(Resource("project", one.project), one.declared) for one in counted}
        home = homes.pop() if len(homes) == 1 else None
        if home:
            yield from self.containers(home, declared, certain=certain)


_NUMBER_REFERENCE = regex(
    r"(?:service-|project-)?(?P<number>\$\{[^{}]+\.(?:project_)?number\})(?:-compute@developer|@cloudbuild|@cloudservices|@gcp-sa-[a-z0-9-]+\.iam|"
    r"@[a-z0-9-]+\.iam)\.gserviceaccount\.com\Z"
)
"""The e-mails of default accounts and agents with a reference in place of the number."""


def _number(name: Text, prefix: str) -> Text:
    """Return the number in ``folders/N``, or N itself, known or not."""
    match name:
        case str():
            return name.rpartition("/")[2]
        case Unknown(reason, (str() as first, *rest)) if rest and first == prefix:
            return Unknown(reason, tuple(rest))
        case _:
            return name


def _project_keys(projects: tuple[Project, ...]) -> dict[str, str]:
    """Map the other names of projects to the name used here.

    A project has one number, and a number one project: names about which documents disagree are left out.
    """
    named = [(name, key, project.declared) for project in projects for name, key in _project_names(project)]
    keys, _ = agreed(named)
    numbers, _ = agreed((key, name, declared) for name, key, declared in named if name.isdecimal())
    return {name: key for name, key in keys.items() if not name.isdecimal() or numbers.get(key) == name}


def _referred(references: Iterable[ProjectReference], keys: Mapping[str, str]) -> dict[str, str]:
    """Map references to the numbers of projects to the names used here."""
    named = (
        (f"{one.reference} in {scope(one.declared)}", keys.get(key, key), one.declared)
        for one in references
        if (key := identity(one.project, one.declared))
    )
    return agreed(named)[0]


def _project_names(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the other names of a project, each with the name used here."""
    key, address = identity(project.project_id, project.declared), project.declared.address
    if key is None:
        return
    if project.number and project.number != key:  # an export may know a project by its number only
        yield project.number, key
    if address:
        for attribute in ("number", "project_id"):
            yield f"${{{address}.{attribute}}} in {scope(project.declared)}", key
