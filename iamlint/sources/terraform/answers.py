"""What a run tells of projects, folders, organizations and roles: what Terraform would ask an API for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from iamlint.facts import CustomRole, Fact, Folder, Organization, Project
from iamlint.roles import Catalog, catalog
from iamlint.unknown import Unknown


class Answers:
    """Projects by id, folders and organizations by name, each with what all documents that name it agree on.

    What documents disagree about has no answer, and neither has what none of them tells. ``roles`` is the catalogue of
    Google's own roles, the one that ships where there is none; custom roles are those of the documents.
    """

    def __init__(self, facts: Iterable[Fact] = (), roles: Catalog | None = None) -> None:
        self._catalog = roles
        self._custom: dict[str, set[frozenset[str]]] = defaultdict(set)
        self._told: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._named: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for fact in facts:
            for key, name, value in _told_by(fact):
                self._told[key][name].add(value)
            match fact:
                case CustomRole(name=str() as name, permissions=tuple() as listed):
                    self._custom[name].add(frozenset(text for text, _ in listed if isinstance(text, str)))
                case _:
                    pass
        for (kind, name), told in self._told.items():
            match kind:
                case "project":
                    self._name(name, kind, _only(told["number"]))
                case "folder":
                    self._name(name, kind, _only(told["parent"]), _only(told["display_name"]))
                case _:
                    self._name(name, kind, (_only(told["domain"]) or "").lower())

    def _name(self, name: str, *key: str | None) -> None:
        known = tuple(part for part in key if part)
        if len(known) == len(key):
            self._named[known].add(name)

    def project(self, project_id: str, attribute: str) -> str | None:
        """The ``number``, ``parent`` (``folders/N``) or ``display_name`` of a project; a number is of one alone."""
        found = self._of("project", project_id, attribute)
        if attribute == "number" and found and self._named["project", found] != {project_id}:
            return None
        return found

    def folder(self, name: str, attribute: str) -> str | None:
        """The ``parent`` or ``display_name`` of ``folders/N``."""
        return self._of("folder", name, attribute)

    def organization(self, name: str, attribute: str) -> str | None:
        """The ``domain`` or ``customer_id`` of ``organizations/N``."""
        return self._of("organization", name, attribute)

    def folder_called(self, display_name: str, parent: str) -> str | None:
        """``folders/N``; the folders within a folder or organization have different names."""
        return _only(self._named.get(("folder", parent, display_name), set()))

    def organization_of(self, domain: str) -> str | None:
        """``organizations/N`` by its domain."""
        return _only(self._named.get(("organization", domain.lower()), set()))

    def permissions(self, role: str) -> frozenset[str] | None:
        """The permissions of a role."""
        custom = self._custom.get(role, ())
        if len(custom) == 1:
            return next(iter(custom))
        found = (self._catalog or catalog()).permissions(role)
        return None if isinstance(found, Unknown) else found

    def organization_above(self, folder: str) -> str | None:
        """``organizations/N`` in which ``folders/N`` lies, at any depth."""
        seen: set[str] = set()
        at: str | None = folder
        while at is not None and at not in seen and not at.startswith("organizations/"):
            seen.add(at)
            at = self.folder(at, "parent")
        return None if at in seen else at

    def _of(self, kind: str, name: str, attribute: str) -> str | None:
        told = self._told.get((kind, name))
        return _only(told.get(attribute, set())) if told else None


def _told_by(fact: Fact) -> Iterator[tuple[tuple[str, str], str, str]]:
    """What a fact tells: of which thing, which attribute, and what that is."""
    told: dict[str, object]
    match fact:
        case Project(str() as name):
            told = {"number": fact.number, "parent": fact.parent, "display_name": fact.display_name}
            kind = "project"
        case Folder(str() as name):
            kind, told = "folder", {"parent": fact.parent, "display_name": fact.display_name}
        case Organization(name):
            kind, told = "organization", {"domain": fact.domain, "customer_id": fact.customer_id}
        case _:
            return
    for attribute, value in told.items():
        if isinstance(value, str) and value:
            yield (kind, name), attribute, value


def _only(values: set[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
