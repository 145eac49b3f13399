"""Lookups of projects, folders, organizations and roles in documents, where Terraform would call an API.

A document counts for a configuration if the user named it, or if it is a plan or state of that configuration. What
other documents say is unknown: they may be planted to make a grant disappear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from iamlint.facts import CustomRole, Declaration, Fact, Folder, Organization, Project, Text
from iamlint.provenance import at, configuration, outside
from iamlint.roles import Catalog, catalog
from iamlint.unknown import Unknown


class DataLookups:
    """Projects by id, folders and organizations by name, each with what all documents about it agree on.

    The answer is None if documents disagree or have no value. It is unknown if only ``others`` have a value. ``roles``
    is the catalogue of Google's roles, by default the built-in one; custom roles are those of the documents.
    """

    def __init__(
        self, facts: Iterable[Fact] = (), roles: Catalog | None = None, others: DataLookups | None = None
    ) -> None:
        self._catalog, self._others = roles, others
        self._custom: dict[str, set[frozenset[str]]] = defaultdict(set)
        self._told: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._named: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._by: dict[str, Declaration] = {}
        for fact in facts:
            for key, name, value in _told_by(fact):
                self._told[key][name].add(value)
                self._by.setdefault(key[1], fact.declared)
            match fact:
                case CustomRole(name=str() as name, permissions=tuple() as listed):
                    self._custom[name].add(frozenset(text for text, _ in listed if isinstance(text, str)))
                    self._by.setdefault(name, fact.declared)
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

    @staticmethod
    def of(facts: Iterable[Fact], roles: Catalog | None = None) -> Callable[[str], DataLookups]:
        """Return a function: the lookups for a configuration, by the directory of its root module."""
        named: list[Fact] = []
        own: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            (named if fact.declared.trust == "named" else own[configuration(fact.declared)]).append(fact)
        others = DataLookups((fact for found in own.values() for fact in found), roles)
        common = DataLookups(named, roles, others)
        return lambda directory: DataLookups([*named, *own[directory]], roles, others) if directory in own else common

    def _name(self, name: str, *key: str | None) -> None:
        known = tuple(part for part in key if part)
        if len(known) == len(key):
            self._named[known].add(name)

    def project(self, project_id: str, attribute: str) -> Text | None:
        """Return ``number``, ``parent`` (``folders/N``) or ``display_name`` of a project; numbers are unique."""
        found = self._of("project", project_id, attribute)
        if attribute == "number" and found and self._named["project", found] != {project_id}:
            return None
        return found or self._else(project_id, lambda others: others.project(project_id, attribute))

    def folder(self, name: str, attribute: str) -> Text | None:
        """Return ``parent`` or ``display_name`` of ``folders/N``."""
        return self._of("folder", name, attribute) or self._else(name, lambda others: others.folder(name, attribute))

    def organization(self, name: str, attribute: str) -> Text | None:
        """Return ``domain`` or ``customer_id`` of ``organizations/N``."""
        found = self._of("organization", name, attribute)
        return found or self._else(name, lambda others: others.organization(name, attribute))

    def folder_called(self, display_name: str, parent: str) -> Text | None:
        """Return ``folders/N`` by its display name; names are unique within a folder or organization."""
        found = _only(self._named.get(("folder", parent, display_name), set()))
        return found or self._else(None, lambda others: others.folder_called(display_name, parent))

    def organization_of(self, domain: str) -> Text | None:
        """Return ``organizations/N`` by its domain."""
        found = _only(self._named.get(("organization", domain.lower()), set()))
        return found or self._else(None, lambda others: others.organization_of(domain))

    def permissions(self, role: str) -> frozenset[str] | Unknown | None:
        """Return the permissions of a role."""
        custom = self._custom.get(role, ())
        if len(custom) == 1:
            return next(iter(custom))
        found = (self._catalog or catalog()).permissions(role)
        if not isinstance(found, Unknown):
            return found
        told = self._others and self._others.permissions(role)
        return self._others.unknown_answer(role) if self._others and told else None

    def organization_above(self, folder: str) -> Text | None:
        """Return the ``organizations/N`` that contains ``folders/N``, at any depth."""
        seen: set[str] = set()
        above: Text | None = folder
        while isinstance(above, str) and above not in seen and not above.startswith("organizations/"):
            seen.add(above)
            above = self.folder(above, "parent")
        return None if above in seen else above

    def unknown_answer(self, name: str) -> Unknown:
        """Return why a value in these documents is unknown if they do not count."""
        declared = self._by[name]
        return Unknown(f"{at(declared)} says it of {name}, but is {outside(declared)}")

    def _else(self, name: str | None, ask: Callable[[DataLookups], Text | None]) -> Unknown | None:
        """Return why a value that only other documents have is unknown; ``name`` is its subject."""
        told = ask(self._others) if self._others else None
        return self._others.unknown_answer(name or told) if self._others and isinstance(told, str) else None

    def _of(self, kind: str, name: str, attribute: str) -> str | None:
        told = self._told.get((kind, name))
        return _only(told.get(attribute, set())) if told else None


def _told_by(fact: Fact) -> Iterator[tuple[tuple[str, str], str, str]]:
    """Yield the subject, the attribute and the value of everything that a fact states."""
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
